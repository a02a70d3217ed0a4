import {
  accumulatorsOf,
  type ChipGraphPopulation,
  type EventGraph,
  type FanOut,
  type GraphProjection,
  graphPopulationNamed,
  partOf,
  type SourceRange,
} from "../../src/core/event-graph.ts";
import { counted } from "../../src/core/wording.ts";
import type { GraphPass } from "./pass.ts";

/** Partial sums that one source block holds: small, so that a slice gets hardly more than its own neurons need. */
const SUMS_PER_BLOCK = 64;
/** Cuts of a source's neurons are multiples of its block of keys over this many a part. */
const STEPS_PER_PART = 8;
/** Rows of a part of a projection may be divided once more, into rows in SRAM and in DRAM, with the number that follows. */
const PART_STEP = 2;

/**
 * Divides the fan-in of populations by its sources: the rows of some sources end in a population of partial sums instead,
 * which adds them up and sends the sums on, one to one. The first part stays with the population itself.
 *
 * @param parts Into how many, by population.
 */
export const splitFanIn = (parts: ReadonlyMap<string, number>): GraphPass => ({
  name: "split-fan-in",
  summary: "Gather parts of a population's fan-in on PEs of their own.",
  requires: ["well-formed"],
  establishes: [],

  run(graph, context) {
    let split = graph;
    for (const [name, count] of parts) {
      if (count < 2 || split.populations.some((own) => partOf(own) === name)) continue;
      split = splitPopulation(split, name, count);
      const sums = split.populations.reduce((sum, own) => sum + (partOf(own) === name ? own.size : 0), 0);
      context.remark(
        `${name}: fan-in in ${count} parts; up to ${counted(sums, "partial sum")} sent a timestep`,
      );
    }
    return split;
  },
});

function splitPopulation(graph: EventGraph, name: string, parts: number): EventGraph {
  const target = graphPopulationNamed(graph, name);
  const inbound = graph.projections.filter((projection) => projection.target === name);
  const pieces = inbound.map((projection) => {
    const { size } = graphPopulationNamed(graph, projection.source);
    return { projection, ranges: balancedRanges(projection.synapses.rowStart, size, parts) };
  });
  const added = Array.from({ length: parts - 1 }, (_, i) =>
    fanInPart(
      pieces.flatMap(({ projection, ranges }) => blocksOf(projection, ranges[i + 1]!)),
      name,
      i + 1,
      target.size,
    ),
  ).filter(({ population }) => population.size > 0);
  const own = new Map(pieces.map(({ projection, ranges }) => [projection, blocksOf(projection, ranges[0]!)]));
  const last = inbound.at(-1);
  return {
    ...graph,
    populations: graph.populations.flatMap((population) =>
      population === target ? [...added.map((part) => part.population), population] : [population],
    ),
    projections: graph.projections.flatMap((projection) => [
      ...(own.get(projection) ?? [projection]),
      ...(projection === last ? added.flatMap(({ into, out }) => [...into, ...out]) : []),
    ]),
  };
}

interface FanInPart {
  readonly population: ChipGraphPopulation;
  readonly into: readonly GraphProjection[];
  readonly out: readonly GraphProjection[];
}

/** One sum for each accumulator that the rows reach, neuron by neuron, so that a slice's sums stand together. */
function fanInPart(blocks: readonly GraphProjection[], name: string, index: number, size: number): FanInPart {
  const reached = [...new Set(blocks.flatMap(({ synapses }) => [...new Set(synapses.target)]))];
  reached.sort((a, b) => (a % size) - (b % size) || a - b);
  const sumOf = new Map(reached.map((accumulator, sum) => [accumulator, sum]));
  const own = `${name}.part${index}`;
  const population: ChipGraphPopulation = {
    kind: "partial-sum",
    name: own,
    size: reached.length,
    partOf: name,
    payloadFractionBits: 0,
    accumulatorStart: new Float32Array(reached.length),
    parameters: [],
  };
  const into = blocks.map((block) => ({ ...block, target: own, synapses: toSums(block.synapses, sumOf) }));
  const oneToOne: FanOut = {
    rowStart: Uint32Array.from({ length: reached.length + 1 }, (_, sum) => sum),
    target: Uint32Array.from(reached),
    weight: new Float32Array(reached.length).fill(1),
  };
  const whole = { source: own, target: name, delay: 0 as const, synapses: oneToOne };
  return { population, into, out: blocksOf(whole, blocksWithin(0, reached.length, SUMS_PER_BLOCK)) };
}

