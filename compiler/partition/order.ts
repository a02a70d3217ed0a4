import { type EventGraph, partOf } from "../../src/core/event-graph.ts";
import type { Partition, Slice } from "../../src/core/mapping.ts";
import { inGraphOrder, type NeuronOrders, permuteNeurons } from "../passes/permute-neurons.ts";
import type { Activity } from "../place/problem.ts";
import { balancedGroups } from "./balance.ts";
import { cutEvenly, cutFewest, longestSlice } from "./cut.ts";
import { type DramRows, NO_DRAM_ROWS } from "./dram-transfers.ts";
import { fanInOf } from "./fan-in.ts";
import {
  idealSharesOf,
  layersOf,
  type PartitionProblem,
  type PartitionStrategy,
  sharesOf,
  sizersOf,
} from "./partition.ts";
import { chooseTogether, fasterWithMore, type SharedLayer } from "./share.ts";
import type { SliceSizer } from "./slice-bytes.ts";
import { workOf } from "./work.ts";

/**
 * In which order neurons stand, and so which of them can share a PE. model: as the model has them. balanced: so that
 * the slices of each population are expected to work equally long. auto: balanced for the populations whose busiest slice
 * would else work more than 5 % longer than the mean, where that makes the whole faster by 1 % or brings all within the 5 %.
 * The first is the default.
 */
export const NEURON_ORDERS = ["auto", "model", "balanced"] as const;
export type NeuronOrder = (typeof NEURON_ORDERS)[number];

/** Busiest slice over the mean from which on another order is looked for. */
const UNEVEN = 1.05;
/** Share of the time down to which another order is not worth its other numbers, unless it makes all even. */
const HARDLY_FASTER = 0.99;

/** A graph whose neurons stand in the order in which they are cut, and what is told by its neurons with it. */
export interface OrderedPartition {
  readonly graph: EventGraph;
  readonly dram: DramRows;
  readonly activity: Activity;
  readonly slices: Partition;
  /** A line for each population in another order. */
  readonly remarks: readonly string[];
}

/** A population and the neurons of each of its slices; `order` joins them where they are not in their own order. */
interface CutLayer {
  readonly layer: SharedLayer;
  readonly cycles: readonly number[];
  readonly slices: readonly Slice[];
  readonly order?: Uint32Array;
}

/** @throws CapacityError as `partition` does. */
export function partitionInOrder(
  problem: PartitionProblem,
  strategy: PartitionStrategy,
  order: NeuronOrder,
): OrderedPartition {
  const layers = layersOf(problem);
  const shares = sharesOf(layers, problem.pes, strategy);
  const plain = layers.map((layer, i) => cutInOrder(layer, shares[i]!));
  const pinned = pinnedPopulations(problem.graph);
  const wanted = plain.map(
    (cut) =>
      !pinned.has(cut.layer.sizer.population.name) &&
      (order === "balanced" || (order === "auto" && !isEven(cut))),
  );
  if (!wanted.includes(true)) return ordered(problem, plain, plain);
  const ideal = idealSharesOf(layers, problem.pes, strategy);
  const cuts = plain.map((cut, i) =>
    strategy.aim === undefined
      ? [cutAgain(problem, cut, shares[i]!, wanted[i]!)]
      : sharesAround(ideal[i]!, shares[i]!, layers[i]!).map((own) => cutAgain(problem, cut, own, wanted[i]!)),
  );
  const grouped = soonest(cuts, problem.pes, strategy);
  const [before, now] = [timeOf(plain, strategy), timeOf(grouped, strategy)];
  const isWorthIt = now < HARDLY_FASTER * before || (now <= before && grouped.every(isEven));
  return ordered(problem, order === "balanced" || isWorthIt ? grouped : plain, plain);
}

const cutAgain = (problem: PartitionProblem, plain: CutLayer, pes: number, isWanted: boolean): CutLayer =>
  (isWanted ? cutInGroups(problem, plain, pes) : undefined) ?? cutInOrder(plain.layer, pes);

