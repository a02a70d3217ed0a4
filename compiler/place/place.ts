import type { Partition, Placement } from "../../src/core/mapping.ts";
import type { HardwareProfile, NocNode } from "../../src/core/profile.ts";

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

/** Slices in order on the PEs whose node lies nearest to the event router, through which every event passes. */
const nearRouter: Placer = {
  name: "near-router",
  summary: "slices in order on the PEs nearest to the event router",
  place({ slices, pes, profile }) {
    const distance = new Map<number, number>();
    for (const node of profile.noc.nodes)
      for (const pe of node.pes) distance.set(pe, distanceToRouter(profile, node));
    const ordered = [...pes].sort((a, b) => distance.get(a)! - distance.get(b)! || a - b);
    return slices.map((_, index) => ordered[index]!);
  },
};

/** The first is the default. */
export const PLACERS: readonly Placer[] = [nearRouter, sequential];

const distanceToRouter = ({ noc }: HardwareProfile, { x, y }: NocNode): number =>
  Math.min(...noc.routerNodes.map((router) => Math.abs(router.x - x) + Math.abs(router.y - y)));
