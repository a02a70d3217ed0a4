/** A projection whose weights may be held in the narrow or the wide format. */
export interface Candidate {
  readonly name: string;
  /** Bytes that the wide format takes beyond the narrow one. */
  readonly bytes: number;
  /** Loss that it causes alone in the narrow format, all others in the wide one. */
  readonly harm: number;
}

/** A choice that was measured. */
export interface TriedChoice {
  /** Projections in the wide format, in the model's order. */
  readonly wide: readonly string[];
  /** Against float32; see `lossOf`. */
  readonly loss: number;
}

export interface FormatSearch {
  /** The narrowest that keeps to the budget; undefined where none does. */
  readonly chosen: TriedChoice | undefined;
  /** In the order in which they were measured. */
  readonly tried: readonly TriedChoice[];
}

/**
 * Looks for few wide projections that keep the loss within a budget: from none on, it widens the one that causes most harm a
 * byte, until a measurement is within the budget; then it narrows again, last widened first, whatever turns out not to be
 * needed. Greedy: of n projections it measures at most 2n choices, not 2^n, and may miss a narrower one.
 */
export function searchFormats(
  candidates: readonly Candidate[],
  budget: number,
  measureLoss: (wide: readonly string[]) => number,
): FormatSearch {
  const tried: TriedChoice[] = [];
  const attempt = (wide: ReadonlySet<string>): TriedChoice => {
    const names = candidates.map(({ name }) => name).filter((name) => wide.has(name));
    const choice = { wide: names, loss: measureLoss(names) };
    tried.push(choice);
    return choice;
  };
  const wide = new Set<string>();
  let chosen = attempt(wide);
  for (const { name } of byHarm(candidates)) {
    if (chosen.loss <= budget) break;
    wide.add(name);
    chosen = attempt(wide);
  }
  if (!(chosen.loss <= budget)) return { chosen: undefined, tried };
  // The last one brought the loss within the budget.
  for (const name of [...wide].slice(0, -1).reverse()) {
    const fewer = attempt(new Set([...wide].filter((other) => other !== name)));
    if (fewer.loss > budget) continue;
    wide.delete(name);
    chosen = fewer;
  }
  return { chosen, tried };
}

/** Most harm a byte first; of equals, as they come. */
const byHarm = (candidates: readonly Candidate[]): Candidate[] =>
  candidates
    .map((candidate, index) => ({ candidate, index, rate: candidate.harm / Math.max(1, candidate.bytes) }))
    .sort((a, b) => b.rate - a.rate || a.index - b.index)
    .map(({ candidate }) => candidate);
