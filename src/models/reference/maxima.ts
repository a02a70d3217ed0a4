import type { FloatArray } from "./executor.ts";
import type { SourceRows } from "./source-rows.ts";

/**
 * maxima = max(maxima, y) for all sources of each window (docs/model.md, 1), those at 0 too.
 *
 * @param maxima Overwritten. Shape [targets].
 * @param graded Whether every source sends each step, also where its value is 0; else only values ≠ 0 do.
 * @returns Comparisons that an event brings about.
 */
export function takeMaxima<Values extends FloatArray | Int32Array>(
  maxima: Values,
  y: Values,
  { rowStart, sum }: SourceRows<unknown>,
  graded: boolean,
): number {
  let compared = 0;
  for (const [source, value] of y.entries()) {
    const [first, end] = [rowStart[source]!, rowStart[source + 1]!];
    for (let i = first; i < end; i += 1) maxima[sum[i]!] = Math.max(maxima[sum[i]!]!, value);
    if (value !== 0 || graded) compared += end - first;
  }
  return compared;
}
