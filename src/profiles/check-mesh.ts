import type { HardwareProfile, MeshPosition, NocNode } from "../core/profile.ts";
import { counted } from "../core/wording.ts";
import { peIdOf, peIndexOf } from "./pe-ids.ts";
import { error, type ProfileFinding, warning } from "./profile-finding.ts";

/** Whether the floor plan names each PE once, no place twice, and every place can be reached. */
export function* checkMesh(profile: HardwareProfile): Generator<ProfileFinding> {
  yield* checkPesInNodes(profile);
  yield* checkPlaces(profile);
  yield* checkReach(profile);
}

function* checkPesInNodes(profile: HardwareProfile): Generator<ProfileFinding> {
  const { pe, noc } = profile;
  const at = "noc.floorPlan";
  const nodesOfPe = new Uint32Array(pe.count);
  for (const node of noc.nodes) {
    const ids = node.pes.map((index) => peIdOf(profile, index));
    const stranger = ids.find((id) => peIndexOf(profile, id) === undefined);
    if (stranger !== undefined)
      yield error(at, `node ${shown(node)} names PE ${stranger}, ${idRange(profile)}`);
    for (const id of ids) nodesOfPe[peIndexOf(profile, id) ?? pe.count]! += 1;
  }
  const absent = idsWhere(profile, nodesOfPe, (nodes) => nodes === 0);
  if (absent.length > 0) yield error(at, `${listed(absent)} in no node`);
  const twice = idsWhere(profile, nodesOfPe, (nodes) => nodes > 1);
  if (twice.length > 0) yield error(at, `${listed(twice)} in more than one node`);
}

const idRange = (profile: HardwareProfile): string =>
  `but PEs are numbered from ${peIdOf(profile, 0)} to ${peIdOf(profile, profile.pe.count - 1)}`;

const idsWhere = (profile: HardwareProfile, nodesOfPe: Uint32Array, holds: (nodes: number) => boolean) =>
  [...nodesOfPe.keys()].filter((index) => holds(nodesOfPe[index]!)).map((index) => peIdOf(profile, index));

function listed(ids: readonly number[]): string {
  const shownIds = ids.slice(0, 5).join(", ") + (ids.length > 5 ? ` and ${ids.length - 5} more` : "");
  return ids.length === 1 ? `PE ${shownIds} is` : `PEs ${shownIds} are`;
}

/** Each place holds one thing. Only host and DRAM may share theirs. */
function* checkPlaces({ noc }: HardwareProfile): Generator<ProfileFinding> {
  const taken = new Map<string, string>();
  for (const node of noc.nodes) {
    if (taken.has(shown(node))) yield error("noc.floorPlan", `two nodes stand at ${shown(node)}`);
    taken.set(shown(node), "PEs");
  }
  const others: readonly (readonly [string, string, MeshPosition | undefined])[] = [
    ...noc.routerNodes.map((node) => ["noc.routerNodes", "the event router", node] as const),
    ["noc.hostNode", "the host", noc.hostNode],
    ["noc.dramNode", "DRAM", noc.dramNode],
  ];
  for (const [path, what, node] of others) {
    if (node === undefined) continue;
    const holder = taken.get(shown(node));
    const shared = holder === "the host" && what === "DRAM";
    if (holder !== undefined && !shared) {
      yield error(path, `${what} stands at ${shown(node)}, which holds ${holder}`);
    }
    taken.set(shown(node), what);
  }
}

/**
 * PE nodes and router span a rectangle, all of whose places pass packets on, the empty ones too. Host and
 * DRAM stand inside or one step outside; from there, XY routes (along x first) should stay inside.
 */
function* checkReach({ noc }: HardwareProfile): Generator<ProfileFinding> {
  const inside = rectangleOf([...noc.nodes, ...noc.routerNodes]);
  for (const [name, node] of Object.entries({ hostNode: noc.hostNode, dramNode: noc.dramNode })) {
    if (node === undefined) continue;
    const path = `noc.${name}`;
    const cutOff = noc.routerNodes.find((router) => !areJoined(inside, router, node));
    if (stepsOutside(inside, node) > 1) {
      yield error(path, `${shown(node)} is ${counted(stepsOutside(inside, node), "place")} outside the mesh`);
    } else if (cutOff !== undefined) {
      const route = `the XY routes between ${shown(node)} and the router at ${shown(cutOff)}`;
      yield warning(path, `${route} leave the mesh; the places there are taken to pass packets on`);
    }
  }
  const empty = emptyPlaces(noc.nodes.length, inside, [...noc.routerNodes, noc.hostNode, noc.dramNode]);
  if (empty > 0) {
    yield warning(
      "noc.floorPlan",
      empty === 1
        ? "1 place inside the mesh holds nothing; it is taken to pass packets on"
        : `${empty} places inside the mesh hold nothing; they are taken to pass packets on`,
    );
  }
}

interface Rectangle {
  readonly left: number;
  readonly right: number;
  readonly bottom: number;
  readonly top: number;
}

function rectangleOf(places: readonly MeshPosition[]): Rectangle {
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

const contains = ({ left, right, bottom, top }: Rectangle, { x, y }: MeshPosition): boolean =>
  x >= left && x <= right && y >= bottom && y <= top;

/** Whether XY routes lead from the router to a place and back: both corners are inside, or the place itself. */
function areJoined(inside: Rectangle, router: MeshPosition, place: MeshPosition): boolean {
  if (contains(inside, place)) return true;
  const corners = [
    { x: place.x, y: router.y },
    { x: router.x, y: place.y },
  ];
  return corners.every((corner) => contains(inside, corner) || shown(corner) === shown(place));
}

/** 0 inside; outside, the larger of the distances along x and y. */
const stepsOutside = ({ left, right, bottom, top }: Rectangle, { x, y }: MeshPosition): number =>
  Math.max(0, left - x, x - right, bottom - y, y - top);

function emptyPlaces(
  nodes: number,
  inside: Rectangle,
  others: readonly (MeshPosition | undefined)[],
): number {
  const places = (inside.right - inside.left + 1) * (inside.top - inside.bottom + 1);
  const held = new Set(
    others.filter((node) => node !== undefined && contains(inside, node)).map((node) => shown(node!)),
  );
  return Math.max(0, places - nodes - held.size);
}

const shown = ({ x, y }: MeshPosition | NocNode): string => `(${x}, ${y})`;
