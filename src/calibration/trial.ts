import { type Compilation, compile, type CompileOptions } from "../../compiler/pipeline.ts";
import { MAX_ACCUMULATORS_PER_SLICE } from "../../compiler/partition/slice-bytes.ts";
import type { StepView } from "../../simulator/simulate.ts";
import { simulate } from "../../simulator/simulate.ts";
import type { ModelIr } from "../core/model-ir.ts";
import { NEURON_TRAITS } from "../core/population-kind.ts";
import type { HardwareProfile } from "../core/profile.ts";
import type { Program } from "../core/program.ts";
import type { SimulationResult } from "../core/result.ts";
import type { Stimulus } from "../core/stimulus.ts";

/** What every run of a calibration reads, and how it carries state. */
export interface Sample {
  readonly stimulus: Stimulus;
  /** Timesteps between restarts of the hidden state; absent: it is carried on. */
  readonly window?: number;
  /** Equal parts that are run one after the other, each from a state of zero; one where absent. */
  readonly streams?: number;
}

/** How a trial holds weights, and where its decoder runs. */
export type TrialOptions = Pick<CompileOptions, "format" | "formats" | "scales" | "decoder" | "mac">;

/** Compiles for the roomy chip: whole layers on a PE, and nothing that only times depend on. */
export const compileTrial = (model: ModelIr, roomy: HardwareProfile, options: TrialOptions): Compilation =>
  compile(model, roomy, {
    ...options,
    partition: "compact",
    order: "model",
    placer: "sequential",
    rows: "sram",
    pes: slicesOf(model),
    verify: false,
  });

/** As few slices as indices can tell neurons apart in, whatever their kind: no neuron has more accumulators than these. */
function slicesOf({ populations }: ModelIr): number {
  const most = MAX_ACCUMULATORS_PER_SLICE / MOST_ACCUMULATORS;
  return populations
    .filter(({ kind }) => kind !== "token-input" && kind !== "embedding")
    .reduce((sum, { size }) => sum + Math.ceil(size / most), 0);
}

const MOST_ACCUMULATORS = Math.max(
  ...Object.values(NEURON_TRAITS).map(({ accumulators }) => accumulators.length),
);

/** Runs a program over the sample and shows each step to `observe`, numbered throughout. */
export function runSample(
  program: Program,
  profile: HardwareProfile,
  { stimulus, window, streams }: Sample,
  observe: (step: number, view: StepView) => void,
): SimulationResult {
  return simulate(program, profile, stimulus, {
    ...(window !== undefined && { window }),
    ...(streams !== undefined && { streams }),
    observe,
  });
}
