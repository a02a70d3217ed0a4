/**
 * What accumulators of max pooling start a timestep from, in units of their payloads. `largest` becomes the maximum of the values that
 * come, `missing` is one less for each of them. Where sources are still missing at the end, they were silent, and the result is at least 0.
 *
 * Whatever comes is at least the start: float32 values are finite, payloads have 24 bits with their sign.
 */
export const LEAST_FLOAT32 = -3.4028234663852886e38;

/** Of accumulators of so many bits. */
export const leastInteger = (bits: number): number => -(2 ** (bits - 1));
