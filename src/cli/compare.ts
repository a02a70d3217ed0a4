import { Command, Option } from "commander";
import { type Chip, type ChipGroup, groupByProfile } from "../compare/chips.ts";
import { type ComparisonRow, compareAll, type Workload } from "../compare/compare.ts";
import type { Baseline } from "../compare/roofline.ts";
import type { RunReport } from "../compare/run.ts";
import { type Sensitivity, sensitivityOf } from "../compare/sensitivity.ts";
import { inputPortOf } from "../inputs/input-port.ts";
import { printable } from "../report/layout.ts";
import { type CommandIo, say } from "./command-io.ts";
import { noteIneffective, noteIneffectiveRun } from "./ineffective-options.ts";
import { loadChip } from "./load-chip.ts";
import { loadModel, MODEL_ARGUMENT } from "./load-model.ts";
import { loadStimulus } from "./load-stimulus.ts";
import { loadTarget, overridesFor } from "./load-target.ts";
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
import { collectSweep, combinationsOf, type Sweep } from "./sweep.ts";
import { checkOutput, writeResults } from "./write-results.ts";

interface Options extends SimulationOptions {
  readonly chips: readonly string[];
  readonly sweep?: readonly Sweep[];
  readonly sensitivity?: true;
}

/** `eventloom compare`: models on chips at operating points, side by side. */
export function compareCommand(io: CommandIo): Command {
  const command = new Command("compare")
    .summary("compile and simulate models on chips and set the results side by side")
    .description(
      "Compiles and simulates each model on each chip and sets the results side by side. Operating points\n" +
        "of one chip share one simulation. A model that a chip cannot hold or run is a result, too. Dense baselines\n" +
        "(a100, cortex-m7, ...) are bounds by roofline. Where a chip lacks the default float32, its widest format runs;\n" +
        "--coding is for chips whose events carry less than the model's values.",
    )
    .argument("<models...>", MODEL_ARGUMENT)
    .addOption(chipsOption().argParser(commaSeparated).default(["spinnaker2"], "spinnaker2"));
  withInputOptions(withProfileOptions(withProgramOptions(command))).addOption(seedOption());
  withPricingOptions(command)
    .addOption(
      new Option(
        "--sweep <path=values>",
        "run each chip once for each value of a figure, e.g. noc.hopLatency=3cycles,5cycles; repeatable",
      ).argParser(collectSweep),
    )
    .option("--sensitivity", "say which figures of the profile time and energy depend on most")
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
  const variants = variantsOf(options);
  const targets = targetsOf(variants);
  const chips = targets.flatMap((target) => ("chip" in target ? target : []));
  for (const { chip } of chips) noteIneffective(command, options, chip.profile, io);
  noteIneffectiveRun(
    options,
    [...new Set(variants.flatMap(({ target }) => (isChip(target) ? target.operatingPoint : [])))],
    io,
  );
  const workloads: Workload[] = [];
  for (const argument of models) {
    const model = await loadModel(argument, options, io);
    const stimulus = loadStimulus(model.name, inputPortOf(model), options, io);
    talkOfStreams(stimulus, options.streams, io);
    workloads.push({ model, stimulus });
  }
  let simulation: SimulationTalk | undefined;
  let rows: ComparisonRow[];
  const sensitivities: Sensitivity[] = [];
  try {
    rows = await compareAll(workloads, targets, {
      compile: compileOptionsOf(options),
      ownFormat: command.getOptionValueSource("format") !== "cli",
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
      onRun: (report, { stimulus }) => {
        if (!options.sensitivity) return;
        simulation?.end();
        simulation = undefined;
        const spec = variants.find(({ target }) => target.profile === report.chip.profile)!;
        const vary = progressOf(report, io);
        sensitivities.push(
          sensitivityOf(report, stimulus, pricingOf(options), (more) => spec.load([more]), vary),
        );
      },
    });
  } finally {
    simulation?.end();
  }
  writeResults(rows, options, io, sensitivities);
}

/** Every few figures, as they may each cost a simulation. */
function progressOf({ program, chip }: RunReport, io: CommandIo): (done: number, all: number) => void {
  say(io, printable(`varying figures of ${chip.profile.name} under ${program.manifest.modelName}`));
  return (done, all) => {
    if (done > 0 && done % 20 === 0) say(io, `${done} of ${all} figures`);
  };
}

/** A chip or baseline as asked for, and the same with more overrides. */
interface Variant {
  readonly target: Chip | Baseline;
  readonly load: (more: readonly string[]) => Chip;
}

/** Each chip with each combination of swept values. */
function variantsOf({ chips, set = [], sweep = [] }: Options): Variant[] {
  return chips.flatMap((chip) =>
    combinationsOf(sweep).map((swept): Variant => {
      const label = overridesFor(chip, swept).map(labelOf).join(" ");
      const variant = label === "" ? {} : { variant: label };
      const own = overridesFor(chip, [...set, ...swept]);
      return {
        target: { ...loadTarget(chip, [...set, ...swept]), ...variant },
        load: (more) => ({ ...loadChip(chip, [...own, ...more]), ...variant }),
      };
    }),
  );
}

/** Chips grouped by profile, baselines as they are, in the order asked for. */
function targetsOf(variants: readonly Variant[]): (ChipGroup | Baseline)[] {
  const groups = groupByProfile(variants.flatMap(({ target }) => (isChip(target) ? target : [])));
  const placed = new Set<string>();
  return variants.flatMap(({ target }): (ChipGroup | Baseline)[] => {
    const { sha256 } = target.profile;
    if (placed.has(sha256)) return [];
    placed.add(sha256);
    return [isChip(target) ? groups.find(({ chip }) => chip.profile.sha256 === sha256)! : target];
  });
}

/** "operatingPoints.0.peClock=100 MHz" as "peClock=100MHz". */
const labelOf = (override: string): string =>
  override.replace(/^[^=]*[.\]](?=[^=]*=)/, "").replaceAll(" ", "");

const isChip = (target: Chip | Baseline): target is Chip => "pe" in target.profile;
