import {
  KERNEL_ACTIONS,
  type KernelAction,
  type PerPe,
  perPe,
  ROW_ACTIONS,
  type RowAction,
  type RowCount,
  SRAM_TRAFFIC,
  type SramTraffic,
  totals,
} from "../../src/core/counts.ts";
import { type NumberFormat, WEIGHT_BYTES } from "../../src/core/number-format.ts";
import { NEURON_TRAITS, parameterWords } from "../../src/core/population-kind.ts";
import { type ChipDecoder, PACKET_BYTES } from "../../src/core/program.ts";
import { bitmapBytesOf, BLOCK_COLUMNS, isProductForm, type RowForm } from "../../src/core/row-form.ts";
import type { FusedProjection } from "../functional/fuse-rows.ts";
import type { LoadedBlock } from "../functional/load-image.ts";
import type { Delivery } from "./deliveries.ts";
import type { ArrayWork } from "./mac-array.ts";
import type { RowCounter } from "./row-counts.ts";
import { rowActionsOf, type RowWork } from "./row-work.ts";
import type { Worker } from "./workers.ts";

/** Kernel actions and SRAM traffic that a run comes to, by PE. */
export interface PeCounts {
  readonly kernel: PerPe<KernelAction>;
  /** Bytes. */
  readonly sram: PerPe<SramTraffic>;
  /** Of all PEs; in the order in which projections first hold rows of that kind. */
  readonly rows: readonly RowCount[];
}

type CountsByPe = Pick<PeCounts, "kernel" | "sram">;

export interface PeActivity {
  readonly pes: number;
  readonly format: NumberFormat;
  readonly steps: number;
  readonly workers: readonly Worker[];
  readonly deliveries: readonly Delivery[];
  /** Events by counter: used at once, and used in the step after. */
  readonly events: readonly [Float64Array, Float64Array];
  readonly projections: readonly FusedProjection[];
  /** Slots by projection, and the empty ones among them; absent where there are none. */
  readonly rows: readonly RowCounter[];
  readonly empties: readonly (RowCounter | undefined)[];
  readonly fetches: readonly (RowCounter | undefined)[];
  /** By worker. */
  readonly arrayWork: readonly ArrayWork[];
  /** Outputs and vectors that the MAC array computes at once; of account where there are products. */
  readonly arrayColumns: number;
  readonly arrayRows: number;
  readonly decoder: ChipDecoder | undefined;
}

/** Bytes of a word of state, of an accumulator, of a parameter and of a row's scale. */
const WORD = 4;
/** Bytes of an event's row and of its input to the MAC array. */
const ROW_NUMBER = 2;
const INPUT = 1;
/** Of a look-up: two table entries of two bytes each. */
const LOOKUP_BYTES = 2 * 2;

export function countPes(activity: PeActivity): PeCounts {
  const counts = { kernel: perPe(KERNEL_ACTIONS, activity.pes), sram: perPe(SRAM_TRAFFIC, activity.pes) };
  countPackets(activity, counts);
  const rows = countRowWork(activity, counts);
  countNeurons(activity, counts);
  return { ...counts, rows };
}

/**
 * A packet is written to the FIFO and read from it; a lookup reads its record of the population table with
 * the row pointers; an event that is sent is written to the send buffer.
 */
function countPackets({ workers, deliveries, events }: PeActivity, { kernel, sram }: CountsByPe): void {
  for (const { counter, lag, worker, receives, lookups, lookupBytes, sends } of deliveries) {
    const { pe } = workers[worker]!;
    const count = events[lag][counter]!;
    kernel.packetReceive[pe]! += count * receives;
    kernel.rowLookup[pe]! += count * lookups;
    kernel.eventSend[pe]! += count * sends;
    sram.packetsWritten[pe]! += count * PACKET_BYTES * (receives + sends);
    sram.packetsRead[pe]! += count * PACKET_BYTES * receives;
    sram.rowPointersRead[pe]! += count * lookupBytes;
  }
}

/**
 * A slot reads its weight and its part of the row's structure and updates an accumulator; a row with integer weights
 * reads its scale first. Rows that come from DRAM are written to the row buffer before.
 */
