import { fitPlane } from "./fit.ts";
import { READINGS, type ReadingName } from "./timings.ts";
import type { Cycles } from "./trace.ts";

/** A figure under each reading of the manual; fractions as they come out. */
export interface Figure extends Cycles {
  /** How far the farthest counted run lies from the line, in cycles, nominal. */
  readonly worstResidual: number;
}

const NAMES = Object.keys(READINGS) as ReadingName[];

export const figureOf = (of: (name: ReadingName) => number): Cycles => ({
  best: of("best"),
  nominal: of("nominal"),
  worst: of("worst"),
});

/** Fits the same plane under each reading; one figure a coefficient. */
export function fitFigures(
  points: readonly { readonly x: readonly number[]; readonly y: Cycles }[],
): Figure[] {
  const fits = Object.fromEntries(
    NAMES.map((name) => [name, fitPlane(points.map(({ x, y }) => ({ x, y: y[name] })))]),
  ) as Record<ReadingName, ReturnType<typeof fitPlane>>;
  return points[0]!.x.map((_, i) => ({
    ...figureOf((name) => fits[name].coefficients[i]!),
    worstResidual: fits.nominal.worstResidual,
  }));
}
