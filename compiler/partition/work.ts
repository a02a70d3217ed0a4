import {
  bySource,
  type EventGraph,
  type FanOut,
  firstSourceOf,
  type GraphProjection,
  graphPopulationNamed,
} from "../../src/core/event-graph.ts";
import { productCycles } from "../../src/core/mac-product.ts";
import { formatOf } from "../../src/core/number-format.ts";
import { NEURON_TRAITS } from "../../src/core/population-kind.ts";
import type { HardwareProfile } from "../../src/core/profile.ts";
import { gatesIn } from "../../src/core/row-form.ts";
import { operandsOf } from "../../src/core/shared-convolution.ts";
import { middleSlice } from "../storage/expected-rows.ts";
import type { Activity } from "../place/problem.ts";
import { fanInOf } from "./fan-in.ts";
import { productShape } from "./slice-bytes.ts";

/**
 * What the slices of one population are expected to work, in PE cycles a timestep. Each neuron has a share of its own:
 * its update, the events that it sends, and the synops that its sources' events cost it. Each slice pays once for
 * what every event costs it however short its row: packet, lookup, and a row begun where it is not empty.
 *
 * Rows are reckoned as CSR but for those that are products on the MAC array, and each as if it spread its synapses over the population as all rows together do.
 */
export interface SliceWork {
  /** Of neurons first … first + count − 1 on one PE. Never falls when the range grows. */
  cycles(first: number, count: number): number;
  /** Of any neurons on one PE. */
  cyclesOf(neurons: Uint32Array): number;
  /** Of each of so many slices, were neurons divisible. */
  evenly(slices: number): number;
  /** Each neuron's own share. Shape [neurons]. */
  readonly neurons: Float64Array;
  /** The largest of them. */
  readonly largest: number;
}

export interface WorkProblem {
  readonly graph: EventGraph;
  readonly profile: HardwareProfile;
  /** Mean events of each neuron of each population in a timestep, in the graph's numbering. */
  readonly activity: Activity;
  /** Packets that a core composes for an event, by population; one each where absent. */
  readonly packets?: ReadonlyMap<string, number>;
}

export function workOf({ graph, profile, activity, packets }: WorkProblem, name: string): SliceWork {
  const population = graphPopulationNamed(graph, name);
  const { size } = population;
  if (population.kind === "input") throw new Error(`${name} is not on the chip`);
  const { update } = NEURON_TRAITS[population.kind];
  const kernels = profile.pe.kernels[graph.quantisation.format]!;
  const blocks = graph.projections
    .filter(({ target }) => target === name)
    .map((projection) => blockOf(projection, size, profile, activity));
  const sent = activity.get(name)!;
  const send = kernels.eventSend * (packets?.get(name) ?? 1);
  const neurons = new Float64Array(size);
  for (let neuron = 0; neuron < size; neuron += 1) {
    neurons[neuron] = kernels[update] + sent[neuron]! * send;
    for (const { load, synop, product } of blocks)
      neurons[neuron]! +=
        synop * (load.prefix[neuron + 1]! - load.prefix[neuron]!) + (product?.perNeuron ?? 0);
  }
  const prefix = new Float64Array(size + 1);
  let largest = 0;
  for (let neuron = 0; neuron < size; neuron += 1) {
    prefix[neuron + 1] = prefix[neuron]! + neurons[neuron]!;
    largest = Math.max(largest, neurons[neuron]!);
  }
  let each: number = kernels.timestep;
  const received = new Map(blocks.map(({ source, first, events }) => [`${source} ${first}`, events]));
  for (const events of received.values()) each += events * kernels.packetReceive;
  for (const { events } of blocks) each += events * kernels.rowLookup;

  const products = blocks.flatMap(({ product }) => (product ? [product] : []));
  const multiplying = (count: number, first?: number): number =>
    products.reduce((sum, { cyclesFor, noting }) => sum + cyclesFor(count) + noting(count, first), 0);
  const begun = (shareOf: (block: Block) => number): number => {
    let cycles = 0;
    for (const block of blocks) cycles += block.rowFetch * rowsBegun(block.load, shareOf(block));
    return cycles;
  };
  return {
    neurons,
    largest,
    cycles: (first, count) =>
      each +
      multiplying(count, first) +
      (prefix[first + count]! - prefix[first]!) +
      begun(({ load: { prefix: own } }) => own[first + count]! - own[first]!),
    cyclesOf: (members) =>
      each +
      multiplying(members.length) +
      sumAt(neurons, members) +
      begun(({ load: { prefix: own } }) =>
        members.reduce((sum, neuron) => sum + own[neuron + 1]! - own[neuron]!, 0),
      ),
    evenly: (slices) =>
      each +
      multiplying(size / slices) +
      prefix[size]! / slices +
      begun(({ load }) => load.prefix[size]! / slices),
  };
}

/** One projection's part of the work. */
interface Block {
  readonly source: string;
  /** First of its source neurons, and all events that they send in a timestep. */
  readonly first: number;
  readonly events: number;
  readonly load: EventLoad;
  readonly synop: number;
  readonly rowFetch: number;
  /**
   * Where it is no rows but a product on the MAC array: a neuron's sums, the array's cycles for so many neurons, and the core's for
   * their operands; of neurons in the middle of maps where it is not said which.
   */
  readonly product?: {
    readonly perNeuron: number;
    cyclesFor(neurons: number): number;
    noting(neurons: number, first?: number): number;
  };
}

