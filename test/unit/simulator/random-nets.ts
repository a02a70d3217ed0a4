import fc from "fast-check";
import {
  type AccumulatorBits,
  type NumberFormat,
  type ScaleGranularity,
  WEIGHT_LIMIT,
} from "../../../src/core/number-format.ts";
import type { Net, NetPopulation, NetProjection, NetSlice } from "./build-program.ts";

/** A net and the payloads of its input, step by step. */
export interface Trial {
  readonly net: Net;
  readonly inputs: readonly (readonly number[])[];
}

/** PEs of the corner chip that a program may use. */
const PES = [0, 1, 2, 3, 4, 5, 6];

/**
 * Small nets of one to three layers, each recurrent, the first also fed back from the last; cut into slices
 * at random. Weights, scales and biases reach the ends of their ranges, so that everything saturates at times.
 */
export const trials = (format: NumberFormat): fc.Arbitrary<Trial> =>
  fc
    .record({
      sizes: fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 2, maxLength: 4 }),
      scales: fc.constantFrom<ScaleGranularity>("matrix", "row"),
      accumulatorBits: fc.constantFrom<AccumulatorBits>(24, 32),
      feedback: fc.boolean(),
      steps: fc.integer({ min: 1, max: 6 }),
    })
    .chain(({ sizes, scales, accumulatorBits, feedback, steps }) => {
      const numbers = format === "float32" ? floats : integers(format, accumulatorBits);
      const names = sizes.map((_, index) => (index === 0 ? "input" : `layer${index}`));
      const population = (index: number): fc.Arbitrary<NetPopulation> =>
        fc.record({
          name: fc.constant(names[index]!),
          size: fc.constant(sizes[index]!),
          payloadFractionBits: fc.constant(format === "float32" || index === 0 ? 0 : 23),
          start: vector(numbers.start, index === 0 ? 0 : 4 * sizes[index]!),
          threshold: vector(numbers.threshold, index === 0 ? 0 : sizes[index]!),
        });
      const projection = (source: number, target: number, delay: 0 | 1): fc.Arbitrary<NetProjection> =>
        fc.record({
          source: fc.constant(names[source]!),
          target: fc.constant(names[target]!),
          delay: fc.constant(delay),
          weights: vector(
            vector(fc.oneof(fc.constant(0), numbers.weight), 4 * sizes[target]!),
            sizes[source]!,
          ),
          multiplier: vector(numbers.multiplier, scales === "row" ? sizes[source]! : 1),
          shift: numbers.shift,
        });
      const layers = sizes.slice(1).map((_, index) => index + 1);
      const projections = layers.flatMap((layer) => [
        projection(layer - 1, layer, 0),
        projection(layer, layer, 1),
      ]);
      if (feedback && layers.length > 1) projections.push(projection(layers.length, 1, 1));
      return fc.record({
        net: fc.record({
          quantisation: fc.constant({ format, scales, accumulatorBits }),
          populations: fc.tuple(...sizes.map((_, index) => population(index))),
          projections: fc.tuple(...projections),
          slices: slicesOf(names, sizes),
        }),
        inputs: vector(vector(numbers.input, sizes[0]!), steps),
      });
    });

const vector = <T>(element: fc.Arbitrary<T>, length: number): fc.Arbitrary<T[]> =>
  fc.array(element, { minLength: length, maxLength: length });

interface Numbers {
  readonly weight: fc.Arbitrary<number>;
  readonly multiplier: fc.Arbitrary<number>;
  readonly shift: fc.Arbitrary<number>;
  readonly start: fc.Arbitrary<number>;
  readonly threshold: fc.Arbitrary<number>;
  readonly input: fc.Arbitrary<number>;
}

const between = (min: number, max: number) => fc.integer({ min, max });

function integers(format: "int8" | "int16", accumulatorBits: AccumulatorBits): Numbers {
  const limit = WEIGHT_LIMIT[format];
  const range = 2 ** (accumulatorBits - 1);
  return {
    weight: fc.oneof(between(-limit, limit), fc.constantFrom(-limit, limit)),
    multiplier: fc.oneof(between(0, 2 ** 24 - 1), fc.constant(2 ** 24 - 1)),
    shift: fc.oneof(between(10, 30), between(0, 62)),
    start: fc.oneof(between(-(2 ** 18), 2 ** 18), fc.constantFrom(-range, range - 1)),
    threshold: fc.oneof(between(0, 2 ** 20), between(0, 2 ** 23)),
    input: between(-(2 ** 23 - 1), 2 ** 23 - 1),
  };
}

const real = (min: number, max: number) =>
  fc.float({ min: Math.fround(min), max: Math.fround(max), noNaN: true });

const floats: Numbers = {
  weight: real(-2, 2),
  multiplier: fc.constant(0),
  shift: fc.constant(0),
  start: real(-2, 2),
  threshold: real(0, 0.3),
  input: real(-4, 4),
};

/** Cuts each layer at random, with at most two slices a layer, onto PEs in random order. */
const slicesOf = (names: readonly string[], sizes: readonly number[]): fc.Arbitrary<NetSlice[]> =>
  fc
    .record({
      pes: fc.shuffledSubarray(PES, { minLength: PES.length }),
      cuts: vector(fc.nat(), names.length),
    })
    .map(({ pes, cuts }) => {
      let next = 0;
      const slices = names.slice(1).flatMap((population, index): NetSlice[] => {
        const size = sizes[index + 1]!;
        const cut = cuts[index]! % size;
        const parts =
          cut === 0
            ? [[0, size]]
            : [
                [0, cut],
                [cut, size],
              ];
        return parts.map(([first, end]) => ({
          population,
          first: first!,
          count: end! - first!,
          pe: pes[next++]!,
        }));
      });
      return slices.sort((a, b) => a.pe - b.pe);
    });
