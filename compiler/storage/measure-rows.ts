import type { GraphProjection } from "../../src/core/event-graph.ts";
import type { Slice } from "../../src/core/mapping.ts";
import { BLOCK_COLUMNS, gatesIn } from "../../src/core/row-form.ts";
import { operandsOf } from "../../src/core/shared-convolution.ts";
import { fanInOf } from "../partition/fan-in.ts";

/**
 * What a projection's rows are made of on each slice of its target, counted once in the image (`stored`) and once as
 * the events of a timestep meet it (`met`: each row weighed by the events of its source). Shape [slices] each.
 */
export interface RowMeasures {
  readonly stored: Counts;
  readonly met: Counts;
  /** Events of all rows in a timestep. */
  readonly events: number;
  /** Of them those of which a product makes operands: of a convolution's what a slice's places see, else all. Shape [slices]. */
  readonly operands: Float64Array;
}

interface Counts {
  /** Rows that hold a synapse. */
  readonly rows: Float64Array;
  readonly synapses: Float64Array;
  /** Blocks of columns that hold a synapse. */
  readonly blocks: Float64Array;
  /** Slots of weight 0 that bridge gaps of more than 8 or 4 bits. */
  readonly bridges8: Float64Array;
  readonly bridges4: Float64Array;
}

const COUNTED = ["rows", "synapses", "blocks", "bridges8", "bridges4"] as const;

function countsOf(of: (part: (typeof COUNTED)[number]) => Float64Array): Counts {
  const [rows, synapses, blocks, bridges8, bridges4] = COUNTED.map(of);
  return { rows: rows!, synapses: synapses!, blocks: blocks!, bridges8: bridges8!, bridges4: bridges4! };
}

/**
 * One pass over the synapses, which may be many millions. `slices` are those of the target population, `events` those of
 * each source neuron in a timestep.
 */
export function measureRows(
  projection: GraphProjection,
  slices: readonly Slice[],
  size: number,
  events: Float64Array,
): RowMeasures {
  const stored = countsOf(() => new Float64Array(slices.length));
  const total = sumOf(events);
  const operands = Float64Array.from(slices, (slice) => operandEvents(projection, slice, events));
  const [each = 0] = events;
  if (events.every((value) => value === each)) {
    countRows(projection, slices, size, stored);
    return {
      stored,
      met: countsOf((part) => stored[part].map((count) => each * count)),
      events: total,
      operands,
    };
  }
  const met = countsOf(() => new Float64Array(slices.length));
  countRows(projection, slices, size, stored, weigher(stored, met, events));
  return { stored, met, events: total, operands };
}

/** Events in a timestep of which a slice's product makes operands. */
export function operandEvents(
  { convolution }: Pick<GraphProjection, "convolution">,
  slice: Pick<Slice, "first" | "count">,
  events: Float64Array,
): number {
  if (!convolution) return sumOf(events);
  const { first, count } = operandsOf(convolution, slice);
  return sumOf(events.subarray(first, first + count));
}

const sumOf = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0);

/**
 * Adds a slice's synapses to its counts.
 *
 * @param leave Told of a slice and the row on it that was counted last, before another row is begun there, and at last.
 */
function countRows(
  { synapses, synapses: { rowStart, target } }: GraphProjection,
  slices: readonly Slice[],
  size: number,
  { rows, synapses: counted, blocks, bridges8, bridges4 }: Counts,
  leave?: (slice: number, row: number) => void,
): void {
  const { sliceOf, indexOf, columnOf } = localPlaces(slices, size, fanInOf(synapses, size).gates);
  const lastRow = new Int32Array(slices.length).fill(-1);
  const lastIndex = new Int32Array(slices.length);
  const lastBlock = new Int32Array(slices.length);
  for (let row = 0; row + 1 < rowStart.length; row += 1) {
    const end = rowStart[row + 1]!;
    for (let i = rowStart[row]!; i < end; i += 1) {
      const accumulator = target[i]!;
      const slice = sliceOf[accumulator]!;
      if (lastRow[slice] !== row) {
        leave?.(slice, lastRow[slice]!);
        lastRow[slice] = row;
        lastIndex[slice] = -1;
        lastBlock[slice] = -1;
        rows[slice]! += 1;
      }
      const index = indexOf[accumulator]!;
      const gap = index - lastIndex[slice]! - 1;
      lastIndex[slice] = index;
      counted[slice]! += 1;
      if (gap >= 16) {
        bridges8[slice]! += gap >> 8;
        bridges4[slice]! += gap >> 4;
      }
      const block = Math.floor(columnOf[accumulator]! / BLOCK_COLUMNS);
      if (block === lastBlock[slice]) continue;
      lastBlock[slice] = block;
      blocks[slice]! += 1;
    }
  }
  if (leave) for (const [slice, row] of lastRow.entries()) leave(slice, row);
}

/** Adds to `met` what `stored` has grown by since a slice was last left, for each event of the row. */
function weigher(stored: Counts, met: Counts, events: Float64Array): (slice: number, row: number) => void {
  const before = countsOf((part) => stored[part].slice());
  const parts = COUNTED.map((part) => [stored[part], before[part], met[part]] as const);
  return (slice, row) => {
    if (row < 0) return;
    const weight = events[row]!;
    for (const [now, then, sum] of parts) {
      const grown = now[slice]! - then[slice]!;
      if (grown === 0) continue;
      sum[slice]! += weight * grown;
      then[slice] = now[slice]!;
    }
  };
}

/** Of each of the population's accumulators its slice, its index there and its column. Shape [4 · size] each. */
export function localPlaces(slices: readonly Pick<Slice, "first" | "count">[], size: number, gates: number) {
  const reached = gatesIn(gates);
  const most = (reached.at(-1) ?? -1) + 1;
  const sliceOf = new Uint32Array(most * size);
  const indexOf = new Uint32Array(most * size);
  const columnOf = new Uint32Array(most * size);
  for (const [slice, { first, count }] of slices.entries()) {
    for (const [rank, gate] of reached.entries()) {
      for (let neuron = 0; neuron < count; neuron += 1) {
        const accumulator = gate * size + first + neuron;
        sliceOf[accumulator] = slice;
        indexOf[accumulator] = gate * count + neuron;
        columnOf[accumulator] = rank * count + neuron;
      }
    }
  }
  return { sliceOf, indexOf, columnOf };
}
