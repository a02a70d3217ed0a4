import type { Counts, LinkCount } from "../core/counts.ts";
import { chipsOf, type HardwareProfile } from "../core/profile.ts";
import type { ReadingJson } from "./result-schema.ts";

type NetworkJson = ReadingJson["network"];

/** For what share of a run links and event router were occupied. */
export function networkOf(counts: Counts, profile: HardwareProfile, seconds: number): NetworkJson {
  const use = counts.links.map((link) => ({ link, utilisation: occupiedSeconds(link, profile) / seconds }));
  const busiest = use.reduce<(typeof use)[number] | undefined>(
    (most, candidate) => (candidate.utilisation > (most?.utilisation ?? 0) ? candidate : most),
    undefined,
  );
  return {
    links: byDirection(use),
    ...(busiest && {
      busiestLink: {
        chip: busiest.link.chip,
        isBetweenChips: busiest.link.isBetweenChips,
        from: [...busiest.link.from],
        to: [...busiest.link.to],
        utilisation: busiest.utilisation,
      },
    }),
    eventRouterUtilisation: routerSeconds(counts, profile) / seconds,
  };
}

function occupiedSeconds({ flits, isBetweenChips }: LinkCount, { noc, board }: HardwareProfile): number {
  if (!isBetweenChips) return (flits * noc.flitCycles) / noc.clock;
  return board === undefined ? 0 : (flits * board.link.packetCycles) / board.link.clock;
}

/** The busier of key matching and copying, all routers together taken as one. */
function routerSeconds({ eventRouter }: Counts, profile: HardwareProfile): number {
  const { engines, ports, clock } = profile.eventRouter;
  const cycles = Math.max(eventRouter.tableLookup / engines, eventRouter.packetOut / ports);
  return cycles / (clock * routersOf(profile));
}

function routersOf(profile: HardwareProfile): number {
  switch (profile.noc.kind) {
    case "central-event-router":
      return chipsOf(profile);
    case "mesh-multicast":
      return profile.noc.nodes.length;
    case "mesh-unicast":
      return profile.pe.count;
  }
}

const DIRECTIONS = ["east", "north east", "north", "west", "south west", "south"] as const;
const STEPS = ["1,0", "1,1", "0,1", "-1,0", "-1,-1", "0,-1"];

/** Directions that have links, those between chips apart. */
function byDirection(use: readonly { readonly link: LinkCount; readonly utilisation: number }[]) {
  return [false, true].flatMap((isBetweenChips) =>
    DIRECTIONS.flatMap((direction) => {
      const own = use
        .filter(({ link }) => link.isBetweenChips === isBetweenChips && directionOf(link) === direction)
        .map(({ utilisation }) => utilisation);
      if (own.length === 0) return [];
      return {
        direction,
        isBetweenChips,
        links: own.length,
        meanUtilisation: own.reduce((sum, utilisation) => sum + utilisation, 0) / own.length,
        maxUtilisation: Math.max(...own),
      };
    }),
  );
}

/** A link around a torus leads from its last place to its first: one step on. */
function directionOf({ from, to }: LinkCount): (typeof DIRECTIONS)[number] | undefined {
  const step = (axis: 0 | 1) => {
    const distance = to[axis] - from[axis];
    return Math.abs(distance) > 1 ? -Math.sign(distance) : distance;
  };
  return DIRECTIONS[STEPS.indexOf(`${step(0)},${step(1)}`)];
}
