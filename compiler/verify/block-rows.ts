import type { NumberFormat } from "../../src/core/number-format.ts";
import type { PeProgram, Program, SourceBlock } from "../../src/core/program.ts";
import { storesAllColumns } from "../../src/core/row-form.ts";
import { fault } from "./fault.ts";
import { bytesOf, sectionOf, valuesOf } from "./image-sections.ts";
import { decodeRows, SYNAPSE_WORDS } from "./row-decoders.ts";

/** Room for the rows of one source block on all PEs of a population, used again and again. */
export interface RowSpace {
  /** SYNAPSE_WORDS for each synapse, one PE's after the other's. */
  readonly stored: Int32Array;
  /** Row pointers of the PE that was read last; 0 where its form has none. */
  readonly pointers: Uint32Array;
}

/** Room for the largest block of a program. */
export function rowSpaceFor({ populations, pes }: Program): RowSpace {
  const most = (counts: readonly number[]) => counts.reduce((a, b) => Math.max(a, b), 0);
  const sums = new Map<string, number>();
  for (const { population: target, sources } of pes) {
    for (const { population, delay, part, synapses } of sources) {
      const block = `${delay} ${part} ${population} ${target}`;
      sums.set(block, (sums.get(block) ?? 0) + synapses);
    }
  }
  return {
    stored: new Int32Array(SYNAPSE_WORDS * most([...sums.values()])),
    pointers: new Uint32Array(most(populations.map(({ size }) => size)) + 1),
  };
}

/**
 * Reads a source block from a PE's images into `space`, from synapse `at` on: row pointers span what the block stores and
 * never fall, and rows are as their form asks.
 *
 * @returns Bits of the accumulators that its synapses reach.
 */
export function readBlock(pe: PeProgram, block: number, space: RowSpace, at: number): number {
  const source = pe.sources[block]!;
  const where = () => `of ${source.population} on PE ${pe.pe}`;
  const bytes = (kind: "row-pointers" | "indices" | "weights") => bytesOf(pe, sectionOf(pe, kind, source));
  const { pointers, stored } = space;
  pointers.fill(0);
  const isKernel = source.form === "mac-convolution";
  if (!storesAllColumns(source.form) && !isKernel) {
    const own = bytes("row-pointers");
    pointers.set(source.pointerBytes === 2 ? valuesOf(Uint16Array, 2, own) : valuesOf(Uint32Array, 4, own));
    if (!doAscend(pointers, source)) fault(`row pointers ${where()} do not ascend over its synapses`);
  }
  const weights = WEIGHT_BITS[source.weightFormat](bytes("weights"));
  const contents = {
    source,
    first: pe.firstNeuron,
    neurons: pe.neurons,
    pointers: isKernel ? valuesOf(Uint32Array, 4, bytes("row-pointers")) : pointers,
    indices: bytes("indices"),
    weights,
    where,
  };
  decodeRows(contents, stored, at);
  return gatesOf(stored, at, source.synapses, pe.neurons);
}

/** From 0 over all slots, or of the form `block` over all blocks. */
function doAscend(pointers: Uint32Array, { rows, slots, form }: SourceBlock): boolean {
  let last = 0;
  for (let row = 1; row <= rows; row += 1) {
    if (pointers[row]! < last) return false;
    last = pointers[row]!;
  }
  return pointers[0] === 0 && last === (form === "block" ? slots / 4 : slots);
}

function gatesOf(stored: Int32Array, at: number, synapses: number, neurons: number): number {
  let gates = 0;
  for (let i = at; i < at + synapses; i += 1)
    gates |= 1 << Math.floor(stored[SYNAPSE_WORDS * i + 1]! / neurons);
  return gates;
}

/** Weights as signed numbers: the integers, or the bits of float32. */
const WEIGHT_BITS: Readonly<
  Record<NumberFormat, (bytes: Uint8Array) => Int32Array | Int16Array | Int8Array>
> = {
  float32: (bytes) => valuesOf(Int32Array, 4, bytes),
  int16: (bytes) => valuesOf(Int16Array, 2, bytes),
  int8: (bytes) => valuesOf(Int8Array, 1, bytes),
};
