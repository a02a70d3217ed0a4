import { MismatchError, UnsupportedError } from "../../src/core/errors.ts";
import {
  carriesPartialSums,
  type ChipGraphPopulation,
  type EventGraph,
  type FanOut,
  type GraphPopulation,
  type GraphProjection,
  graphPopulationNamed,
  type HostStages,
  modelProjectionName,
  modelProjectionNames,
  projectionName,
  type RowScale,
} from "../../src/core/event-graph.ts";
import {
  ACCUMULATOR_FRACTION_BITS,
  DEFAULT_INPUT_FRACTION_BITS,
  type IntegerFormat,
  MAX_MULTIPLIER_SHIFT,
  MULTIPLIER_LIMIT,
  PRODUCT_SHIFT,
  type ProjectionFormats,
  type Quantisation,
  type ScaleGranularity,
  STATE_FRACTION_BITS,
  WEIGHT_LIMIT,
} from "../../src/core/number-format.ts";
import { leastInteger } from "../../src/core/maxima.ts";
import { NEURON_TRAITS } from "../../src/core/population-kind.ts";
import { counted } from "../../src/core/wording.ts";
import type { GraphPass } from "./pass.ts";

/**
 * Turns a float32 graph into one of the chip's number formats: weights with scales by row or matrix, biases
 * in the accumulators' format, other parameters as their kind has them. `docs/model.md` §2 states the arithmetic.
 *
 * @param formats Projections whose weights have another integer format than the program's own.
 */
export const quantiseWeights = (
  quantisation: Quantisation,
  formats: ProjectionFormats = new Map(),
): GraphPass => ({
  name: "quantise-weights",
  summary: "Bring weights, biases and other parameters into the chip's number formats.",
  requires: ["well-formed"],
  establishes: ["quantised"],

  run(graph, context) {
    checkFormats(graph, quantisation, formats);
    const { format } = quantisation;
    if (graph.quantisation.format !== "float32" || format === "float32") return graph;
    const populations: GraphPopulation[] = [];
    const withPayloads: EventGraph = { ...graph, quantisation, populations };
    for (const population of graph.populations)
      populations.push(
        population.kind === "max-pool"
          ? quantiseMaxima(population, withPayloads)
          : quantisePopulation(population, quantisation, graph.host),
      );
    const projections = graph.projections.map((projection) => {
      const target = graphPopulationNamed(withPayloads, projection.target);
      if (target.kind === "max-pool")
        return withoutScaling(projection, formats.get(projectionName(projection)) ?? format);
      const { payloadFractionBits } = graphPopulationNamed(withPayloads, projection.source);
      const name = projectionName(projection);
      const isSum = carriesPartialSums(graph, projection);
      const own = isSum ? "int16" : (formats.get(modelProjectionName(graph, projection)) ?? format);
      // Sums are moved by weights of 1, which a step of a power of two holds exactly.
      const steps = isSum
        ? { ...quantisation, scales: "power-of-two" as const }
        : { ...quantisation, scales: scalesOf(projection, quantisation) };
      const quantised = quantiseProjection(projection, steps, own, payloadFractionBits);
      const zeros = zerosIn(quantised.synapses.weight);
      context.remark(`${name}: ${own}, ${counted(zeros, "weight")} rounded to 0`);
      return quantised;
    });
    return { ...withPayloads, projections };
  },
});

/** The sums of a product are scaled as one, so that all its weights share a scale. */
const scalesOf = ({ onMacArray }: GraphProjection, { scales }: Quantisation): ScaleGranularity =>
  onMacArray && scales === "row" ? "matrix" : scales;

/** Formats by projection need a program in integers, and projections that there are. */
function checkFormats(graph: EventGraph, { format }: Quantisation, formats: ProjectionFormats): void {
  if (formats.size === 0) return;
  if (format === "float32")
    throw new UnsupportedError(
      "Projections can have formats of their own only in a program of an integer format, not of float32.",
      "Choose int8 or int16 for the program, and the other for some of its projections.",
    );
  const known = modelProjectionNames(graph);
  for (const name of formats.keys())
    if (!known.includes(name))
      throw new MismatchError(
        `${graph.name} has no projection "${name}" on the chip.`,
        `Name one of: ${known.join(", ")}.`,
      );
}

function zerosIn(weights: ArrayLike<number>): number {
  let zeros = 0;
  for (let i = 0; i < weights.length; i += 1) if (weights[i] === 0) zeros += 1;
  return zeros;
}

/** Of a gain, whose product with a current of 32 bits must stay exact in doubles. */
const PARAMETER_LIMIT = 64;

const roundHalfUp = (value: number): number => Math.floor(value + 0.5);
const clamp = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), high);

function quantisePopulation(
  population: GraphPopulation,
  { accumulatorBits }: Quantisation,
  host: HostStages,
): GraphPopulation {
  if (population.kind === "input") return { ...population, payloadFractionBits: inputFractionBits(host) };
  const { kind, name, accumulatorStart, parameters } = population;
  const { parameters: traits, payloadFractionBits } = NEURON_TRAITS[kind];
  const limit = 2 ** (accumulatorBits - 1);
  const one = 2 ** ACCUMULATOR_FRACTION_BITS[accumulatorBits];
  const asSum = (value: number) => clamp(roundHalfUp(value * one), -limit, limit - 1);
  return {
    ...population,
    payloadFractionBits,
    accumulatorStart: Int32Array.from(accumulatorStart, asSum),
    parameters: traits.map(({ name: field, fractionBits }, index) => {
      const values = parameters[index]!;
      if (fractionBits === "sum") return Int32Array.from(values, asSum);
      checkParameter(values, `${name}.${field}`);
      return Int32Array.from(values, (value) => roundHalfUp(value * 2 ** fractionBits));
    }),
  };
}

