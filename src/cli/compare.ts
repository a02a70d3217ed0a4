import { Command, Option } from "commander";
import { type Chip, type ChipGroup, groupByProfile } from "../compare/chips.ts";
import { type ComparisonRow, compareAll, isRefusal, type Workload } from "../compare/compare.ts";
import { repeatsOf } from "../compare/repeats.ts";
import type { Baseline } from "../compare/roofline.ts";
import type { RunReport } from "../compare/run.ts";
import { type Sensitivity, sensitivityOf } from "../compare/sensitivity.ts";
import { UnsupportedError, type UserError } from "../core/errors.ts";
import { MOST_REPEATS } from "../core/intervals.ts";
import { inputPortOf } from "../inputs/input-port.ts";
import { printable } from "../report/layout.ts";
import { type CommandIo, say } from "./command-io.ts";
import { UsageError } from "./failures.ts";
import { noteIneffective, noteIneffectiveRun } from "./ineffective-options.ts";
import { loadChip } from "./load-chip.ts";
import { loadModel, MODEL_ARGUMENT } from "./load-model.ts";
import { loadStimulus } from "./load-stimulus.ts";
import { loadTarget, overridesFor } from "./load-target.ts";
import { commaSeparated, wholeNumber } from "./parse-values.ts";
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
import { isSyntheticModel } from "./synthetic-model.ts";
import { checkOutput, writeResults } from "./write-results.ts";

interface Options extends SimulationOptions {
  readonly chips: readonly string[];
  readonly sweep?: readonly Sweep[];
  readonly sensitivity?: true;
  readonly seeds: number;
  readonly float32: boolean;
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
    .addOption(
      new Option(
        "--seeds <n>",
        "repeat with n seeds of synthetic models and input, and show means with intervals",
      )
        .argParser(wholeNumber(1, MOST_REPEATS))
        .default(1),
    )
    .option("--no-float32", "do not run the model in float32 to hold the outputs of other formats against it")
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
  const sensitivities: Sensitivity[] = [];
  const compareUnder = async (seed: number): Promise<ComparisonRow[]> => {
    const isFirst = seed === options.seed;
    const own = { ...options, seed };
    const workloads = await loadWorkloads(models, own, io);
    if (isFirst && options.seeds > 1) requireChance(models, workloads);
    const talk = talkOf(io);
    try {
      return await compareAll(workloads, targets, {
        compile: compileOptionsOf(own),
        ownFormat: command.getOptionValueSource("format") !== "cli",
        withFloat32: isFirst && options.float32,
        ...pricingOf(options),
        workers: options.workers,
        onCompile: (model, { profile }) => talk.say(`compiling ${model.name} for ${profile.name}`),
        onSimulate: (model, { profile }, steps) => talk.begin(`${model.name} on ${profile.name}`, steps),
        onFloat32: (model, steps) => talk.begin(`${model.name} in float32`, steps),
        onProgress: talk.advance,
        onRun: (report, { stimulus }) => {
          if (!isFirst || !options.sensitivity) return;
          talk.end();
          const spec = variants.find(({ target }) => target.profile === report.chip.profile)!;
          const vary = progressOf(report, io);
          sensitivities.push(
            sensitivityOf(report, stimulus, pricingOf(options), (more) => spec.load([more]), vary),
          );
        },
      });
    } finally {
      talk.end();
    }
  };
  const bySeed: ComparisonRow[][] = [];
  for (let seed = options.seed; seed < options.seed + options.seeds; seed += 1) {
    if (options.seeds > 1) say(io, `seed ${seed}, ${bySeed.length + 1} of ${options.seeds}`);
    bySeed.push(await compareUnder(seed));
  }
  const [rows = []] = bySeed;
  writeResults(rows, options, io, sensitivities, options.seeds > 1 ? repeatsOf(bySeed) : []);
  if (rows.every(isRefusal)) throw nothingRan(rows);
}

async function loadWorkloads(
  models: readonly string[],
  options: Options,
  io: CommandIo,
): Promise<Workload[]> {
  const workloads: Workload[] = [];
  for (const argument of models) {
    const model = await loadModel(argument, options, io);
    const stimulus = loadStimulus(model.name, inputPortOf(model), options, io);
    talkOfStreams(stimulus, options.streams, io);
    workloads.push({ model, stimulus });
  }
  return workloads;
}

/** Seeds change what is made up, and nothing that comes from files. */
function requireChance(models: readonly string[], workloads: readonly Workload[]): void {
  if (models.some(isSyntheticModel) || workloads.some(({ stimulus }) => stimulus.synthetic)) return;
  throw new UsageError(
    "--seeds repeats with other synthetic models and inputs, but all of these come from files.",
    "Leave --seeds out, or drive the model with --rate.",
  );
}

/** The table has said of each pair why. */
function nothingRan(rows: readonly ComparisonRow[]): UserError {
  const what = rows.length === 1 ? "The pair" : `None of the ${rows.length} pairs`;
  return new UnsupportedError(
    `${what} of model and chip ${rows.length === 1 ? "does not go" : "goes"} together, so there is nothing to compare.`,
    "The hints above say what would help; eventloom profile list names other chips.",
  );
}

/** What is said of one comparison on its way. */
function talkOf(io: CommandIo) {
  let simulation: SimulationTalk | undefined;
  const end = (): void => {
    simulation?.end();
    simulation = undefined;
  };
  return {
    end,
    say: (line: string): void => {
      end();
      say(io, printable(line));
    },
    begin: (what: string, steps: number): void => {
      end();
      simulation = talkOfSimulation(what, steps, io);
    },
    advance: (done: number): void => simulation?.advance(done),
  };
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
