import type { HardwareProfile, MeshMulticastNoc, MeshPosition, NocProfile } from "../core/profile.ts";
import { type RouterGraph, routerGraphOf } from "../core/router-graph.ts";
import { counted } from "../core/wording.ts";
import { error, type ProfileFinding, warning } from "./profile-finding.ts";

/** Whether packets come from every place of one chip to every other. */
export function* checkReach(profile: HardwareProfile): Generator<ProfileFinding> {
  const { noc } = profile;
  if (noc.kind === "mesh-multicast") yield* checkNodeLinks(profile, noc);
  else yield* checkXyRoutes(noc, noc.kind === "central-event-router" ? noc.routerNodes : noc.nodes);
}

/** Packets go from node to node only: the host and DRAM are at nodes, and links join all nodes. */
function* checkNodeLinks(profile: HardwareProfile, noc: MeshMulticastNoc): Generator<ProfileFinding> {
  for (const [name, place] of Object.entries({ hostNode: noc.hostNode, dramNode: noc.dramNode })) {
    if (place !== undefined && !noc.nodes.some(({ x, y }) => x === place.x && y === place.y)) {
      yield error(`noc.${name}`, `${shown(place)} is no node of the floor plan, and only nodes have routers`);
    }
  }
  const cutOff = cutOffFrom(routerGraphOf(profile), 0);
  if (cutOff.length > 0) {
    const [first = 0] = cutOff;
    const others = cutOff.length > 1 ? ` and ${counted(cutOff.length - 1, "other node")}` : "";
    yield error(
      "noc.topology",
      `no links lead from node ${shown(noc.nodes[0]!)} to ${shown(noc.nodes[first]!)}${others}`,
    );
  }
}

/** Routers that cannot be reached from one of them over links. */
export function cutOffFrom({ routers, directions, neighbour }: RouterGraph, start: number): number[] {
  const isReached = new Uint8Array(routers);
  isReached[start] = 1;
  const next = [start];
  for (let router = next.pop(); router !== undefined; router = next.pop()) {
    const first = router * directions.length;
    for (const other of neighbour.subarray(first, first + directions.length)) {
      if (other < 0 || isReached[other] === 1) continue;
      isReached[other] = 1;
      next.push(other);
    }
  }
  return [...isReached.keys()].filter((router) => isReached[router] === 0);
}

/**
 * Nodes and event router span a rectangle, all of whose places pass packets on, the empty ones too. Host and
 * DRAM stand inside or one step outside; from there, XY routes (along x first) should stay inside.
 *
 * @param ends Where packets of host and DRAM go to and come from.
 */
function* checkXyRoutes(noc: NocProfile, ends: readonly MeshPosition[]): Generator<ProfileFinding> {
  const routerNodes = noc.kind === "central-event-router" ? noc.routerNodes : [];
  const inside = rectangleOf([...noc.nodes, ...routerNodes]);
  const what = noc.kind === "central-event-router" ? "the router" : "the node";
  for (const [name, place] of Object.entries({ hostNode: noc.hostNode, dramNode: noc.dramNode })) {
    if (place === undefined) continue;
    const path = `noc.${name}`;
    const cutOff = ends.find((end) => !areJoined(inside, end, place));
    if (stepsOutside(inside, place) > 1) {
      yield error(
        path,
        `${shown(place)} is ${counted(stepsOutside(inside, place), "place")} outside the mesh`,
      );
    } else if (cutOff !== undefined) {
      const route = `the XY routes between ${shown(place)} and ${what} at ${shown(cutOff)}`;
      yield warning(path, `${route} leave the mesh; the places there are taken to pass packets on`);
    }
  }
  const empty = emptyPlaces(inside, [...noc.nodes, ...routerNodes, noc.hostNode, noc.dramNode]);
  if (empty > 0) {
    yield warning(
      "noc.floorPlan",
      empty === 1
        ? "1 place inside the mesh holds nothing; it is taken to pass packets on"
        : `${empty} places inside the mesh hold nothing; they are taken to pass packets on`,
    );
  }
}

export interface Rectangle {
  readonly left: number;
  readonly right: number;
  readonly bottom: number;
  readonly top: number;
}

export function rectangleOf(places: readonly MeshPosition[]): Rectangle {
  const start = { left: Infinity, right: -Infinity, bottom: Infinity, top: -Infinity };
  return places.reduce<Rectangle>(
    ({ left, right, bottom, top }, { x, y }) => ({
      left: Math.min(left, x),
      right: Math.max(right, x),
      bottom: Math.min(bottom, y),
      top: Math.max(top, y),
    }),
    start,
  );
}

export const contains = ({ left, right, bottom, top }: Rectangle, { x, y }: MeshPosition): boolean =>
  x >= left && x <= right && y >= bottom && y <= top;

/** Whether XY routes lead from an end to a place and back: both corners are inside, or the place itself. */
function areJoined(inside: Rectangle, end: MeshPosition, place: MeshPosition): boolean {
  if (contains(inside, place)) return true;
  const corners = [
    { x: place.x, y: end.y },
    { x: end.x, y: place.y },
  ];
  return corners.every((corner) => contains(inside, corner) || shown(corner) === shown(place));
}

/** 0 inside; outside, the larger of the distances along x and y. */
const stepsOutside = ({ left, right, bottom, top }: Rectangle, { x, y }: MeshPosition): number =>
  Math.max(0, left - x, x - right, bottom - y, y - top);

function emptyPlaces(inside: Rectangle, things: readonly (MeshPosition | undefined)[]): number {
  const places = (inside.right - inside.left + 1) * (inside.top - inside.bottom + 1);
  const held = things.filter((place) => place !== undefined && contains(inside, place));
  return places - new Set(held.map((place) => shown(place!))).size;
}

/** A place as findings name it: "(4, 3)". */
export const shown = ({ x, y }: MeshPosition): string => `(${x}, ${y})`;
