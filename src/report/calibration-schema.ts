import { type Static, Type } from "typebox";
import { NUMBER_FORMATS, SCALE_GRANULARITIES } from "../core/number-format.ts";
import { amount, closed, count, oneOf, share, text } from "./schema-forms.ts";

/** The form of `calibration` in the JSON of `compile --calibrate`. Equal inputs give equal bytes. */
export const CALIBRATION_SCHEMA_NAME = "eventloom.calibration/1";

const Perplexity = closed({
  tokens: count("Tokens that were predicted"),
  negativeLogLikelihoodNats: amount("Sum over them"),
  perplexity: amount(),
});

const OutputError = closed(
  {
    rmsError: amount("Root mean square of the differences over that of the float32 outputs"),
    largestError: amount("Largest difference over the largest float32 output"),
  },
  "Where the model has no tokens to predict",
);

const Quality = Type.Union([Perplexity, OutputError]);

const lossShare = Type.Number({
  description: "By how much worse than float32: growth of the perplexity, or the RMS error; negative: better",
});

const Choice = {
  quality: Quality,
  lossShare,
};

const Sample = closed({
  origin: text("Where the sample came from"),
  synthetic: Type.Boolean(),
  stepIs: Type.Union([Type.Literal("token"), Type.Literal("vector")]),
  steps: count("Timesteps that were run"),
  windowSteps: Type.Optional(count("Timesteps between restarts of the hidden state")),
  streams: Type.Optional(count("Equal parts of the sample, each from a state of zero; absent for one")),
});

const Program = closed({
  format: oneOf(NUMBER_FORMATS),
  formats: Type.Record(Type.String(), oneOf(["int8", "int16"]), {
    description: "Projections whose weights have another format",
  }),
  scales: Type.Optional(oneOf(SCALE_GRANULARITIES)),
  weightBytes: count("Of all weights on the chip, without indices and pointers"),
  ...Choice,
  saturations: closed(
    { input: count(), scaledPayload: count(), accumulator: count() },
    "Values that did not fit their integers, in the whole run",
  ),
});

const Layer = closed({
  name: text(),
  neurons: count(),
  float32Activity: share("Share of neurons that send an event in a timestep, in float32"),
  activity: share("The same of the program"),
  agreement: share("Of neurons and timesteps with an event in either, those with one in both"),
  oneStepAgreement: Type.Optional(
    share("The same, where each timestep begins with the state that float32 left; integer programs only"),
  ),
});

const Sensitivity = closed(
  {
    int16: closed({ ...Choice, weightBytes: count() }, "All projections in int16"),
    int8: closed({ ...Choice, weightBytes: count() }, "All projections in int8"),
    projections: Type.Array(
      closed({
        name: text(),
        weights: count("Stored in int16; int8 rounds some more of them to 0"),
        int16Bytes: count(),
        int8Bytes: count(),
        ...Choice,
        harmShare: Type.Number({ description: "Loss beyond that of all in int16; negative: less" }),
      }),
      { description: "Each alone in int8, all others in int16" },
    ),
  },
  "What each projection loses by itself; absent for float32",
);

const Budget = closed(
  {
    lossShare: amount("The largest loss that was allowed"),
    int16: Type.Array(Type.String(), {
      description: "Projections that were chosen for int16; others are int8",
    }),
    weightBytes: count("As chosen"),
    int8Bytes: count("With all weights in int8"),
    int16Bytes: count("With all weights in int16"),
    tried: Type.Array(closed({ int16: Type.Array(Type.String()), ...Choice }), {
      description: "Choices that were measured on the way, in order",
    }),
  },
  "Present where formats were chosen by a budget",
);

export const CalibrationSchema = closed({
  schema: Type.Literal(CALIBRATION_SCHEMA_NAME),
  sample: Sample,
  float32: closed({ quality: Quality }, "The model as it was trained"),
  program: Program,
  layers: Type.Array(Layer),
  sensitivity: Type.Optional(Sensitivity),
  budget: Type.Optional(Budget),
});

export type CalibrationJson = Static<typeof CalibrationSchema>;
export type QualityJson = Static<typeof Quality>;
