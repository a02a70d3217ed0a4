import { type CompileOptions, compile } from "../../compiler/pipeline.ts";
import { CapacityError, UnsupportedError } from "../core/errors.ts";
import type { ModelIr } from "../core/model-ir.ts";
import { type Stimulus, stepsOf } from "../core/stimulus.ts";
import type { Chip, ChipGroup } from "./chips.ts";
import { type RunOptions, type RunReport, runProgram } from "./run.ts";

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
  /** Called before each stage of each pair, and often while it is simulated. */
  readonly onCompile?: (model: ModelIr, chip: Chip) => void;
  readonly onSimulate?: (model: ModelIr, chip: Chip, steps: number) => void;
  readonly onProgress?: (stepsDone: number, steps: number) => void;
}

/** Each model on each chip, in that order; a pair that does not go together is a row with the reason. */
export function compareAll(
  workloads: readonly Workload[],
  chips: readonly ChipGroup[],
  options: CompareOptions,
): ComparisonRow[] {
  return workloads.flatMap((workload) => chips.map((group) => comparePair(workload, group, options)));
}

function comparePair(
  { model, stimulus }: Workload,
  { chip, operatingPoints }: ChipGroup,
  { compile: compileOptions, onCompile, onSimulate, ...rest }: CompareOptions,
): ComparisonRow {
  try {
    onCompile?.(model, chip);
    const { program } = compile(model, chip.profile, compileOptions);
    onSimulate?.(model, chip, stepsOf(stimulus));
    return runProgram(program, chip, stimulus, { ...rest, operatingPoints });
  } catch (problem) {
    if (problem instanceof CapacityError || problem instanceof UnsupportedError)
      return { model, chip, problem };
    throw problem;
  }
}
