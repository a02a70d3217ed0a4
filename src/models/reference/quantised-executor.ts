import { UnsupportedError } from "../../core/errors.ts";
import { type ModelIr, type Population, populationNamed } from "../../core/model-ir.ts";
import { projectionName } from "../../core/event-graph.ts";
import type { AccumulatorBits, ProjectionFormats, Quantisation } from "../../core/number-format.ts";
import type { StateCarry } from "../../core/stimulus.ts";
import { type Int8Layer, int8Layer, int8Logits } from "./chip-decoder.ts";
import {
  checkState,
  checkWindow,
  inputValues,
  type LayerStep,
  type ReferenceExecutor,
  restarts,
} from "./executor.ts";
import { fractionBitsOf, hostPayloads, valuesOfEvents } from "./payloads.ts";
import { addMacProduct } from "./mac-product.ts";
import { biases, type PreparedProjection, prepareProjections } from "./prepared-projections.ts";
import { type QuantisedLayer, quantiseLayer, stepQuantisedEgru } from "./quantised-egru.ts";
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
  /** The same in integers; empty where no EGRU layer reads it. */
  readonly payloads: Int32Array;
}

/** A model made ready: all that stays the same from step to step. */
interface QuantisedModel {
  readonly layers: ReadonlyMap<string, QuantisedLayer>;
  /** In the model's order. */
  readonly projections: readonly PreparedProjection[];
  /** Of the projections into EGRU layers. */
  readonly rows: ReadonlyMap<PreparedProjection, QuantisedRows>;
  /** Of the populations that EGRU layers read. */
  readonly fractionBits: ReadonlyMap<string, number>;
  readonly decoder?: ChipDecoder | undefined;
}

interface ChipDecoder {
  readonly name: string;
  readonly layer: Int8Layer;
}

/**
 * Runs a model in the integers of docs/model.md, 2. It derives scales, multipliers and tables from that
 * text itself and shares no code with compiler or simulator, so that either's fault shows.
 * h, c and y of its steps are Q23 integers; events and their payloads are those on the wire.
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
  const hidden = new Map([...layers].map(([name, { size }]) => [name, new Int32Array(size)]));
  let before = new Map([...layers].map(([name, { size }]) => [name, ofEvents(new Int32Array(size))]));
  let steps = 0;

  const ofHost = (name: string, values: Float64Array): Output => {
    const bits = fractionBits.get(name);
    return { values, payloads: bits === undefined ? new Int32Array() : hostPayloads(values, bits) };
  };
  const nameOf = (layer: number): string => {
    const name = layerNames[layer];
    if (name === undefined) throw new RangeError(`the model has no EGRU layer ${layer}`);
    return name;
  };

  return {
    layers: layerNames,
    projections: counted.map((projection) => {
      const { source, target, delay, synapses } = projection;
      return { source, target, delay, synapses: rows.get(projection)?.weight.length ?? synapses };
    }),

    step(input) {
      if (restarts(options, steps)) for (const h of hidden.values()) h.fill(0);
      const synops = new Map<PreparedProjection, number>();
      const layerSteps: LayerStep<Int32Array>[] = [];

      const outputOfLayer = (layer: QuantisedLayer, incoming: readonly Incoming<Output>[]): Output => {
        const sums = layer.accumulatorStart.slice();
        for (const { projection, y } of incoming) {
          const integerRows = rows.get(projection)!;
          const { graded } = projection;
          const met = isProduct(projection)
            ? addMacProduct(sums, y.payloads, integerRows, graded, integers, arrayBits)
            : addQuantisedProducts(sums, y.payloads, integerRows, graded, integers);
          synops.set(projection, met);
        }
        const step = stepQuantisedEgru(layer, sums, hidden.get(layer.name)!, integers.accumulatorBits);
        layerSteps.push(step);
        return ofEvents(step.y);
      };

      const outputOfHost = (population: Population, incoming: readonly Incoming<Output>[]): Output => {
        const sums = biases(population);
        for (const { projection, y } of incoming)
          synops.set(projection, addProducts(sums, y.values, projection.rows, projection.graded));
        return ofHost(population.name, sums);
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
      return { h: hidden.get(name)!.slice(), y: before.get(name)!.payloads.slice() };
    },

    setState(layer, { h, y }) {
      const name = nameOf(layer);
      const state = hidden.get(name)!;
      checkState(name, state.length, h);
      checkState(name, state.length, y);
      state.set(h);
      before.set(name, ofEvents(Int32Array.from(y)));
    },
  };
}

const ofEvents = (payloads: Int32Array): Output => ({
  values: valuesOfEvents(payloads),
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
  for (const population of model.populations)
    if (population.kind === "egru")
      layers.set(population.name, quantiseLayer(population, integers.accumulatorBits));
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

/** The model's last layer in int8; it reads one EGRU layer. */
function chipDecoderOf(model: ModelIr, projections: readonly PreparedProjection[]): ChipDecoder {
  const last = model.populations.at(-1)!;
  const into = projections.filter(({ target }) => target === last.name);
  const only = into.length === 1 ? into[0]! : undefined;
  if (
    last.kind !== "linear" ||
    only === undefined ||
    only.delay === 1 ||
    populationNamed(model, only.source).kind !== "egru"
  )
    throw new UnsupportedError(
      `${last.name} cannot be a decoder on the chip: it is not a linear layer that reads one recurrent layer.`,
      "Run the decoder on the host.",
    );
  return { name: last.name, layer: int8Layer(only.rows, last.bias) };
}
