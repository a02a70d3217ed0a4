/** Keys first … end − 1 of a range, all with the same output. */
export interface KeyPiece {
  readonly first: number;
  readonly end: number;
  /** Which of the outputs; counted from 0. */
  readonly output: number;
  /** Whether no entry at all does as well, because packets go straight on. */
  readonly mayPass: boolean;
}

/** Keys first … first + span − 1; span is a power of two and divides first, so that one key and mask match them. */
export interface KeyBlock {
  readonly first: number;
  readonly span: number;
  readonly output: number;
}

/**
 * The fewest aligned blocks that give every piece its output, where the first block that holds a key applies. Keys
 * between pieces never come, so that a block may cover them; a small block may stand before a larger one that holds it.
 *
 * Blocks are the nodes of a binary tree over the range. `cost[o]` of a node is how many blocks it needs within,
 * where output o is inherited from the smallest block around it; the last output, which no block can have, means that
 * there is none. A block at the node itself costs one, and its output is then inherited.
 *
 * @param pieces Ascending, apart.
 * @param span Keys of the range, a power of two.
 */
export function coverKeys(pieces: readonly KeyPiece[], span: number, outputs: number): KeyBlock[] {
  const blocks: KeyBlock[] = [];
  choose(blocks, costsOf(pieces, 0, span, 0, pieces.length, outputs), outputs);
  return blocks;
}

interface CostNode {
  readonly first: number;
  readonly span: number;
  /** By inherited output; shape [outputs + 1]. */
  readonly cost: Uint32Array;
  /** Output that a block at this node would have. */
  readonly best: number;
  readonly halves?: readonly [CostNode, CostNode];
}

/** `from` … `to` − 1 are the pieces that share keys with the node. */
function costsOf(
  pieces: readonly KeyPiece[],
  first: number,
  span: number,
  from: number,
  to: number,
  outputs: number,
): CostNode {
  const piece = pieces[from];
  if (from === to || piece === undefined) {
    return { first, span, cost: new Uint32Array(outputs + 1), best: 0 };
  }
  if (to === from + 1 && piece.first <= first && piece.end >= first + span) {
    const cost = new Uint32Array(outputs + 1).fill(1);
    cost[piece.output] = 0;
    if (piece.mayPass) cost[outputs] = 0;
    return { first, span, cost, best: piece.output };
  }
  const middle = first + span / 2;
  let cut = from;
  while (cut < to && pieces[cut]!.end <= middle) cut += 1;
  const straddles = cut < to && pieces[cut]!.first < middle;
  const left = costsOf(pieces, first, span / 2, from, straddles ? cut + 1 : cut, outputs);
  const right = costsOf(pieces, middle, span / 2, cut, to, outputs);
  const cost = left.cost.map((own, output) => own + right.cost[output]!);
  let best = 0;
  for (let output = 1; output < outputs; output += 1) if (cost[output]! < cost[best]!) best = output;
  const withBlock = cost[best]! + 1;
  return { first, span, cost: cost.map((own) => Math.min(own, withBlock)), best, halves: [left, right] };
}

/** Smaller blocks come before the larger ones that hold them. */
function choose(blocks: KeyBlock[], node: CostNode, inherited: number): void {
  const { first, span, cost, best, halves } = node;
  if (cost[inherited] === 0) return;
  const within = halves && halves[0].cost[inherited]! + halves[1].cost[inherited]!;
  const isKept = within === cost[inherited];
  for (const half of halves ?? []) choose(blocks, half, isKept ? inherited : best);
  if (!isKept) blocks.push({ first, span, output: best });
}
