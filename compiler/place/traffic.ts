import type { Placement } from "../../src/core/mapping.ts";
import type { HardwareProfile } from "../../src/core/profile.ts";
import type { PlacementCost } from "./link-loads.ts";
import type { PlacementProblem } from "./problem.ts";
import { createTreeTraffic } from "./tree-traffic.ts";
import { createUnicastTraffic } from "./unicast-traffic.ts";

/** The traffic of a placement, kept up to date while slices move from node to node. */
export interface Traffic {
  cost(): PlacementCost;
  /** Links and routers visited so far: a measure of work that is the same on every machine. */
  visits(): number;
  /** Gives slices other nodes, all at once. */
  move(moves: readonly Move[]): void;
  /** Takes the last move back. */
  undo(): void;
}

export interface Move {
  readonly slice: number;
  /** Index in `noc.nodes`. */
  readonly node: number;
}

/** Counts every event on every link that it crosses, along the default router's trees. */
export function trafficOf(problem: PlacementProblem, placement: Placement): Traffic {
  const nodeOfPe = nodesByPe(problem.profile);
  const nodes = Int32Array.from(placement, (pe) => nodeOfPe[pe]!);
  return problem.profile.noc.kind === "mesh-unicast"
    ? createUnicastTraffic(problem, nodes)
    : createTreeTraffic(problem, nodes);
}

/** What a placement costs. Two placements of one problem can be compared, those of two problems cannot. */
export const costOf = (problem: PlacementProblem, placement: Placement): PlacementCost =>
  trafficOf(problem, placement).cost();

/** Index in `noc.nodes` of each PE's node. */
export function nodesByPe({ pe, noc }: HardwareProfile): Int32Array {
  const nodeOfPe = new Int32Array(pe.count).fill(-1);
  for (const [node, { pes }] of noc.nodes.entries()) for (const own of pes) nodeOfPe[own] = node;
  return nodeOfPe;
}