function countRowWork(activity: PeActivity, { kernel, sram }: CountsByPe): RowCount[] {
  const { workers, projections, rows, empties, fetches } = activity;
  const counts: RowCount[] = [];
  for (const [index, { slices, blocks }] of projections.entries()) {
    for (const [column, slice] of slices.entries()) {
      const { pe, kind } = workers[slice]!;
      const block = blocks[column]!;
      if (isProductForm(block.form)) {
        const events = rows[index]!.total.rows[column]!;
        const operands = operandsIn(block, events, empties[index]?.total.sums[column] ?? 0);
        kernel.macMagnitude[pe]! += events - operands;
        countProduct(activity, block, pe, operands, { kernel, sram });
        continue;
      }
      const work: RowWork = {
        rows: rows[index]!.total.rows[column]!,
        slots: rows[index]!.total.sums[column]!,
        empty: empties[index]?.total.sums[column] ?? 0,
      };
      const actions = rowActionsOf(block, work);
      const sums = countOf(counts, block.weightFormat, block.form).actions;
      for (const action of ROW_ACTIONS) {
        kernel[action][pe]! += actions[action];
        sums[action] += actions[action];
      }
      // The largest value, and how many are missing.
      const words = kind === "max-pool" ? 2 : 1;
      const worked = WORD * words * workedSlots(block, work);
      sram.weightsRead[pe]! += work.slots * WEIGHT_BYTES[block.weightFormat];
      sram.indicesRead[pe]! += structureBytes(block, work);
      sram.accumulatorsRead[pe]! += worked;
      sram.accumulatorsWritten[pe]! += worked;
      sram.rowsWritten[pe]! += fetches[index]?.total.sums[column] ?? 0;
      if (block.weightFormat !== "float32") sram.scalesRead[pe]! += work.rows * WORD;
    }
  }
  return counts;
}

/** Of the events that came; all of a matrix, of a kernel those that met a second empty slot (`decodeKernel`). */
const operandsIn = ({ form }: LoadedBlock, events: number, empty: number): number =>
  form === "mac-convolution" ? empty - events : events;

/**
 * An event's payload and row are noted, read when it is brought to int8 and its row once more when that is cleared; in every
 * step the array reads inputs and weights for each of its tiles, and its sums go by the core to the accumulators.
 */
function countProduct(
  { steps, arrayColumns, arrayRows }: PeActivity,
  { product, columns }: LoadedBlock,
  pe: number,
  events: number,
  { kernel, sram }: CountsByPe,
): void {
  const sums = WORD * columns * steps;
  kernel.macOperand[pe]! += events;
  kernel.macResult[pe]! += columns * steps;
  const { vectors, inputs, outputs, times } = product!;
  sram.weightsRead[pe]! += times * inputs * outputs * Math.ceil(vectors / arrayRows) * steps;
  sram.operandsWritten[pe]! += events * (WORD + ROW_NUMBER + 2 * INPUT) + sums;
  sram.operandsRead[pe]! +=
    events * (WORD + 2 * ROW_NUMBER) +
    INPUT * times * vectors * inputs * Math.ceil(outputs / arrayColumns) * steps +
    sums;
  sram.accumulatorsRead[pe]! += sums;
  sram.accumulatorsWritten[pe]! += sums;
  sram.scalesRead[pe]! += WORD * steps;
}

/** The count of a block's kind; a new one where there is none yet. */
function countOf(counts: RowCount[], weightFormat: NumberFormat, form: RowForm) {
  const found = counts.find((count) => count.weightFormat === weightFormat && count.form === form);
  const count = found ?? { weightFormat, form, actions: totals(ROW_ACTIONS) };
  if (found === undefined) counts.push(count);
  return count as { readonly actions: Record<RowAction, number> };
}

/** Slots whose accumulator is read and written: those that bridge a gap are passed over, all other zeros are added. */
const workedSlots = ({ form }: LoadedBlock, { slots, empty }: RowWork): number =>
  form === "delta-csr" ? slots - empty : slots;

/** Bytes of indices, gaps, bitmaps or block numbers. */
function structureBytes({ form, columns, indexBits }: LoadedBlock, { rows, slots }: RowWork): number {
  if (form === "bitmap") return rows * bitmapBytesOf(columns);
  return Math.ceil(((form === "block" ? slots / BLOCK_COLUMNS : slots) * indexBits) / 8);
}

/**
 * A neuron's update reads its accumulators, sets them to their start values, which are parameters like its
 * others, and replaces its state. A decoder's share reads its int8 weights and inputs, scales and biases
 * and writes its sums, whatever the input.
 */
function countNeurons(activity: PeActivity, { kernel, sram }: CountsByPe): void {
  const { workers, steps, format, decoder, arrayWork } = activity;
  for (const [worker, { pe, role, count, kind }] of workers.entries()) {
    sram.rowsWritten[pe]! += steps * arrayWork[worker]!.dramBytes;
    kernel.timestep[pe] = steps;
    const updates = steps * count;
    if (role === "decoder") {
      sram.weightsRead[pe]! += updates * decoder!.inputs;
      sram.stateRead[pe]! += steps * decoder!.inputs;
      sram.parametersRead[pe]! += updates * 2 * WORD;
      sram.accumulatorsWritten[pe]! += updates * WORD;
      continue;
    }
    const traits = NEURON_TRAITS[kind];
    const words = updates * WORD;
    kernel[traits.update][pe]! += updates;
    sram.accumulatorsRead[pe]! += words * traits.accumulators.length;
    sram.accumulatorsWritten[pe]! += words * traits.accumulators.length;
    sram.parametersRead[pe]! += words * parameterWords(traits);
    sram.stateRead[pe]! += words * traits.state.length;
    sram.stateWritten[pe]! += words * traits.state.length;
    if (format !== "float32") sram.tablesRead[pe]! += updates * traits.lookups * LOOKUP_BYTES;
  }
}
