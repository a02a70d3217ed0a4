import { CapacityError } from "../../src/core/errors.ts";
import type { EventGraph } from "../../src/core/event-graph.ts";
import type {
  Allocation,
  NodeDestination,
  Partition,
  Placement,
  RoutingEntry,
} from "../../src/core/mapping.ts";
import type { HardwareProfile } from "../../src/core/profile.ts";

/**
 * Fills the event router's table: one entry a population, whose key and mask cover all its neurons. Its
 * destinations are the PEs of every slice that the population projects to, one packet a mesh node.
 * Events of the output population leave for the host as well, or reach the PEs of a decoder on the chip.
 *
 * @throws CapacityError where the table is too short.
 */
export function route(
  graph: EventGraph,
  slices: Partition,
  placement: Placement,
  allocation: Allocation,
  profile: HardwareProfile,
  decoderPes: readonly number[],
): readonly RoutingEntry[] {
  const output = graph.populations.at(-1)!.name;
  const entries = graph.populations.map(({ name }): RoutingEntry => {
    const targets = new Set(
      graph.projections.filter(({ source }) => source === name).map(({ target }) => target),
    );
    const pes = new Set(placement.filter((_, slice) => targets.has(slices[slice]!.population)));
    const isOutput = name === output;
    if (isOutput) for (const pe of decoderPes) pes.add(pe);
    const { base: key, mask } = allocation.keys.get(name)!;
    return { key, mask, destinations: byNode(profile, pes), toHost: isOutput && decoderPes.length === 0 };
  });
  const available = profile.eventRouter.entries;
  if (entries.length > available) {
    throw new CapacityError(
      { resource: "routing entries", where: graph.name, needed: entries.length, available },
      "Choose a chip with a larger routing table.",
    );
  }
  return entries;
}

const byNode = (profile: HardwareProfile, pes: ReadonlySet<number>): NodeDestination[] =>
  profile.noc.nodes
    .map((node, index) => ({ node: index, pes: node.pes.filter((pe) => pes.has(pe)) }))
    .filter((destination) => destination.pes.length > 0);
