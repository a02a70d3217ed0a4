import { type CompileOptions, compile } from "../../compiler/pipeline.ts";
import { stepsInStreams } from "../../simulator/streams.ts";
import { CapacityError, UnsupportedError } from "../core/errors.ts";
import type { ModelIr } from "../core/model-ir.ts";
import type { Stimulus } from "../core/stimulus.ts";
import type { Chip, ChipGroup } from "./chips.ts";
import { type RunOptions, type RunReport, runProgramInWorkers } from "./run.ts";

/** A model that a chip cannot hold or run: a result too. */
export interface Refusal {
  readonly model: ModelIr;
  readonly chip: Chip;
  readonly problem: CapacityError | UnsupportedError;
}

export type ComparisonRow = RunReport | Refusal;

export const isRefusal = (row: ComparisonRow): row is Refusal => "problem" in row;

/** A model with the input that it is to be driven with. */
export interface Workload {
  readonly model: ModelIr;
  readonly stimulus: Stimulus;
}

export interface CompareOptions extends Omit<RunOptions, "operatingPoints" | "onProgress"> {
  readonly compile: CompileOptions;
  /** Threads over which the streams of a run are spread. */
  readonly workers?: number;
  /** Called before each stage of each pair, and often while it is simulated. */
  readonly onCompile?: (model: ModelIr, chip: Chip) => void;
  readonly onSimulate?: (model: ModelIr, chip: Chip, steps: number) => void;
  readonly onProgress?: (stepsDone: number, steps: number) => void;
}

/** Each model on each chip, in that order; a pair that does not go together is a row with the reason. */
export async function compareAll(
  workloads: readonly Workload[],
  chips: readonly ChipGroup[],
  options: CompareOptions,
): Promise<ComparisonRow[]> {
  const rows: ComparisonRow[] = [];
  for (const workload of workloads) {
    for (const group of chips) rows.push(await comparePair(workload, group, options));
  }
  return rows;
}

async function comparePair(
  { model, stimulus }: Workload,
  { chip, operatingPoints }: ChipGroup,
  { compile: compileOptions, workers = 1, onCompile, onSimulate, ...rest }: CompareOptions,
): Promise<ComparisonRow> {
  try {
    onCompile?.(model, chip);
    const { program } = compile(model, chip.profile, compileOptions);
    onSimulate?.(model, chip, stepsInStreams(stimulus, rest.streams ?? 1));
    return await runProgramInWorkers(program, chip, stimulus, { ...rest, operatingPoints }, workers);
  } catch (problem) {
    if (problem instanceof CapacityError || problem instanceof UnsupportedError)
      return { model, chip, problem };
    throw problem;
  }
}