function blockOf(
  projection: GraphProjection,
  size: number,
  profile: HardwareProfile,
  activity: Activity,
): Block {
  const { source, synapses } = projection;
  const all = activity.get(source)!;
  const events = bySource(projection, all).reduce((sum, own) => sum + own, 0);
  const common = {
    source,
    first: firstSourceOf(projection),
    events,
    load: eventLoadOf(projection, size, all),
  };
  if (projection.onMacArray)
    return { ...common, synop: 0, rowFetch: 0, product: productOf(projection, size, all, profile) };
  const forms = profile.pe.rowForms[formatOf(synapses.weight)]!;
  const { synop, rowFetch } = forms.csr ?? Object.values(forms)[0]!;
  return { ...common, synop, rowFetch };
}

function productOf(
  projection: GraphProjection,
  size: number,
  activity: Float64Array,
  { pe: { macArray } }: HardwareProfile,
): NonNullable<Block["product"]> {
  const { macOperand, macMagnitude, macResult } = macArray!.kernel!;
  const { convolution, synapses } = projection;
  const columns = gatesIn(fanInOf(synapses, size).gates).length;
  const before = runningSum(bySource(projection, activity));
  const all = before.at(-1)!;
  const seen = (neurons: number, first?: number): number => {
    if (!convolution) return all;
    const slice = first === undefined ? middleSlice(projection, size, neurons) : { first, count: neurons };
    const operands = operandsOf(convolution, slice);
    return before[operands.first + operands.count]! - before[operands.first]!;
  };
  return {
    perNeuron: columns * macResult,
    cyclesFor(neurons) {
      const product = productShape(projection, Math.ceil(columns * neurons));
      return product.times * productCycles(macArray!, product);
    },
    noting(neurons, first) {
      const own = seen(neurons, first);
      return own * macOperand + (all - own) * macMagnitude;
    },
  };
}

/** Sums of the values before each, and of all. Shape [values + 1]. */
function runningSum(values: Float64Array): Float64Array {
  const sums = new Float64Array(values.length + 1);
  for (const [i, value] of values.entries()) sums[i + 1] = sums[i]! + value;
  return sums;
}

/** What events bring a population through one projection in a timestep. */
interface EventLoad {
  /** Synops of neurons below n, for n = 0 … size. */
  readonly prefix: Float64Array;
  /** Rows begun by a slice with the share (i / SHARES)² of the synops, for i = 0 … SHARES. */
  readonly begun: Float64Array;
}

/** Small shares lie closer together: there rows begun rise steepest. */
const SHARES = 1024;

function rowsBegun({ prefix, begun }: EventLoad, synops: number): number {
  const all = prefix.at(-1)!;
  if (all === 0) return 0;
  const at = SHARES * Math.sqrt(Math.max(0, Math.min(1, synops / all)));
  const below = Math.min(SHARES - 1, Math.floor(at));
  return begun[below]! + (at - below) * (begun[below + 1]! - begun[below]!);
}

/** Synapses never change, so that each projection is counted once for an activity. */
const known = new WeakMap<FanOut, { readonly events: Float64Array; readonly load: EventLoad }>();

function eventLoadOf(projection: GraphProjection, size: number, events: Float64Array): EventLoad {
  const { synapses } = projection;
  const found = known.get(synapses);
  if (found !== undefined && found.events === events) return found.load;
  const own = bySource(projection, events);
  const load = { prefix: synopPrefix(synapses, size, own), begun: begunByShare(synapses, own) };
  known.set(synapses, { events, load });
  return load;
}

function synopPrefix({ rowStart, target }: FanOut, size: number, events: Float64Array): Float64Array {
  const accumulators = new Float64Array(4 * size);
  for (let row = 0; row + 1 < rowStart.length; row += 1) {
    const each = events[row]!;
    if (each === 0) continue;
    for (let i = rowStart[row]!; i < rowStart[row + 1]!; i += 1) accumulators[target[i]!]! += each;
  }
  const prefix = new Float64Array(size + 1);
  for (let neuron = 0; neuron < size; neuron += 1) {
    prefix[neuron + 1] = prefix[neuron]!;
    for (let accumulator = neuron; accumulator < 4 * size; accumulator += size)
      prefix[neuron + 1]! += accumulators[accumulator]!;
  }
  return prefix;
}

/** A row of L synapses is empty on a slice with the share p of all with probability (1 − p)^L. */
function begunByShare({ rowStart }: FanOut, events: Float64Array): Float64Array {
  const eventsByLength = new Map<number, number>();
  for (let row = 0; row + 1 < rowStart.length; row += 1) {
    const length = rowStart[row + 1]! - rowStart[row]!;
    if (length > 0) eventsByLength.set(length, (eventsByLength.get(length) ?? 0) + events[row]!);
  }
  const begun = new Float64Array(SHARES + 1);
  for (let i = 0; i <= SHARES; i += 1) {
    const elsewhere = 1 - (i / SHARES) ** 2;
    for (const [length, sent] of eventsByLength) begun[i]! += sent * (1 - elsewhere ** length);
  }
  return begun;
}

/** Events of a population in a timestep. */
const sumAt = (values: Float64Array, at: Uint32Array): number =>
  at.reduce((sum, index) => sum + values[index]!, 0);
