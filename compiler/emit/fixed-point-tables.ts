import { GATE_FRACTION_BITS, TABLE_INTERVALS, TABLE_STEP_BITS } from "../../src/core/number-format.ts";

const sampled = (curve: (x: number) => number): Uint16Array =>
  Uint16Array.from({ length: TABLE_INTERVALS + 1 }, (_, i) =>
    Math.floor(curve(i / 2 ** TABLE_STEP_BITS) * 2 ** GATE_FRACTION_BITS + 0.5),
  );

/** σ and tanh over [0, 8] in steps of 1/64, Q15: 513 values each, as integer programs hold them. */
export const sigmoidTable = (): Uint16Array => sampled((x) => 1 / (1 + Math.exp(-x)));
export const tanhTable = (): Uint16Array => sampled(Math.tanh);
