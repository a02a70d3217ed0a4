import { type Static, type TObject, type TProperties, Type } from "typebox";
import { SCALE_GRANULARITIES } from "../core/number-format.ts";
import { TEXT_LEVELS } from "../inputs/text.ts";
import { PRUNING_SCOPES } from "./pruning.ts";
import { CELLS } from "./shape.ts";

/**
 * The form of a training's configuration. Keys that are not named are errors; what is left out has the default that stands
 * here. Defaults are the study's for Penn Treebank where it has one.
 */
const closed = <Properties extends TProperties>(
  properties: Properties,
  description?: string,
): TObject<Properties> =>
  Type.Object(properties, { additionalProperties: false, ...(description !== undefined && { description }) });
/** An object that may be left out: its members then have their defaults. */
const optionalGroup = <Properties extends TProperties>(
  properties: Properties,
  description?: string,
): TObject<Properties> =>
  Type.Object(properties, {
    additionalProperties: false,
    default: {},
    ...(description !== undefined && { description }),
  });
const oneOf = <const Values extends string[]>(values: readonly [...Values], otherwise?: Values[number]) =>
  Type.Enum([...values], otherwise === undefined ? {} : { default: otherwise });
const whole = (minimum: number, maximum: number, otherwise?: number) =>
  Type.Integer({ minimum, maximum, ...(otherwise !== undefined && { default: otherwise }) });
const number = (minimum: number, maximum: number, otherwise?: number, description?: string) =>
  Type.Number({
    minimum,
    maximum,
    ...(otherwise !== undefined && { default: otherwise }),
    ...(description !== undefined && { description }),
  });
/** Below 1, or nothing would be left. */
const probability = (otherwise: number) =>
  Type.Number({ minimum: 0, exclusiveMaximum: 1, default: otherwise });
const file = (description: string) => Type.String({ minLength: 1, maxLength: 4096, description });

const LARGEST_LAYER = 65_536;
const MOST_STEPS = 1_000_000_000;

const TextData = closed({
  kind: Type.Literal("text"),
  train: file("text file, a sentence or paragraph a line"),
  valid: file("text file"),
  level: oneOf([...TEXT_LEVELS], "word"),
  vocabulary: Type.Optional(
    file("vocabulary, one word a line; else the training text's most frequent words"),
  ),
  words: whole(2, 10_000_000, 10_000),
});
const MnistData = closed({
  kind: Type.Literal("mnist"),
  images: file("IDX images, .gz or not"),
  labels: file("IDX labels, .gz or not"),
  validImages: Type.Optional(file("else the last share of the images")),
  validLabels: Type.Optional(file("the labels of validImages")),
  validShare: number(0.001, 0.9, 0.1),
  order: oneOf(["rows", "pixels"], "rows"),
});
const EventData = closed({
  kind: Type.Literal("events"),
  folder: file("folder of recordings 1.bs2, 2.bs2, …"),
  labels: file("text file: number of a recording and its class a line"),
  validShare: number(0.001, 0.9, 0.2),
  width: whole(1, 256, 34),
  height: whole(1, 256, 34),
  binMicroseconds: whole(1, 10_000_000, 10_000),
  steps: whole(1, 10_000, 30),
});

export const TrainingConfigSchema = closed({
  seed: whole(0, 2 ** 32 - 1, 1),
  data: Type.Union([TextData, MnistData, EventData], {
    description: "an object with kind: text, mnist or events",
  }),
  model: closed({
    cell: oneOf([...CELLS], "egru"),
    embedding: whole(1, LARGEST_LAYER, 128),
    layers: Type.Array(whole(1, LARGEST_LAYER), { minItems: 1, maxItems: 64 }),
    tied: Type.Boolean({ default: true }),
    thresholdMean: Type.Number({ minimum: 0, exclusiveMaximum: 1, default: 0.3 }),
    surrogate: optionalGroup({ dampening: number(0, 100, 0.7), support: number(0, 1000, 1) }),
  }),
  training: closed({
    epochs: number(0.0001, 1_000_000, 10),
    batch: whole(1, 65_536, 64),
    evaluationBatch: whole(1, 65_536, 10),
    streamsAtOnce: Type.Optional(whole(1, 65_536)),
    window: optionalGroup({
      mean: number(1, 100_000, 70),
      shortShare: number(0, 1, 0.05),
      deviation: number(0, 10_000, 5),
      shortest: whole(1, 100_000, 5),
    }),
    state: oneOf(["windowed", "streaming"], "windowed"),
    learningRate: number(0, 100, 1e-3),
    thresholdLearningRate: number(0, 100, 0),
    betas: Type.Array(Type.Number({ minimum: 0, exclusiveMaximum: 1 }), {
      minItems: 2,
      maxItems: 2,
      default: [0, 0.999],
    }),
    epsilon: number(0, 1, 1e-8),
    weightDecay: optionalGroup({ weights: number(0, 100, 0.1), biases: number(0, 100, 0.1) }),
    clip: number(0, 1_000_000, 0.1, "0 for none"),
    schedule: optionalGroup({
      warmupSteps: whole(0, MOST_STEPS, 0),
      cosineStart: number(0, 1_000_000, 0),
      finalShare: number(0, 1, 0),
    }),
    dropout: optionalGroup({
      embedding: probability(0),
      words: probability(0),
      forward: probability(0),
      connect: probability(0),
    }),
    patience: Type.Optional(whole(1, 1_000_000)),
    activityPenalty: Type.Optional(closed({ weight: number(0, 1_000_000), target: number(0, 1, 0) })),
    quantise: Type.Optional(
      closed({ format: oneOf(["int8", "int16"]), scales: oneOf([...SCALE_GRANULARITIES], "row") }),
    ),
    logSteps: whole(1, MOST_STEPS, 50),
    checkpointSteps: whole(1, MOST_STEPS, 500),
    decoderBias: oneOf(["zero", "log-frequency"], "zero"),
  }),
  pruning: Type.Optional(
    closed({
      scope: oneOf([...PRUNING_SCOPES], "global"),
      sparsity: Type.Number({ minimum: 0, exclusiveMaximum: 1 }),
      initial: probability(0),
      begin: number(0, 1_000_000, 0, "epoch, which need not be whole"),
      end: number(0, 1_000_000, undefined, "epoch, which need not be whole"),
      every: whole(1, MOST_STEPS, 100),
    }),
  ),
});
export type TrainingConfig = Static<typeof TrainingConfigSchema>;
