import type { EventGraph, FanOut, GraphProjection } from "../../src/core/event-graph.ts";

/** For each projection that is divided: 1 for the rows of its second part. Shape [rows]. */
export type Divisions = ReadonlyMap<GraphProjection, Uint8Array>;

export interface DividedGraph {
  readonly graph: EventGraph;
  /** The second part of each divided projection. */
  readonly second: ReadonlyMap<GraphProjection, GraphProjection>;
}

/**
 * Divides projections in two by their rows, so that each part can be stored in its own way. Both parts have all rows, those of the other
 * part empty, and stand one after the other where the whole stood: a row is added to the accumulators at the place of its part.
 */
export function divideRows(graph: EventGraph, divisions: Divisions): DividedGraph {
  if (divisions.size === 0) return { graph, second: new Map() };
  const second = new Map<GraphProjection, GraphProjection>();
  const projections = graph.projections.flatMap((projection) => {
    const isSecond = divisions.get(projection);
    if (isSecond === undefined) return [projection];
    const { part = 0, synapses } = projection;
    const later = {
      ...projection,
      part: part + 1,
      synapses: rowsWhere(synapses, (row) => isSecond[row] === 1),
    };
    second.set(projection, later);
    return [{ ...projection, synapses: rowsWhere(synapses, (row) => isSecond[row] !== 1) }, later];
  });
  return { graph: { ...graph, projections }, second };
}

/** The other rows stay in place, empty. */
function rowsWhere(synapses: FanOut, keep: (row: number) => boolean): FanOut {
  const { rowStart, target, weight } = synapses;
  const rows = rowStart.length - 1;
  const starts = new Uint32Array(rows + 1);
  for (let row = 0; row < rows; row += 1)
    starts[row + 1] = starts[row]! + (keep(row) ? rowStart[row + 1]! - rowStart[row]! : 0);
  const pick = <T extends Uint32Array | FanOut["weight"]>(values: T): T => {
    const out = new (values.constructor as new (length: number) => T)(starts[rows]!);
    for (let row = 0; row < rows; row += 1)
      if (starts[row + 1]! > starts[row]!)
        out.set(values.subarray(rowStart[row], rowStart[row + 1]), starts[row]);
    return out;
  };
  return { ...synapses, rowStart: starts, target: pick(target), weight: pick(weight) };
}
