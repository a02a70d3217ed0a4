import { type CompileOptions, compile } from "../../compiler/pipeline.ts";
import { stepsInStreams } from "../../simulator/streams.ts";
import { CapacityError, UnsupportedError } from "../core/errors.ts";
import type { ModelIr } from "../core/model-ir.ts";
import { NUMBER_FORMATS, type NumberFormat } from "../core/number-format.ts";
import type { HardwareProfile } from "../core/profile.ts";
import type { Stimulus } from "../core/stimulus.ts";
import { Float32Baseline } from "./against-float32.ts";
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
  /** Whether outputs are held against float32 of the same model, which then runs once more at most. */
  readonly withFloat32?: boolean;
  /** Threads over which the streams of a run are spread. */
  readonly workers?: number;
  /** Called before each stage of each pair, and often while it is simulated. */
  readonly onCompile?: (model: ModelIr, chip: Chip) => void;
  readonly onSimulate?: (model: ModelIr, chip: Chip, steps: number) => void;
  /** Called where float32 runs only to be compared with. */
  readonly onFloat32?: (model: ModelIr, steps: number) => void;
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
    const float32 = options.withFloat32 ? baselineOf(workload, options) : undefined;
    const own: ComparisonRow[] = [];
    for (const group of chips) {
      own.push(
        "chip" in group
          ? await comparePair(workload, group, options, float32)
          : compareDense(workload.model, group, options),
      );
    }
    rows.push(...(float32 ? await heldAgainst(float32, own) : own));
  }
  return rows;
}

function baselineOf(workload: Workload, options: CompareOptions): Float32Baseline {
  const { window, streams, workers = 1, onFloat32, onProgress } = options;
  return new Float32Baseline(workload, {
    workers,
    ...(window !== undefined && { window }),
    ...(streams !== undefined && { streams }),
    ...(onFloat32 && { onStart: (steps: number) => onFloat32(workload.model, steps) }),
    ...(onProgress && { onProgress }),
  });
}

async function heldAgainst(
  float32: Float32Baseline,
  rows: readonly ComparisonRow[],
): Promise<ComparisonRow[]> {
  const reports = rows.filter((row) => "program" in row);
  const held = await float32.hold(reports);
  return rows.map((row) => ("program" in row ? held[reports.indexOf(row)]! : row));
}

async function comparePair(
  workload: Workload,
  { chip, operatingPoints }: ChipGroup,
  options: CompareOptions,
  float32: Float32Baseline | undefined,
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
    const follow = float32?.follow(program, chip.profile);
    onSimulate?.(model, chip, stepsInStreams(stimulus, rest.streams ?? 1));
    const wishes = { ...rest, operatingPoints, ...(follow && { observe: follow.observe }) };
    const report = await runProgramInWorkers(program, chip, stimulus, wishes, workers);
    const error = follow?.outputError();
    const held = error && Number.isFinite(error.rms) ? { ...report, float32: error } : report;
    onRun?.(held, workload);
    return held;
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
