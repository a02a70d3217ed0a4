import { Command } from "commander";
import { groupByProfile } from "../compare/chips.ts";
import { type ComparisonRow, compareAll, type Workload } from "../compare/compare.ts";
import { inputPortOf } from "../inputs/input-port.ts";
import { printable } from "../report/layout.ts";
import { type CommandIo, say } from "./command-io.ts";
import { noteIneffective, noteIneffectiveRun } from "./ineffective-options.ts";
import { loadChip } from "./load-chip.ts";
import { loadModel, MODEL_ARGUMENT } from "./load-model.ts";
import { loadStimulus } from "./load-stimulus.ts";
import { commaSeparated } from "./parse-values.ts";
import { pricingOf, type SimulationOptions } from "./pricing.ts";
import {
  chipsOption,
  compileOptionsOf,
  jsonOption,
  outOption,
  seedOption,
  withExample,
  withInputOptions,
  withPricingOptions,
  withProfileOptions,
  withProgramOptions,
} from "./shared-options.ts";
import { type SimulationTalk, talkOfSimulation, talkOfStreams } from "./simulation-talk.ts";
import { checkOutput, writeResults } from "./write-results.ts";

interface Options extends SimulationOptions {
  readonly chips: readonly string[];
}

/** `eventloom compare`: models on chips at operating points, side by side. */
export function compareCommand(io: CommandIo): Command {
  const command = new Command("compare")
    .summary("compile and simulate models on chips and set the results side by side")
    .description(
      "Compiles and simulates each model on each chip and sets the results side by side. Operating points\n" +
        "of one chip share one simulation. A model that does not fit a chip is a result, too.",
    )
    .argument("<models...>", MODEL_ARGUMENT)
    .addOption(chipsOption().argParser(commaSeparated).default(["spinnaker2"], "spinnaker2"));
  withInputOptions(withProfileOptions(withProgramOptions(command))).addOption(seedOption());
  withPricingOptions(command)
    .addOption(outOption("write the results there as JSON"))
    .addOption(jsonOption())
    .action((models: string[], options: Options) => compareModels(models, options, command, io));
  return withExample(
    command,
    "compare examples/egru-wt2-small --text my.txt --chips spinnaker2@150MHz,spinnaker2@300MHz --out result.json",
    "compare synthetic:750,1350,1350,750@0.05 --schedule sequential,pipelined",
  );
}

async function compareModels(
  models: readonly string[],
  options: Options,
  command: Command,
  io: CommandIo,
): Promise<void> {
  checkOutput(options);
  const chips = options.chips.map((chip) => loadChip(chip, options.set));
  const groups = groupByProfile(chips);
  for (const { chip } of groups) noteIneffective(command, options, chip.profile, io);
  noteIneffectiveRun(options, [...new Set(chips.map(({ operatingPoint }) => operatingPoint))], io);
  const workloads: Workload[] = [];
  for (const argument of models) {
    const model = await loadModel(argument, options, io);
    const stimulus = loadStimulus(model.name, inputPortOf(model), options, io);
    talkOfStreams(stimulus, options.streams, io);
    workloads.push({ model, stimulus });
  }
  let simulation: SimulationTalk | undefined;
  let rows: ComparisonRow[];
  try {
    rows = await compareAll(workloads, groups, {
      compile: compileOptionsOf(options),
      ...pricingOf(options),
      workers: options.workers,
      onCompile: (model, { profile }) => {
        simulation?.end();
        simulation = undefined;
        say(io, printable(`compiling ${model.name} for ${profile.name}`));
      },
      onSimulate: (model, { profile }, steps) => {
        simulation = talkOfSimulation(`${model.name} on ${profile.name}`, steps, io);
      },
      onProgress: (done) => simulation?.advance(done),
    });
  } finally {
    simulation?.end();
  }
  writeResults(rows, options, io);
}
