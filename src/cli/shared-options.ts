import { type Command, Option } from "commander";
import { ROW_PLACES, type RowPlace } from "../../compiler/partition/dram-rows.ts";
import { type MacChoice } from "../../compiler/partition/choose-products.ts";
import { MINIMISE_CHOICES, type MinimiseChoice } from "../../compiler/route/minimise/minimise.ts";
import { NEURON_ORDERS, type NeuronOrder } from "../../compiler/partition/order.ts";
import { PARTITION_STRATEGIES } from "../../compiler/partition/partition.ts";
import { type CompileOptions, PARTITION_BY, type PartitionBy } from "../../compiler/pipeline.ts";
import { PLACERS } from "../../compiler/place/place.ts";
import { ROUTERS } from "../../compiler/route/route.ts";
import { ROW_FORM_CHOICES, type RowFormChoice } from "../../compiler/storage/choose-row-forms.ts";
import { type EventCoding, parseEventCoding } from "../core/event-coding.ts";
import {
  NUMBER_FORMATS,
  type NumberFormat,
  type ProjectionFormats,
  SCALE_GRANULARITIES,
  type ScaleGranularity,
} from "../core/number-format.ts";
import { FIDELITIES, type Fidelity, SCHEDULES, type Schedule } from "../core/result.ts";
import type { DvfsWish, SynchronisationWish } from "../core/run-policy.ts";
import { collectDvfs, synchronisationList } from "./parse-policies.ts";
import { macChoice, projectionFormats } from "./parse-formats.ts";
import { collect, filePath, listOf, positiveNumber, wholeNumber } from "./parse-values.ts";

const MOST_STEPS = 100_000_000;
const MOST_STREAMS = 1_000_000;
const MOST_WORKERS = 1_024;
const MOST_EFFORT = 1_000;
const LARGEST_SEED = 2 ** 32 - 1;

/** Options that several commands share, as commander hands them over. */
export interface ProfileOptions {
  readonly set?: readonly string[];
}
export interface ProgramOptions {
  readonly format: NumberFormat;
  readonly formats?: ProjectionFormats;
  readonly scales: ScaleGranularity;
  readonly partition: string;
  readonly partitionBy: PartitionBy;
  readonly parts?: number;
  readonly order: NeuronOrder;
  readonly placer?: string;
  readonly effort?: number;
  readonly router?: string;
  readonly rows: RowPlace;
  readonly rowForms: RowFormChoice;
  readonly mac: MacChoice;
  readonly minimise: MinimiseChoice;
  readonly pes?: number;
  readonly decoder: "host" | "chip";
  readonly coding?: EventCoding;
}
export interface InputOptions {
  readonly text?: string;
  readonly tokens?: string;
  readonly input?: string;
  readonly rate?: string;
  readonly replay?: string;
  readonly array?: string;
  readonly vocab?: string;
  readonly dt?: number;
  readonly steps?: number;
  readonly seed: number;
}
export interface PricingOptions {
  readonly window?: number;
  readonly streams: number;
  readonly workers: number;
  readonly schedule: readonly Schedule[];
  readonly fidelity: readonly Fidelity[];
  readonly sync?: readonly SynchronisationWish[];
  readonly dvfs?: readonly DvfsWish[];
  readonly waiting?: "sleep" | "spin";
  readonly unused?: "sleep" | "off";
}
export interface OutputOptions {
  readonly out?: string;
  readonly json?: true;
}

const CHIP_HELP = "profile name or path to a .json, and after an @ an operating point";

export const chipOption = (remark = ""): Option => new Option("-c, --chip <chip>", CHIP_HELP + remark);

export const chipsOption = (): Option =>
  new Option("-c, --chips <chips>", `${CHIP_HELP}; several between commas; without a point, all points`);

export const vocabularyOption = (): Option =>
  new Option("--vocab <file>", "vocabulary, one word a line; else vocab.txt beside the model").argParser(
    filePath,
  );

export const scalesOption = (): Option =>
  new Option(
    "--scales <scales>",
    "scales of integer weights: one a matrix, one a fan-out row, or a power of two a matrix",
  )
    .choices(SCALE_GRANULARITIES)
    .default("row");

