import type { ModelIr } from "../../core/model-ir.ts";
import type { StateCarry } from "../../core/stimulus.ts";
import {
  checkState,
  checkWindow,
  eventsIn,
  type FloatArray,
  inputValues,
  type LayerStep,
  type ReferenceExecutor,
  restarts,
} from "./executor.ts";
import { chipLayers, isLayer, kindOf, type Layer } from "./kinds/kinds.ts";
import { activated } from "./kinds/linear.ts";
import { takeMaxima } from "./maxima.ts";
import { biases, type PreparedProjection, prepareProjections } from "./prepared-projections.ts";
import { runPopulations } from "./run-populations.ts";
import { addProducts } from "./source-rows.ts";

export interface ReferenceOptions extends StateCarry {
  /** float32 rounds every operation; float64 computes on the float32 weights without rounding them again. */
  readonly precision: "float32" | "float64";
}

/**
 * Runs a model as docs/model.md, 1 writes it down, one stream, one timestep a call. Nothing is quantised;
 * what a chip computes is held against this.
 */
export function createReference(model: ModelIr, options: ReferenceOptions): ReferenceExecutor<FloatArray> {
  checkWindow(options);
  const zeros = (size: number): FloatArray =>
    options.precision === "float32" ? new Float32Array(size) : new Float64Array(size);
  const copy = (values: ArrayLike<number>): FloatArray => {
    const kept = zeros(values.length);
    kept.set(values);
    return kept;
  };
  const projections = prepareProjections(model);
  const counted = projections.filter(({ lookUp }) => !lookUp);
  const layers = chipLayers(model.populations);
  const indexOf = new Map(layers.map(({ name }, index) => [name, index]));
  const states = layers.map((layer) => zeros(kindOf(layer).states * layer.size));
  let before = new Map<string, FloatArray>(layers.map(({ name, size }) => [name, zeros(size)]));
  let steps = 0;

  const layerAt = (layer: number): Layer => {
    const found = layers[layer];
    if (found === undefined) throw new RangeError(`the model has no layer ${layer}`);
    return found;
  };
  /** Events that a window has cut off: they are worked off, and what comes of them is thrown away. */
  const isForgotten = (restarted: boolean, { source, delay }: PreparedProjection): boolean => {
    const layer = layers[indexOf.get(source) ?? -1];
    return restarted && delay === 1 && layer !== undefined && !kindOf(layer).keepsEvents;
  };

  return {
    layers: layers.map(({ name }) => name),
    projections: counted.map(({ source, target, delay, synapses }) => ({ source, target, delay, synapses })),

    step(input) {
      const restarted = restarts(options, steps);
      if (restarted) for (const state of states) state.fill(0);
      const synops = new Map<PreparedProjection, number>();
      const layerSteps: LayerStep<FloatArray>[] = [];
      const first = copy(inputValues(model, input));
      before = runPopulations(model, projections, first, before, (population, incoming) => {
        const sums = copy(biases(population));
        const gather = isLayer(population) && kindOf(population).takesMaxima ? takeMaxima : addProducts;
        for (const { projection, y } of incoming) {
          const into = isForgotten(restarted, projection) ? zeros(sums.length) : sums;
          synops.set(projection, gather(into, y, projection.rows, projection.graded));
        }
        const { name } = population;
        const index = indexOf.get(name);
        if (index === undefined) return population.kind === "linear" ? activated(population, sums) : sums;
        const layer = layerAt(index);
        const state = states[index]!;
        const { y, c } = kindOf(layer).step(layer, sums, state);
        layerSteps.push({ name, y, h: state.slice(), c, events: eventsIn(y) });
        return copy(y);
      });
      steps += 1;
      return {
        layers: layerSteps,
        output: copy(before.get(model.populations.at(-1)!.name)!),
        synops: counted.map((projection) => synops.get(projection) ?? 0),
      };
    },

    state(layer) {
      const { name } = layerAt(layer);
      return { h: copy(states[layer]!), y: copy(before.get(name)!) };
    },

    setState(layer, { h, y }) {
      const { name, size } = layerAt(layer);
      checkState(name, states[layer]!.length, h);
      checkState(name, size, y);
      states[layer]!.set(h);
      before.set(name, copy(y));
    },
  };
}
