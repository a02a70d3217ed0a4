import { Ajv2020 } from "ajv/dist/2020.js";
import { type Static, Type } from "typebox";
import { ACTIVATIONS } from "../core/model-ir.ts";

/**
 * A model beside plain tensors: populations in order of evaluation and projections, as in ModelIr, with the names of tensors
 * in place of values. We write it into a safetensors file's metadata; a user may write it as a file of its own.
 */
const CLOSED = { additionalProperties: false } as const;
const name = Type.String({ minLength: 1, maxLength: 1000 });
const size = Type.Integer({ minimum: 1, maximum: 2 ** 31 - 1 });
const tensor = Type.String({ minLength: 1, maxLength: 1000, description: "Name of a tensor" });
/** One value a neuron (or a gate's column), or one for all. */
const vector = Type.Union([tensor, Type.Number()]);
const population = <Kind extends string, Fields extends Parameters<typeof Type.Object>[0]>(
  kind: Kind,
  fields: Fields,
) => Type.Object({ kind: Type.Literal(kind), name, size, ...fields }, CLOSED);

const PopulationSchema = Type.Union([
  population("token-input", {}),
  population("dense-input", { silentZeros: Type.Optional(Type.Literal(true)) }),
  population("embedding", {}),
  population("linear", {
    bias: Type.Optional(vector),
    activation: Type.Optional(Type.Enum([...ACTIVATIONS])),
  }),
  population("max-pool", {}),
  population("egru", {
    bias: Type.Optional(vector),
    recurrentBias: Type.Optional(vector),
    threshold: vector,
  }),
  population("lstm", { bias: Type.Optional(vector), recurrentBias: Type.Optional(vector) }),
  population("gru", { bias: Type.Optional(vector), recurrentBias: Type.Optional(vector) }),
  population("lif", {
    bias: Type.Optional(vector),
    currentDecay: Type.Optional(vector),
    gain: Type.Optional(vector),
    potentialDecay: vector,
    leak: Type.Optional(vector),
    threshold: Type.Optional(vector),
    reset: Type.Optional(vector),
  }),
]);

const layout = Type.Enum(["source-major", "target-major"]);
const count = Type.Integer({ minimum: 1, maximum: 2 ** 31 - 1 });
/** Along y, then along x. */
const pair = (minimum: number) =>
  Type.Unsafe<[number, number]>(
    Type.Array(Type.Integer({ minimum, maximum: 2 ** 31 - 1 }), { minItems: 2, maxItems: 2 }),
  );
const maps = Type.Object({ channels: count, height: count, width: count }, CLOSED);

const WeightsSchema = Type.Union([
  Type.Object({ kind: Type.Literal("dense"), layout, values: tensor }, CLOSED),
  Type.Object(
    { kind: Type.Literal("pruned"), layout, values: tensor },
    { ...CLOSED, description: "A full matrix whose zeros are pruned weights" },
  ),
  Type.Object({ kind: Type.Literal("sparse"), rowStart: tensor, target: tensor, value: tensor }, CLOSED),
  Type.Object(
    {
      kind: Type.Literal("convolution"),
      input: maps,
      output: Type.Optional(maps),
      stride: Type.Optional(pair(1)),
      dilation: Type.Optional(pair(1)),
      padding: Type.Optional(pair(0)),
      groups: Type.Optional(count),
      values: tensor,
    },
    CLOSED,
  ),
]);

export const DescriptionSchema = Type.Object(
  {
    version: Type.Literal(1),
    populations: Type.Array(PopulationSchema, { minItems: 1, maxItems: 10_000 }),
    projections: Type.Array(
      Type.Object(
        { source: name, target: name, delay: Type.Optional(Type.Enum([0, 1])), weights: WeightsSchema },
        CLOSED,
      ),
      { maxItems: 100_000 },
    ),
    vocabulary: Type.Optional(Type.Array(Type.String(), { maxItems: 2 ** 24 })),
    unused: Type.Optional(
      Type.Array(tensor, { maxItems: 100_000, description: "Tensors that are no part of the model" }),
    ),
  },
  CLOSED,
);
export type Description = Static<typeof DescriptionSchema>;
export type DescribedPopulation = Description["populations"][number];
export type DescribedWeights = Description["projections"][number]["weights"];

const compileSchema = () => new Ajv2020({ verbose: true }).compile<Description>(DescriptionSchema);
let compiled: ReturnType<typeof compileSchema> | undefined;

/** Where the value is no description, the first fault with its JSON path. */
export function faultOfDescription(
  json: unknown,
): { readonly path: string; readonly problem: string } | undefined {
  compiled ??= compileSchema();
  if (compiled(json)) return undefined;
  const faults = compiled.errors ?? [];
  // Of a value that fits none of several forms, the form of its own kind says what is wrong.
  const kindOf = (pointer: string): unknown => valueAt(json, pointer.split("/").slice(1), "kind");
  const telling = faults.find(({ schemaPath, instancePath, parentSchema, keyword }) => {
    if (!/\/anyOf\/\d+\//.test(schemaPath)) return keyword !== "anyOf";
    const own = (parentSchema as { properties?: { kind?: { const?: unknown } } } | undefined)?.properties
      ?.kind?.const;
    return own !== undefined && own === kindOf(instancePath);
  });
  const fault = telling ?? faults.at(-1)!;
  const extra = fault.params["additionalProperty"] as string | undefined;
  const place = fault.instancePath.slice(1).replaceAll("/", ".") || "the description";
  if (telling === undefined && kindOf(fault.instancePath) !== undefined)
    return {
      path: place,
      problem: `has the kind ${JSON.stringify(kindOf(fault.instancePath))} or fields that are not known`,
    };
  return {
    path: extra === undefined ? place : `${place}.${extra}`,
    problem: extra === undefined ? (fault.message ?? "is not valid") : "is not a known key",
  };
}

function valueAt(json: unknown, path: readonly string[], key: string): unknown {
  let at: unknown = json;
  for (const part of [...path, key]) {
    if (at === null || typeof at !== "object" || !Object.hasOwn(at, part)) return undefined;
    at = (at as Record<string, unknown>)[part];
  }
  return at;
}
