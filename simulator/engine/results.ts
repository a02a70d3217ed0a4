import {
  type Counts,
  HOST_ACTIONS,
  MAC_ARRAY_ACTIONS,
  perPe,
  sumOf,
  totals as zeroTotals,
} from "../../src/core/counts.ts";
import { projectionName } from "../../src/core/event-graph.ts";
import type { ProjectionActivity } from "../../src/core/result.ts";
import { createNetworkLoad, loadNetwork } from "../components/flow-table.ts";
import { dramTraffic } from "../components/dram-traffic.ts";
import { countPes } from "../components/pe-counts.ts";
import { isToHost } from "../components/routes.ts";
import { macsOf } from "../functional/host-stages.ts";
import type { Saturations } from "../functional/saturations.ts";
import type { Ledger } from "./ledger.ts";
import type { Machine } from "./machine.ts";

/** Counts of all that a run of so many steps did. */
export function countsOf(machine: Machine, ledger: Ledger, steps: number, saturations: Saturations): Counts {
  const { program, profile, format, workers, deliveries, projections, network, flows, arrayWork } = machine;
  const { totals, rows, empties, fetches } = ledger;
  const { chipDecoder } = program;
  const pes = profile.pe.count;
  const load = createNetworkLoad(network.routers, network.links.length);
  loadNetwork(flows, totals[0], totals[1], load);
  const traffic = dramTraffic(machine);
  const fetched = traffic.total(ledger, steps);
  traffic.addFlits(fetched, load.flits);

  const macArray = perPe(MAC_ARRAY_ACTIONS, pes);
  for (const [worker, { pe }] of workers.entries()) macArray.mac[pe]! += steps * arrayWork[worker]!.macs;
  const activity = {
    pes,
    format,
    steps,
    workers,
    deliveries,
    events: totals,
    projections,
    rows,
    empties,
    fetches,
    arrayWork,
    arrayColumns: profile.pe.macArray?.columns ?? 1,
    arrayRows: profile.pe.macArray?.rows ?? 1,
  };
  return {
    ...countPes({ ...activity, decoder: chipDecoder }),
    macArray,
    noc: { flitHop: sumOf(load.flits.subarray(0, network.nocLinks)) },
    chipLinks: { packet: sumOf(load.flits.subarray(network.nocLinks)) },
    links: network.links.map((link, index) => ({ ...link, flits: load.flits[index]! })),
    eventRouter: { tableLookup: sumOf(load.lookups), packetOut: sumOf(load.packetsOut) },
    dram: { byteRead: sumOf(fetched.bytes), byteWritten: 0 },
    host: hostCounts(machine, ledger, steps),
    saturations: { ...saturations },
  };
}

/** The host's stages are counted for every step, also where nobody asked for the decoder's result. */
function hostCounts({ program, plan }: Machine, { totals }: Ledger, steps: number): Counts["host"] {
  const counts = zeroTotals(HOST_ACTIONS);
  counts.mac = steps * (macsOf(program.host.encoder) + macsOf(program.host.decoder));
  for (const [index, route] of plan.routes.entries()) {
    const events = totals[0][plan.segments.length + index]!;
    if (route.population === 0) counts.eventIn += events;
    if (isToHost(route)) counts.eventOut += events;
  }
  return counts;
}

/** Synops by source, target and delay. */
export function projectionActivities(
  { program, projections }: Machine,
  { rows, empties }: Ledger,
  isUnitValued: (population: number) => boolean,
): ProjectionActivity[] {
  const { denseByProjection } = program.manifest;
  const activities = new Map<string, ProjectionActivity>();
  for (const [index, { source, target, delay, blocks }] of projections.entries()) {
    const from = program.populations[source]!;
    const own = program.populations[target]!;
    // Rows that end in partial sums are synapses of the layer that the sums are for.
    const to = program.populations.find(({ name }) => name === own.partOf) ?? own;
    const key = `${from.name} ${to.name} ${delay}`;
    const before = activities.get(key);
    activities.set(key, {
      source: from.name,
      target: to.name,
      delay,
      ...(from.kind === "partial-sum" && { bringsPartialSums: true as const }),
      ...(to.kind === "max-pool" && { isCompared: true as const }),
      ...(isUnitValued(source) && { isUnitValued: true as const }),
      synops:
        (before?.synops ?? 0) + sumOf(rows[index]!.total.sums) - sumOf(empties[index]?.total.sums ?? []),
      synapses: (before?.synapses ?? 0) + blocks.reduce((sum, { index }) => sum + index.length, 0),
      dense: denseByProjection[projectionName({ source: from.name, target: to.name, delay })] ?? 0,
    });
  }
  return [...activities.values()];
}

/** Sums the workers' cycles by PE. */
export function cyclesByPe({ workers, profile, arrayWork }: Machine, { totalBusy }: Ledger, steps: number) {
  const busyCycles = new Float64Array(profile.pe.count);
  const macArrayCycles = new Float64Array(profile.pe.count);
  for (const [index, { pe }] of workers.entries()) {
    busyCycles[pe]! += totalBusy[index]!;
    macArrayCycles[pe]! += steps * arrayWork[index]!.cycles;
  }
  return { busyCycles, macArrayCycles };
}
