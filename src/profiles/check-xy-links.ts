import {
  type CentralEventRouterNoc,
  type DeadLink,
  type HardwareProfile,
  type MeshPosition,
  type MeshUnicastNoc,
  usablePes,
} from "../core/profile.ts";
import { contains, rectangleOf, shown } from "./check-reach.ts";
import { error, type ProfileFinding } from "./profile-finding.ts";

const MOST_SHOWN = 5;

type XyNoc = CentralEventRouterNoc | MeshUnicastNoc;

/** Where packets begin or end: PEs in use at a place, or the host, which has none. */
interface End extends MeshPosition {
  readonly pes: readonly number[];
}

/** Packets go x first and no other way: a dead link of their mesh does no harm only where none of them goes over it. */
export function* checkXyLinks(profile: HardwareProfile, noc: XyNoc): Generator<ProfileFinding> {
  const { deadLinks = [] } = noc;
  const at = "noc.deadLinks";
  const routerNodes = noc.kind === "central-event-router" ? noc.routerNodes : [];
  const inside = rectangleOf([...noc.nodes, ...routerNodes, noc.hostNode, noc.dramNode ?? noc.hostNode]);
  const usable = new Set(usablePes(profile));
  const ends: readonly End[] = [
    ...noc.nodes.map(({ x, y, pes }) => ({ x, y, pes: pes.filter((pe) => usable.has(pe)) })),
  ].filter(({ pes }) => pes.length > 0);
  const host: End = { ...noc.hostNode, pes: [] };
  for (const link of deadLinks) {
    const [one, other] = link;
    const isLink = Math.abs(one.x - other.x) + Math.abs(one.y - other.y) === 1;
    if (!isLink || !contains(inside, one) || !contains(inside, other)) {
      yield error(at, `names ${linkText(link)}, where no link is`);
      continue;
    }
    const cutOff = [...ends, host].filter(cutOffBy(noc, link, [...ends, host]));
    if (cutOff.length === 0) continue;
    const pes = cutOff.flatMap((end) => end.pes);
    const who = [
      ...(pes.length > 0 ? [pesText(pes)] : []),
      ...(cutOff.some((end) => end.pes.length === 0) ? ["the host"] : []),
    ].join(" and ");
    const remedy = pes.length > 0 ? "; name PEs in pe.dead until no packets have to go there" : "";
    yield error(
      at,
      `packets of ${who} go over ${linkText(link)}, as they go x first and nothing leads round a dead link of this mesh${remedy}`,
    );
  }
}

/** Says of a place whether packets between it and where it has to do with go over a link. */
function cutOffBy(noc: XyNoc, link: DeadLink, ends: readonly End[]): (end: End) => boolean {
  const isBetween = (from: MeshPosition, to: MeshPosition) =>
    crosses(from, to, link) || crosses(to, from, link);
  const toDram = (end: End) =>
    noc.dramNode !== undefined && end.pes.length > 0 && isBetween(end, noc.dramNode);
  if (noc.kind === "central-event-router") {
    const hops = (a: MeshPosition, b: MeshPosition) => Math.abs(a.x - b.x) + Math.abs(a.y - b.y);
    const near = (end: End) => noc.routerNodes.reduce((a, b) => (hops(b, end) < hops(a, end) ? b : a));
    return (end) => isBetween(end, near(end)) || toDram(end);
  }
  const [one, other] = link;
  // Of all destinations only those farthest out decide: along x any, along y those of the link's column.
  const candidates = one.y === other.y ? ends : ends.filter(({ x }) => x === one.x);
  const along = ({ x, y }: End) => (one.y === other.y ? x : y);
  const farthest =
    candidates.length === 0
      ? []
      : [
          candidates.reduce((a, b) => (along(b) < along(a) ? b : a)),
          candidates.reduce((a, b) => (along(b) > along(a) ? b : a)),
        ];
  return (end) => farthest.some((to) => crosses(end, to, link)) || toDram(end);
}

/** Whether the way from one place to another, x first, goes over a link in either direction. */
function crosses(from: MeshPosition, to: MeshPosition, [one, other]: DeadLink): boolean {
  const isWithin = (low: number, a: number, b: number) => Math.min(a, b) <= low && low < Math.max(a, b);
  return one.y === other.y
    ? from.y === one.y && isWithin(Math.min(one.x, other.x), from.x, to.x)
    : to.x === one.x && isWithin(Math.min(one.y, other.y), from.y, to.y);
}

export const linkText = ([one, other]: DeadLink): string => `${shown(one)}-${shown(other)}`;

/** "PE 4", "PEs 4, 5", "PEs 4, 5, 6, 7, 8 and 3 more". */
export function pesText(pes: readonly number[]): string {
  const named = pes.slice(0, MOST_SHOWN).join(", ");
  const more = pes.length > MOST_SHOWN ? ` and ${pes.length - MOST_SHOWN} more` : "";
  return `${pes.length === 1 ? "PE" : "PEs"} ${named}${more}`;
}