/** The same rows with sums in place of accumulators, ascending within a row. */
function toSums({ rowStart, target, weight }: FanOut, sumOf: ReadonlyMap<number, number>): FanOut {
  const from = Uint32Array.from(target.keys());
  const sums = target.map((accumulator) => sumOf.get(accumulator)!);
  for (let row = 0; row + 1 < rowStart.length; row += 1)
    from.subarray(rowStart[row], rowStart[row + 1]).sort((a, b) => sums[a]! - sums[b]!);
  const weights = weight.slice() as FanOut["weight"];
  for (const [to, at] of from.entries()) weights[to] = weight[at]!;
  return { rowStart, target: Uint32Array.from(from, (at) => sums[at]!), weight: weights };
}

/** A projection of its own for each range that has synapses; of all sources together the projection as it is. */
function blocksOf(projection: GraphProjection, ranges: readonly SourceRange[]): GraphProjection[] {
  const { rowStart, target, weight } = projection.synapses;
  return ranges
    .filter(({ first, count }) => rowStart[first]! < rowStart[first + count]!)
    .map(({ first, count }, index) => {
      const [from, to] = [rowStart[first]!, rowStart[first + count]!];
      const synapses: FanOut = {
        rowStart: rowStart.slice(first, first + count + 1).map((start) => start - from),
        target: target.slice(from, to),
        weight: weight.slice(from, to) as FanOut["weight"],
      };
      const part = PART_STEP * index;
      return { ...projection, ...(part > 0 && { part }), sources: { first, count }, synapses };
    });
}

/** Source neurons of each part as aligned blocks, so that the parts have about as many synapses. */
function balancedRanges(rowStart: Uint32Array, size: number, parts: number): SourceRange[][] {
  const span = 2 ** Math.ceil(Math.log2(size));
  const step = Math.max(1, span / 2 ** Math.ceil(Math.log2(STEPS_PER_PART * parts)));
  const all = rowStart[size]!;
  const cuts = [0];
  for (let part = 1; part < parts; part += 1) {
    let cut = cuts.at(-1)!;
    while (cut < size && rowStart[Math.min(size, cut + step / 2)]! < (part * all) / parts) cut += step;
    cuts.push(Math.min(size, cut));
  }
  return cuts.map((first, part) => blocksWithin(first, cuts[part + 1] ?? size, span, size));
}

/** Neurons first … end − 1 in the fewest aligned blocks of at most `most`; one that ends with the population may be cut short. */
function blocksWithin(first: number, end: number, most: number, size = end): SourceRange[] {
  const blocks: SourceRange[] = [];
  for (let at = first; at < end;) {
    let span = 1;
    const fits = (wider: number) => wider <= most && at % wider === 0 && (at + wider <= end || end === size);
    while (fits(2 * span) && at + span < end) span *= 2;
    const count = Math.min(span, end - at);
    blocks.push({ first: at, count });
    at += count;
  }
  return blocks;
}

/** Populations of which a fan-in can be divided: those that have sums and are in the model. Maxima are no sums. */
export const splittable = (graph: EventGraph): string[] =>
  graph.populations
    .filter((own) => accumulatorsOf(own) > 0 && own.kind !== "max-pool" && partOf(own) === undefined)
    .map(({ name }) => name);
