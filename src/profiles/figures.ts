import { type Static, type TSchema, Type } from "typebox";
import { type QuantityKind, type UnitOf, unitsOf } from "./units.ts";

/**
 * Where a figure comes from. `counted`: compiled code was executed, its instructions timed by their documented cycles.
 * `estimated` covers assumptions; the note or source says whose.
 */
export const KNOWN_BASES = ["measured", "published", "counted", "estimated"] as const;
export type KnownBasis = (typeof KNOWN_BASES)[number];

export const CLOSED = { additionalProperties: false } as const;

const basis = Type.Enum([...KNOWN_BASES], { description: "Where the figure comes from" });
const source = Type.String({
  minLength: 1,
  maxLength: 1000,
  description: "A paper, a data sheet, a measurement log, or whose assumption it is",
});
const note = Type.Optional(Type.String({ maxLength: 2000, description: "What to know before using it" }));

/** A number with its unit and its origin. */
export interface Quantity<Kind extends QuantityKind> {
  basis: KnownBasis;
  value: number;
  unit: UnitOf<Kind>;
  source: string;
  note?: string;
}

/** A cost that nobody has published stays unknown, never 0. */
export interface UnknownFigure {
  basis: "unknown";
  note: string;
}

/** What values a kind of figure may have. Whole numbers have an upper end, as they become array lengths. */
const RANGES: Readonly<Record<QuantityKind, TSchema>> = {
  count: Type.Integer({ minimum: 1, maximum: 1_000_000 }),
  width: Type.Integer({ minimum: 1, maximum: 1_000_000 }),
  cycles: Type.Integer({ minimum: 0, maximum: 1_000_000_000 }),
  kernelTime: Type.Number({ minimum: 0, maximum: 1_000_000_000 }),
  size: Type.Number({ minimum: 0 }),
  power: Type.Number({ minimum: 0 }),
  energy: Type.Number({ minimum: 0 }),
  energyPerByte: Type.Number({ minimum: 0 }),
  clock: Type.Number({ exclusiveMinimum: 0 }),
  latency: Type.Number({ exclusiveMinimum: 0 }),
  duration: Type.Number({ exclusiveMinimum: 0 }),
  voltage: Type.Number({ exclusiveMinimum: 0 }),
  bandwidth: Type.Number({ exclusiveMinimum: 0 }),
  throughput: Type.Number({ exclusiveMinimum: 0 }),
};

const QUANTITY_KINDS = Object.keys(RANGES) as QuantityKind[];

const known = (kind: QuantityKind) =>
  Type.Object({ basis, value: RANGES[kind], unit: Type.Enum([...unitsOf(kind)]), source, note }, CLOSED);

const unknown = Type.Object(
  {
    basis: Type.Literal("unknown"),
    note: Type.String({ minLength: 1, maxLength: 2000, description: "Why it is not known" }),
  },
  CLOSED,
);

/** Kinds of figures that may honestly be unknown. */
const COST_KINDS = [
  "energy",
  "energyPerByte",
  "power",
  "kernelTime",
  "duration",
] as const satisfies readonly QuantityKind[];

/** The schemas that `quantity` and `cost` refer to, for the schema's `$defs`. */
export const FIGURE_DEFINITIONS: Readonly<Record<string, TSchema>> = {
  ...Object.fromEntries(QUANTITY_KINDS.map((kind) => [kind, known(kind)])),
  ...Object.fromEntries(
    COST_KINDS.map((kind) => [
      `${kind}Cost`,
      tagged("basis", "What nobody has published is unknown, never 0", [known(kind), unknown]),
    ]),
  ),
};

export type CostKind = (typeof COST_KINDS)[number];

const reference = (name: string, description: string) => ({ $ref: `#/$defs/${name}`, description });

/** A figure that must be known: sizes, clocks, latencies, powers. */
export const quantity = <Kind extends QuantityKind>(kind: Kind, description: string) =>
  Type.Unsafe<Quantity<Kind>>(reference(kind, description));

/** An energy or a time of an action, or a power: a figure, or honestly unknown. */
export const cost = <Kind extends CostKind>(kind: Kind, description: string) =>
  Type.Unsafe<Quantity<Kind> | UnknownFigure>(reference(`${kind}Cost`, description));

/** A choice or an arrangement that has no unit, with its origin. */
export const setting = <Value extends TSchema>(value: Value, description: string) =>
  Type.Object({ basis, value, source, note }, { ...CLOSED, description });

/** Objects told apart by one key, so that a fault is reported for the one that was meant. */
export function tagged<const Branches extends TSchema[]>(
  tag: string,
  description: string,
  branches: Branches,
) {
  return Type.Unsafe<Static<Branches[number]>>({
    type: "object",
    description,
    required: [tag],
    discriminator: { propertyName: tag },
    oneOf: branches,
  });
}

/** One slot for each key: an action that is counted has a place for its cost. */
export const recordOf = <Key extends string, Slot extends TSchema>(
  keys: readonly Key[],
  slotOf: (key: Key) => Slot,
  description: string,
) =>
  Type.Object(Object.fromEntries(keys.map((key) => [key, slotOf(key)])) as Record<Key, Slot>, {
    ...CLOSED,
    description,
  });