/** How far from a layer's ideal share others are tried, and in what steps: few neurons on a PE are not divisible. */
const [NEAREST, FURTHEST, STEP] = [0.85, 1.15, 1.0125];

/** Numbers of slices around the ideal, and `known`, ascending. */
function sharesAround(ideal: number, known: number, { fewest, sizer }: SharedLayer): number[] {
  const found = new Set([known]);
  for (let factor = NEAREST; factor <= FURTHEST; factor *= STEP)
    found.add(
      Math.max(fewest, Math.min(sizer.population.size / sizer.grain.neurons, Math.round(ideal * factor))),
    );
  return [...found].sort((a, b) => a - b);
}

/** One cut a layer, which together fit the PEs and take least time: even ones, where those fit. */
function soonest(
  cuts: readonly (readonly CutLayer[])[],
  pes: number,
  { aim = "sum of layers" }: PartitionStrategy,
): CutLayer[] {
  const choicesOf = (own: readonly CutLayer[]) =>
    fasterWithMore(own.map((cut) => ({ cut, slices: cut.slices.length, cycles: Math.max(...cut.cycles) })));
  const even = cuts.map((own) => choicesOf(own.some(isEven) ? own.filter(isEven) : own));
  const fewest = even.reduce((sum, own) => sum + own[0]!.slices, 0);
  const choices = fewest <= pes ? even : cuts.map(choicesOf);
  return chooseTogether(choices, pes, aim).map((choice, i) => choices[i]![choice]!.cut);
}

/** Neurons that rows of a range of sources name, that partial sums stand in the order of, or whose maps a kernel reads or writes, keep their places. */
const pinnedPopulations = ({ populations, projections }: EventGraph): ReadonlySet<string> =>
  new Set([
    ...projections.flatMap(({ source, sources }) => (sources ? [source] : [])),
    ...projections.flatMap(({ source, target, convolution }) => (convolution ? [source, target] : [])),
    ...populations.flatMap((own) => partOf(own) ?? []),
  ]);

function cutInOrder(layer: SharedLayer, pes: number): CutLayer {
  const slices = cutEvenly(layer, pes);
  return { layer, slices, cycles: slices.map(({ first, count }) => layer.work.cycles(first, count)) };
}

/** Undefined where memory is too scarce to choose which neurons stand together, and where that changes nothing. */
function cutInGroups(problem: PartitionProblem, plain: CutLayer, pes: number): CutLayer | undefined {
  const { layer } = plain;
  const { sizer, work, budget } = layer;
  const { name: population, size } = sizer.population;
  const groups = balancedGroups(work, neuronBytes(problem, plain), pes, {
    bytes: budget - sizer.bytes(0, 0),
    neurons: longestSlice(sizer),
  });
  if (groups === undefined) return undefined;
  const order = new Uint32Array(size);
  let first = 0;
  const slices = groups.map((members): Slice => {
    order.set(members, first);
    first += members.length;
    return { population, first: first - members.length, count: members.length };
  });
  if (order.every((neuron, place) => neuron === place)) return undefined;
  return { layer, slices, cycles: groups.map((members) => work.cyclesOf(members)), order };
}

/** A neuron takes about the bytes of so many synapses beside its own: parameters, state, accumulators, room to send. */
const NEURON_UNITS = 8;

/** What each neuron takes of SRAM, about, in proportion to its synapses there; together they take what the slices do. */
function neuronBytes(
  { graph, dram = NO_DRAM_ROWS }: PartitionProblem,
  { layer: { sizer }, slices }: CutLayer,
): Float64Array {
  const { name, size } = sizer.population;
  const prefixes = graph.projections
    .filter((projection) => projection.target === name && !dram.blocks.has(projection))
    .map(({ synapses }) => fanInOf(synapses, size).prefix);
  const units = Float64Array.from({ length: size }, (_, neuron) =>
    prefixes.reduce((sum, prefix) => sum + prefix[neuron + 1]! - prefix[neuron]!, NEURON_UNITS),
  );
  const empty = sizer.bytes(0, 0);
  const bytes = slices.reduce((sum, { first, count }) => sum + sizer.bytes(first, count) - empty, 0);
  const perUnit = bytes / units.reduce((a, b) => a + b, 0);
  return units.map((count) => count * perUnit);
}

