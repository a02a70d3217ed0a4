import { bySource, type GraphProjection } from "../../src/core/event-graph.ts";
import { BLOCK_COLUMNS, gatesIn } from "../../src/core/row-form.ts";
import { fanInOf } from "../partition/fan-in.ts";
import { type NeuronRange, neuronsOfBlock, neuronsOfMapRow } from "../../src/core/shared-convolution.ts";
import type { Activity } from "../place/problem.ts";
import { operandEvents, type RowMeasures } from "./measure-rows.ts";
import { blocksOfColumns } from "./row-variants.ts";

/**
 * What `measureRows` would find on one of so many equal slices if each row's synapses lay evenly over the target: a row of L
 * synapses is then empty on a slice with probability (1 − 1/slices)^L, and a column of it is with the share of its columns that the row holds.
 *
 * @param size Neurons of the target.
 */
export function expectedRows(
  projection: GraphProjection,
  size: number,
  slices: number,
  activity: Activity,
): RowMeasures {
  const { synapses } = projection;
  const events = bySource(projection, activity.get(projection.source)!);
  const gates = gatesIn(fanInOf(synapses, size).gates);
  const neurons = Math.ceil(size / slices);
  const columns = gates.length * neurons;
  /** Accumulators that the projection does not reach, before its last ones. */
  const passed = neurons * Math.max(0, (gates.at(-1) ?? 0) + 1 - gates.length);
  const [stored, met] = [oneSlice(), oneSlice()];
  for (const [length, { rows, sent }] of rowsByLength(synapses.rowStart, events)) {
    const held = 1 - (1 - 1 / slices) ** length;
    const share = Math.min(1, length / (slices * columns));
    const lead = 1 - (1 - share) ** neurons;
    const bridgesOf = (reach: number) =>
      lead * Math.floor(passed / reach) + bridges(length / slices, held, share, columns, reach);
    const own = {
      rows: held,
      synapses: length / slices,
      blocks: blocksOfColumns(columns) * (1 - (1 - share) ** BLOCK_COLUMNS),
      bridges8: bridgesOf(2 ** 8),
      bridges4: bridgesOf(2 ** 4),
    };
    for (const part of PARTS) {
      stored[part][0]! += rows * own[part];
      met[part][0]! += sent * own[part];
    }
  }
  const operands = Float64Array.of(operandEvents(projection, middleSlice(projection, size, neurons), events));
  return { stored, met, events: events.reduce((sum, value) => sum + value, 0), operands };
}

/** One of slices of about so many neurons, which sees as much as any. */
export function middleSlice(
  { convolution }: Pick<GraphProjection, "convolution">,
  size: number,
  neurons: number,
): NeuronRange {
  if (!convolution) return { first: 0, count: Math.min(size, neurons) };
  const { output } = convolution;
  const [row, block] = [neuronsOfMapRow(output), neuronsOfBlock(output)];
  const count = Math.min(size, row * Math.ceil(neurons / row));
  return { first: row * Math.max(0, Math.floor((block - count) / (2 * row))), count };
}

const PARTS = ["rows", "synapses", "blocks", "bridges8", "bridges4"] as const;

const oneSlice = (): RowMeasures["met"] => ({
  rows: new Float64Array(1),
  synapses: new Float64Array(1),
  blocks: new Float64Array(1),
  bridges8: new Float64Array(1),
  bridges4: new Float64Array(1),
});

/** Slots between synapses of a row: a gap of k columns or more comes with probability (1 − share)^k; all gaps together are no longer than the slice. */
function bridges(synapses: number, held: number, share: number, columns: number, reach: number): number {
  const longer = (1 - share) ** reach;
  return longer === 1 ? 0 : Math.min((synapses * longer) / (1 - longer), (held * columns) / reach);
}

/** Rows that are not empty, and the events that meet them. */
function rowsByLength(
  rowStart: Uint32Array,
  events: Float64Array,
): ReadonlyMap<number, { readonly rows: number; readonly sent: number }> {
  const found = new Map<number, { rows: number; sent: number }>();
  for (let row = 0; row + 1 < rowStart.length; row += 1) {
    const length = rowStart[row + 1]! - rowStart[row]!;
    if (length === 0) continue;
    let own = found.get(length);
    if (own === undefined) found.set(length, (own = { rows: 0, sent: 0 }));
    own.rows += 1;
    own.sent += events[row]!;
  }
  return found;
}
