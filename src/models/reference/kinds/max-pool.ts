import type { MaxPoolPopulation } from "../../../core/model-ir.ts";
import type { ReferenceKind } from "./reference-kind.ts";

/** The largest value of the window, silent sources being 0 like others; sent where it is not 0. No state. */
export const MAX_POOL: ReferenceKind<MaxPoolPopulation> = {
  states: 0,
  keepsEvents: false,
  takesMaxima: true,
  fractionBits: "source's",
  biases: ({ size }) => new Float64Array(size).fill(Number.NEGATIVE_INFINITY),
  step: (_, maxima) => ({ y: maxima.slice(), c: maxima.slice() }),
  integerVectors: () => [],
  stepInteger: (_, __, maxima) => ({ y: maxima.slice(), c: maxima.slice() }),
};
