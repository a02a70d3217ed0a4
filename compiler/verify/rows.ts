import { type EventGraph, type FanOut, type GraphProjection } from "../../src/core/event-graph.ts";
import { formatOf } from "../../src/core/number-format.ts";
import type { HardwareProfile } from "../../src/core/profile.ts";
import type { PeProgram, Program, SourceBlock } from "../../src/core/program.ts";
import { isProductForm } from "../../src/core/row-form.ts";
import { readBlock, rowSpaceFor } from "./block-rows.ts";
import { fault } from "./fault.ts";
import { sectionOf, wordsOf } from "./image-sections.ts";
import { longestTransfer, verifyRowBuffer } from "./row-buffers.ts";
import { SYNAPSE_WORDS } from "./row-decoders.ts";

/**
 * Synaptic rows in all images can be read, and row buffers hold two of the longest that come from DRAM. With the event
 * graph: they hold its synapses, each exactly once, on the PE of its target neuron, to the bit, and no others.
 */
export function verifyRows(program: Program, profile: HardwareProfile, graph?: EventGraph): void {
  const space = rowSpaceFor(program);
  for (const population of program.populations) {
    const { name } = population;
    const slices = program.pes.filter((pe) => pe.population === name);
    const inbound = graph?.projections.filter(({ target }) => target === name);
    const { size } = population;
    const held = inbound?.map((projection) => holdersOf(projection, slices, size));
    for (const [slice, pe] of slices.entries()) {
      const own = inbound?.filter((_, index) => held![index]![slice] === 1);
      verifySources(pe, slices[0]!, own);
      if (own) for (const [block, projection] of own.entries()) verifyRange(pe, block, projection, program);
    }
    const longest = new Float64Array(slices.length);
    for (const [index, name] of (inbound?.map(blockName) ?? blockNames(slices)).entries()) {
      const projection = inbound?.[index];
      let at = 0;
      let gates = 0;
      const blocks = slices.map(({ sources }) => sources.findIndex((source) => nameOf(source) === name));
      for (const [slice, pe] of slices.entries()) {
        const block = blocks[slice]!;
        if (block < 0) continue;
        gates |= readBlock(pe, block, space, at);
        const transfer = longestTransfer(pe, block, space.pointers, profile);
        longest[slice] = Math.max(longest[slice]!, transfer);
        if (projection) verifyScales(pe, block, projection);
        at += pe.sources[block]!.synapses;
      }
      verifyGates(slices, blocks, gates);
      if (projection)
        compareRows(space.stored.subarray(0, SYNAPSE_WORDS * at), slices, blocks, projection, size);
    }
    for (const [slice, pe] of slices.entries()) verifyRowBuffer(pe, longest[slice]!);
  }
}

const nameOf = ({ population, delay, part }: SourceBlock): string => `${population} ${delay} ${part}`;
const blockName = ({ source, delay, part = 0 }: GraphProjection): string => `${source} ${delay} ${part}`;

/** Of all slices together, each once. */
const blockNames = (slices: readonly PeProgram[]): string[] => [
  ...new Set(slices.flatMap(({ sources }) => sources.map(nameOf))),
];

/** 1 for each slice that has to hold a projection: all, or of rows of a range of sources those that synapses reach. */
function holdersOf(
  { sources, synapses: { target } }: GraphProjection,
  slices: readonly PeProgram[],
  size: number,
): Uint8Array {
  const holders = new Uint8Array(slices.length).fill(sources ? 0 : 1);
  if (!sources) return holders;
  const isReached = new Uint8Array(size);
  for (const accumulator of target) isReached[accumulator % size] = 1;
  for (const [slice, { firstNeuron, neurons }] of slices.entries())
    holders[slice] = isReached.subarray(firstNeuron, firstNeuron + neurons).includes(1) ? 1 : 0;
  return holders;
}

/** A block waits for the keys of the neurons that the graph's rows are of, no more and no fewer. */
function verifyRange(
  pe: PeProgram,
  block: number,
  { source, sources }: GraphProjection,
  { populations }: Program,
): void {
  const { keys, rows } = pe.sources[block]!;
  const sent = populations.find(({ name }) => name === source)!;
  const first = sources?.first ?? 0;
  const isRight =
    keys.base === sent.keys.base + first &&
    rows === (sources?.count ?? sent.size) &&
    (sources !== undefined || keys.mask === sent.keys.mask);
  if (!isRight) fault(`PE ${pe.pe} waits for other keys of ${source} than are sent`);
}

/** Source blocks stand in the graph's order of projections, in which their contributions are added. */
function verifySources(
  pe: PeProgram,
  first: PeProgram,
  inbound: readonly GraphProjection[] | undefined,
): void {
  const listed = (list: readonly Pick<SourceBlock, "population" | "delay" | "part">[]) =>
    list.map(({ population, delay, part }) => `${population} (delay ${delay}, part ${part})`).join(", ");
  const of = ({ sources }: PeProgram) => listed(sources);
  const expected = inbound
    ? listed(inbound.map(({ source, delay, part = 0 }) => ({ population: source, delay, part })))
    : of(first);
  if (of(pe) !== expected) fault(`PE ${pe.pe} holds rows of ${of(pe)} instead of ${expected}`);
}

