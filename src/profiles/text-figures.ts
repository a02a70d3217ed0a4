import { KNOWN_BASES } from "./figures.ts";

const BASES: ReadonlySet<unknown> = new Set(KNOWN_BASES);
const NUMBER_AND_UNIT = /^([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(\S.*)$/;

/** "8.3 pJ" as its number and its unit; undefined where it does not begin with a number, or ends with it. */
export function numberAndUnit(text: string): { readonly value: number; readonly unit: string } | undefined {
  const [, number, unit] = NUMBER_AND_UNIT.exec(text.trim()) ?? [];
  return number === undefined || unit === undefined ? undefined : { value: Number(number), unit };
}

/**
 * A copy in which every figure that was written as a text, `"value": "150 MHz"`, has value and unit apart. Choices, which
 * begin with no number, stay as they are, and so does whatever is no figure.
 */
export function withUnitsApart(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(withUnitsApart);
  if (json === null || typeof json !== "object") return json;
  const entries = Object.entries(json).map(([key, value]): [string, unknown] => [key, withUnitsApart(value)]);
  const copy: Record<string, unknown> = Object.fromEntries(entries);
  if (!BASES.has(copy["basis"]) || typeof copy["value"] !== "string" || "unit" in copy) return copy;
  return { ...copy, ...numberAndUnit(copy["value"]) };
}
