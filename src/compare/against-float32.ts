import { stepsInStreams } from "../../simulator/streams.ts";
import type { StepView } from "../../simulator/simulate.ts";
import type { OutputError } from "../calibration/quality.ts";
import { type Recording, startComparison, startRecording } from "../calibration/recording.ts";
import { roomyChip } from "../calibration/roomy-chip.ts";
import { compileTrial, runSample } from "../calibration/trial.ts";
import { CapacityError, UnsupportedError } from "../core/errors.ts";
import { type MeanInterval, meanOfSeries } from "../core/intervals.ts";
import type { HardwareProfile } from "../core/profile.ts";
import type { Program } from "../core/program.ts";
import type { Evaluation } from "../core/result.ts";
import { type Stimulus, stepsOf } from "../core/stimulus.ts";
import type { Workload } from "./compare.ts";
import { type RunOptions, type RunReport, runProgramInWorkers } from "./run.ts";

/** What a run's number format costs: its output beside that of the same model in float32 on the same input. */
export type AgainstFloat32 =
  | {
      readonly kind: "perplexity";
      /** Of float32. */
      readonly perplexity: number;
      /** Mean growth of the loss of a token, nats; e to it, less one, is the growth of the perplexity. */
      readonly lossGrowth: MeanInterval;
    }
  | OutputError;

/** Values that are kept of the outputs of a float32 run. */
const MOST_VALUES = 2 ** 25;

export interface Float32Options extends Pick<RunOptions, "window" | "streams"> {
  readonly workers: number;
  readonly onStart?: (steps: number) => void;
  readonly onProgress?: (stepsDone: number, steps: number) => void;
}

/** The float32 model under one workload; it runs once, and only where something is held against it. */
export class Float32Baseline {
  private recording: Recording | undefined;
  private evaluation: Evaluation | undefined;
  private hasFailed = false;

  constructor(
    private readonly workload: Workload,
    private readonly options: Float32Options,
  ) {}

  /** Where there are no tokens to predict: follows a run of `program`, which then has to stay in one thread. */
  follow(
    program: Program,
    chip: HardwareProfile,
  ):
    | { observe: (step: number, view: StepView) => void; outputError: () => OutputError | undefined }
    | undefined {
    if (isFloat32(program) || predicts(this.workload.stimulus)) return undefined;
    const recording = (this.recording ??= this.record(chip));
    return recording && startComparison(program, recording);
  }

  /** Where there are: the runs with what float32 makes of the same tokens. A float32 run among them is not run again. */
  async hold(reports: readonly RunReport[]): Promise<readonly RunReport[]> {
    const scored = reports.filter(({ result }) => result.evaluation !== undefined);
    const others = scored.filter(({ program }) => !isFloat32(program));
    if (others.length === 0) return reports;
    const own = scored.find(({ program }) => isFloat32(program))?.result.evaluation;
    const float32 = (this.evaluation ??= own ?? (await this.evaluate(others[0]!)));
    if (float32 === undefined) return reports;
    return reports.map((report) =>
      others.includes(report) ? { ...report, float32: growthOf(report.result.evaluation!, float32) } : report,
    );
  }

  private async evaluate(report: RunReport): Promise<Evaluation | undefined> {
    const { stimulus } = this.workload;
    const { window, streams = 1, workers, onProgress } = this.options;
    const roomy = roomyWithAll(report.chip.profile);
    const program = this.compiled(roomy);
    if (program === undefined) return undefined;
    this.options.onStart?.(stepsInStreams(stimulus, streams));
    const options = {
      ...(window !== undefined && { window }),
      ...(streams > 1 && { streams }),
      ...(onProgress && { onProgress }),
    };
    const run = await runProgramInWorkers(
      program,
      { ...report.chip, profile: roomy },
      stimulus,
      options,
      workers,
    );
    return run.result.evaluation;
  }

  private record(chip: HardwareProfile): Recording | undefined {
    const roomy = roomyWithAll(chip);
    const program = this.compiled(roomy);
    if (program === undefined) return undefined;
    const { stimulus } = this.workload;
    const { window, streams = 1, onProgress } = this.options;
    const steps = stepsInStreams(stimulus, streams);
    const largest = Math.max(...program.populations.map(({ size }) => size), outputsOf(program));
    if (steps * largest > MOST_VALUES) {
      this.hasFailed = true;
      return undefined;
    }
    this.options.onStart?.(steps);
    const { recording, observe } = startRecording(program, steps, true);
    const sample = {
      stimulus,
      ...(window !== undefined && { window }),
      ...(streams > 1 && { streams }),
    };
    runSample(program, roomy, sample, (step, view) => {
      observe(step, view);
      onProgress?.(step + 1, steps);
    });
    return recording;
  }

  /** A model that float32 cannot hold has no baseline; that is said where it fails on its chip. */
  private compiled(roomy: HardwareProfile): Program | undefined {
    if (this.hasFailed) return undefined;
    try {
      return compileTrial(this.workload.model, roomy, { format: "float32", decoder: "host" }).program;
    } catch (problem) {
      if (!(problem instanceof CapacityError || problem instanceof UnsupportedError)) throw problem;
      this.hasFailed = true;
      return undefined;
    }
  }
}

const outputsOf = ({ host }: Program): number => {
  const last = host.decoder.at(-1);
  return last?.kind === "linear" ? last.outputs : 0;
};

/** A program whose output is that of the model, but for the order of sums. */
const isFloat32 = ({ manifest, chipDecoder }: Program): boolean =>
  manifest.quantisation.format === "float32" && chipDecoder === undefined;

const predicts = (stimulus: Stimulus): boolean =>
  stepsOf(stimulus) > 0 && stimulus.kind === "tokens" && stimulus.targets !== undefined;

/** Nothing that a chip lacks stands in float32's way. */
function roomyWithAll(chip: HardwareProfile): HardwareProfile {
  const { capabilities: _, ...rest } = roomyChip(chip);
  return rest;
}

function growthOf({ losses }: Evaluation, float32: Evaluation): AgainstFloat32 {
  const growth = losses.map((loss, token) => loss - float32.losses[token]!);
  return { kind: "perplexity", perplexity: float32.perplexity, lossGrowth: meanOfSeries(growth) };
}
