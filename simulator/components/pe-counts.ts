import {
  KERNEL_ACTIONS,
  type KernelAction,
  type PerPe,
  perPe,
  SRAM_TRAFFIC,
  type SramTraffic,
} from "../../src/core/counts.ts";
import { EGRU_ACCUMULATORS, type NumberFormat, WEIGHT_BYTES } from "../../src/core/number-format.ts";
import { type ChipDecoder, PACKET_BYTES } from "../../src/core/program.ts";
import type { FusedProjection } from "../functional/fuse-rows.ts";
import type { Delivery } from "./deliveries.ts";
import type { RowCounter } from "./row-counts.ts";
import type { Worker } from "./workers.ts";

/** Kernel actions and SRAM traffic that a run comes to, by PE. */
export interface PeCounts {
  readonly kernel: PerPe<KernelAction>;
  /** Bytes. */
  readonly sram: PerPe<SramTraffic>;
}

export interface PeActivity {
  readonly pes: number;
  readonly format: NumberFormat;
  readonly steps: number;
  readonly workers: readonly Worker[];
  readonly deliveries: readonly Delivery[];
  /** Events by counter: used at once, and used in the step after. */
  readonly events: readonly [Float64Array, Float64Array];
  readonly projections: readonly FusedProjection[];
  readonly rows: readonly RowCounter[];
  readonly fetches: readonly (RowCounter | undefined)[];
  /** Bytes that each worker's part of a decoder streams from DRAM in every step. */
  readonly streamedBytes: Float64Array;
  readonly decoder: ChipDecoder | undefined;
}

/** Bytes of a word of state, of an accumulator, of a parameter and of a row's scale. */
const WORD = 4;
/** σ twice and tanh once, two table entries of two bytes each. */
const TABLE_BYTES = 3 * 2 * 2;

export function countPes(activity: PeActivity): PeCounts {
  const counts = { kernel: perPe(KERNEL_ACTIONS, activity.pes), sram: perPe(SRAM_TRAFFIC, activity.pes) };
  countPackets(activity, counts);
  countRowWork(activity, counts);
  countNeurons(activity, counts);
  return counts;
}

/**
 * A packet is written to the FIFO and read from it; a lookup reads its record of the population table with
 * the row pointers; an event that is sent is written to the send buffer.
 */
function countPackets({ workers, deliveries, events }: PeActivity, { kernel, sram }: PeCounts): void {
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
 * A synop reads weight and index and updates an accumulator; an integer row reads its scale first. Rows that come
 * from DRAM are written to the row buffer before.
 */
function countRowWork(activity: PeActivity, { kernel, sram }: PeCounts): void {
  const { workers, projections, rows, fetches, format } = activity;
  for (const [index, { slices, blocks }] of projections.entries()) {
    const { sums: synops, rows: fetched } = rows[index]!.total;
    for (const [column, slice] of slices.entries()) {
      const { pe } = workers[slice]!;
      kernel.synop[pe]! += synops[column]!;
      kernel.rowFetch[pe]! += fetched[column]!;
      sram.weightsRead[pe]! += synops[column]! * WEIGHT_BYTES[format];
      sram.indicesRead[pe]! += synops[column]! * blocks[column]!.indexBytes;
      sram.accumulatorsRead[pe]! += synops[column]! * WORD;
      sram.accumulatorsWritten[pe]! += synops[column]! * WORD;
      sram.rowsWritten[pe]! += fetches[index]?.total.sums[column] ?? 0;
      if (format !== "float32") sram.scalesRead[pe]! += fetched[column]! * WORD;
    }
  }
}

/**
 * A neuron's update reads its accumulators, sets them to their start values, which are parameters like the
 * threshold, and replaces its state. A decoder's share reads its int8 weights and inputs, scales and biases
 * and writes its sums, whatever the input.
 */
function countNeurons(activity: PeActivity, { kernel, sram }: PeCounts): void {
  const { workers, steps, format, decoder, streamedBytes } = activity;
  for (const [worker, { pe, role, count }] of workers.entries()) {
    sram.rowsWritten[pe]! += steps * streamedBytes[worker]!;
    kernel.timestep[pe] = steps;
    const updates = steps * count;
    if (role === "decoder") {
      sram.weightsRead[pe]! += updates * decoder!.inputs;
      sram.stateRead[pe]! += steps * decoder!.inputs;
      sram.parametersRead[pe]! += updates * 2 * WORD;
      sram.accumulatorsWritten[pe]! += updates * WORD;
      continue;
    }
    kernel.neuronUpdate[pe]! += updates;
    sram.accumulatorsRead[pe]! += updates * EGRU_ACCUMULATORS * WORD;
    sram.accumulatorsWritten[pe]! += updates * EGRU_ACCUMULATORS * WORD;
    sram.parametersRead[pe]! += updates * (EGRU_ACCUMULATORS + 1) * WORD;
    sram.stateRead[pe]! += updates * WORD;
    sram.stateWritten[pe]! += updates * WORD;
    if (format !== "float32") sram.tablesRead[pe]! += updates * TABLE_BYTES;
  }
}
