import fc from "fast-check";
import { distancesFrom } from "../../compiler/router-distances.ts";
import { type DeadLink, type HardwareProfile, usablePes } from "../../src/core/profile.ts";
import { randomNumbers } from "../../src/core/random.ts";
import { routerGraphOf } from "../../src/core/router-graph.ts";

/** The machine without some links between routers, named by the routers at their ends. */
export function withDeadLinks(
  profile: HardwareProfile,
  links: readonly (readonly [number, number])[],
): HardwareProfile {
  const { places } = routerGraphOf(profile);
  const deadLinks = links.map(([one, other]): DeadLink => [places[one]!, places[other]!]);
  if (links.length === 0) return profile;
  if (profile.board) return { ...profile, board: { ...profile.board, deadLinks } };
  return { ...profile, noc: { ...profile.noc, deadLinks } };
}

/** All pairs of routers that links join, each once. */
export function linksOf(profile: HardwareProfile): (readonly [number, number])[] {
  const { neighbour, directions } = routerGraphOf(profile);
  const pairs = new Map<string, readonly [number, number]>();
  for (const [link, other] of neighbour.entries()) {
    const router = Math.floor(link / directions.length);
    if (other > router) pairs.set(`${router} ${other}`, [router, other]);
  }
  return [...pairs.values()];
}

/** So many random links less, or fewer: every router can still be reached from the host's. */
export function damaged(profile: HardwareProfile, wanted: number, seed: number): HardwareProfile {
  const random = randomNumbers(seed);
  const order = linksOf(profile)
    .map((link) => ({ link, rank: random() }))
    .sort((a, b) => a.rank - b.rank);
  const dead: (readonly [number, number])[] = [];
  for (const { link } of order) {
    if (dead.length >= wanted) break;
    const graph = routerGraphOf(withDeadLinks(profile, [...dead, link]));
    if (distancesFrom(graph, graph.hostRouter).every((distance) => distance < Infinity)) dead.push(link);
  }
  return withDeadLinks(profile, dead);
}

/** Some PEs less, about one in `every`, unless hardly any were left. */
export function withDeadPes(profile: HardwareProfile, every: number, seed: number): HardwareProfile {
  const random = randomNumbers(seed);
  const all = Array.from({ length: profile.pe.count }, (_, pe) => pe);
  const dead = all.filter(() => random() < 1 / every);
  const rest = { ...profile, pe: { ...profile.pe, dead } };
  return dead.length > 0 && usablePes(rest).length >= 4 ? rest : profile;
}

/** Up to half of all links and a fifth of all PEs dead, and every router in reach all the same. */
export const faults = fc.record({ share: fc.double({ min: 0, max: 0.5, noNaN: true }), seed: fc.nat() });

export function damagedBy(
  profile: HardwareProfile,
  { share, seed }: { readonly share: number; readonly seed: number },
): HardwareProfile {
  const isXy = profile.noc.kind !== "mesh-multicast" && profile.board === undefined;
  const wanted = isXy ? 0 : Math.round(share * linksOf(profile).length);
  return withDeadPes(damaged(profile, wanted, seed), 5, seed);
}
