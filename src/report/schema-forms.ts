import { type TObject, type TProperties, type TSchema, Type } from "typebox";

/** Small parts of which the form of result.json is made. Every object is closed: keys that are not named are errors. */
export const closed = <Properties extends TProperties>(
  properties: Properties,
  description?: string,
): TObject<Properties> => Type.Object(properties, { additionalProperties: false, ...described(description) });

const described = (description?: string) => (description === undefined ? {} : { description });
export const count = (description?: string) => Type.Integer({ minimum: 0, ...described(description) });
export const amount = (description?: string) => Type.Number({ minimum: 0, ...described(description) });
export const share = (description?: string) =>
  Type.Number({ minimum: 0, maximum: 1, ...described(description) });
export const text = (description?: string) => Type.String(described(description));
export const oneOf = <const Values extends string[]>(values: readonly [...Values]) => Type.Enum([...values]);

/** One slot for each key. */
export const slots = <Key extends string, Slot extends TSchema>(
  keys: readonly Key[],
  slot: Slot,
  description?: string,
) => closed(Object.fromEntries(keys.map((key) => [key, slot])) as Record<Key, Slot>, description);

export const meshPosition = Type.Array(Type.Integer(), { minItems: 2, maxItems: 2, description: "[x, y]" });

export const interval = (description: string) =>
  closed({ low: Type.Number(), high: Type.Number() }, description);
