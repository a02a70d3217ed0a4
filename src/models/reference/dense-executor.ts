import type { EgruPopulation, ModelIr } from "../../core/model-ir.ts";
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
import { biases, type PreparedProjection, prepareProjections } from "./prepared-projections.ts";
import { runPopulations } from "./run-populations.ts";
import { addProducts, rounded } from "./source-rows.ts";

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
  const layers = model.populations.filter((population) => population.kind === "egru");
  const hidden = layers.map(({ size }) => zeros(size));
  let before = new Map<string, FloatArray>(layers.map(({ name, size }) => [name, zeros(size)]));
  let steps = 0;

  const layerAt = (layer: number): EgruPopulation => {
    const found = layers[layer];
    if (found === undefined) throw new RangeError(`the model has no EGRU layer ${layer}`);
    return found;
  };

  return {
    layers: layers.map(({ name }) => name),
    projections: counted.map(({ source, target, delay, synapses }) => ({ source, target, delay, synapses })),

    step(input) {
      if (restarts(options, steps)) for (const h of hidden) h.fill(0);
      const synops = new Map<PreparedProjection, number>();
      const layerSteps: LayerStep<FloatArray>[] = [];
      const first = copy(inputValues(model, input));
      before = runPopulations(model, projections, first, before, (population, incoming) => {
        const sums = copy(biases(population));
        for (const { projection, y } of incoming)
          synops.set(projection, addProducts(sums, y, projection.rows, projection.graded));
        if (population.kind !== "egru") return sums;
        const step = stepEgru(population, sums, hidden[layerSteps.length]!);
        layerSteps.push(step);
        return copy(step.y);
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
      return { h: copy(hidden[layer]!), y: copy(before.get(name)!) };
    },

    setState(layer, { h, y }) {
      const { name, size } = layerAt(layer);
      checkState(name, size, h);
      checkState(name, size, y);
      hidden[layer]!.set(h);
      before.set(name, copy(y));
    },
  };
}

/**
 * One EGRU layer, one timestep: z = σ(a_z), r = σ(a_r), g = tanh(a_g + r∘b_g), c = z∘h + (1 − z)∘g; an
 * event carries c where c > threshold, which is then taken off the state.
 *
 * @param sums a_z, a_r, a_g, b_g. Shape [4, size].
 * @param h    Hidden state; overwritten. Shape [size].
 */
function stepEgru(population: EgruPopulation, sums: FloatArray, h: FloatArray): LayerStep<FloatArray> {
  const { name, size, threshold } = population;
  const single = sums instanceof Float32Array;
  const round = (value: number) => rounded(single, value);
  const sigmoid = (x: number) => round(1 / round(1 + round(Math.exp(-x))));
  const y = h.slice().fill(0);
  const c = h.slice();
  for (let n = 0; n < size; n += 1) {
    const z = sigmoid(sums[n]!);
    const r = sigmoid(sums[size + n]!);
    const g = round(Math.tanh(round(sums[2 * size + n]! + round(r * sums[3 * size + n]!))));
    const state = round(round(z * h[n]!) + round(round(1 - z) * g));
    const fires = state > threshold[n]!;
    c[n] = state;
    y[n] = fires ? state : 0;
    h[n] = fires ? round(state - threshold[n]!) : state;
  }
  return { name, y, h: h.slice(), c, events: eventsIn(y) };
}
