import { Command, Option } from "commander";
import { compile } from "../../compiler/pipeline.ts";
import type { Chip } from "../compare/chips.ts";
import { type RunOptions, type RunReport, runProgramInWorkers } from "../compare/run.ts";
import { InputError, MismatchError } from "../core/errors.ts";
import type { Program } from "../core/program.ts";
import type { Stimulus } from "../core/stimulus.ts";
import { inputPortOf } from "../inputs/input-port.ts";
import { printable } from "../report/layout.ts";
import { bundledProfiles } from "../runtime/profile-files.ts";
import { type CommandIo, say } from "./command-io.ts";
import { checkEvents, type EventRecord, recordEvents } from "./event-raster.ts";
import { UsageError } from "./failures.ts";
import { checkOutputs, type OutputRecord, recordOutputs } from "./functional-outputs.ts";
import { noteIneffective, noteIneffectiveRun } from "./ineffective-options.ts";
import { loadChip } from "./load-chip.ts";
import { loadModel, MODEL_ARGUMENT } from "./load-model.ts";
import { isProgramFile, loadProgram } from "./load-program.ts";
import { inputPortOfProgram, loadStimulus } from "./load-stimulus.ts";
import { filePath } from "./parse-values.ts";
import { pricingOf, type SimulationOptions } from "./pricing.ts";
import {
  chipOption,
  compileOptionsOf,
  jsonOption,
  outOption,
  type ProgramOptions,
  seedOption,
  withExample,
  withInputOptions,
  withPricingOptions,
  withProfileOptions,
  withProgramOptions,
} from "./shared-options.ts";
import { talkOfSimulation, talkOfStreams } from "./simulation-talk.ts";
import {
  checkTrace,
  noteTrace,
  type TraceOptions,
  traceWish,
  withTraceOptions,
  writeTrace,
} from "./trace-file.ts";
import { checkOutput, writeResults } from "./write-results.ts";

interface Options extends SimulationOptions, TraceOptions {
  readonly chip?: string;
  readonly outputs?: string;
  readonly events?: string;
}

/** What shapes a program, and comes too late for one that is compiled. */
const PROGRAM_OPTIONS = Object.keys({
  format: true,
  formats: true,
  scales: true,
  partition: true,
  partitionBy: true,
  parts: true,
  order: true,
  placer: true,
  effort: true,
  router: true,
  rows: true,
  rowForms: true,
  mac: true,
  minimise: true,
  pes: true,
  decoder: true,
  coding: true,
} satisfies Record<keyof ProgramOptions, true>);
const DEFAULT_CHIP = "spinnaker2";

/** `eventloom simulate`: one program, or one model compiled first, on one chip. */
export function simulateCommand(io: CommandIo): Command {
  const command = new Command("simulate")
    .summary("simulate a program, or a model, on one chip")
    .description("Simulates a compiled program, or compiles a model first, and reports what it costs.")
    .argument("<program-or-model>", `program file (.loom), or ${MODEL_ARGUMENT}`)
    .addOption(chipOption(`; else the program's own, or ${DEFAULT_CHIP}`));
  withInputOptions(withProfileOptions(withProgramOptions(command))).addOption(seedOption());
  withTraceOptions(withPricingOptions(command))
    .addOption(outOption("write the result there as JSON"))
    .addOption(
      new Option(
        "--outputs <file>",
        "write each step's outputs of the last layer and event counts there, .safetensors",
      ).argParser(filePath),
    )
    .addOption(
      new Option("--events <file>", "write every event there, one a row, .parquet").argParser(filePath),
    )
    .addOption(jsonOption())
    .action((path: string, options: Options) => simulateOne(path, options, command, io));
  return withExample(
    command,
    "simulate model.loom --chip spinnaker2@300MHz --text my.txt --window 70",
    "simulate synthetic:128,192,192,128@0.1 --steps 50 --schedule sequential,pipelined",
  );
}

