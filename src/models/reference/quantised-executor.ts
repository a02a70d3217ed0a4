import { UnsupportedError } from "../../core/errors.ts";
import type { ModelIr, Population } from "../../core/model-ir.ts";
import { projectionName } from "../../core/event-graph.ts";
import {
  ACCUMULATOR_FRACTION_BITS,
  type AccumulatorBits,
  type ProjectionFormats,
  type Quantisation,
} from "../../core/number-format.ts";
import type { StateCarry } from "../../core/stimulus.ts";
import { type Int8Layer, int8Layer, int8Logits } from "./chip-decoder.ts";
import {
  checkState,
  checkWindow,
  eventsIn,
  inputValues,
  type LayerStep,
  type ReferenceExecutor,
  restarts,
} from "./executor.ts";
import { endOfRange, nearest, saturated } from "./fixed-point.ts";
import { chipLayers, kindOf, type Layer } from "./kinds/kinds.ts";
import { activated } from "./kinds/linear.ts";
import type { IntegerParameters } from "./kinds/reference-kind.ts";
import { fractionBitsOf, hostPayloads, valuesOfEvents } from "./payloads.ts";
import { takeMaxima } from "./maxima.ts";
import { addMacProduct } from "./mac-product.ts";
import { biases, type PreparedProjection, prepareProjections } from "./prepared-projections.ts";
import {
  addQuantisedProducts,
  type IntegerQuantisation,
  type QuantisedRows,
  quantiseRows,
} from "./quantised-rows.ts";
import { type Incoming, runPopulations } from "./run-populations.ts";
import { addProducts } from "./source-rows.ts";

export interface QuantisedReferenceOptions extends StateCarry {
  /** The last linear layer runs in int8 on MAC arrays, and has no synops; else it runs on the host in float64. */
  readonly chipDecoder?: boolean | undefined;
  /** Weight formats of projections that differ from the quantisation's, by `projectionName`. */
  readonly formats?: ProjectionFormats | undefined;
  /** Projections that MAC arrays multiply instead, by `projectionName`. */
  readonly products?: ReadonlySet<string> | undefined;
  /** Width of the MAC arrays' saturating accumulators; 32 where nothing is said. */
  readonly arrayAccumulatorBits?: AccumulatorBits | undefined;
}

/** What a population puts out in one timestep. Shape [size] each. */
interface Output {
  readonly values: Float64Array;
  /** The same in integers; empty where no layer on the chip reads it. */
  readonly payloads: Int32Array;
}

/** A model made ready: all that stays the same from step to step. */
interface QuantisedModel {
  /** Those on the chip, in order of evaluation. */
  readonly layers: ReadonlyMap<string, QuantisedLayer>;
  /** In the model's order. */
  readonly projections: readonly PreparedProjection[];
  /** Of the projections into layers on the chip. */
  readonly rows: ReadonlyMap<PreparedProjection, QuantisedRows>;
  /** Of the populations that layers on the chip read. */
  readonly fractionBits: ReadonlyMap<string, number>;
  readonly decoder?: ChipDecoder | undefined;
}

interface QuantisedLayer {
  readonly layer: Layer;
  /** Of its payloads. */
  readonly fractionBits: number;
  readonly parameters: IntegerParameters;
}

/** Biases, summed in float32, and the kind's vectors in fixed point (docs/model.md, 2: Accumulator start). */
export function quantiseLayer(layer: Layer, bits: AccumulatorBits): IntegerParameters {
  const one = 2 ** ACCUMULATOR_FRACTION_BITS[bits];
  return {
    start: Int32Array.from(biases(layer), (bias) =>
      saturated(nearest(Math.fround(bias) * one), endOfRange(bits)),
    ),
    vectors: kindOf(layer).integerVectors(layer, bits),
  };
}

interface ChipDecoder {
  readonly name: string;
  readonly layer: Int8Layer;
}

/**
 * Runs a model in the integers of docs/model.md, 2. It derives scales, multipliers and tables from that
 * text itself and shares no code with compiler or simulator, so that either's fault shows.
 * h, c and y of its steps are integers as docs/model.md, 2 has them; events and their payloads are those on the wire.
 */
