import { type Static, type TObject, type TProperties, type TSchema, Type } from "typebox";
import {
  DRAM_ACTIONS,
  EVENT_ROUTER_ACTIONS,
  HOST_ACTIONS,
  KERNEL_ACTIONS,
  MAC_ARRAY_ACTIONS,
  NOC_ACTIONS,
  SRAM_TRAFFIC,
} from "../core/counts.ts";
import { NUMBER_FORMATS, SCALE_GRANULARITIES } from "../core/number-format.ts";
import { FIDELITIES, SCHEDULES } from "../core/result.ts";

/**
 * The form of result.json. Field names carry their units. "PerToken" means per timestep, whether the
 * model reads tokens or vectors (`input.stepIs` says which); "PerWindow" per restart of the hidden state.
 * Nothing in it depends on when or on which machine it was written: equal runs give equal bytes.
 */
export const RESULT_SCHEMA_NAME = "eventloom.result/1";

const closed = <Properties extends TProperties>(
  properties: Properties,
  description?: string,
): TObject<Properties> => Type.Object(properties, { additionalProperties: false, ...described(description) });

const described = (description?: string) => (description === undefined ? {} : { description });
const count = (description?: string) => Type.Integer({ minimum: 0, ...described(description) });
const amount = (description?: string) => Type.Number({ minimum: 0, ...described(description) });
const share = (description?: string) => Type.Number({ minimum: 0, maximum: 1, ...described(description) });
const text = (description?: string) => Type.String(described(description));
const oneOf = <const Values extends string[]>(values: readonly [...Values]) => Type.Enum([...values]);

/** One slot for each key. */
const slots = <Key extends string, Slot extends TSchema>(
  keys: readonly Key[],
  slot: Slot,
  description?: string,
) => closed(Object.fromEntries(keys.map((key) => [key, slot])) as Record<Key, Slot>, description);

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
    { measured: count(), published: count(), estimated: count(), unknown: count() },
    "How many of the profile's figures rest on what",
  ),
});

const ProgramFacts = closed({
  format: oneOf(NUMBER_FORMATS),
  scales: Type.Optional(oneOf(SCALE_GRANULARITIES)),
  accumulatorBits: Type.Optional(Type.Union([Type.Literal(24), Type.Literal(32)])),
  seed: count("Placer seed"),
  options: Type.Record(Type.String(), Type.String()),
  denseWeights: count("All weights of the recurrent layers, pruned ones too"),
  storedWeights: count("Weights on the chip"),
});