/** Payloads are compared as they come, so that a pooled value has the fraction bits of its sources. */
function quantiseMaxima(population: ChipGraphPopulation, graph: EventGraph): GraphPopulation {
  const { name, size, accumulatorStart } = population;
  const { source } = graph.projections.find(({ target }) => target === name)!;
  const start = Int32Array.from(accumulatorStart);
  start.fill(leastInteger(graph.quantisation.accumulatorBits), 0, size);
  return {
    ...population,
    payloadFractionBits: graphPopulationNamed(graph, source).payloadFractionBits,
    accumulatorStart: start,
  };
}

/** Weights of 1 in units of the payload. */
function withoutScaling(projection: GraphProjection, format: IntegerFormat): GraphProjection {
  const { synapses } = projection;
  const ones = format === "int8" ? Int8Array : Int16Array;
  return {
    ...projection,
    synapses: {
      ...synapses,
      weight: new ones(synapses.weight.length).fill(1),
      scale: { multiplier: Uint32Array.of(1), shift: 0 },
    },
  };
}

/** Decays, gains and thresholds are multiplied and compared in words that products must fit. */
function checkParameter(values: ArrayLike<number>, field: string): void {
  for (let neuron = 0; neuron < values.length; neuron += 1) {
    if (Math.abs(values[neuron]!) < PARAMETER_LIMIT) continue;
    throw new UnsupportedError(
      `${field} of neuron ${neuron} is ${values[neuron]}; integer formats hold values below ${PARAMETER_LIMIT}.`,
      "Scale the population's weights instead, or use float32.",
    );
  }
}

/** An embedding's own range decides where it feeds the chip directly; any other input gets ±8. */
function inputFractionBits({ encoder }: HostStages): number {
  const last = encoder.at(-1);
  if (last?.kind !== "embedding") return DEFAULT_INPUT_FRACTION_BITS;
  let largest = 0;
  for (const value of last.table) largest = Math.max(largest, Math.abs(value));
  const integerBits = largest > 1 ? Math.ceil(Math.log2(largest)) : 0;
  return STATE_FRACTION_BITS - integerBits;
}

function quantiseProjection(
  projection: GraphProjection,
  { scales, accumulatorBits }: Quantisation,
  format: IntegerFormat,
  payloadFractionBits: number,
): GraphProjection {
  const { synapses } = projection;
  const steps = weightSteps(synapses, scales, WEIGHT_LIMIT[format]);
  const exponent = ACCUMULATOR_FRACTION_BITS[accumulatorBits] + PRODUCT_SHIFT[format] - payloadFractionBits;
  const scale = rowScale(steps, exponent, projectionName(projection));
  return { ...projection, synapses: { ...synapses, weight: quantiseValues(synapses, steps, format), scale } };
}

/** The weight that one integer step stands for, by row or for the whole matrix. Float64. */
function weightSteps({ rowStart, weight }: FanOut, scales: ScaleGranularity, limit: number): Float64Array {
  const byRow = scales === "row";
  const rows = rowStart.length - 1;
  const largest = new Float64Array(byRow ? rows : 1);
  for (let row = 0; row < rows; row += 1) {
    const slot = byRow ? row : 0;
    for (let i = rowStart[row]!; i < rowStart[row + 1]!; i += 1)
      largest[slot] = Math.max(largest[slot]!, Math.abs(weight[i]!));
  }
  return largest.map((value) => (scales === "power-of-two" ? powerOfTwoStep(value, limit) : value / limit));
}

/** The smallest power of two in whose steps the largest weight is at most `limit`; 0 where there is no weight. */
function powerOfTwoStep(largest: number, limit: number): number {
  if (largest === 0) return 0;
  const step = 2 ** Math.ceil(Math.log2(largest / limit));
  // The logarithm is rounded: close to a power of two it may be one off.
  if (step * limit < largest) return 2 * step;
  return (step / 2) * limit >= largest ? step / 2 : step;
}

function quantiseValues(
  { rowStart, weight }: FanOut,
  steps: Float64Array,
  format: IntegerFormat,
): Int8Array | Int16Array {
  const limit = WEIGHT_LIMIT[format];
  const out = format === "int8" ? new Int8Array(weight.length) : new Int16Array(weight.length);
  for (let row = 0; row + 1 < rowStart.length; row += 1) {
    const step = steps[steps.length === 1 ? 0 : row]!;
    for (let i = rowStart[row]!; i < rowStart[row + 1]!; i += 1)
      out[i] = clamp(roundHalfUp(weight[i]! / step), -limit, limit);
  }
  return out;
}

/** Multipliers with the largest common right shift that keeps them all below 2^24. */
function rowScale(steps: Float64Array, exponent: number, name: string): RowScale {
  const largest = steps.reduce((a, b) => Math.max(a, b), 0) * 2 ** exponent;
  let shift = MAX_MULTIPLIER_SHIFT;
  while (shift >= 0 && roundHalfUp(largest * 2 ** shift) >= MULTIPLIER_LIMIT) shift -= 1;
  if (shift < 0) {
    throw new UnsupportedError(
      `${name}: weights as large as ${largest} in units of the accumulator do not fit the integer formats.`,
      "Use float32 weights, or check the model for an outlier.",
    );
  }
  return {
    shift,
    multiplier: Uint32Array.from(steps, (step) => roundHalfUp(step * 2 ** (exponent + shift))),
  };
}
