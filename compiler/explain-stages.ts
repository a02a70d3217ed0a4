import { type HardwareProfile, usablePes } from "../src/core/profile.ts";
import { hasLinks, routerGraphOf } from "../src/core/router-graph.ts";
import { sequential } from "./place/constructive.ts";
import { costOf } from "./place/traffic.ts";
import type { Compilation } from "./pipeline.ts";

/** What the stages between the graph and the tables were told to do, and what came of it. */
export interface StageFacts {
  readonly partition: string;
  readonly slices: number;
  readonly layers: number;
  readonly placer: string;
  /** Event-hops over those of slices in order on PEs in order, both along the default router's trees; 1 where there are none. */
  readonly hopsOverSequential: number;
  /** Absent where no links join routers. */
  readonly router?: string;
}

export function stageFacts(
  { program: { manifest }, mapping, flows }: Compilation,
  profile: HardwareProfile,
): StageFacts {
  const { partition: slices, placement } = mapping;
  const { partition = "", placer = "", router = "" } = manifest.options;
  const problem = { slices, pes: usablePes(profile), profile, flows };
  const before = costOf(problem, sequential.place(problem, { seed: manifest.seed })).eventHops;
  return {
    partition,
    slices: slices.length,
    layers: new Set(slices.map(({ population }) => population)).size,
    placer,
    hopsOverSequential: before === 0 ? 1 : costOf(problem, placement).eventHops / before,
    ...(hasLinks(routerGraphOf(profile)) && { router }),
  };
}