export const timestepOption = (): Option =>
  new Option(
    "--dt <seconds>",
    "timestep of a model in continuous time (NIR); else its own, or 0.0001",
  ).argParser(positiveNumber);

/** Where results go; - is standard output. */
export const outOption = (description: string): Option =>
  new Option("-o, --out <file>", `${description}; - is standard output`).argParser(filePath);

export const seedOption = (): Option =>
  new Option("--seed <n>", "for placement and synthetic data; same seed, same bytes")
    .argParser(wholeNumber(0, LARGEST_SEED))
    .default(1);

export const jsonOption = (): Option => new Option("--json", "print JSON for machines on standard output");

export const withProfileOptions = (command: Command): Command =>
  command.addOption(
    new Option(
      "--set <path=value>",
      "change a figure of the profile, e.g. pe.sram.bytes=256KiB; repeatable",
    ).argParser(collect),
  );

export const withProgramOptions = (command: Command): Command =>
  command
    .addOption(
      new Option("--format <format>", "number format of the weights on the chip")
        .choices(NUMBER_FORMATS)
        .default("float32"),
    )
    .addOption(
      new Option(
        "--formats <list>",
        "integer formats of single projections, as in egru0:egru1=int16, with commas between them",
      ).argParser(projectionFormats),
    )
    .addOption(scalesOption())
    .addOption(
      new Option("--partition <strategy>", "how layers are cut into slices, one slice a PE")
        .choices(PARTITION_STRATEGIES.map(({ name }) => name))
        .default(PARTITION_STRATEGIES[0]?.name),
    )
    .addOption(
      new Option(
        "--partition-by <what>",
        "divide layers by neurons, by the sources of their fan-in, or both; auto: by neurons unless one alone does not fit",
      )
        .choices(PARTITION_BY)
        .default(PARTITION_BY[0]),
    )
    .addOption(
      new Option("--parts <n>", "parts of a fan-in that is divided by sources (default: 2)").argParser(
        wholeNumber(2, 64),
      ),
    )
    .addOption(
      new Option(
        "--order <order>",
        "which neurons share a PE: as the model has them, or balanced by expected work; auto: balanced where it pays",
      )
        .choices(NEURON_ORDERS)
        .default(NEURON_ORDERS[0]),
    )
    .addOption(
      new Option(
        "--placer <placer>",
        "which PE gets which slice; by default what suits the chip's NoC",
      ).choices(PLACERS.map(({ name }) => name)),
    )
    .addOption(
      new Option(
        "--effort <n>",
        "how long the placer may search; 2 tries twice the moves (default: 1)",
      ).argParser(wholeNumber(1, MOST_EFFORT)),
    )
    .addOption(
      new Option(
        "--router <router>",
        `how the tree of an event grows from router to router (default: "${ROUTERS[0]?.name}")`,
      ).choices(ROUTERS.map(({ name }) => name)),
    )
    .addOption(
      new Option(
        "--rows <memory>",
        "where synaptic rows lie; auto: in DRAM what does not fit, and more where faster",
      )
        .choices(ROW_PLACES)
        .default(ROW_PLACES[0]),
    )
    .addOption(
      new Option("--row-forms <form>", "how synaptic rows are stored; auto: in what is fastest and fits")
        .choices(ROW_FORM_CHOICES)
        .default(ROW_FORM_CHOICES[0]),
    )
    .addOption(
      new Option(
        "--mac <what>",
        "int8 projections to multiply on MAC arrays, inputs rounded to 8 bits: off, auto (where faster), all, or names as in egru0:egru1, with commas between them; convolutions by their kernels, with =matrix behind a name unrolled",
      )
        .argParser(macChoice)
        .default("off"),
    )
    .addOption(
      new Option(
        "--minimise <when>",
        "which routing tables to minimise; auto: those that are too long, until they fit",
      )
        .choices(MINIMISE_CHOICES)
        .default(MINIMISE_CHOICES[0]),
    )
    .addOption(new Option("--pes <n>", "use at most so many PEs").argParser(wholeNumber(1, 1_000_000)))
    .addOption(
      new Option("--decoder <where>", "where the decoder runs; on the chip in int8, weights in DRAM")
        .choices(["host", "chip"])
        .default("host"),
    )
    .addOption(
      new Option(
        "--coding <coding>",
        "send graded events as spikes (bits:8, rate:15) or with fewer bits (graded:8); integer formats",
      ).argParser(parseEventCoding),
    );

