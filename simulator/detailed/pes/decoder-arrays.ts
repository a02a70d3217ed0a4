import type { Machine } from "../../engine/machine.ts";
import { type Agenda, DUE } from "../agenda.ts";
import { SLOTS } from "./fetching-queues.ts";
import type { PeQueues } from "./pe-queues.ts";
import { coresOf, type Receptions } from "./receptions.ts";
import type { StepPlan } from "../step-plan.ts";

/** The MAC arrays of the PEs that share a decoder, and the weights that stream to them from DRAM. */
export interface DecoderArrays {
  /** A timestep begins, or an interval of a pipeline. */
  begin(plan: StepPlan): void;
  /** A packet has come that has this entry among the receptions. */
  received(entry: number, payload: number, cycle: number): void;
  /** Begins the product if the last layer is through and all its packets have come. */
  startIfReady(worker: number, now: number): void;
  /** The core that a share uses may have become free. */
  coreIsFree(core: number, time: number): void;
  /** There may be a tile to ask for. */
  fetch(worker: number, time: number): void;
  fetched(worker: number, slot: number, time: number): void;
  /** A tile is worked off. */
  multiplied(worker: number, time: number): void;
}

export interface DecoderSurroundings {
  readonly machine: Machine;
  readonly receptions: Receptions;
  readonly agenda: Agenda;
  readonly queues: PeQueues;
  readonly perPeCycle: Float64Array;
  /** As for the step planner. */
  readonly lag: 0 | 1;
  isOpen(layer: number): boolean;
  request(worker: number, slot: number, bytes: number, time: number): boolean;
  isThrough(layer: number, time: number): void;
}

/** One PE's share, cut into tiles of outputs. */
interface Share {
  readonly worker: number;
  readonly core: number;
  /** PE cycles before the first tile: the timestep's, where the core does nothing else in it. */
  readonly timestepCycles: number;
  /** PE cycles and bytes by tile. */
  readonly cycles: readonly number[];
  readonly bytes: readonly number[];
  isRunning: boolean;
  isThrough: boolean;
  asked: number;
  done: number;
  /** Bit for each slot whose tile is there and not begun. */
  there: number;
  begun: number;
  /** When the array is free. */
  free: number;
}

/** A tile of weights is fetched while the one before is worked off. */
export function createDecoderArrays(surroundings: DecoderSurroundings): DecoderArrays {
  const { machine, receptions, agenda, queues, perPeCycle, lag, isOpen, request, isThrough } = surroundings;
  const { workers, phases } = machine;
  const layer = phases.length;
  const shares = sharesOf(machine);
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
    share.free = begin + duration;
    share.asked = share.done = share.there = share.begun = 0;
    if (share.cycles.length === 0) agenda.add(share.free, DUE.multiplied, worker);
    else agenda.add(share.free, DUE.fetch, worker);
  }

  function come(share: Share, slot: number, time: number): void {
    share.there |= 1 << slot;
    multiply(share, time);
  }

  /** The array turns to a tile that is there. */
  function multiply(share: Share, time: number): void {
    const tile = share.begun;
    const slot = 1 << (tile % SLOTS);
    if (tile > share.done || (share.there & slot) === 0) return;
    share.begun += 1;
    share.there -= slot;
    share.free = Math.max(time, share.free) + share.cycles[tile]! * perPeCycle[share.worker]!;
    agenda.add(share.free, DUE.multiplied, share.worker);
  }

  function fetch(worker: number, time: number): void {
    const share = shareOf.get(worker)!;
    // A tile's place is free when the last but one before it is worked off.
    while (share.isRunning && share.asked < Math.min(share.cycles.length, share.done + SLOTS)) {
      const slot = share.asked % SLOTS;
      const bytes = share.bytes[share.asked]!;
      if (bytes > 0 && !request(worker, slot, bytes, time)) return;
      share.asked += 1;
      // The burst that came with the tile before holds this one, too.
      if (bytes === 0) come(share, slot, time);
    }
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
    fetch,
    fetched: (worker, slot, time) => come(shareOf.get(worker)!, slot, time),
    multiplied(worker, time) {
      const share = shareOf.get(worker)!;
      share.done = share.begun;
      if (share.done === share.cycles.length) {
        share.isRunning = false;
        share.isThrough = true;
        received[parity]![worker] = 0;
        isThrough(layer, time);
        return;
      }
      multiply(share, time);
      fetch(worker, time);
    },
  };
}

/** Tiles are as large as half of what the decoder's buffers leave for weights. */
function sharesOf(machine: Machine): Share[] {
  const { workers, phases, program, profile, cycles, arrayWork } = machine;
  const { inputs, outputs, pes, bufferBytes } = program.chipDecoder!;
  const { setupCycles } = profile.pe.macArray!;
  const { burstBytes } = profile.dram!;
  const weightBytes = bufferBytes - 4 * Math.ceil(inputs / 4) - 4 * Math.ceil(outputs / pes.length);
  const tileOutputs = Math.max(1, Math.floor(weightBytes / SLOTS / inputs));
  const coreOf = coresOf(machine);
  return phases.at(-1)!.workers.map((worker) => {
    const { count } = workers[worker]!;
    const work = arrayWork[worker]!;
    const tiles = Math.ceil(count / tileOutputs);
    const upTo = (tile: number) => Math.min(count, tile * tileOutputs) / count;
    const bytesUpTo = (tile: number) => burstBytes * Math.ceil((work.dramBytes * upTo(tile)) / burstBytes);
    const multiplying = work.cycles - setupCycles;
    const ofTile = (of: (tile: number) => number) => Array.from({ length: tiles }, (_, tile) => of(tile));
    return {
      worker,
      core: coreOf[worker]!,
      timestepCycles: coreOf[worker] === worker ? cycles.timestep : 0,
      cycles: ofTile((tile) => multiplying * (upTo(tile + 1) - upTo(tile)) + (tile === 0 ? setupCycles : 0)),
      bytes: ofTile((tile) => bytesUpTo(tile + 1) - bytesUpTo(tile)),
      isRunning: false,
      isThrough: false,
      asked: 0,
      done: 0,
      there: 0,
      begun: 0,
      free: 0,
    };
  });
}
