import type { HardwareProfile } from "../../src/core/profile.ts";
import { annealing } from "./annealing.ts";
import { breadthFirstPlacer, hilbert, nearRouter, rcm, sequential } from "./constructive.ts";
import type { Placer } from "./problem.ts";
import { spectral } from "./spectral.ts";

/** All placers. Which one is the default, `defaultPlacer` says. */
export const PLACERS: readonly Placer[] = [
  nearRouter,
  sequential,
  hilbert,
  breadthFirstPlacer,
  rcm,
  spectral,
  annealing,
];

/**
 * Trees of slices that lie side by side are close to the shortest there are, and a search gains some 2 %. Packets to single
 * PEs gain a sixth by it, and their busiest link a quarter (`npm run bench -- placement`).
 */
export const defaultPlacer = ({ noc }: HardwareProfile): Placer =>
  noc.kind === "mesh-unicast" ? annealing : nearRouter;