/** Puts the graph into the cuts' order; a population whose groups do not fit after all stays in its own. */
function ordered(
  problem: PartitionProblem,
  cuts: readonly CutLayer[],
  plain: readonly CutLayer[],
): OrderedPartition {
  const orders: NeuronOrders = new Map(
    cuts.flatMap(({ layer, order }) => (order ? [[layer.sizer.population.name, order]] : [])),
  );
  const after = permuteProblem(problem, orders);
  const sizers = orders.size > 0 ? sizersOf(after) : [];
  const fitting = cuts.map((cut, i) => (cut.order ? refit(after, sizers[i]!, cut, plain[i]!) : cut));
  if (fitting.includes(undefined)) {
    const inOwn = fitting.map((cut, i) => cut ?? cutInOrder(cuts[i]!.layer, cuts[i]!.slices.length));
    return ordered(problem, inOwn, plain);
  }
  const found = fitting.filter((cut) => cut !== undefined);
  return {
    graph: after.graph,
    dram: after.dram,
    activity: after.activity,
    slices: found.flatMap(({ slices }) => slices),
    remarks: found.flatMap((cut, i) => (cut.order ? [remarkOf(cut, plain[i]!)] : [])),
  };
}

/** The groups where each fits a PE; else as many slices of neurons in the groups' order, where those do and are faster. */
function refit(
  after: PartitionProblem,
  sizer: SliceSizer,
  cut: CutLayer,
  plain: CutLayer,
): CutLayer | undefined {
  const { layer, slices } = cut;
  if (slices.every(({ first, count }) => sizer.bytes(first, count) <= layer.budget)) return cut;
  const fewest = cutFewest(sizer, layer.budget);
  if (!Array.isArray(fewest) || fewest.length > slices.length) return undefined;
  const work = workOf(after, sizer.population.name);
  const again = { ...cut, ...cutInOrder({ ...layer, sizer, work }, slices.length) };
  return Math.max(...again.cycles) < Math.max(...plain.cycles) ? again : undefined;
}

function permuteProblem(
  problem: PartitionProblem,
  orders: NeuronOrders,
): PartitionProblem & { readonly dram: DramRows } {
  const { graph, activity, dram = NO_DRAM_ROWS } = problem;
  if (orders.size === 0) return { ...problem, dram };
  const after = permuteNeurons(graph, orders);
  const blocks = after.projections.filter((_, i) => dram.blocks.has(graph.projections[i]!));
  return {
    ...problem,
    graph: after,
    dram: { ...dram, blocks: new Set(blocks) },
    activity: new Map(
      [...activity].map(([name, values]) => {
        const order = orders.get(name);
        return [name, order ? inGraphOrder({ order }, values) : values];
      }),
    ),
  };
}

const imbalanceOf = ({ cycles }: CutLayer): number =>
  (Math.max(...cycles) * cycles.length) / cycles.reduce((a, b) => a + b, 0);

const isEven = (cut: CutLayer): boolean => imbalanceOf(cut) <= UNEVEN;

/** Cycles of the layers' busiest slices, as the strategy adds them up. */
function timeOf(cuts: readonly CutLayer[], { aim }: PartitionStrategy): number {
  const busiest = cuts.map(({ cycles }) => Math.max(...cycles));
  return aim === "slowest layer" ? Math.max(...busiest) : busiest.reduce((a, b) => a + b, 0);
}

const above = (cut: CutLayer): string => `${(100 * (imbalanceOf(cut) - 1)).toFixed(1)} %`;

const remarkOf = (cut: CutLayer, plain: CutLayer): string =>
  `${cut.layer.sizer.population.name}: neurons in another order; the busiest PE is expected to work ${above(cut)} longer than the mean (${above(plain)} in the model's order)`;
