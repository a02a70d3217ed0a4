import { type Static, Type } from "typebox";
import { NUMBER_FORMATS, SCALE_GRANULARITIES } from "../core/number-format.ts";
import { CELLS } from "../training/shape.ts";

/** The form of a study's configuration: one training, and what is varied of it. */
const file = (description: string) => Type.String({ minLength: 1, maxLength: 4096, description });
const list = <const Item extends Parameters<typeof Type.Array>[0]>(item: Item) =>
  Type.Array(item, { minItems: 1, maxItems: 1000 });
const share = Type.Number({ minimum: 0, exclusiveMaximum: 1 });
const decay = Type.Number({ minimum: 0, maximum: 100 });

const common = {
  title: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
  training: Type.Object(
    {},
    { additionalProperties: true, description: "a training's settings, as in docs/training.md" },
  ),
  test: Type.Optional(file("text on which the models are judged; else the validation text")),
  seeds: list(Type.Integer({ minimum: 0, maximum: 2 ** 32 - 1 })),
  chip: Type.Optional(
    Type.Object(
      {
        profile: Type.String({
          minLength: 1,
          maxLength: 4096,
          description: "profile name or path, and after an @ an operating point",
        }),
        format: Type.Enum([...NUMBER_FORMATS], { default: "float32" }),
        scales: Type.Optional(Type.Enum([...SCALE_GRANULARITIES])),
        steps: Type.Integer({ minimum: 1, maximum: 10_000_000, default: 500 }),
      },
      { additionalProperties: false },
    ),
  ),
};

export const SparsityStudySchema = Type.Object(
  {
    kind: Type.Literal("sparsity"),
    ...common,
    cells: list(Type.Enum([...CELLS])),
    sparsities: list(share),
  },
  { additionalProperties: false },
);

export const WeightDecayStudySchema = Type.Object(
  {
    kind: Type.Literal("weight-decay"),
    ...common,
    cells: list(Type.Enum([...CELLS])),
    /** Degrees of the weights' decay, the biases' staying at `fixedBiases`. */
    weights: list(decay),
    /** Degrees of the biases' decay, the weights' staying at `fixedWeights`. */
    biases: list(decay),
    fixedWeights: decay,
    fixedBiases: decay,
  },
  { additionalProperties: false },
);

export type SparsityStudy = Static<typeof SparsityStudySchema>;
export type WeightDecayStudy = Static<typeof WeightDecayStudySchema>;
export type Study = SparsityStudy | WeightDecayStudy;
