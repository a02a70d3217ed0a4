/** Whatever has neighbours, numbered 0 … size − 1. */
export interface Adjacency {
  readonly size: number;
  /** Neighbours of one, in a fixed order. */
  neighbours(index: number): readonly number[];
}

/** Each after the one that it was found from; where a part is done, the next begins with its lowest number. */
export const breadthFirst = (graph: Adjacency, start = 0): number[] =>
  spread(graph, [start, ...Array.from({ length: graph.size }, (_, index) => index)], (found) => found);

/**
 * Reverse Cuthill–McKee (ACM '69; George 1971): breadth first from the one with fewest neighbours, neighbours with fewest
 * first, then all backwards. What is joined comes to stand close together.
 */
export function reverseCuthillMcKee(graph: Adjacency): number[] {
  const degree = Array.from({ length: graph.size }, (_, index) => graph.neighbours(index).length);
  const fewestFirst = (a: number, b: number) => degree[a]! - degree[b]! || a - b;
  const starts = [...degree.keys()].sort(fewestFirst);
  return spread(graph, starts, (found) => found.sort(fewestFirst)).reverse();
}

function spread(
  { size, neighbours }: Adjacency,
  starts: readonly number[],
  sorted: (found: number[]) => number[],
): number[] {
  const order: number[] = [];
  const isSeen = new Uint8Array(size);
  for (const start of starts) {
    if (size === 0 || isSeen[start]) continue;
    isSeen[start] = 1;
    order.push(start);
    for (let next = order.length - 1; next < order.length && order.length < size; next += 1) {
      const found: number[] = [];
      // A neighbour may stand there twice: east and west of a node in a torus two nodes wide.
      for (const index of neighbours(order[next]!)) {
        if (isSeen[index]) continue;
        isSeen[index] = 1;
        found.push(index);
      }
      for (const index of sorted(found)) order.push(index);
    }
  }
  return order;
}
