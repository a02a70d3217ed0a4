import { canonicalJson } from "../core/hash.ts";

/** Whether two JSON values are equal, whatever the order of their keys. */
export const isDeepStrictEqual = (a: unknown, b: unknown): boolean =>
  canonicalJson(a ?? null) === canonicalJson(b ?? null);
