import { type Static, Type } from "typebox";
import { NUMBER_FORMATS, SCALE_GRANULARITIES } from "../core/number-format.ts";
import { Comparison, DenseEntry, Repeats, Sensitivity } from "./comparison-schema.ts";
import { CountsOfRun, Traffic } from "./counts-schema.ts";
import { AgainstFloat32, Quality } from "./quality-schema.ts";
import { Reading } from "./reading-schema.ts";
import { amount, closed, count, oneOf, share, text } from "./schema-forms.ts";

export type { ComponentEnergyJson, ReadingJson } from "./reading-schema.ts";

/**
 * The form of result.json. Field names carry their units. "PerToken" means per timestep, whether the
 * model reads tokens or vectors (`input.stepIs` says which); "PerWindow" per restart of the hidden state.
 * Nothing in it depends on when or on which machine it was written: equal runs give equal bytes.
 */
export const RESULT_SCHEMA_NAME = "eventloom.result/1";

const Model = closed({
  name: text("As the model's folder or file is called"),
  sha256: Type.Optional(text("Of populations and weights; absent where no program was made")),
});

const Chip = closed({
  name: text("Profile name"),
  title: text("Full name of the chip"),
  profileSha256: text("Of the profile's canonical JSON, costs and sources included"),
  overrides: Type.Array(text("path=value, as given")),
  figures: closed(
    { measured: count(), published: count(), counted: count(), estimated: count(), unknown: count() },
    "How many of the profile's figures rest on what",
  ),
  variant: Type.Optional(text("What --sweep set, where it set something")),
});

const ProgramFacts = closed({
  format: oneOf(NUMBER_FORMATS),
  scales: Type.Optional(oneOf(SCALE_GRANULARITIES)),
  accumulatorBits: Type.Optional(Type.Union([Type.Literal(24), Type.Literal(32)])),
  seed: count("Placer seed"),
  options: Type.Record(Type.String(), Type.String()),
  denseWeights: count("All weights of the layers on the chip, pruned ones too"),
  storedWeights: count("Weights on the chip"),
});

const Input = closed({
  origin: text("Where the input came from"),
  synthetic: Type.Boolean({ description: "Made up by seed; activity is then not that of real input" }),
  ratesGiven: Type.Optional(
    Type.Literal(true, { description: "Synthetic, but drawn at rates that were given" }),
  ),
  stepIs: Type.Union([Type.Literal("token"), Type.Literal("vector")]),
  steps: count("Timesteps simulated"),
  windowSteps: Type.Optional(count("Timesteps between restarts of the hidden state; absent when streaming")),
  streams: Type.Optional(
    count("Equal parts of the input, each from a state of zero, run one after the other; absent for one"),
  ),
});

const Fit = closed({
  pesUsed: count("PEs that hold a part of the program"),
  pesUsable: count("PEs that the compiler may use"),
  pesOnChip: count("PEs of the chip"),
  fullestPe: closed({
    pe: count("Index of the PE"),
    dataBytes: count("Bytes of data SRAM laid out on it"),
  }),
  dataBytesPerPe: count("Data SRAM of one PE: without code, heap and stack"),
  sramBytesPerPe: count("All SRAM of one PE"),
  dataBytesInAll: count("Bytes laid out on all PEs together"),
  dramBytesInAll: Type.Optional(
    count("Bytes of synaptic rows in DRAM, of all PEs together; absent where the chip has no DRAM"),
  ),
  routingTables: count("Routers whose tables have entries"),
  routingEntriesUsed: count("Entries of the longest of them"),
  routingEntriesAvailable: count("Entries that a table can have"),
});

const Layer = closed({
  name: text(),
  neurons: count(),
  isInput: Type.Boolean({ description: "Enters from the host" }),
  pes: count("PEs that hold its neurons"),
  events: count("Events sent in the whole run"),
  eventsPerToken: amount(),
  activity: share("Share of neurons that send an event in a timestep"),
  activitySparsity: share("1 − activity"),
});

const Projection = closed({
  source: text(),
  target: text(),
  isRecurrent: Type.Boolean({ description: "Carries the events of the timestep before" }),
  isCompared: Type.Optional(
    Type.Literal(true, { description: "Of max pooling: comparisons, in no total and no metric" }),
  ),
  denseWeights: count("Weights of the dense matrix"),
  storedWeights: count("Weights on the chip"),
  connectionSparsity: share("1 − stored / dense"),
  synops: count("Synaptic operations executed in the whole run"),
  synopsPerToken: amount(),
  share: share("synops / dense synops"),
  shareByProductLaw: share("Activity of the source × share of stored weights: λ_a·λ_w"),
});

