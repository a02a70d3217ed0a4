import type { ChipPopulationKind } from "../../src/core/population-kind.ts";
import type { Program } from "../../src/core/program.ts";
import type { LoadedSlice } from "../functional/load-image.ts";

/** One PE in one role: with a slice of a layer, or with a share of the decoder. A PE can have both. */
export interface Worker {
  readonly pe: number;
  /** Index of the phase in which it works: layers in order of evaluation, then the decoder. */
  readonly phase: number;
  readonly role: "slice" | "decoder";
  /** Of a slice's neurons; of no account for a decoder. */
  readonly kind: ChipPopulationKind;
  /** Neurons, or outputs of the decoder. */
  readonly first: number;
  readonly count: number;
}

/** Slices in the order of the program's PEs, then the decoder's PEs. */
export function listWorkers({ populations, chipDecoder }: Program, slices: readonly LoadedSlice[]): Worker[] {
  const phaseOf = new Map(populations.map(({ name }, index) => [name, index - 1]));
  const workers = slices.map(({ pe, population, first, neurons, kind }): Worker => ({
    pe,
    phase: phaseOf.get(population)!,
    role: "slice",
    kind,
    first,
    count: neurons,
  }));
  const share = chipDecoder?.pes.length ?? 0;
  for (const [index, pe] of (chipDecoder?.pes ?? []).entries()) {
    const first = Math.floor((index * chipDecoder!.outputs) / share);
    const end = Math.floor(((index + 1) * chipDecoder!.outputs) / share);
    workers.push({
      pe,
      phase: populations.length - 1,
      role: "decoder",
      kind: "linear",
      first,
      count: end - first,
    });
  }
  return workers;
}

/** Phases that workers belong to. */
export const phasesOf = (workers: readonly Worker[]): number =>
  workers.reduce((phases, { phase }) => Math.max(phases, phase + 1), 0);
