import { error, type ProfileFinding } from "./profile-finding.ts";
import type { ProfileJson } from "./schema.ts";

export interface FloorPlanNode {
  /** In the vendor's numbers. */
  readonly firstPe: number;
  readonly x: number;
  readonly y: number;
}

/** The nodes of one chip as written, or of its grid row by row. */
export function floorPlanNodes({ noc, pe }: Pick<ProfileJson, "noc" | "pe">): readonly FloorPlanNode[] {
  const { nodes, grid, pesPerNode } = noc.floorPlan.value;
  if (nodes !== undefined) return nodes;
  const { columns = 0, rows = 0 } = grid ?? {};
  return Array.from({ length: columns * rows }, (_, index) => ({
    firstPe: pe.firstPeId.value + index * pesPerNode,
    x: index % columns,
    y: Math.floor(index / columns),
  }));
}

/** A floor plan that says nothing, or two things. */
export function findUnclearFloorPlan({ noc }: ProfileJson): ProfileFinding[] {
  const { nodes, grid } = noc.floorPlan.value;
  if ((nodes === undefined) !== (grid === undefined)) return [];
  return [
    error(
      "noc.floorPlan.value",
      nodes === undefined ? "has neither nodes nor a grid" : "has nodes and a grid",
    ),
  ];
}