const Work = closed({
  synopsPerToken: amount("Executed"),
  denseSynopsPerToken: amount("What a dense, always active network would execute"),
  share: share("Measured: executed / dense"),
  activity: share("λ_a: mean activity of the sources, weighted by their dense synops"),
  connectionDensity: share("λ_w: stored / dense weights"),
  shareByProductLaw: share("λ_a·λ_w"),
});

const Host = closed(
  {
    macsPerToken: amount("Multiply-accumulates of the stages that run on the host"),
    eventsToChipPerToken: amount(),
    eventsFromChipPerToken: amount(),
    linkBytesPerToken: amount("Over the link between host and chip, both ways"),
    linkBytesToChipPerToken: amount(),
    linkBytesFromChipPerToken: amount(),
    linkSecondsPerToken: amount("At the link's bandwidth, without protocol; not part of the chip's time"),
    linkBytesPerSecond: amount("The profile's bandwidth"),
    linkJoulesPerToken: Type.Optional(
      amount("Absent where the link has no known cost; in no energy of the chip"),
    ),
    loading: closed(
      {
        imageBytes: count("Memory images of PEs, in SRAM and DRAM"),
        routingBytes: count(
          "Routing tables: key, mask and a bit for each place an event may go, in whole words",
        ),
        decoderBytes: count("Weights, scales and biases of a decoder on the chip"),
        bytes: count("All of it"),
        seconds: amount("Over the host link at its bandwidth"),
        joules: Type.Optional(amount("Absent where the link has no known cost")),
      },
      "Loading the program, once: in no time and no energy of the chip",
    ),
    stages: Type.Array(
      closed({
        name: text(),
        kind: Type.Union([Type.Literal("embedding"), Type.Literal("linear")]),
        macsPerToken: count("0 for a look-up"),
        parameterBytes: count("float32; stages that share a matrix show it once each"),
      }),
    ),
    parameterBytes: count("Of all stages, shared matrices counted once"),
  },
  "What runs on the host: outside chip time and chip energy",
);

const operations = (description: string) =>
  closed(
    {
      effectiveMacs: amount("Non-zero weight × activation that carries a value"),
      effectiveAcs: amount("Non-zero weight × spike of unit value"),
      dense: amount("All weights × all activations"),
    },
    description,
  );

const Metrics = closed(
  {
    footprintBytes: count(
      "What the chip stores: memory images, and synaptic rows and a decoder's weights in DRAM",
    ),
    connectionSparsity: share("Zero weights / weights of the layers on the chip"),
    activationSparsity: share("Silent neurons / neurons of the layers on the chip"),
    synapticOperationsPerToken: operations("Of the layers on the chip"),
    synapticOperationsWithDecoderPerToken: operations("The same with the decoder, wherever it runs"),
  },
  "Under NeuroBench's names",
);

const Run = closed({
  verdict: Type.Literal("fits"),
  model: Model,
  chip: Chip,
  program: ProgramFacts,
  input: Input,
  fit: Fit,
  layers: Type.Array(Layer),
  projections: Type.Array(Projection),
  work: Work,
  traffic: Traffic,
  counts: CountsOfRun,
  host: Host,
  metrics: Metrics,
  quality: Type.Optional(Quality),
  againstFloat32: Type.Optional(AgainstFloat32),
  readings: Type.Array(Reading, { minItems: 1 }),
  assumptions: Type.Array(Type.String()),
});

const Refusal = closed({
  verdict: Type.Literal("refused"),
  model: Model,
  chip: Chip,
  problem: closed({
    code: text("capacity, unsupported or mismatch"),
    message: text(),
    hint: text("What to try next"),
    shortage: Type.Optional(
      closed({ resource: text(), where: text(), needed: amount(), available: amount() }),
    ),
  }),
});

export const ResultSchema = closed({
  schema: Type.Literal(RESULT_SCHEMA_NAME),
  generator: text("Name and version of what wrote it"),
  runs: Type.Array(Type.Union([Run, Refusal, DenseEntry])),
  comparison: Type.Optional(Comparison),
  repeats: Type.Optional(Repeats),
  sensitivity: Type.Optional(Type.Array(Sensitivity)),
});

export type ResultJson = Static<typeof ResultSchema>;
export type RunJson = Static<typeof Run>;
export type RefusalJson = Static<typeof Refusal>;
