import { type Static, Type } from "typebox";
import { FIDELITIES, SCHEDULES } from "../core/result.ts";
import { FORMAT_ACTIONS, type FormatAction } from "../core/counts.ts";
import { NUMBER_FORMATS } from "../core/number-format.ts";
import { SYNTHETIC_KINDS } from "../models/synthetic.ts";
import { QUANTITIES, type Quantity } from "./quantities.ts";

/** The form of a validation entry: one publication's measurements, and what eventloom can predict of them. */
const CLOSED = { additionalProperties: false } as const;
const text = (description?: string) =>
  Type.String({ minLength: 1, maxLength: 2000, ...(description !== undefined && { description }) });
const count = (maximum: number) => Type.Integer({ minimum: 1, maximum });
const seed = Type.Integer({ minimum: 0, maximum: 2 ** 32 - 1 });
const perSecond = Type.Number({ minimum: 0 });
const QuantitySchema = Type.Enum(Object.keys(QUANTITIES) as [Quantity, ...Quantity[]]);

const chip = {
  chip: Type.String({ pattern: "^[a-z0-9-]+$", maxLength: 100, description: "Name of a bundled profile" }),
  point: Type.Optional(text("Operating point; the profile's first where absent")),
  set: Type.Optional(Type.Array(text(), { maxItems: 100, description: "Figures changed, path=value" })),
};

/** A synthetic model, compiled and simulated. */
export const NetworkSchema = Type.Object(
  {
    kind: Type.Literal("network"),
    ...chip,
    model: Type.Object(
      {
        kind: Type.Enum([...SYNTHETIC_KINDS]),
        inputs: count(100_000),
        vocabulary: Type.Optional(count(1_000_000)),
        layers: Type.Array(count(100_000), { minItems: 1, maxItems: 100 }),
        density: Type.Number({ minimum: 0, maximum: 1 }),
        biasMean: Type.Optional(Type.Number()),
        seed,
      },
      CLOSED,
    ),
    stimulus: Type.Object(
      {
        steps: count(100_000),
        seed,
        rate: Type.Optional(
          Type.Number({
            minimum: 0,
            maximum: 1,
            description: "Spikes a component and step; absent: unit normal vectors",
          }),
        ),
      },
      CLOSED,
    ),
    format: Type.Enum([...NUMBER_FORMATS]),
    pes: Type.Optional(count(100_000)),
    mac: Type.Optional(Type.Literal("auto")),
    decoder: Type.Optional(Type.Literal("chip")),
    window: Type.Optional(count(100_000)),
    waiting: Type.Optional(Type.Enum(["sleep", "spin"])),
    schedule: Type.Optional(Type.Enum([...SCHEDULES])),
    fidelity: Type.Optional(Type.Enum([...FIDELITIES])),
  },
  CLOSED,
);

/** All PEs in one state. */
const PowerStateSchema = Type.Object(
  { kind: Type.Literal("power-state"), ...chip, state: Type.Enum(["off", "asleep", "busy"]) },
  CLOSED,
);

/** The same int8 product on the MAC arrays of all PEs, one after the other. */
const MacProductSchema = Type.Object(
  {
    kind: Type.Literal("mac-product"),
    ...chip,
    vectors: count(1_000_000),
    inputs: count(1_000_000),
    outputs: count(1_000_000),
  },
  CLOSED,
);

/** One int8 vector times a matrix on one PE, with what its core does for it: a dense layer. */
const MacLayerSchema = Type.Object(
  { kind: Type.Literal("mac-layer"), ...chip, inputs: count(1_000_000), outputs: count(1_000_000) },
  CLOSED,
);

/** Actions at given rates, without a network: so many a second over all chips. */
const RatesSchema = Type.Object(
  {
    kind: Type.Literal("rates"),
    ...chip,
    format: Type.Enum([...NUMBER_FORMATS]),
    perSecond: Type.Object(
      Object.fromEntries(FORMAT_ACTIONS.map((action) => [action, Type.Optional(perSecond)])) as Record<
        FormatAction,
        ReturnType<typeof Type.Optional<typeof perSecond>>
      >,
      CLOSED,
    ),
    lookups: Type.Optional(perSecond),
    dramBytes: Type.Optional(perSecond),
    per: Type.Enum([...FORMAT_ACTIONS]),
    copies: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 100_000,
        description: "Chips or boards of the profile; 1 if absent",
      }),
    ),
  },
  CLOSED,
);