export const withInputOptions = (command: Command): Command =>
  command
    .addOption(
      new Option("--text <file>", "text to read, split at spaces, <eos> after each line")
        .argParser(filePath)
        .conflicts(["tokens", "input"]),
    )
    .addOption(
      new Option("--tokens <file>", "token ids: .json, .csv or .npy").argParser(filePath).conflicts("input"),
    )
    .addOption(
      new Option("--input <file>", "input vectors: .npy, .npz, .safetensors or .csv").argParser(filePath),
    )
    .addOption(
      new Option(
        "--rate <p>",
        "random spikes of 1 as input: the probability a timestep, or a file with one for each component",
      ).conflicts(["text", "tokens", "input", "replay"]),
    )
    .addOption(
      new Option("--replay <file>", "input events, a line each: step,neuron or step,neuron,value")
        .argParser(filePath)
        .conflicts(["text", "tokens", "input"]),
    )
    .option("--array <name>", "which array of an .npz or .safetensors file with several")
    .addOption(vocabularyOption())
    .addOption(timestepOption())
    .addOption(
      new Option("--steps <n>", "at most so many timesteps (synthetic input: 100)").argParser(
        wholeNumber(1, MOST_STEPS),
      ),
    );

export const withPricingOptions = (command: Command): Command =>
  command
    .addOption(
      new Option(
        "--window <n>",
        "restart the hidden state every n steps, as in training; else it is carried on",
      ).argParser(wholeNumber(1, MOST_STEPS)),
    )
    .addOption(
      new Option("--streams <n>", "cut the input into n equal streams, each run from a state of zero")
        .argParser(wholeNumber(1, MOST_STREAMS))
        .default(1),
    )
    .addOption(
      new Option("--workers <n>", "threads to spread the streams over; same results, sooner")
        .argParser(wholeNumber(1, MOST_WORKERS))
        .default(1),
    )
    .addOption(
      new Option("--schedule <list>", `${SCHEDULES.join(", ")}, or both between commas`)
        .argParser(listOf(SCHEDULES))
        .default(["sequential"], "sequential"),
    )
    .addOption(
      new Option("--fidelity <list>", "time from counts (fast), packet by packet (detailed), or both")
        .argParser(listOf(FIDELITIES))
        .default(["fast"], "fast"),
    )
    .addOption(
      new Option(
        "--sync <list>",
        "how timesteps are kept apart: data-flow, barrier[:2us], timer[:1ms], or several between commas; else as the profile says",
      ).argParser(synchronisationList),
    )
    .addOption(
      new Option(
        "--dvfs <policy>",
        "operating points of PEs: fixed, layers:<layer>=<point>,… or queue:<packets>[@<low>,<high>]; repeatable (default: fixed)",
      ).argParser(collectDvfs),
    )
    .addOption(
      new Option(
        "--waiting <state>",
        "what PEs do while they wait for others; else as the profile says",
      ).choices(["sleep", "spin"]),
    )
    .addOption(
      new Option("--unused <state>", "what PEs without work do; else as the profile says").choices([
        "sleep",
        "off",
      ]),
    );

/** An example at the end of a command's help. */
export const withExample = (command: Command, ...lines: readonly string[]): Command =>
  command.addHelpText("after", `\nExample:\n${lines.map((line) => `  eventloom ${line}`).join("\n")}`);

export const compileOptionsOf = (options: ProgramOptions & { readonly seed: number }): CompileOptions => ({
  format: options.format,
  ...(options.formats !== undefined && { formats: options.formats }),
  scales: options.scales,
  partition: options.partition,
  partitionBy: options.partitionBy,
  ...(options.parts !== undefined && { parts: options.parts }),
  order: options.order,
  ...(options.placer !== undefined && { placer: options.placer }),
  ...(options.effort !== undefined && { effort: options.effort }),
  ...(options.router !== undefined && { router: options.router }),
  rows: options.rows,
  rowForms: options.rowForms,
  mac: options.mac,
  minimise: options.minimise,
  decoder: options.decoder,
  ...(options.coding && { coding: options.coding }),
  seed: options.seed,
  ...(options.pes !== undefined && { pes: options.pes }),
});