/** All slices have the columns of the accumulators that the projection reaches, and no others. */
function verifyGates(slices: readonly PeProgram[], blocks: readonly number[], reached: number): void {
  for (const [slice, { pe, sources }] of slices.entries()) {
    if (blocks[slice]! < 0) continue;
    const { population, gates } = sources[blocks[slice]!]!;
    if (gates !== reached)
      fault(`rows of ${population} on PE ${pe} are said to reach accumulators ${gates}, not ${reached}`);
  }
}

function verifyScales(
  pe: PeProgram,
  block: number,
  { onMacArray, convolution, synapses: { scale, weight } }: GraphProjection,
): void {
  const source = pe.sources[block]!;
  const where = `of ${source.population} on PE ${pe.pe}`;
  const asked = onMacArray ? (convolution ? "mac-convolution" : "mac-array") : undefined;
  if (asked === undefined ? isProductForm(source.form) : source.form !== asked)
    fault(`rows ${where} are ${source.form}, which is not how the graph has them worked off`);
  if (source.weightFormat !== formatOf(weight)) fault(`weights ${where} are not in the graph's format`);
  const multiplier = scale?.multiplier ?? new Uint32Array(0);
  if (source.scaleShift !== (scale?.shift ?? 0)) fault(`the shift ${where} is not the graph's`);
  if (source.scalePerRow !== multiplier.length > 1) fault(`the number of scales ${where} is not the graph's`);
  const stored = wordsOf(pe, sectionOf(pe, "scales", source));
  if (stored.length !== multiplier.length) fault(`the number of scales ${where} is not the graph's`);
  const wrong = stored.findIndex((value, row) => value !== multiplier[row]);
  if (wrong >= 0) fault(`scale ${wrong} ${where} is not the graph's`);
}

/** Takes the graph's synapses in their order, and of its slice the next stored one for each. */
function compareRows(
  stored: Int32Array,
  slices: readonly PeProgram[],
  blocks: readonly number[],
  projection: GraphProjection,
  size: number,
): void {
  const { source, synapses, target: name } = projection;
  const { rowStart, target, weight } = synapses;
  const count = stored.length / SYNAPSE_WORDS;
  if (count !== target.length)
    fault(`PEs hold ${count} synapses of ${source} -> ${name}, the graph ${target.length}`);
  const { sliceOf, indexOf } = homesOf(slices, size, accumulatorsIn(target, size));
  const next = beginnings(
    slices.map(({ sources }, slice) => SYNAPSE_WORDS * (sources[blocks[slice]!]?.synapses ?? 0)),
  );
  const expected = bitsOf(weight);
  for (let row = 0; row + 1 < rowStart.length; row += 1) {
    for (let i = rowStart[row]!; i < rowStart[row + 1]!; i += 1) {
      const accumulator = target[i]!;
      const slice = sliceOf[accumulator]!;
      const at = next[slice]!;
      next[slice] = at + SYNAPSE_WORDS;
      const isHere = stored[at] === row && stored[at + 1] === indexOf[accumulator];
      if (isHere && stored[at + 2] === expected[i]) continue;
      const what = isHere ? "has another weight" : "is not where it belongs";
      fault(
        `the synapse from neuron ${row} of ${source} to neuron ${accumulator % size} of ${name} ${what} on PE ${slices[slice]!.pe}`,
      );
    }
  }
}

/** Accumulators of a neuron up to the last one that a synapse names. */
const accumulatorsIn = (target: Uint32Array, size: number): number =>
  target.reduce((most, accumulator) => Math.max(most, Math.floor(accumulator / size) + 1), 0);

/** Slice of each of a population's accumulators, and its index there. Shape [accumulators · size] each. */
function homesOf(slices: readonly PeProgram[], size: number, accumulators: number) {
  const sliceOf = new Uint32Array(accumulators * size);
  const indexOf = new Uint32Array(accumulators * size);
  for (const [slice, { firstNeuron, neurons }] of slices.entries()) {
    for (let index = 0; index < accumulators * neurons; index += 1) {
      const accumulator = Math.floor(index / neurons) * size + firstNeuron + (index % neurons);
      sliceOf[accumulator] = slice;
      indexOf[accumulator] = index;
    }
  }
  return { sliceOf, indexOf };
}

/** Where each part begins when they stand one after the other. */
function beginnings(lengths: readonly number[]): Uint32Array {
  const begin = new Uint32Array(lengths.length);
  for (let part = 1; part < lengths.length; part += 1) begin[part] = begin[part - 1]! + lengths[part - 1]!;
  return begin;
}

const bitsOf = (weight: FanOut["weight"]): Int32Array | Int16Array | Int8Array =>
  weight instanceof Float32Array ? new Int32Array(weight.buffer, weight.byteOffset, weight.length) : weight;
