import { chipsOf, type HardwareProfile, type MeshPosition, type NocProfile } from "../src/core/profile.ts";
import type { RouterGraph } from "../src/core/router-graph.ts";
import { meshLinksOf } from "./place/mesh-links.ts";

/** A link in one direction. */
export interface ExplainedLink {
  /** Chip whose mesh it belongs to; 0 for a link between chips. */
  readonly chip: number;
  /** Places within the chip's mesh, or in the grid of chips. */
  readonly from: readonly [x: number, y: number];
  readonly to: readonly [x: number, y: number];
  readonly isBetweenChips: boolean;
}

interface NumberedLink {
  readonly index: number;
  readonly link: ExplainedLink;
}

/** Where each numbered link lies: of the meshes first where packets cross them, then between routers from `treeLinks` on. */
export function explainedLinks(
  profile: HardwareProfile,
  graph: RouterGraph,
  treeLinks: number,
): NumberedLink[] {
  const meshes = profile.noc.kind === "mesh-multicast" ? [] : linksOfMeshes(profile);
  return [...meshes, ...linksOfRouters(profile, graph, treeLinks)];
}

function linksOfMeshes(profile: HardwareProfile): NumberedLink[] {
  const mesh = meshLinksOf(profile.noc);
  const places = placesOf(profile.noc);
  return Array.from({ length: chipsOf(profile) }, (_, chip) =>
    places.flatMap((from) =>
      places.filter(isBeside(from)).map((to): NumberedLink => ({
        index: mesh.path(chip, from, to)[0]!,
        link: { chip, from: [from.x, from.y], to: [to.x, to.y], isBetweenChips: false },
      })),
    ),
  ).flat();
}

const isBeside =
  (from: MeshPosition) =>
  (to: MeshPosition): boolean =>
    Math.abs(from.x - to.x) + Math.abs(from.y - to.y) === 1;

/** All places of one chip's mesh: the rectangle around nodes, event router and host. */
function placesOf(noc: NocProfile): MeshPosition[] {
  const named = [...noc.nodes, ...(noc.kind === "central-event-router" ? noc.routerNodes : []), noc.hostNode];
  const rangeOf = (values: readonly number[]) => {
    const least = values.reduce((a, b) => Math.min(a, b));
    const most = values.reduce((a, b) => Math.max(a, b));
    return Array.from({ length: most - least + 1 }, (_, step) => least + step);
  };
  const columns = rangeOf(named.map(({ x }) => x));
  return rangeOf(named.map(({ y }) => y)).flatMap((y) => columns.map((x) => ({ x, y })));
}

function linksOfRouters(
  { noc }: HardwareProfile,
  { neighbour, directions, places }: RouterGraph,
  treeLinks: number,
): NumberedLink[] {
  const isBetweenChips = noc.kind === "central-event-router";
  return [...neighbour.entries()]
    .filter(([, to]) => to >= 0)
    .map(([index, to]) => {
      const [a, b] = [places[Math.floor(index / directions.length)]!, places[to]!];
      return {
        index: treeLinks + index,
        link: { chip: 0, from: [a.x, a.y], to: [b.x, b.y], isBetweenChips },
      };
    });
}
