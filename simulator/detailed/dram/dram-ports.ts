import { dramTraffic } from "../../components/dram-traffic.ts";
import type { Machine } from "../../engine/machine.ts";
import { type Agenda, DUE } from "../agenda.ts";
import { createDramPaths, type DramPaths } from "./dram-paths.ts";
import { WORKER_SLOTS } from "./dram-slots.ts";

/**
 * Every chip's DRAM: so many ports that share its bandwidth evenly and serve transfers in the order in which their
 * requests come. The latency runs from a request to its first data, also while a port is busy with others.
 */
export interface DramPorts extends Pick<DramPaths, "nextEventCycle" | "advance"> {
  /** A worker asks for a transfer, known by one of its slots. False: no way in; `askAgain` follows. */
  request(worker: number, slot: number, bytes: number, time: number): boolean;
  /** A port has the next data of its transfer. */
  data(port: number, time: number): void;
  figures(): DramFigures;
  /** Flits of requests and answers so far, by link of the NoC; none where they take no way that is known. */
  linkFlits(): number[];
}

export interface DramFigures {
  readonly transfers: number;
  /** NoC cycles that transfers waited for a port beyond the latency, all together and at most. */
  readonly waitingCycles: number;
  readonly longestWait: number;
}

export interface DramEnds {
  arrived(worker: number, slot: number, time: number): void;
  askAgain(worker: number, time: number): void;
}

/** Whether anything of a machine's program comes from DRAM. */
export const usesDram = ({ projections, arrayWork }: Machine): boolean =>
  projections.some(({ dramBytesOf }) => dramBytesOf !== undefined) ||
  arrayWork.some(({ dramBytes }) => dramBytes > 0);

export function createDramPorts(machine: Machine, agenda: Agenda, ends: DramEnds): DramPorts {
  const { profile, workers } = machine;
  const { clock, payloadBytes } = profile.noc;
  const { ports, bandwidth, burstBytes, latency } = profile.dram!;
  const { memoryOf, memories } = dramTraffic(machine);
  const latencyCycles = latency * clock;
  const cyclesPerByte = (ports * clock) / bandwidth;
  const flitsOfBurst = Math.ceil(burstBytes / payloadBytes);
  // Requests by code: WORKER_SLOTS · worker + slot.
  const codes = WORKER_SLOTS * workers.length;
  const bytesOf = new Float64Array(codes);
  const cameAt = new Float64Array(codes);
  const flitsToCome = new Int32Array(codes);
  const isRefused = new Uint8Array(workers.length);
  // A ring a memory: a worker has no more requests than slots.
  const ring = new Int32Array(memories * codes);
  const head = new Int32Array(memories);
  const waiting = new Int32Array(memories);
  // By port of each memory: the transfer that it serves, −1 for none.
  const serves = new Int32Array(memories * ports).fill(-1);
  const flitsLeft = new Int32Array(serves.length);
  const flitCycles = new Float64Array(serves.length);
  const isHeldUp = new Uint8Array(serves.length);
  let transfers = 0;
  let waitingCycles = 0;
  let longestWait = 0;
  const paths = createDramPaths(machine, memoryOf, memories, {
    requested: (worker, slot, cycle) => come(WORKER_SLOTS * worker + slot, cycle),
    answered(worker, slot, cycle) {
      const code = WORKER_SLOTS * worker + slot;
      flitsToCome[code]! -= 1;
      if (flitsToCome[code] === 0) ends.arrived(worker, slot, cycle);
    },
    roomForRequest(worker, cycle) {
      if (isRefused[worker] === 0) return;
      isRefused[worker] = 0;
      ends.askAgain(worker, cycle);
    },
    roomForAnswer(memory, cycle) {
      for (let port = memory * ports; port < (memory + 1) * ports; port += 1) {
        if (isHeldUp[port] === 0) continue;
        isHeldUp[port] = 0;
        data(port, cycle);
      }
    },
  });

  function come(code: number, time: number): void {
    const memory = memoryOf[Math.floor(code / WORKER_SLOTS)]!;
    cameAt[code] = time;
    for (let port = memory * ports; port < (memory + 1) * ports; port += 1) {
      if (serves[port]! < 0) return serve(port, code, time);
    }
    ring[memory * codes + ((head[memory]! + waiting[memory]!) % codes)] = code;
    waiting[memory]! += 1;
  }

  function serve(port: number, code: number, time: number): void {
    const ready = cameAt[code]! + latencyCycles;
    const begin = Math.max(time, ready);
    transfers += 1;
    waitingCycles += begin - ready;
    longestWait = Math.max(longestWait, begin - ready);
    const flits = paths ? Math.ceil(bytesOf[code]! / burstBytes) * flitsOfBurst : 1;
    serves[port] = code;
    flitsLeft[port] = flitsToCome[code] = flits;
    flitCycles[port] = (bytesOf[code]! * cyclesPerByte) / flits;
    agenda.add(begin + flitCycles[port]!, DUE.data, port);
  }

  function data(port: number, time: number): void {
    const code = serves[port]!;
    const worker = Math.floor(code / WORKER_SLOTS);
    const slot = code % WORKER_SLOTS;
    if (paths && !paths.answer(worker, slot)) {
      isHeldUp[port] = 1;
      return;
    }
    flitsLeft[port]! -= 1;
    if (flitsLeft[port]! > 0) {
      agenda.add(time + flitCycles[port]!, DUE.data, port);
      return;
    }
    serves[port] = -1;
    serveNext(port, time);
    if (!paths) ends.arrived(worker, slot, time);
  }

  function serveNext(port: number, time: number): void {
    const memory = Math.floor(port / ports);
    if (waiting[memory] === 0) return;
    const code = ring[memory * codes + head[memory]!]!;
    head[memory] = (head[memory]! + 1) % codes;
    waiting[memory]! -= 1;
    serve(port, code, time);
  }

  return {
    nextEventCycle: () => paths?.nextEventCycle() ?? Infinity,
    advance: (cycle) => paths?.advance(cycle),
    request(worker, slot, bytes, time) {
      bytesOf[WORKER_SLOTS * worker + slot] = bytes;
      if (!paths) come(WORKER_SLOTS * worker + slot, time);
      else if (!paths.request(worker, slot)) {
        isRefused[worker] = 1;
        return false;
      }
      return true;
    },
    data,
    linkFlits: () => paths?.linkFlits() ?? [],
    figures: () => ({ transfers, waitingCycles, longestWait }),
  };
}
