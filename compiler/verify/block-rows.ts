import type { NumberFormat } from "../../src/core/number-format.ts";
import type { PeProgram, Program, SourceBlock } from "../../src/core/program.ts";
import { fault } from "./fault.ts";
import { bytesOf, sectionOf, valuesOf } from "./image-sections.ts";

/** Words of a stored synapse: source row, accumulator of the PE, the weight's bits. */
export const SYNAPSE_WORDS = 3;

/** Room for the rows of one source block on all PEs of a population, used again and again. */
export interface RowSpace {
  /** SYNAPSE_WORDS for each synapse, one PE's after the other's. */
  readonly stored: Int32Array;
  /** Row pointers of the PE that was read last. */
  readonly pointers: Uint32Array;
  /** Row of each synapse of the PE that was read last, and one place more. */
  readonly rowAt: Uint32Array;
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
  const synapses = pes.flatMap(({ sources }) => sources.map((source) => source.synapses));
  return {
    stored: new Int32Array(SYNAPSE_WORDS * most([...sums.values()])),
    pointers: new Uint32Array(most(populations.map(({ size }) => size)) + 1),
    rowAt: new Uint32Array(most(synapses) + 1),
  };
}

/**
 * Reads a source block from a PE's images into `space`, from synapse `at` on: row pointers span the block's synapses and
 * never fall, indices ascend within a row and name accumulators of the slice.
 */
export function readBlock(pe: PeProgram, block: number, space: RowSpace, at: number): void {
  const source = pe.sources[block]!;
  const where = () => `of ${source.population} on PE ${pe.pe}`;
  const bytes = (kind: "row-pointers" | "indices" | "weights") => bytesOf(pe, sectionOf(pe, kind, source));
  space.pointers.set(UNSIGNED[source.pointerBytes](bytes("row-pointers")));
  const indices = UNSIGNED[source.indexBits === 8 ? 1 : 2](bytes("indices"));
  const weights = WEIGHT_BITS[source.weightFormat](bytes("weights"));
  if (!findRows(space, source)) fault(`row pointers ${where()} do not ascend over its synapses`);
  const { stored, rowAt } = space;
  const accumulators = 4 * pe.neurons;
  let before = -1;
  let next = SYNAPSE_WORDS * at;
  for (let i = 0; i < source.synapses; i += 1) {
    const row = rowAt[i]!;
    const index = indices[i]!;
    if (index >= accumulators) fault(`an index ${where()} lies outside the slice in row ${row}`);
    if (row * accumulators + index <= before) fault(`indices ${where()} do not ascend in row ${row}`);
    before = row * accumulators + index;
    stored[next] = row;
    stored[next + 1] = index;
    stored[next + 2] = weights[i]!;
    next += SYNAPSE_WORDS;
  }
}

/**
 * Row of each synapse: how many rows but the first begin at it or before. Without a branch a row, as most rows of a slice
 * are empty or short. False where the pointers fall or do not span the synapses.
 */
function findRows({ pointers, rowAt }: RowSpace, { rows, synapses }: SourceBlock): boolean {
  rowAt.fill(0, 0, synapses + 1);
  let last = 0;
  for (let row = 1; row <= rows; row += 1) {
    const start = pointers[row]!;
    if (start < last || start > synapses) return false;
    rowAt[start]! += 1;
    last = start;
  }
  for (let i = 1; i < synapses; i += 1) rowAt[i]! += rowAt[i - 1]!;
  return pointers[0] === 0 && last === synapses;
}

const UNSIGNED = {
  1: (bytes: Uint8Array) => bytes,
  2: (bytes: Uint8Array) => valuesOf(Uint16Array, 2, bytes),
  4: (bytes: Uint8Array) => valuesOf(Uint32Array, 4, bytes),
};

/** Weights as signed numbers: the integers, or the bits of float32. */
const WEIGHT_BITS: Readonly<
  Record<NumberFormat, (bytes: Uint8Array) => Int32Array | Int16Array | Int8Array>
> = {
  float32: (bytes) => valuesOf(Int32Array, 4, bytes),
  int16: (bytes) => valuesOf(Int16Array, 2, bytes),
  int8: (bytes) => valuesOf(Int8Array, 1, bytes),
};