/** PEs that do nothing but synops, rows already begun, or what is left of their time beside neurons and rows. */
const SynopPeakSchema = Type.Object(
  {
    kind: Type.Literal("synop-peak"),
    ...chip,
    format: Type.Enum([...NUMBER_FORMATS]),
    beside: Type.Optional(
      Type.Object(
        {
          lifNeurons: count(1_000_000),
          stepsPerSecond: Type.Number({ exclusiveMinimum: 0 }),
          synopsPerRow: Type.Optional(count(1_000_000)),
        },
        { ...CLOSED, description: "Neurons updated on each PE, and the synapses that an event finds there" },
      ),
    ),
  },
  CLOSED,
);

/** By kind, so that what is wrong with a workload is said of its own form. */
export const WORKLOADS = {
  network: NetworkSchema,
  "power-state": PowerStateSchema,
  "mac-product": MacProductSchema,
  "mac-layer": MacLayerSchema,
  rates: RatesSchema,
  "synop-peak": SynopPeakSchema,
} as const;
export type WorkloadKind = keyof typeof WORKLOADS;
const OPEN_WORKLOAD = Type.Object(
  { kind: Type.Enum(Object.keys(WORKLOADS) as [WorkloadKind, ...WorkloadKind[]]) },
  { additionalProperties: true },
);

const CaseSchema = Type.Object(
  {
    name: text(),
    says: text("What is assumed"),
    workload: Type.Optional(OPEN_WORKLOAD),
    variantOf: Type.Optional(text("Case of which this one is a sensitivity")),
    changes: Type.Optional(Type.Object({}, { description: "Fields of that case's workload that differ" })),
  },
  CLOSED,
);

const MeasuredSchema = Type.Object(
  {
    metric: text(),
    value: Type.Union([Type.Number(), Type.Array(Type.Number(), { minItems: 2, maxItems: 2 }), text()], {
      description: "a number, a range (predictions are held against its middle), or words",
    }),
    unit: text(),
    split: Type.Enum(["calibrate", "test"]),
    fits: Type.Optional(
      Type.Array(text(), { description: "Figures of the profile that come from this measurement" }),
    ),
    predictions: Type.Optional(
      Type.Array(
        Type.Object({ case: text(), quantity: QuantitySchema, reading: Type.Optional(text()) }, CLOSED),
        { minItems: 1, maxItems: 10, description: "The first one counts" },
      ),
    ),
    why: Type.Optional(text("Why there is no prediction")),
  },
  CLOSED,
);

export const EntrySchema = Type.Object(
  {
    $schema: Type.Optional(text()),
    id: Type.String({ pattern: "^[a-z0-9_]+$", maxLength: 100 }),
    title: text(),
    chip: text(),
    origin: Type.Enum(["silicon", "simulation", "mixed"]),
    source: text(),
    seenAs: Type.Enum(["primary text", "primary repository", "secondary quote", "secondary note"]),
    citation: Type.Optional(text("By what profiles name this source, where figures are fitted to it")),
    caveats: Type.Optional(text()),
    assumptions: Type.Optional(Type.Array(text())),
    evidence: Type.Optional(Type.Array(text())),
    cases: Type.Optional(Type.Array(CaseSchema, { minItems: 1, maxItems: 50 })),
    measured: Type.Array(MeasuredSchema, { minItems: 1, maxItems: 100 }),
    why: Type.Optional(text("Why nothing of it is predicted, or not what has no reason of its own")),
  },
  CLOSED,
);

export type Workload = { [Kind in WorkloadKind]: Static<(typeof WORKLOADS)[Kind]> }[WorkloadKind];
export type NetworkWorkload = Static<typeof NetworkSchema>;
export type WorkloadOf<Kind extends Workload["kind"]> = Extract<Workload, { kind: Kind }>;
export type WrittenEntry = Static<typeof EntrySchema>;
export type Measured = WrittenEntry["measured"][number];
export type Prediction = NonNullable<Measured["predictions"]>[number];
