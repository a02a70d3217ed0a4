import { type DeadLink, type HardwareProfile, usablePes } from "../core/profile.ts";
import { routerGraphOf } from "../core/router-graph.ts";
import { counted } from "../core/wording.ts";
import { cutOffFrom, shown } from "./check-reach.ts";
import { checkXyLinks, linkText, pesText } from "./check-xy-links.ts";
import { error, type ProfileFinding } from "./profile-finding.ts";

/** The machine as it was meant to be: its plan is checked apart from what is broken of it. */
export function withoutFaults(profile: HardwareProfile): HardwareProfile {
  const { dead: _, ...pe } = profile.pe;
  const { deadLinks: __, ...noc } = profile.noc;
  if (profile.board === undefined) return { ...profile, pe, noc: withoutDeadNodes(noc) };
  const { deadLinks: ___, deadChips: ____, ...board } = profile.board;
  return { ...profile, pe, noc: withoutDeadNodes(noc), board };
}

function withoutDeadNodes(noc: HardwareProfile["noc"]): HardwareProfile["noc"] {
  if (noc.kind !== "mesh-multicast") return noc;
  const { deadNodes: _, ...others } = noc;
  return others;
}

/** Whether what is named broken is there, and whether events still reach every PE that programs may use. */
export function* checkFaults(profile: HardwareProfile): Generator<ProfileFinding> {
  const findings = [...checkNamed(profile)];
  yield* findings;
  if (findings.length > 0) return;
  if (profile.noc.kind === "mesh-multicast" || profile.board !== undefined) yield* checkCutOff(profile);
  if (profile.noc.kind !== "mesh-multicast") yield* checkXyLinks(profile, profile.noc);
}

function* checkNamed(profile: HardwareProfile): Generator<ProfileFinding> {
  const { pe, noc, board } = profile;
  const stranger = pe.dead?.find((own) => own >= pe.count);
  if (stranger !== undefined)
    yield error("pe.dead", `names PE ${stranger}, but indices end at ${pe.count - 1}`);
  else if (pe.dead !== undefined && usablePes(profile).length === 0)
    yield error("pe.dead", `leaves none of ${pe.count} PEs to programs`);
  if (noc.kind === "mesh-multicast") {
    yield* checkLinks("noc.deadLinks", profile, noc.deadLinks ?? []);
    const known = new Set(noc.nodes.map(shown));
    const unknown = noc.deadNodes?.find((node) => !known.has(shown(node)));
    if (unknown) yield error("noc.deadNodes", `names ${shown(unknown)}, where no node is`);
    if (noc.deadNodes?.some((node) => shown(node) === shown(noc.hostNode)))
      yield error("noc.deadNodes", `names ${shown(noc.hostNode)}, where the host is joined`);
  }
  if (board === undefined) return;
  yield* checkLinks("board.deadLinks", profile, board.deadLinks ?? []);
  const unknown = board.deadChips?.find((chip) => chip >= board.chips.length);
  if (unknown !== undefined) {
    const last = board.chips.length - 1;
    yield error("board.deadChips", `names chip ${unknown}, but chips are numbered from 0 to ${last}`);
  }
  if (board.deadChips?.includes(board.hostChip))
    yield error("board.deadChips", `names chip ${board.hostChip}, which the host is joined to`);
}

/** A link that was never there is a slip of the pen. */
function* checkLinks(
  path: string,
  profile: HardwareProfile,
  links: readonly DeadLink[],
): Generator<ProfileFinding> {
  if (links.length === 0) return;
  const { places, directions, neighbour } = routerGraphOf(withoutFaults(profile));
  const indexOf = new Map(places.map((place, index) => [shown(place), index]));
  const isLink = ([one, other]: DeadLink) => {
    const [from, to] = [indexOf.get(shown(one)), indexOf.get(shown(other))];
    if (from === undefined || to === undefined) return false;
    return neighbour.subarray(from * directions.length, (from + 1) * directions.length).includes(to);
  };
  const stray = links.find((link) => !isLink(link));
  if (stray) yield error(path, `names ${linkText(stray)}, where no link is`);
}

/** Routers whose PEs programs may use, but to which no living links lead from the host's. */
function* checkCutOff(profile: HardwareProfile): Generator<ProfileFinding> {
  const { noc, board } = profile;
  const isBroken =
    noc.kind === "mesh-multicast" ? (noc.deadLinks ?? noc.deadNodes) : (board?.deadLinks ?? board?.deadChips);
  const graph = routerGraphOf(profile);
  const isHostThere = graph.hostRouter >= 0 && graph.hostRouter < graph.routers;
  if (isBroken === undefined || !isHostThere) return;
  const cutOff = new Set(cutOffFrom(graph, graph.hostRouter));
  const pes = usablePes(profile).filter((pe) => cutOff.has(graph.routerOfPe[pe]!));
  const [first, ...others] = new Set(pes.map((pe) => graph.routerOfPe[pe]!));
  if (first === undefined) return;
  const isMesh = noc.kind === "mesh-multicast";
  const what = isMesh
    ? `node ${shown(graph.places[first]!)}`
    : `chip ${first} at ${shown(graph.places[first]!)}`;
  const more = others.length > 0 ? ` and ${counted(others.length, `other ${isMesh ? "node" : "chip"}`)}` : "";
  const path = isMesh ? "noc.deadLinks" : "board.deadLinks";
  const remedy = isMesh ? "noc.deadNodes" : "board.deadChips";
  yield error(
    path,
    `no living links lead from the host to ${what}${more}, so that ${pesText(pes)} cannot be used; name what is cut off in ${remedy} or pe.dead`,
  );
}
