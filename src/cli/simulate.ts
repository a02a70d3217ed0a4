import { Command } from "commander";
import { compile } from "../../compiler/pipeline.ts";
import type { Chip } from "../compare/chips.ts";
import { type RunReport, runProgram } from "../compare/run.ts";
import { InputError } from "../core/errors.ts";
import type { Program } from "../core/program.ts";
import { type Stimulus, stepsOf } from "../core/stimulus.ts";
import { inputPortOf } from "../inputs/input-port.ts";
import { printable } from "../report/layout.ts";
import { bundledProfiles } from "../runtime/profile-files.ts";
import { type CommandIo, say } from "./command-io.ts";
import { UsageError } from "./failures.ts";
import { loadChip } from "./load-chip.ts";
import { loadModel, MODEL_ARGUMENT } from "./load-model.ts";
import { isProgramFile, loadProgram } from "./load-program.ts";
import { inputPortOfProgram, loadStimulus } from "./load-stimulus.ts";
import { pricingOf, type SimulationOptions } from "./pricing.ts";
import {
  chipOption,
  compileOptionsOf,
  jsonOption,
  seedOption,
  withExample,
  withInputOptions,
  withPricingOptions,
  withProfileOptions,
  withProgramOptions,
} from "./shared-options.ts";
import { talkOfSimulation } from "./simulation-talk.ts";
import { checkOutput, writeResults } from "./write-results.ts";

interface Options extends SimulationOptions {
  readonly chip?: string;
}

/** What shapes a program, and comes too late for one that is compiled. */
const PROGRAM_OPTIONS = ["format", "scales", "partition", "placer", "pes", "decoder"] as const;
const DEFAULT_CHIP = "spinnaker2";

/** `eventloom simulate`: one program, or one model compiled first, on one chip. */
export function simulateCommand(io: CommandIo): Command {
  const command = new Command("simulate")
    .summary("simulate a program, or a model, on one chip")
    .description("Simulates a compiled program, or compiles a model first, and reports what it costs.")
    .argument("<program-or-model>", `program file (.loom), or ${MODEL_ARGUMENT}`)
    .addOption(chipOption(`; else the program's own, or ${DEFAULT_CHIP}`));
  withInputOptions(withProfileOptions(withProgramOptions(command))).addOption(seedOption());
  withPricingOptions(command)
    .option("-o, --out <file>", "write the result there as JSON; - is standard output")
    .addOption(jsonOption())
    .action((path: string, options: Options) => simulateOne(path, options, command, io));
  return withExample(
    command,
    "simulate model.loom --chip spinnaker2@300MHz --text my.txt --window 70",
    "simulate synthetic:128,192,192,128@0.1 --steps 50 --schedule sequential,pipelined",
  );
}

function simulateOne(path: string, options: Options, command: Command, io: CommandIo): void {
  checkOutput(options);
  const { program, chip, stimulus } = isProgramFile(path)
    ? loadCompiled(path, options, command)
    : compileFirst(path, options, io);
  const name = `${program.manifest.modelName} on ${chip.profile.name}`;
  const talk = talkOfSimulation(name, stepsOf(stimulus), io);
  let report: RunReport;
  try {
    report = runProgram(program, chip, stimulus, {
      ...pricingOf(options),
      ...(chip.operatingPoint !== undefined && { operatingPoints: [chip.operatingPoint] }),
      onProgress: talk.advance,
    });
  } finally {
    talk.end();
  }
  writeResults([report], options, io);
}

interface Run {
  readonly program: Program;
  readonly chip: Chip;
  readonly stimulus: Stimulus;
}

function loadCompiled(path: string, options: Options, command: Command): Run {
  const late = PROGRAM_OPTIONS.filter((name) => command.getOptionValueSource(name) === "cli");
  if (late.length > 0) {
    throw new UsageError(
      `${path} is compiled already, so ${late.map((name) => `--${name}`).join(", ")} cannot change it.`,
      "Give these options to `eventloom compile`.",
    );
  }
  const program = loadProgram(path);
  const chip = loadChip(options.chip ?? ownChipOf(program, path), options.set);
  return { program, chip, stimulus: loadStimulus(path, inputPortOfProgram(program, options.vocab), options) };
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

function compileFirst(path: string, options: Options, io: CommandIo): Run {
  const chip = loadChip(options.chip ?? DEFAULT_CHIP, options.set);
  const model = loadModel(path, options);
  const stimulus = loadStimulus(model.name, inputPortOf(model), options);
  say(io, printable(`compiling ${model.name} for ${chip.profile.name}`));
  return { program: compile(model, chip.profile, compileOptionsOf(options)).program, chip, stimulus };
}