const Input = closed({
  origin: text("Where the input came from"),
  synthetic: Type.Boolean({ description: "Made up by seed; activity is then not that of real input" }),
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
  routingEntriesUsed: count("Entries of the event router's table"),
  routingEntriesAvailable: count("Entries that the table has"),
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

const meshPosition = Type.Array(Type.Integer(), { minItems: 2, maxItems: 2, description: "[x, y]" });

const Traffic = closed({
  eventsSentPerToken: amount("Events that PEs send"),
  eventsReceivedPerToken: amount("Deliveries of events to PEs"),
  rowLookupsPerToken: amount("Keys that PEs looked up in their own tables"),
  rowFetchesPerToken: amount("Look-ups that found synapses"),
  neuronUpdatesPerToken: amount(),
  tableLookupsPerToken: amount("Keys matched by the event router"),
  packetsOutPerToken: amount("Packets that leave the event router"),
  flitHopsPerToken: amount("Flits over one link each"),
  busiestLink: Type.Optional(
    closed({
      from: meshPosition,
      to: meshPosition,
      flitsPerToken: amount(),
    }),
  ),
  sramBytesReadPerToken: amount("All PEs together"),
  sramBytesWrittenPerToken: amount("All PEs together"),
  sramBytesPerTokenByKind: slots(SRAM_TRAFFIC, amount()),
  dramBytesReadPerToken: amount(),
  dramBytesWrittenPerToken: amount(),
  saturations: closed({ input: count(), scaledPayload: count(), accumulator: count() }, "Whole run"),
});

const countList = Type.Array(count());

const CountsOfRun = closed(
  {
    perPe: closed(
      {
        pe: Type.Array(count(), {
          description: "Indices of the PEs that hold a part of the program, ascending",
        }),
        layer: Type.Array(text(), {
          description: "Population of the PE's neurons; empty where it only helps a decoder",
        }),
        helpsDecoder: Type.Array(Type.Boolean(), { description: "Shares the decoder on the chip" }),
        kernel: slots(KERNEL_ACTIONS, countList, "Actions of the PE's kernels"),
        macArray: slots(MAC_ARRAY_ACTIONS, countList),
        sramBytes: slots(SRAM_TRAFFIC, countList, "Bytes of the PE's SRAM by kind"),
        busyCycles: Type.Array(count(), { description: "PE cycles in kernels" }),
        macArrayCycles: Type.Array(count(), { description: "PE cycles in MAC-array work" }),
      },
      "Columns of one table: entry n of each array belongs to PE pe[n]",
    ),
    links: Type.Array(closed({ from: meshPosition, to: meshPosition, flits: count() }), {
      description: "Directed links of the mesh; their flits sum to noc.flitHop",
    }),
    noc: slots(NOC_ACTIONS, count()),
    eventRouter: slots(EVENT_ROUTER_ACTIONS, count()),
    dram: slots(DRAM_ACTIONS, count()),
    host: slots(HOST_ACTIONS, count()),
    saturations: closed(
      { input: count(), scaledPayload: count(), accumulator: count() },
      "Values clamped in integer formats",
    ),
  },
  "Whole numbers over the whole run",
);

const Host = closed(
  {
    macsPerToken: amount("Multiply-accumulates of the stages that run on the host"),
    eventsToChipPerToken: amount(),
    eventsFromChipPerToken: amount(),
    linkBytesPerToken: amount("Over the link between host and chip, both ways"),
    linkSecondsPerToken: amount("At the link's bandwidth, without protocol; not part of the chip's time"),
    linkBytesPerSecond: amount("The profile's bandwidth"),
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
    footprintBytes: count("What the chip stores: memory images, and a decoder's weights in DRAM"),
    connectionSparsity: share("Zero weights / weights of the recurrent layers"),
    activationSparsity: share("Silent neurons / neurons of the recurrent layers"),
    synapticOperationsPerToken: operations("Of the recurrent layers"),
    synapticOperationsWithDecoderPerToken: operations("The same with the decoder, wherever it runs"),
  },
  "Under NeuroBench's names",
);

const Quality = closed({
  tokens: count("Tokens that were predicted"),
  negativeLogLikelihoodNats: amount("Summed over tokens"),
  perplexity: amount(),
});

const ComponentEnergy = closed({
  component: oneOf(["base", "pe", "macArray", "noc", "eventRouter", "dram"]),
  chargedBy: Type.Enum(["time", "state", "action"], { description: "The one basis on which it is charged" }),
  joulesPerToken: amount(),
  joulesTotal: amount("The whole run"),
  causes: Type.Array(closed({ cause: text(), joulesPerToken: amount() }), {
    description: "What it was spent on; sums to joulesPerToken. Empty where there is nothing to tell apart",
  }),
});

const Unpriced = closed({
  component: text(),
  action: text(),
  count: count("How often it happened; 1 for the base power, which is drawn all the time"),
});

const Reading = closed(
  {
    operatingPoint: text(),
    peClockHertz: amount(),
    voltageVolts: Type.Optional(amount()),
    schedule: oneOf(SCHEDULES),
    fidelity: oneOf(FIDELITIES),
    replay: Type.Optional(
      closed(
        {
          largestFifo: count("Most packets that a PE's FIFO held at once"),
          refusedPackets: count("How often a packet found its PE's FIFO full and waited in the NoC"),
          stalledSends: count("How often a PE found its way into the NoC full and waited"),
        },
        "Of a detailed reading",
      ),
    ),
    whileWaiting: Type.Union([Type.Literal("sleep"), Type.Literal("spin")]),
    whileUnused: Type.Union([Type.Literal("sleep"), Type.Literal("off")]),
    latencySecondsPerToken: amount("From a timestep's input to its result, mean"),
    latencySecondsPerWindow: Type.Optional(amount("From a window's first input to its last result")),
    secondsBetweenTokens: amount("From one result to the next, mean"),
    tokensPerSecond: amount(),
    totalSeconds: amount("The whole run on the chip"),
    phases: Type.Array(closed({ name: text(), secondsPerToken: amount() })),
    peBusyShare: share("Busy PE time / PE time, over the PEs in use"),
    peSeconds: closed(
      {
        working: amount("Of PEs in use, core or MAC array busy"),
        waiting: amount("Of PEs in use, the rest of the run"),
        unused: amount("Of powered PEs without work and of reserved ones"),
      },
      "What PEs did with their time, summed over PEs and the whole run",
    ),
    energyJoulesPerToken: amount(),
    energyJoulesPerWindow: Type.Optional(amount()),
    energyJoulesTotal: amount("The whole run on the chip"),
    energyIsLowerBound: Type.Boolean({ description: "Some of what happened has no known cost" }),
    unpriced: Type.Array(Unpriced),
    energyByComponent: Type.Array(ComponentEnergy),
    meanPowerWatts: amount(),
  },
  "One operating point under one schedule",
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
  runs: Type.Array(Type.Union([Run, Refusal])),
});

export type ResultJson = Static<typeof ResultSchema>;
export type RunJson = Static<typeof Run>;
export type RefusalJson = Static<typeof Refusal>;
export type ReadingJson = Static<typeof Reading>;
export type ComponentEnergyJson = Static<typeof ComponentEnergy>;
