import {
  accumulatorsPerNeuron,
  type EventGraph,
  type FanOut,
  type GraphPopulation,
  type GraphProjection,
  graphPopulationNamed,
} from "../../src/core/event-graph.ts";
import type { Activity } from "../place/problem.ts";

/** For each population that changes: the present number of the neuron that is to stand at each place. Shape [neurons]. */
export type NeuronOrders = ReadonlyMap<string, Uint32Array>;

/**
 * The same network with its neurons in another order: rows, accumulators and parameters move with them, and `order`
 * says what each is called in the model. An accumulator's synapses are then added in another order, which float32 rounds
 * differently; integers that do not saturate give the same sums.
 */
export function permuteNeurons(graph: EventGraph, orders: NeuronOrders): EventGraph {
  if (orders.size === 0) return graph;
  return {
    ...graph,
    populations: graph.populations.map((population) =>
      permutePopulation(population, orders.get(population.name)),
    ),
    projections: graph.projections.map((projection) => permuteProjection(graph, projection, orders)),
  };
}

/** Values by the graph's neurons, as activity is, from values by the model's. */
export const inGraphOrder = (
  { order }: Pick<GraphPopulation, "order">,
  values: Float64Array,
): Float64Array => (order ? Float64Array.from(order, (neuron) => values[neuron]!) : values);

/** The same of all populations that have values. */
export const activityIn = ({ populations }: Pick<EventGraph, "populations">, activity?: Activity): Activity =>
  new Map(
    populations.flatMap((population) => {
      const values = activity?.get(population.name);
      return values ? [[population.name, inGraphOrder(population, values)] as const] : [];
    }),
  );

function permutePopulation(population: GraphPopulation, from: Uint32Array | undefined): GraphPopulation {
  if (from === undefined) return population;
  const order = population.order ? from.map((neuron) => population.order![neuron]!) : from;
  if (population.kind === "input") return { ...population, order };
  const accumulatorStart = byNeuron(population.accumulatorStart, from);
  const parameters = population.parameters.map((values) => byNeuron(values, from));
  return { ...population, order, accumulatorStart, parameters };
}

/** Rows of one value a neuron, one row after the other, in the new order. */
function byNeuron<Values extends Float32Array | Int32Array>(values: Values, from: Uint32Array): Values {
  const size = from.length;
  const out = values.slice() as Values;
  for (let i = 0; i < out.length; i += 1) out[i] = values[i - (i % size) + from[i % size]!]!;
  return out;
}

function permuteProjection(
  graph: EventGraph,
  projection: GraphProjection,
  orders: NeuronOrders,
): GraphProjection {
  const { source, target, synapses } = projection;
  const [rows, neurons] = [orders.get(source), orders.get(target)];
  if (!rows && !neurons) return projection;
  if (rows && projection.sources) throw new Error(`${source}: rows of a range keep their place`);
  const population = graphPopulationNamed(graph, target);
  const { size } = population;
  const scale = synapses.scale;
  return {
    ...projection,
    synapses: {
      ...permuteSynapses(synapses, rows, columnsOf(size, accumulatorsPerNeuron(population), neurons)),
      ...(scale && {
        scale:
          rows && scale.multiplier.length > 1
            ? { ...scale, multiplier: pick(scale.multiplier, rows) }
            : scale,
      }),
    },
  };
}

const pick = (values: Uint32Array, from: Uint32Array): Uint32Array =>
  Uint32Array.from(from, (index) => values[index]!);

/** New accumulator of each present one. Shape [accumulators of a neuron · neurons]. */
function columnsOf(size: number, accumulators: number, from: Uint32Array | undefined): Uint32Array {
  const columns = new Uint32Array(accumulators * size);
  for (let accumulator = 0; accumulator < accumulators; accumulator += 1) {
    const base = accumulator * size;
    for (let place = 0; place < size; place += 1) columns[base + (from?.[place] ?? place)] = base + place;
  }
  return columns;
}

/** Rows in their new order, ascending within each: sorted by column first, then dealt out to their rows. */
function permuteSynapses(
  { rowStart, target, weight }: FanOut,
  rows: Uint32Array | undefined,
  columns: Uint32Array,
): Pick<FanOut, "rowStart" | "target" | "weight"> {
  const { row, from } = byColumn(rowStart, target, rows, columns);
  const starts = new Uint32Array(rowStart.length);
  for (let i = 0; i + 1 < rowStart.length; i += 1) {
    const old = rows?.[i] ?? i;
    starts[i + 1] = starts[i]! + rowStart[old + 1]! - rowStart[old]!;
  }
  const next = starts.slice();
  const targets = new Uint32Array(target.length);
  const weights = weight.slice() as FanOut["weight"];
  for (let i = 0; i < from.length; i += 1) {
    const at = next[row[i]!]!++;
    targets[at] = columns[target[from[i]!]!]!;
    weights[at] = weight[from[i]!]!;
  }
  return { rowStart: starts, target: targets, weight: weights };
}

/** All synapses by their new column, and of one column by their new row: where each was, and its new row. */
function byColumn(
  rowStart: Uint32Array,
  target: Uint32Array,
  rows: Uint32Array | undefined,
  columns: Uint32Array,
): { readonly row: Uint32Array; readonly from: Uint32Array } {
  const next = new Uint32Array(columns.length + 1);
  for (let i = 0; i < target.length; i += 1) next[columns[target[i]!]! + 1]! += 1;
  for (let column = 0; column < columns.length; column += 1) next[column + 1]! += next[column]!;
  const row = new Uint32Array(target.length);
  const from = new Uint32Array(target.length);
  for (let place = 0; place + 1 < rowStart.length; place += 1) {
    const old = rows?.[place] ?? place;
    for (let i = rowStart[old]!; i < rowStart[old + 1]!; i += 1) {
      const at = next[columns[target[i]!]!]!++;
      row[at] = place;
      from[at] = i;
    }
  }
  return { row, from };
}
