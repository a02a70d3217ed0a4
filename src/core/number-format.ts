/**
 * The number formats in which a chip holds weights, and the fixed-point layout that goes with the
 * integer ones. `docs/model.md` derives these figures; the quantised reference executor follows that
 * text and takes only these constants from here, no code.
 */
export const NUMBER_FORMATS = ["float32", "int16", "int8"] as const;
export type NumberFormat = (typeof NUMBER_FORMATS)[number];
export type IntegerFormat = Exclude<NumberFormat, "float32">;

/**
 * One scale for a whole matrix, one for each fan-out row (each source neuron), or one for a whole matrix that is a
 * power of two, as weights in a Q format have it.
 */
export const SCALE_GRANULARITIES = ["matrix", "row", "power-of-two"] as const;
export type ScaleGranularity = (typeof SCALE_GRANULARITIES)[number];

/** For people: "int8, a scale a row". */
export const SCALES_IN_WORDS: Readonly<Record<ScaleGranularity, string>> = {
  matrix: "a scale a matrix",
  row: "a scale a row",
  "power-of-two": "a power of two a matrix",
};

export type AccumulatorBits = 24 | 32;

/** Weight formats of projections that differ from a program's own, by `projectionName`. */
export type ProjectionFormats = ReadonlyMap<string, IntegerFormat>;

export interface Quantisation {
  /** Of neurons, receiving and sending, and of the weights where a projection has no format of its own. */
  readonly format: NumberFormat;
  /** Ignored by float32. */
  readonly scales: ScaleGranularity;
  /** Width of the saturating accumulators; ignored by float32. */
  readonly accumulatorBits: AccumulatorBits;
}

/** Bytes that one weight occupies. */
export const WEIGHT_BYTES: Readonly<Record<NumberFormat, number>> = { float32: 4, int16: 2, int8: 1 };

/** The number format that an array holds. */
export const formatOf = (weights: Float32Array | Int16Array | Int8Array): NumberFormat => {
  if (weights instanceof Float32Array) return "float32";
  return weights instanceof Int16Array ? "int16" : "int8";
};

/** Largest magnitude of a quantised weight; symmetric, so that negation is exact. */
export const WEIGHT_LIMIT: Readonly<Record<IntegerFormat, number>> = { int16: 32_767, int8: 127 };

/** Gates, decays and gains: Q15, so 32,768 is 1.0. */
export const GATE_FRACTION_BITS = 15;
/** State h and threshold of EGRU and GRU, and payloads of gated neurons, σ and tanh: Q23. */
export const STATE_FRACTION_BITS = 23;
/** Payload of a sum, of a ReLU, of an integrator's v and of a spike: Q16, range ±128. */
export const SUM_FRACTION_BITS = 16;
/** Payloads are signed 24-bit integers. */
export const PAYLOAD_LIMIT = 2 ** 23 - 1;
/** Fraction bits of payloads that come from outside and whose range is not known: Q20, range ±8. */
export const DEFAULT_INPUT_FRACTION_BITS = 20;

/** Accumulators: ±2,048 in 32 bits, ±128 in 24 bits. */
export const ACCUMULATOR_FRACTION_BITS: Readonly<Record<AccumulatorBits, number>> = { 32: 20, 24: 16 };

/** A synop adds `(scaledPayload * weight) >> PRODUCT_SHIFT`, an arithmetic shift (rounds down). */
export const PRODUCT_SHIFT: Readonly<Record<IntegerFormat, number>> = { int16: 16, int8: 8 };
/** A payload times its row's scale saturates here, so that the product fits the multiplier's result. */
export const SCALED_PAYLOAD_LIMIT: Readonly<Record<IntegerFormat, number>> = {
  int16: 2 ** 31 - 1,
  int8: 2 ** 24,
};
/** Row multipliers are unsigned mantissas below this; a whole matrix shares one right shift. */
export const MULTIPLIER_LIMIT = 2 ** 24;
export const MAX_MULTIPLIER_SHIFT = 62;

/** σ and tanh come from half tables over [0, 8]: 512 intervals, interpolated linearly, Q15 values. */
export const TABLE_INTERVALS = 512;
export const TABLE_STEP_BITS = 6;
