import type { RoutingEntry } from "../../src/core/mapping.ts";
import type { HardwareProfile } from "../../src/core/profile.ts";
import type { Program, ProgramPopulation } from "../../src/core/program.ts";
import { type RouterGraph, routerGraphOf } from "../../src/core/router-graph.ts";
import { fault } from "./fault.ts";
import { type MatchRun, matchRuns, runOf } from "./match-runs.ts";
import { type NeuronRange, rangesOf, type Receivers, receiversOf } from "./receivers.ts";

/**
 * Sends the events of every neuron through the tables as they are: each must reach each of its receivers once, nobody
 * else, no router twice, and be lost nowhere. Neurons travel together while the same entries apply to them.
 */
export function verifyRoutes(program: Program, profile: HardwareProfile): void {
  const graph = routerGraphOf(profile);
  const tables = new Map(program.routing.map(({ router, entries }) => [router, entries]));
  for (const population of program.populations) {
    const runsAt = new Map<number, readonly MatchRun[]>();
    const origins = originsOf(population, program, graph);
    for (const range of rangesOf(population, program)) {
      const receivers = receiversOf(population, range, program, profile, graph);
      const walk: Walk = { population, range, receivers, profile, graph, tables, runsAt, visits: new Map() };
      const packets = within(range, origins);
      for (let packet = packets.pop(); packet; packet = packets.pop()) packets.push(...forward(walk, packet));
      for (const router of receivers.routers) verifyReached(walk, router);
    }
  }
}

/** Events of neurons first … end − 1 that come to a router together. */
interface Packet {
  readonly first: number;
  readonly end: number;
  readonly router: number;
  /** Direction of the link they came over; −1 where they begin. */
  readonly arrival: number;
}

const within = (range: NeuronRange, packets: readonly Packet[]): Packet[] =>
  packets
    .map((packet) => ({
      ...packet,
      first: Math.max(packet.first, range.first),
      end: Math.min(packet.end, range.end),
    }))
    .filter(({ first, end }) => first < end);

interface Walk {
  readonly population: ProgramPopulation;
  /** Neurons that are followed. */
  readonly range: NeuronRange;
  /** Which entries apply at each router, for all of the population. */
  readonly runsAt: Map<number, readonly MatchRun[]>;
  readonly receivers: Receivers;
  readonly profile: HardwareProfile;
  readonly graph: RouterGraph;
  readonly tables: ReadonlyMap<number, readonly RoutingEntry[]>;
  /** Routers that events of the population came to. */
  readonly visits: Map<number, Visits>;
}

interface Visits {
  readonly entries: readonly RoutingEntry[];
  readonly runs: readonly MatchRun[];
  /** 1 where the neuron's event has been here. Shape [neurons]. */
  readonly seen: Uint8Array;
  /** 1 where the entry's own receivers were found right. Shape [entries]. */
  readonly checked: Uint8Array;
}

/** Neighbouring slices whose events begin at one router set out together. */
function originsOf({ name, kind, size }: ProgramPopulation, { pes }: Program, graph: RouterGraph): Packet[] {
  if (kind === "input") return [{ first: 0, end: size, router: graph.hostRouter, arrival: -1 }];
  const slices = pes
    .filter(({ population }) => population === name)
    .sort((a, b) => a.firstNeuron - b.firstNeuron);
  const packets: Packet[] = [];
  for (const { firstNeuron: first, neurons, pe } of slices) {
    const packet = { first, end: first + neurons, router: graph.routerOfPe[pe]!, arrival: -1 };
    const last = packets.at(-1);
    if (last?.router === packet.router) packets[packets.length - 1] = { ...last, end: packet.end };
    else packets.push(packet);
  }
  return packets;
}

/** The packets that a router makes of one. */
function forward(walk: Walk, packet: Packet): Packet[] {
  const { first, end, router } = packet;
  const visits = visitsAt(walk, router);
  const again = visits.seen.subarray(first, end).indexOf(1);
  if (again >= 0) fault(`${event(walk, first + again)} comes to router ${router} twice`);
  visits.seen.fill(1, first, end);
  const sent: Packet[] = [];
  for (let index = runOf(visits.runs, first); (visits.runs[index]?.first ?? end) < end; index += 1) {
    const run = visits.runs[index]!;
    const part = { first: Math.max(first, run.first), end: Math.min(end, run.end) };
    for (const direction of serve(walk, visits, run.entry, { ...packet, ...part })) {
      const next = neighbourOf(walk.graph, router, direction);
      if (next < 0) fault(`${event(walk, part.first)} is lost: router ${router} has no link ${direction}`);
      sent.push({ ...part, router: next, arrival: direction });
    }
  }
  return sent;
}

function visitsAt({ population, tables, visits, runsAt }: Walk, router: number): Visits {
  const known = visits.get(router);
  if (known) return known;
  const entries = tables.get(router) ?? [];
  const { size, keys } = population;
  const runs = runsAt.get(router) ?? matchRuns(entries, keys.base, size);
  runsAt.set(router, runs);
  const fresh = {
    entries,
    runs,
    seen: new Uint8Array(size),
    checked: new Uint8Array(entries.length),
  };
  visits.set(router, fresh);
  return fresh;
}

/** Checks whom the router hands the events to itself, and returns the directions in which copies go on. */
function serve(walk: Walk, visits: Visits, index: number, packet: Packet): readonly number[] {
  const { first, router, arrival } = packet;
  const entry = visits.entries[index];
  if (entry === undefined) {
    if (arrival < 0 || !walk.profile.eventRouter.defaultRoute)
      fault(`${event(walk, first)} is lost: router ${router} has no entry for it`);
    verifyServed(walk, router, first, [], false);
    return [arrival];
  }
  if (visits.checked[index] === 0) {
    const pes = entry.destinations.flatMap((destination) => destination.pes);
    verifyServed(walk, router, first, pes, entry.toHost);
    visits.checked[index] = 1;
  }
  return entry.links;
}

function verifyServed(
  walk: Walk,
  router: number,
  neuron: number,
  pes: readonly number[],
  toHost: boolean,
): void {
  const { receivers } = walk;
  const expected = receivers.at(router);
  const isReceiver = new Set(expected);
  const reached = new Set<number>();
  for (const pe of pes) {
    if (!isReceiver.has(pe)) fault(`${event(walk, neuron)} reaches PE ${pe}, which holds no rows for it`);
    if (reached.has(pe)) fault(`${event(walk, neuron)} reaches PE ${pe} twice`);
    reached.add(pe);
  }
  const missed = expected.find((pe) => !reached.has(pe));
  if (missed !== undefined) fault(`${event(walk, neuron)} does not reach PE ${missed}`);
  if (toHost && !receivers.toHostAt(router)) fault(`${event(walk, neuron)} reaches the host`);
  if (!toHost && receivers.toHostAt(router)) fault(`${event(walk, neuron)} does not reach the host`);
}

/** Every event must have come to a router that has receivers. */
function verifyReached(walk: Walk, router: number): void {
  const { first, end } = walk.range;
  const missed = first + visitsAt(walk, router).seen.subarray(first, end).indexOf(0);
  if (missed < first) return;
  const [pe] = walk.receivers.at(router);
  fault(`${event(walk, missed)} does not reach ${pe === undefined ? "the host" : `PE ${pe}`}`);
}

const neighbourOf = ({ neighbour, directions }: RouterGraph, router: number, direction: number): number =>
  neighbour[router * directions.length + direction] ?? -1;

const event = ({ population: { name } }: Walk, neuron: number): string => `neuron ${neuron} of ${name}`;