export function createQuantisedReference(
  model: ModelIr,
  quantisation: Quantisation,
  options: QuantisedReferenceOptions = {},
): ReferenceExecutor<Int32Array> {
  checkWindow(options);
  const integers = integerQuantisation(quantisation);
  const { layers, projections, rows, fractionBits, decoder } = quantise(model, integers, options);
  const counted = projections.filter(({ lookUp, target }) => !lookUp && target !== decoder?.name);
  const arrayBits = options.arrayAccumulatorBits ?? 32;
  const isProduct = (projection: PreparedProjection) =>
    options.products?.has(projectionName(projection)) ?? false;
  const layerNames = [...layers.keys()];
  const states = new Map(
    [...layers].map(([name, { layer }]) => [name, new Int32Array(kindOf(layer).states * layer.size)]),
  );
  let before = new Map(
    [...layers].map(([name, own]) => [name, ofEvents(own, new Int32Array(own.layer.size))]),
  );
  let steps = 0;

  const ofHost = (name: string, values: Float64Array): Output => {
    const bits = fractionBits.get(name);
    return { values, payloads: bits === undefined ? new Int32Array() : hostPayloads(values, bits) };
  };
  const nameOf = (layer: number): string => {
    const name = layerNames[layer];
    if (name === undefined) throw new RangeError(`the model has no layer ${layer}`);
    return name;
  };

  const isForgotten = ({ source, delay }: PreparedProjection): boolean => {
    const own = layers.get(source);
    return delay === 1 && own !== undefined && !kindOf(own.layer).keepsEvents;
  };

  return {
    layers: layerNames,
    projections: counted.map((projection) => {
      const { source, target, delay, synapses } = projection;
      return { source, target, delay, synapses: rows.get(projection)?.weight.length ?? synapses };
    }),

    step(input) {
      const restarted = restarts(options, steps);
      if (restarted) for (const state of states.values()) state.fill(0);
      const synops = new Map<PreparedProjection, number>();
      const layerSteps: LayerStep<Int32Array>[] = [];

      const outputOfLayer = (own: QuantisedLayer, incoming: readonly Incoming<Output>[]): Output => {
        const { layer, parameters } = own;
        const sums = parameters.start.slice();
        for (const { projection, y } of incoming) {
          const integerRows = rows.get(projection)!;
          const { graded } = projection;
          // Events that a window has cut off are worked off, and what comes of them is thrown away.
          const into = restarted && isForgotten(projection) ? new Int32Array(sums.length) : sums;
          const met = kindOf(layer).takesMaxima
            ? takeMaxima(into, y.payloads, integerRows, graded)
            : isProduct(projection)
              ? addMacProduct(into, y.payloads, integerRows, graded, integers, arrayBits)
              : addQuantisedProducts(into, y.payloads, integerRows, graded, integers);
          synops.set(projection, met);
        }
        const state = states.get(layer.name)!;
        const { y, c } = kindOf(layer).stepInteger(layer, parameters, sums, state, integers.accumulatorBits);
        layerSteps.push({ name: layer.name, y, h: state.slice(), c, events: eventsIn(y) });
        return ofEvents(own, y);
      };

      const outputOfHost = (population: Population, incoming: readonly Incoming<Output>[]): Output => {
        const sums = biases(population);
        for (const { projection, y } of incoming)
          synops.set(projection, addProducts(sums, y.values, projection.rows, projection.graded));
        return ofHost(
          population.name,
          population.kind === "linear" ? Float64Array.from(activated(population, sums)) : sums,
        );
      };

      const first = ofHost(model.populations[0]!.name, Float64Array.from(inputValues(model, input)));
      before = runPopulations(model, projections, first, before, (population, incoming) => {
        const { name } = population;
        const layer = layers.get(name);
        if (layer !== undefined) return outputOfLayer(layer, incoming);
        if (name !== decoder?.name) return outputOfHost(population, incoming);
        return ofHost(name, int8Logits(decoder.layer, incoming[0]!.y.values, arrayBits));
      });
      steps += 1;
      return {
        layers: layerSteps,
        output: before.get(model.populations.at(-1)!.name)!.values.slice(),
        synops: counted.map((projection) => synops.get(projection) ?? 0),
      };
    },

    state(layer) {
      const name = nameOf(layer);
      return { h: states.get(name)!.slice(), y: before.get(name)!.payloads.slice() };
    },

    setState(layer, { h, y }) {
      const name = nameOf(layer);
      const own = layers.get(name)!;
      const state = states.get(name)!;
      checkState(name, state.length, h);
      checkState(name, own.layer.size, y);
      state.set(h);
      before.set(name, ofEvents(own, Int32Array.from(y)));
    },
  };
}

const ofEvents = ({ fractionBits }: QuantisedLayer, payloads: Int32Array): Output => ({
  values: valuesOfEvents(payloads, fractionBits),
  payloads: payloads.slice(),
});

function integerQuantisation(quantisation: Quantisation): IntegerQuantisation {
  const { format } = quantisation;
  if (format === "float32")
    throw new UnsupportedError(
      "The quantised reference computes in int8 or int16, not in float32.",
      "Use the dense reference with float32 precision.",
    );
  return { ...quantisation, format };
}

function quantise(
  model: ModelIr,
  integers: IntegerQuantisation,
  { chipDecoder, formats, products }: QuantisedReferenceOptions,
): QuantisedModel {
  const layers = new Map<string, QuantisedLayer>();
  for (const layer of chipLayers(model.populations))
    layers.set(layer.name, {
      layer,
      fractionBits: fractionBitsOf(model, layer.name),
      parameters: quantiseLayer(layer, integers.accumulatorBits),
    });
  const projections = prepareProjections(model);
  const rows = new Map<PreparedProjection, QuantisedRows>();
  const fractionBits = new Map<string, number>();
  for (const projection of projections) {
    const { source, target } = projection;
    if (!layers.has(target)) continue;
    const bits = fractionBitsOf(model, source);
    fractionBits.set(source, bits);
    const name = projectionName(projection);
    // The sums of a product have one scale.
    const scales = products?.has(name) && integers.scales === "row" ? "matrix" : integers.scales;
    const own = { ...integers, scales, format: formats?.get(name) ?? integers.format };
    rows.set(projection, quantiseRows(name, projection.rows, bits, own));
  }
  const decoder = chipDecoder ? chipDecoderOf(model, projections) : undefined;
  return {
    layers,
    projections,
    rows,
    fractionBits,
    decoder,
  };
}

/** The model's last layer in int8; it reads one layer on the chip. */
function chipDecoderOf(model: ModelIr, projections: readonly PreparedProjection[]): ChipDecoder {
  const last = model.populations.at(-1)!;
  const into = projections.filter(({ target }) => target === last.name);
  const only = into.length === 1 ? into[0]! : undefined;
  if (
    last.kind !== "linear" ||
    only === undefined ||
    only.delay === 1 ||
    last.activation !== undefined ||
    !chipLayers(model.populations.slice(0, -1)).some(({ name }) => name === only.source)
  )
    throw new UnsupportedError(
      `${last.name} cannot be a decoder on the chip: it is not a linear layer that reads one recurrent layer.`,
      "Run the decoder on the host.",
    );
  return { name: last.name, layer: int8Layer(only.rows, last.bias) };
}