async function simulateOne(path: string, options: Options, command: Command, io: CommandIo): Promise<void> {
  checkOutput(options);
  checkEvents(options);
  checkOutputs(options.outputs, options.out);
  checkTrace(options);
  const run = isProgramFile(path)
    ? loadCompiled(path, options, command, io)
    : await compileFirst(path, options, command, io);
  const { program, stimulus } = run;
  const { streams, window } = options;
  noteIneffectiveRun(options, [run.chip.operatingPoint], io);
  const steps = talkOfStreams(stimulus, streams, io);
  noteTrace(options, steps, io);
  const outputs = options.outputs === undefined ? undefined : recordOutputs(program, steps);
  const events =
    options.events === undefined
      ? undefined
      : await recordEvents(options.events, program, stimulus, {
          steps,
          streams,
          ...(window !== undefined && { window }),
        });
  const report = await runObserved(run, steps, options, { outputs, events }, io);
  writeResults([report], options, io);
  writeTrace(options, report, io);
  if (options.outputs !== undefined) outputs?.write(options.outputs, report, io);
  events?.tell(io);
}

interface Records {
  readonly outputs: OutputRecord | undefined;
  readonly events: EventRecord | undefined;
}

/** Runs a program and shows each step to whoever records it. A run that fails leaves no file of events. */
async function runObserved(
  { program, chip, stimulus }: Run,
  steps: number,
  options: Options,
  { outputs, events }: Records,
  io: CommandIo,
): Promise<RunReport> {
  const talk = talkOfSimulation(`${program.manifest.modelName} on ${chip.profile.name}`, steps, io);
  const observers = [outputs, events].filter((record) => record !== undefined);
  const wishes: RunOptions = {
    ...pricingOf(options),
    ...(chip.operatingPoint !== undefined && { operatingPoints: [chip.operatingPoint] }),
    onProgress: talk.advance,
    ...traceWish(options),
    ...(observers.length > 0 && {
      observe: (step, view) => observers.forEach(({ observe }) => observe(step, view)),
    }),
  };
  try {
    const report = await runProgramInWorkers(program, chip, stimulus, wishes, options.workers);
    events?.finish();
    return report;
  } finally {
    events?.discard();
    talk.end();
  }
}

interface Run {
  readonly program: Program;
  readonly chip: Chip;
  readonly stimulus: Stimulus;
}

function loadCompiled(path: string, options: Options, command: Command, io: CommandIo): Run {
  const late = PROGRAM_OPTIONS.filter((name) => command.getOptionValueSource(name) === "cli");
  if (late.length > 0) {
    throw new UsageError(
      `${path} is compiled already, so ${late.map((name) => `--${name}`).join(", ")} cannot change it.`,
      "Give these options to `eventloom compile`.",
    );
  }
  const program = loadProgram(path);
  const chip = loadChip(options.chip ?? ownChipOf(program, path), options.set);
  requireOwnProfile(program, path, chip, options);
  const port = inputPortOfProgram(program, options.vocab);
  return { program, chip, stimulus: loadStimulus(path, port, options, io) };
}

/** A program of another profile is refused before anything is said of a simulation. */
function requireOwnProfile({ manifest }: Program, path: string, { profile }: Chip, options: Options): void {
  const { profileName, profileHash } = manifest;
  if (profile.hash === profileHash) return;
  const { chip = profileName, set = [] } = options;
  if (set.length > 0 && loadChip(chip).profile.hash === profileHash) {
    const changing = set.filter((override) => loadChip(chip, [override]).profile.hash !== profileHash);
    throw new MismatchError(
      `${path} was compiled for ${profile.name} without --set ${(changing.length > 0 ? changing : set).join(", ")}, which changes what a program depends on.`,
      "Compile the model again with the same --set, or leave it out.",
    );
  }
  throw new MismatchError(
    `${path} was compiled for the profile ${profileName}, not for ${profile.name}${profileName === profile.name ? " with these figures" : ""}.`,
    `Compile the model again for ${profile.name}, or give the --chip and --set that it was compiled with.`,
  );
}

/** The profile that a program was compiled for, where it comes with eventloom. */
function ownChipOf({ manifest }: Program, path: string): string {
  if (bundledProfiles().includes(manifest.profileName)) return manifest.profileName;
  throw new InputError(
    { file: path },
    `was compiled for the profile "${manifest.profileName}", which does not come with eventloom`,
    "Name the profile's file with --chip.",
  );
}

async function compileFirst(path: string, options: Options, command: Command, io: CommandIo): Promise<Run> {
  const chip = loadChip(options.chip ?? DEFAULT_CHIP, options.set);
  noteIneffective(command, options, chip.profile, io);
  const model = await loadModel(path, options, io);
  const stimulus = loadStimulus(model.name, inputPortOf(model), options, io);
  say(io, printable(`compiling ${model.name} for ${chip.profile.name}`));
  return { program: compile(model, chip.profile, compileOptionsOf(options)).program, chip, stimulus };
}
