import type { Phase } from "../../src/core/result.ts";
import { busiest, createNetworkLoad, loadNetwork } from "../components/flow-table.ts";
import type { Ledger } from "./ledger.ts";
import type { Machine, MachinePhase } from "./machine.ts";

/** Cycles of every phase and step. */
export interface PhaseRecord {
  /** Call once a step, when all its events are counted. */
  record(step: number, ledger: Ledger): void;
  phases(steps: number): Phase[];
}

export function startPhaseRecord(machine: Machine, capacity: number): PhaseRecord {
  const { profile, mesh, phases } = machine;
  const { flitCycles, hopCycles } = profile.noc;
  const { engines, ports, pipelineCycles } = profile.eventRouter;
  const load = createNetworkLoad(mesh.links.length);
  const cycles = phases.map(() => ({
    pe: new Float64Array(capacity),
    link: new Float64Array(capacity),
    router: new Float64Array(capacity),
  }));

  return {
    record(step, { now, before, busy }) {
      for (let index = 0; index < phases.length; index += 1) {
        const phase = phases[index]!;
        const { pe, link, router } = cycles[index]!;
        pe[step] = busiestWorker(phase, busy);
        loadNetwork(phase.flows, now, before, load);
        link[step] = flitCycles * busiest(load.flits);
        router[step] = Math.max(Math.ceil(load.lookups / engines), Math.ceil(load.packetsOut / ports));
      }
    },
    phases: (steps) =>
      phases.map(({ name, longestHops, decoderWork, flows }, index) => {
        const { pe, link, router } = cycles[index]!;
        const dramBytes = decoderWork.reduce((sum, work) => sum + work.dramBytes, 0);
        return {
          name,
          peCycles: pe.slice(0, steps),
          linkCycles: link.slice(0, steps),
          routerCycles: router.slice(0, steps),
          latency: {
            noc: longestHops * hopCycles,
            eventRouter: flows.counter.length === 0 ? 0 : pipelineCycles,
          },
          dramBytes: new Float64Array(steps).fill(dramBytes),
        };
      }),
  };
}

/** Cycles of the phase's busiest PE: the Arm core's work, then the MAC array's where there is any. */
function busiestWorker({ workers, decoderWork }: MachinePhase, busy: Float64Array): number {
  let most = 0;
  for (let i = 0; i < workers.length; i += 1) {
    const macCycles = i < decoderWork.length ? decoderWork[i]!.cycles : 0;
    most = Math.max(most, busy[workers[i]!]! + macCycles);
  }
  return most;
}
