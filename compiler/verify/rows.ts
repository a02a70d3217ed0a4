import { type EventGraph, type FanOut, type GraphProjection } from "../../src/core/event-graph.ts";
import { EGRU_ACCUMULATORS } from "../../src/core/number-format.ts";
import type { HardwareProfile } from "../../src/core/profile.ts";
import type { PeProgram, Program, SourceBlock } from "../../src/core/program.ts";
import { readBlock, rowSpaceFor, SYNAPSE_WORDS } from "./block-rows.ts";
import { fault } from "./fault.ts";
import { sectionOf, wordsOf } from "./image-sections.ts";
import { longestTransfer, verifyRowBuffer } from "./row-buffers.ts";

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
    for (const pe of slices) verifySources(pe, slices[0]!, inbound);
    const longest = new Float64Array(slices.length);
    for (const [block] of (slices[0]?.sources ?? []).entries()) {
      const projection = inbound?.[block];
      let at = 0;
      for (const [slice, pe] of slices.entries()) {
        readBlock(pe, block, space, at);
        const transfer = longestTransfer(pe, block, space.pointers, profile);
        longest[slice] = Math.max(longest[slice]!, transfer);
        if (projection) verifyScales(pe, block, projection);
        at += pe.sources[block]!.synapses;
      }
      const { size } = population;
      if (projection)
        compareRows(space.stored.subarray(0, SYNAPSE_WORDS * at), slices, block, projection, size);
    }
    for (const [slice, pe] of slices.entries()) verifyRowBuffer(pe, longest[slice]!);
  }
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

function verifyScales(pe: PeProgram, block: number, { synapses: { scale } }: GraphProjection): void {
  const source = pe.sources[block]!;
  const where = `of ${source.population} on PE ${pe.pe}`;
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
  block: number,
  projection: GraphProjection,
  size: number,
): void {
  const { source, synapses, target: name } = projection;
  const { rowStart, target, weight } = synapses;
  const count = stored.length / SYNAPSE_WORDS;
  if (count !== target.length)
    fault(`PEs hold ${count} synapses of ${source} -> ${name}, the graph ${target.length}`);
  const { sliceOf, indexOf } = homesOf(slices, size);
  const next = beginnings(slices.map(({ sources }) => SYNAPSE_WORDS * sources[block]!.synapses));
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

/** Slice of each of a population's accumulators, and its index there. Shape [4 · size] each. */
function homesOf(slices: readonly PeProgram[], size: number) {
  const sliceOf = new Uint32Array(EGRU_ACCUMULATORS * size);
  const indexOf = new Uint32Array(EGRU_ACCUMULATORS * size);
  for (const [slice, { firstNeuron, neurons }] of slices.entries()) {
    for (let index = 0; index < EGRU_ACCUMULATORS * neurons; index += 1) {
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
