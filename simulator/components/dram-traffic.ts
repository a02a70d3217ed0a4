import { chipsOf, type HardwareProfile, pesOfChip } from "../../src/core/profile.ts";
import type { Ledger } from "../engine/ledger.ts";
import type { Machine } from "../engine/machine.ts";
import { partsOf } from "../functional/columns.ts";

/** What workers fetch from DRAM: rows for the events that they receive, and weights of products and decoders. By worker. */
export interface Fetches {
  /** Whole bursts. */
  readonly bytes: Float64Array;
  /** Each asks for one stretch of memory: a row's indices, a row's weights, or a decoder's weights. */
  readonly transfers: Float64Array;
}

export interface DramTraffic {
  /** DRAM that each worker fetches from, and how many there are. */
  readonly memoryOf: Int32Array;
  readonly memories: number;
  /** Of the step that was counted last. Overwritten by the next call. */
  step(ledger: Ledger): Fetches;
  total(ledger: Ledger, steps: number): Fetches;
  /** Adds requests and answers to the flits by link. */
  addFlits(fetches: Fetches, flits: Float64Array): void;
}

export function dramTraffic({ profile, workers, arrayWork, projections, network }: Machine): DramTraffic {
  const { memories, memoryOfPe } = memoriesOf(profile);
  const paths = workers.map(({ pe }) => ({ to: network.toDram(pe), from: network.fromDram(pe) }));
  const flitsOfBurst = profile.dram ? Math.ceil(profile.dram.burstBytes / profile.noc.payloadBytes) : 0;
  const transfersOfRow = projections.map(({ blocks }) => blocks.map((block) => partsOf(block).length));
  const bursts = 1 / (profile.dram?.burstBytes ?? 1);
  const held: Fetches = {
    bytes: new Float64Array(workers.length),
    transfers: new Float64Array(workers.length),
  };
  const fill = (into: Fetches, ledger: Ledger, when: "step" | "total", steps: number): Fetches => {
    for (let worker = 0; worker < workers.length; worker += 1) {
      const { dramBytes, transfers } = arrayWork[worker]!;
      into.bytes[worker] = steps * dramBytes;
      into.transfers[worker] = dramBytes > 0 ? steps * transfers : 0;
    }
    for (let projection = 0; projection < projections.length; projection += 1) {
      const counter = ledger.fetches[projection];
      if (counter === undefined) continue;
      const { slices } = projections[projection]!;
      const { sums, rows } = counter[when];
      for (let column = 0; column < slices.length; column += 1) {
        into.bytes[slices[column]!]! += sums[column]!;
        into.transfers[slices[column]!]! += transfersOfRow[projection]![column]! * rows[column]!;
      }
    }
    return into;
  };

  return {
    memories,
    memoryOf: Int32Array.from(workers, ({ pe }) => memoryOfPe(pe)),
    step: (ledger) => fill(held, ledger, "step", 1),
    total: (ledger, steps) =>
      fill(
        { bytes: new Float64Array(workers.length), transfers: new Float64Array(workers.length) },
        ledger,
        "total",
        steps,
      ),
    addFlits({ bytes, transfers }, flits) {
      for (let worker = 0; worker < workers.length; worker += 1) {
        if (transfers[worker] === 0) continue;
        const { to, from } = paths[worker]!;
        const answers = bytes[worker]! * bursts * flitsOfBurst;
        for (let i = 0; i < to.length; i += 1) flits[to[i]!]! += transfers[worker]!;
        for (let i = 0; i < from.length; i += 1) flits[from[i]!]! += answers;
      }
    },
  };
}

/** The DRAM that each PE fetches from: one a chip; with mesh-multicast, whose nodes are chips, one a node. */
export function memoriesOf(profile: HardwareProfile): {
  readonly memories: number;
  memoryOfPe(pe: number): number;
} {
  const { noc } = profile;
  if (noc.kind !== "mesh-multicast") {
    const pes = pesOfChip(profile);
    return { memories: chipsOf(profile), memoryOfPe: (pe) => Math.floor(pe / pes) };
  }
  const nodeOfPe = new Map(noc.nodes.flatMap(({ pes }, node) => pes.map((pe) => [pe, node] as const)));
  return { memories: noc.nodes.length, memoryOfPe: (pe) => nodeOfPe.get(pe)! };
}
