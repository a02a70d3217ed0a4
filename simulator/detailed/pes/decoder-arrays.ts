import type { Tiles } from "../../components/mac-array.ts";
import type { Machine } from "../../engine/machine.ts";
import { SLOTS } from "./fetching-queues.ts";
import type { PeQueues } from "./pe-queues.ts";
import { coresOf, type Receptions } from "./receptions.ts";
import type { StepPlan } from "../step-plan.ts";
import type { TileStreams } from "./tile-streams.ts";

/** The MAC arrays of the PEs that share a decoder, which begin when all has come. */
export interface DecoderArrays {
  /** A timestep begins, or an interval of a pipeline. */
  begin(plan: StepPlan): void;
  /** A packet has come that has this entry among the receptions. */
  received(entry: number, payload: number, cycle: number): void;
  /** Begins the product if the last layer is through and all its packets have come. */
  startIfReady(worker: number, now: number): void;
  /** The core that a share uses may have become free. */
  coreIsFree(core: number, time: number): void;
  /** A share's tiles are all worked off. */
  through(worker: number, time: number): void;
}

export interface DecoderSurroundings {
  readonly machine: Machine;
  readonly receptions: Receptions;
  readonly queues: PeQueues;
  readonly perPeCycle: Float64Array;
  /** As for the step planner. */
  readonly lag: 0 | 1;
  readonly tiles: Pick<TileStreams, "begin">;
  isOpen(layer: number): boolean;
  isThrough(layer: number, time: number): void;
}

/** One PE's share. */
interface Share {
  readonly worker: number;
  readonly core: number;
  /** PE cycles before the first tile: the timestep's, where the core does nothing else in it. */
  readonly timestepCycles: number;
  isRunning: boolean;
  isThrough: boolean;
}

export function createDecoderArrays(surroundings: DecoderSurroundings): DecoderArrays {
  const { machine, receptions, queues, perPeCycle, lag, tiles, isOpen, isThrough } = surroundings;
  const { workers, phases, cycles } = machine;
  const layer = phases.length;
  const coreOf = coresOf(machine);
  const shares = phases.at(-1)!.workers.map((worker): Share => {
    const core = coreOf[worker]!;
    const timestepCycles = core === worker ? cycles.timestep : 0;
    return { worker, core, timestepCycles, isRunning: false, isThrough: false };
  });
  const shareOf = new Map(shares.map((share) => [share.worker, share]));
  const shareAt = new Map(shares.map((share) => [share.core, share]));
  const received = [new Int32Array(workers.length), new Int32Array(workers.length)] as const;
  let parity = 0;
  let expected: StepPlan["expected"] = received[0];

  function startIfReady(worker: number, now: number): void {
    const share = shareOf.get(worker)!;
    if (share.isRunning || share.isThrough || !isOpen(layer)) return;
    if (received[parity]![worker]! < expected[worker]! || queues.isUpdating(share.core)) return;
    const free = queues.idleFrom(share.core);
    if (free === Infinity) return;
    const { core, timestepCycles } = share;
    share.isRunning = true;
    const begin = Math.max(now, free);
    const duration = timestepCycles * perPeCycle[core]!;
    if (duration > 0) queues.occupy(core, begin, duration);
    tiles.begin(worker, begin + duration);
  }

  return {
    begin(plan) {
      ({ parity, expected } = plan);
      for (const share of shares) share.isThrough = false;
    },
    received(entry, payload, cycle) {
      const worker = receptions.decoder[entry]!;
      if (worker < 0) return;
      received[(payload & 1) ^ lag]![worker]! += 1;
      if (received[parity]![worker]! >= expected[worker]!) startIfReady(worker, cycle);
    },
    startIfReady,
    coreIsFree(core, time) {
      const share = shareAt.get(core);
      if (share) startIfReady(share.worker, time);
    },
    through(worker, time) {
      const share = shareOf.get(worker)!;
      share.isRunning = false;
      share.isThrough = true;
      received[parity]![worker] = 0;
      isThrough(layer, time);
    },
  };
}

/** Of each share. Tiles are as large as half of what the decoder's buffers leave for weights. */
export function decoderTiles({ workers, phases, program, profile, arrayWork }: Machine): Map<number, Tiles> {
  const { chipDecoder } = program;
  if (chipDecoder === undefined) return new Map();
  const { inputs, outputs, pes, bufferBytes } = chipDecoder;
  const { setupCycles } = profile.pe.macArray!;
  const { burstBytes } = profile.dram!;
  const weightBytes = bufferBytes - 4 * Math.ceil(inputs / 4) - 4 * Math.ceil(outputs / pes.length);
  const tileOutputs = Math.max(1, Math.floor(weightBytes / SLOTS / inputs));
  const tilesOf = (worker: number): Tiles => {
    const { count } = workers[worker]!;
    const work = arrayWork[worker]!;
    const tiles = Math.ceil(count / tileOutputs);
    const upTo = (tile: number) => Math.min(count, tile * tileOutputs) / count;
    const bytesUpTo = (tile: number) => burstBytes * Math.ceil((work.dramBytes * upTo(tile)) / burstBytes);
    const multiplying = work.cycles - setupCycles;
    const ofTile = (of: (tile: number) => number) => Array.from({ length: tiles }, (_, tile) => of(tile));
    return {
      cycles: ofTile((tile) => multiplying * (upTo(tile + 1) - upTo(tile)) + (tile === 0 ? setupCycles : 0)),
      bytes: ofTile((tile) => bytesUpTo(tile + 1) - bytesUpTo(tile)),
    };
  };
  return new Map(phases.at(-1)!.workers.map((worker) => [worker, tilesOf(worker)]));
}
