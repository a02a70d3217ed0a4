import type { HardwareProfile, MeshPosition } from "../core/profile.ts";
import { checkReach, shown } from "./check-reach.ts";
import { firstChipOf } from "./first-chip.ts";
import { peIdOf, peIndexOf } from "./pe-ids.ts";
import { error, type ProfileFinding } from "./profile-finding.ts";

/** Whether a chip's floor plan names each PE once, no place twice, and every place can be reached. */
export function* checkMesh(whole: HardwareProfile): Generator<ProfileFinding> {
  const profile = firstChipOf(whole);
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

/** Each place holds one thing. Host and DRAM may share theirs, and where every node has a router, also with PEs. */
function* checkPlaces({ noc }: HardwareProfile): Generator<ProfileFinding> {
  const routerNodes = noc.kind === "central-event-router" ? noc.routerNodes : [];
  const taken = new Map<string, string>();
  for (const node of noc.nodes) {
    if (taken.has(shown(node))) yield error("noc.floorPlan", `two nodes stand at ${shown(node)}`);
    taken.set(shown(node), "PEs");
  }
  const others: readonly (readonly [string, string, MeshPosition | undefined])[] = [
    ...routerNodes.map((node) => ["noc.routerNodes", "the event router", node] as const),
    ["noc.hostNode", "the host", noc.hostNode],
    ["noc.dramNode", "DRAM", noc.dramNode],
  ];
  for (const [path, what, node] of others) {
    if (node === undefined) continue;
    const holder = taken.get(shown(node));
    const isShared = (holder === "the host" && what === "DRAM") || routerNodes.length === 0;
    if (holder !== undefined && !isShared) {
      yield error(path, `${what} stands at ${shown(node)}, which holds ${holder}`);
    }
    taken.set(shown(node), what);
  }
}
