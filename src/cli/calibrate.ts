import { type Command, InvalidArgumentError, Option } from "commander";
import type { CompileOptions } from "../../compiler/pipeline.ts";
import { type Calibration, calibrate } from "../calibration/calibrate.ts";
import type { Talk } from "../calibration/measure.ts";
import type { Sample } from "../calibration/trial.ts";
import type { Chip } from "../compare/chips.ts";
import type { ModelIr } from "../core/model-ir.ts";
import { inputPortOf } from "../inputs/input-port.ts";
import { calibrationJson } from "../report/calibration-json.ts";
import { formatCalibration } from "../report/calibration-text.ts";
import { printable } from "../report/layout.ts";
import { formatSi, plural } from "../report/quantities.ts";
import { type CommandIo, say } from "./command-io.ts";
import { UsageError } from "./failures.ts";
import { loadSample } from "./load-stimulus.ts";
import { filePath, wholeNumber } from "./parse-values.ts";
import { showProgress } from "./progress.ts";
import { talkOfStreams } from "./simulation-talk.ts";
import { styleFor } from "./terminal-style.ts";

export interface CalibrationOptions {
  readonly calibrate?: string;
  readonly calibrateSteps: number;
  readonly array?: string;
  readonly window?: number;
  readonly streams: number;
  readonly budget?: number;
}

const DEFAULT_STEPS = 2_000;
const MOST_STEPS = 1_000_000;
/** Fewer say little of a model, and less of a small difference. */
const FEW_STEPS = 200;

export const withCalibrationOptions = (command: Command): Command =>
  command
    .addOption(
      new Option(
        "--calibrate <file>",
        "run the model on this sample (text, token ids or vectors); its activity weighs the mapping, and the program is held against float32",
      ).argParser(filePath),
    )
    .addOption(
      new Option("--calibrate-steps <n>", "at most so many timesteps of the sample")
        .argParser(wholeNumber(1, MOST_STEPS))
        .default(DEFAULT_STEPS),
    )
    .option("--array <name>", "which array of a sample with several")
    .addOption(
      new Option("--window <n>", "restart the hidden state every n steps of the sample").argParser(
        wholeNumber(1, MOST_STEPS),
      ),
    )
    .addOption(
      new Option("--streams <n>", "cut the sample into n equal streams, each from a state of zero")
        .argParser(wholeNumber(1, MOST_STEPS))
        .default(1),
    )
    .addOption(
      new Option(
        "--budget <percent>",
        "choose int8 or int16 for each projection so that the sample's perplexity (or output error) is at most so much worse than float32, such as 1%",
      ).argParser(percentage),
    );

/** "1%" as 0.01. */
function percentage(text: string): number {
  const [, digits] = /^(\d{1,3}(?:\.\d{1,6})?) ?%$/.exec(text.trim()) ?? [];
  if (digits === undefined) throw new InvalidArgumentError("It must be a percentage, such as 1% or 0.5%.");
  return Number(digits) / 100;
}

/** Before long work: whether what was asked of a calibration goes together. */
export function checkCalibration(
  { calibrate: file, stopAfter, budget }: CalibrationOptions & { readonly stopAfter?: string },
  command: Command,
): void {
  const given = (name: string) => command.getOptionValueSource(name) === "cli";
  if (file === undefined) {
    const idle = ["calibrateSteps", "array", "window", "streams", "budget"].find(given);
    if (idle === undefined) return;
    const option = idle.replace("S", "-s");
    throw new UsageError(
      `--${option} has no meaning without --calibrate.`,
      "Name a sample with --calibrate.",
    );
  }
  if (stopAfter !== undefined)
    throw new UsageError("--stop-after leaves no program to calibrate.", "Give --calibrate or --stop-after.");
  const format = ["format", "formats"].find(given);
  if (budget !== undefined && format !== undefined)
    throw new UsageError(
      `--budget chooses the formats, so --${format} cannot.`,
      `Leave out --budget or --${format}.`,
    );
}

/** Compiles a model with what it does on the sample that was named. */
export function calibrateModel(
  model: ModelIr,
  { profile }: Chip,
  options: CalibrationOptions & { readonly calibrate: string },
  compileOptions: CompileOptions,
  io: CommandIo,
): Calibration {
  const { window, streams, budget } = options;
  const stimulus = loadSample(
    options.calibrate,
    inputPortOf(model),
    { steps: options.calibrateSteps, array: options.array },
    io,
  );
  const sample: Sample = { stimulus, streams, ...(window !== undefined && { window }) };
  const steps = talkOfStreams(stimulus, streams, io);
  if (steps < FEW_STEPS)
    say(io, `note: ${plural(steps, "timestep")} say little of a model; small differences are chance.`);
  const begun = io.now();
  let runs = 0;
  const talk: Talk = (what) => {
    runs += 1;
    const { advance, end } = showProgress(io, printable(`calibrating, ${what}`), "steps");
    return { advance: (done) => advance(done, steps), end };
  };
  say(io, printable(`calibrating on ${plural(steps, "step")} of ${stimulus.origin}`));
  const calibration = calibrate({
    model,
    profile,
    options: compileOptions,
    sample,
    ...(budget !== undefined && { budget }),
    talk,
  });
  say(io, `  done in ${plural(runs, "run")}, ${formatSi((io.now() - begun) / 1000, "s")}`);
  return calibration;
}

/** The report, on standard output unless that has another use. */
export function showCalibration(
  calibration: Calibration,
  { isOutputFree }: { readonly isOutputFree: boolean },
  io: CommandIo,
): void {
  const output = isOutputFree ? io.stdout : io.stderr;
  const { modelName } = calibration.compilation.program.manifest;
  output.write(formatCalibration(calibrationJson(calibration), modelName, styleFor(output, io)));
}
