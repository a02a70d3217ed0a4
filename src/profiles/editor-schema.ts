import { profileJsonSchema } from "./schema.ts";
import { type QuantityKind, UNITS, unitsOf } from "./units.ts";

type Schema = Record<string, unknown>;

const NUMBER = "[+-]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]+)?";

/** What editors complete from: a figure may also be written as one text, "150 MHz". */
export function editorSchema(): Schema {
  const schema = structuredClone(profileJsonSchema()) as Schema & { $defs: Record<string, Schema> };
  for (const kind of Object.keys(UNITS) as QuantityKind[]) {
    const apart = schema.$defs[kind]!;
    const together = textFigure(apart, kind);
    schema.$defs[kind] = { anyOf: [apart, together] };
    const cost = schema.$defs[`${kind}Cost`];
    if (cost === undefined) continue;
    const { oneOf, discriminator: _, ...rest } = cost as Schema & { oneOf: Schema[] };
    schema.$defs[`${kind}Cost`] = { ...rest, anyOf: [...oneOf, together] };
  }
  return schema;
}

function textFigure(apart: Schema, kind: QuantityKind): Schema {
  const { unit: _, ...properties } = apart["properties"] as Schema;
  const units: readonly string[] = unitsOf(kind);
  return {
    ...apart,
    properties: {
      ...properties,
      value: { type: "string", pattern: `^\\s*${NUMBER}\\s*(${units.join("|")})\\s*$` },
    },
    required: (apart["required"] as string[]).filter((key) => key !== "unit"),
  };
}

/** The same for a file that extends a profile: only figures are whole, blocks may hold what they change alone. */
export function extendingSchema(): Schema {
  const { $defs, properties, ...whole } = editorSchema();
  const extending = {
    ...whole,
    title: "Hardware profile of eventloom that extends another",
    properties: {
      extends: { type: "string", description: "A profile that comes with eventloom, or a .json file beside" },
      ...(properties as Schema),
    },
  };
  return { ...(withoutRequired(extending) as Schema), required: ["extends", "name", "title"], $defs };
}

/** Blocks with a basis are replaced whole, so they stay as they are. */
function withoutRequired(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutRequired);
  if (schema === null || typeof schema !== "object") return schema;
  const { properties, oneOf } = schema as Schema;
  if (hasBasis(properties)) return schema;
  if (Array.isArray(oneOf) && oneOf.every((branch: Schema) => hasBasis(branch["properties"]))) return schema;
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([key]) => key !== "required" && key !== "discriminator")
      .map(([key, value]) => [key === "oneOf" ? "anyOf" : key, withoutRequired(value)]),
  );
}

const hasBasis = (properties: unknown): boolean =>
  properties !== null && typeof properties === "object" && "basis" in properties;
