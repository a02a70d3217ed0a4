import type { Phase } from "../../src/core/result.ts";
import { dramTraffic } from "../components/dram-traffic.ts";
import { busiest, createNetworkLoad, loadNetwork, type NetworkLoad } from "../components/flow-table.ts";
import { readsAcross } from "../check-stimulus.ts";
import type { Ledger } from "./ledger.ts";
import type { Machine, MachinePhase } from "./machine.ts";

/** Cycles of every phase and step. */
export interface PhaseRecord {
  /** Call once a step, when all its events are counted. */
  record(step: number, ledger: Ledger): void;
  phases(steps: number): Phase[];
}

export function startPhaseRecord(machine: Machine, capacity: number): PhaseRecord {
  const { profile, network, phases } = machine;
  const { noc, eventRouter, board } = profile;
  // A PE's list of destinations is looked up by its core, whose sending is paid for already.
  const hasRouters = noc.kind !== "mesh-unicast";
  const load = createNetworkLoad(network.routers, network.links.length);
  const fetch = startFetchRecord(machine);
  const series = phases.map(() => ({
    pe: new Float64Array(capacity),
    link: new Float64Array(capacity),
    router: new Float64Array(capacity),
    chipLink: new Float64Array(capacity),
    dram: new Float64Array(capacity),
    dramLink: new Float64Array(capacity),
    transfers: new Float64Array(capacity),
  }));

  return {
    record(step, ledger) {
      fetch.begin(ledger);
      for (let index = 0; index < phases.length; index += 1) {
        const phase = phases[index]!;
        const own = series[index]!;
        own.pe[step] = busiestWorker(phase, machine, ledger.busy);
        loadNetwork(phase.flows, ledger.now, ledger.before, load);
        own.link[step] = noc.flitCycles * busiest(load.flits, 0, network.nocLinks);
        own.chipLink[step] = (board?.link.packetCycles ?? 0) * busiest(load.flits, network.nocLinks);
        own.router[step] = hasRouters ? busiestRouter(load, eventRouter) : 0;
        const fetched = fetch.of(index);
        own.dram[step] = fetched.bytes;
        own.dramLink[step] = noc.flitCycles * fetched.flits;
        own.transfers[step] = fetched.transfers;
      }
    },
    phases: (steps) =>
      phases.map(({ name, longest, flows }, index): Phase => {
        const own = series[index]!;
        return {
          name,
          ...partTraits(machine, index + 1),
          peCycles: own.pe.slice(0, steps),
          linkCycles: own.link.slice(0, steps),
          routerCycles: own.router.slice(0, steps),
          chipLinkCycles: own.chipLink.slice(0, steps),
          latency: {
            noc: longest.nocHops * noc.hopCycles,
            eventRouter:
              hasRouters && flows.counter.length > 0 ? longest.routers * eventRouter.pipelineCycles : 0,
            chipLink: longest.chipHops * (board?.link.latencyCycles ?? 0),
          },
          dramBytes: own.dram.slice(0, steps),
          dramLinkCycles: own.dramLink.slice(0, steps),
          dramTransfers: own.transfers.slice(0, steps),
        };
      }),
  };
}

/** Of partial sums: whether they are gathered beside those of the phase before, and from events of the timestep before. */
function partTraits(
  { program: { populations }, projections }: Machine,
  index: number,
): Pick<Phase, "alongside" | "isRecurrentPart" | "readsAcross"> {
  const own = populations[index];
  const across = projections.some(
    ({ source, target, delay }) => target === index && readsAcross(populations, source, target, delay),
  );
  const traits = across ? { readsAcross: true as const } : {};
  if (own?.partOf === undefined) return traits;
  const isRecurrent = projections.some(
    ({ source, target, delay }) => target === index && delay === 1 && source >= index,
  );
  return {
    ...traits,
    ...(populations[index - 1]!.partOf === own.partOf && { alongside: true as const }),
    ...(isRecurrent && { isRecurrentPart: true as const }),
  };
}

/** Cycles of the router that takes longest to match its keys, or to send their packets on. */
function busiestRouter(
  { lookups, packetsOut }: NetworkLoad,
  { engines, ports }: Machine["profile"]["eventRouter"],
) {
  let most = 0;
  for (let router = 0; router < lookups.length; router += 1) {
    const cycles = Math.max(Math.ceil(lookups[router]! / engines), Math.ceil(packetsOut[router]! / ports));
    if (cycles > most) most = cycles;
  }
  return most;
}

/** Cycles of the phase's busiest PE: the Arm core's work, then the MAC array's where there is any. */
function busiestWorker(
  { workers }: MachinePhase,
  { arrayWork }: Pick<Machine, "arrayWork">,
  busy: Float64Array,
): number {
  let most = 0;
  for (const worker of workers) most = Math.max(most, busy[worker]! + arrayWork[worker]!.cycles);
  return most;
}

/** What a phase's PEs fetch in one step: of the busiest DRAM, of the busiest link, of the PE with most transfers. */
interface PhaseFetch {
  bytes: number;
  flits: number;
  transfers: number;
}

function startFetchRecord(machine: Machine) {
  const { phases, projections, network } = machine;
  const traffic = dramTraffic(machine);
  const fetched: PhaseFetch = { bytes: 0, flits: 0, transfers: 0 };
  const streams = machine.arrayWork.some(({ dramBytes }) => dramBytes > 0);
  if (!streams && !projections.some(({ dramBytesOf }) => dramBytesOf))
    return { begin() {}, of: () => fetched };

  const bytesOf = new Float64Array(traffic.memories);
  const flits = new Float64Array(network.nocLinks);
  const own = phases.map(({ workers }) => ({
    bytes: new Float64Array(machine.workers.length),
    transfers: new Float64Array(machine.workers.length),
    workers,
  }));
  let step = own[0] as { bytes: Float64Array; transfers: Float64Array };
  return {
    begin(ledger: Ledger) {
      step = traffic.step(ledger);
    },
    of(index: number): PhaseFetch {
      const { workers, bytes, transfers } = own[index]!;
      bytesOf.fill(0);
      flits.fill(0);
      fetched.transfers = 0;
      for (const worker of workers) {
        bytes[worker] = step.bytes[worker]!;
        transfers[worker] = step.transfers[worker]!;
        bytesOf[traffic.memoryOf[worker]!]! += bytes[worker]!;
        fetched.transfers = Math.max(fetched.transfers, transfers[worker]!);
      }
      traffic.addFlits({ bytes, transfers }, flits);
      fetched.bytes = busiest(bytesOf);
      fetched.flits = busiest(flits);
      return fetched;
    },
  };
}
