import type { Partition, Placement } from "../../src/core/mapping.ts";
import type { HardwareProfile } from "../../src/core/profile.ts";
import { rankNodes } from "./node-order.ts";

export interface PlacementProblem {
  readonly slices: Partition;
  /** PE indices that may be used. At least as many as there are slices. */
  readonly pes: readonly number[];
  readonly profile: HardwareProfile;
}

/** Gives each slice a PE of its own. Same problem and seed, same placement. */
export interface Placer {
  readonly name: string;
  readonly summary: string;
  place(problem: PlacementProblem, options: { readonly seed: number }): Placement;
}

/** Slice n to the n-th PE by number. */
const sequential: Placer = {
  name: "sequential",
  summary: "slices in order on PEs in order",
  place: ({ slices, pes }) => slices.map((_, index) => pes[index]!),
};

/**
 * Slices in order on the PEs whose node lies nearest to its chip's event router, through which every event passes, chip
 * by chip. Where every node has a router of its own, from node to node along the mesh.
 */
const nearRouter: Placer = {
  name: "near-router",
  summary: "slices in order on the PEs nearest to the event router, chip by chip",
  place({ slices, pes, profile }) {
    const rankOf = new Uint32Array(profile.pe.count);
    for (const { pes: own, rank } of rankNodes(profile)) for (const pe of own) rankOf[pe] = rank;
    const ordered = [...pes].sort((a, b) => rankOf[a]! - rankOf[b]! || a - b);
    return slices.map((_, index) => ordered[index]!);
  },
};

/** The first is the default. */
export const PLACERS: readonly Placer[] = [nearRouter, sequential];
