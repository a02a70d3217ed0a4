import { type CompileOptions, compile } from "../../compiler/pipeline.ts";
import { stepsInStreams } from "../../simulator/streams.ts";
import { CapacityError, UnsupportedError } from "../core/errors.ts";
import type { ModelIr } from "../core/model-ir.ts";
import { NUMBER_FORMATS, type NumberFormat } from "../core/number-format.ts";
import type { HardwareProfile } from "../core/profile.ts";
import type { Stimulus } from "../core/stimulus.ts";
import type { Chip, ChipGroup } from "./chips.ts";
import { type Baseline, type RooflineReport, rooflineOf } from "./roofline.ts";
import { type RunOptions, type RunReport, runProgramInWorkers } from "./run.ts";

/** A model that a chip cannot hold or run: a result too. */
export interface Refusal {
  readonly model: ModelIr;
  readonly chip: Chip | Baseline;
  readonly problem: CapacityError | UnsupportedError;
}

export type ComparisonRow = RunReport | Refusal | RooflineReport;

export const isRefusal = (row: ComparisonRow): row is Refusal => "problem" in row;

/** A model with the input that it is to be driven with. */
export interface Workload {
  readonly model: ModelIr;
  readonly stimulus: Stimulus;
}

export interface CompareOptions extends Omit<RunOptions, "operatingPoints" | "onProgress"> {
  readonly compile: CompileOptions;
  /** Instead of the number format that is asked for, the widest that the chip has, where it lacks that one. */
  readonly ownFormat?: boolean;
  /** Threads over which the streams of a run are spread. */
  readonly workers?: number;
  /** Called before each stage of each pair, and often while it is simulated. */
  readonly onCompile?: (model: ModelIr, chip: Chip) => void;
  readonly onSimulate?: (model: ModelIr, chip: Chip, steps: number) => void;
  readonly onProgress?: (stepsDone: number, steps: number) => void;
  /** Called after each run that was simulated. */
  readonly onRun?: (report: RunReport, workload: Workload) => void;
}

/** Each model on each chip, in that order; a pair that does not go together is a row with the reason. */
export async function compareAll(
  workloads: readonly Workload[],
  chips: readonly (ChipGroup | Baseline)[],
  options: CompareOptions,
): Promise<ComparisonRow[]> {
  const rows: ComparisonRow[] = [];
  for (const workload of workloads) {
    for (const group of chips) {
      rows.push(
        "chip" in group
          ? await comparePair(workload, group, options)
          : compareDense(workload.model, group, options),
      );
    }
  }
  return rows;
}

async function comparePair(
  workload: Workload,
  { chip, operatingPoints }: ChipGroup,
  options: CompareOptions,
): Promise<ComparisonRow> {
  const { model, stimulus } = workload;
  const { compile: asked, ownFormat, workers = 1, onCompile, onSimulate, onRun, ...rest } = options;
  try {
    onCompile?.(model, chip);
    const { format = "float32" } = asked;
    const { coding, ...uncoded } = asked;
    const { program } = compile(model, chip.profile, {
      ...uncoded,
      ...(coding && needsCoding(chip.profile) && { coding }),
      ...(ownFormat && { format: formatOn(chip.profile.pe.kernels, format) }),
    });
    onSimulate?.(model, chip, stepsInStreams(stimulus, rest.streams ?? 1));
    const report = await runProgramInWorkers(program, chip, stimulus, { ...rest, operatingPoints }, workers);
    onRun?.(report, workload);
    return report;
  } catch (problem) {
    return refusalOf(model, chip, problem);
  }
}

function compareDense(
  model: ModelIr,
  baseline: Baseline,
  { compile: { format = "float32" }, ownFormat }: CompareOptions,
): ComparisonRow {
  try {
    return rooflineOf(model, baseline, ownFormat ? formatOn(baseline.profile.peak, format) : format);
  } catch (problem) {
    return refusalOf(model, baseline, problem);
  }
}

/** Whether events carry less than a payload of an integer program; elsewhere a coding would only cost. */
const needsCoding = ({ capabilities }: HardwareProfile): boolean =>
  (capabilities?.eventPayload ?? Infinity) < INTEGER_PAYLOAD_BITS;
const INTEGER_PAYLOAD_BITS = 24;

/** The format that was asked for, or the widest of those that there are. */
const formatOn = (
  known: Readonly<Partial<Record<NumberFormat, unknown>>>,
  asked: NumberFormat,
): NumberFormat =>
  known[asked] === undefined ? (NUMBER_FORMATS.find((name) => known[name] !== undefined) ?? asked) : asked;

function refusalOf(model: ModelIr, chip: Chip | Baseline, problem: unknown): Refusal {
  if (problem instanceof CapacityError || problem instanceof UnsupportedError)
    return { model, chip, problem };
  throw problem;
}
