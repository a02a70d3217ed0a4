import type { EventGraph } from "../../src/core/event-graph.ts";
import {
  INITIALISED_SECTIONS,
  type Mapping,
  type MemorySection,
  type Slice,
} from "../../src/core/mapping.ts";
import type { ChipDecoder, Manifest, PeProgram, Program, SourceBlock } from "../../src/core/program.ts";
import { indexBytesFor, pointerBytesFor } from "../partition/slice-bytes.ts";
import { sigmoidTable, tanhTable } from "./fixed-point-tables.ts";
import { type SliceRows, sliceRows } from "./slice-rows.ts";

/** Writes down what the mapping decided: memory images, router entries, host stages, manifest. */
export function emit(
  graph: EventGraph,
  mapping: Mapping,
  manifest: Manifest,
  chipDecoder?: ChipDecoder,
): Program {
  const { partition, placement, allocation } = mapping;
  const rows = sliceRows(graph, partition);
  const pes = partition.map((slice, index) =>
    emitPe(graph, slice, placement[index]!, allocation.memory[index]!, rows[index]!, mapping),
  );
  return {
    manifest,
    populations: graph.populations.map(({ name, kind, size, payloadFractionBits }) => ({
      name,
      kind,
      size,
      payloadFractionBits,
      keys: allocation.keys.get(name)!,
    })),
    pes: pes.sort((a, b) => a.pe - b.pe),
    routing: mapping.routing,
    host: chipDecoder ? { ...graph.host, decoder: [] } : graph.host,
    ...(chipDecoder && { chipDecoder }),
  };
}

function emitPe(
  graph: EventGraph,
  slice: Slice,
  pe: number,
  sections: readonly MemorySection[],
  rows: readonly SliceRows[],
  { allocation }: Mapping,
): PeProgram {
  const loaded = sections.filter(({ kind }) => INITIALISED_SECTIONS.has(kind));
  const imageOffset = sections[0]!.offset;
  const image = new Uint8Array(Math.max(...loaded.map(({ offset, bytes }) => offset + bytes)) - imageOffset);
  const write = (section: MemorySection | undefined, values: ArrayBufferView): void => {
    if (section === undefined) return;
    if (values.byteLength !== section.bytes) {
      throw new Error(
        `${section.kind} of ${slice.population}: ${values.byteLength} bytes for ${section.bytes}`,
      );
    }
    image.set(
      new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
      section.offset - imageOffset,
    );
  };
  const own = (kind: MemorySection["kind"]) => sections.find((section) => section.kind === kind);
  const records = new Uint32Array(8 * rows.length);

  const sources = rows.map((block, index): SourceBlock => {
    const part = (kind: MemorySection["kind"]) =>
      sections.find(
        (section) =>
          section.kind === kind && section.source === block.source && section.delay === block.delay,
      );
    const described = describeBlock(block, slice.count * 4, allocation.keys.get(block.source)!);
    write(
      part("row-pointers"),
      described.pointerBytes === 2 ? Uint16Array.from(block.rowStart) : block.rowStart,
    );
    write(part("indices"), described.indexBytes === 1 ? Uint8Array.from(block.index) : block.index);
    write(part("weights"), block.weight);
    if (block.scale) write(part("scales"), block.scale.multiplier);
    records.set(
      [
        described.keys.base,
        described.keys.mask,
        described.rows,
        part("row-pointers")!.offset,
        part("indices")!.offset,
        part("weights")!.offset,
        part("scales")?.offset ?? 0,
        described.pointerBytes |
          (described.indexBytes << 8) |
          (described.scaleShift << 16) |
          (described.delay << 24),
      ],
      8 * index,
    );
    return described;
  });
  write(own("population-table"), records);
  write(own("parameters"), parametersOf(graph, slice));
  write(own("tables"), joined(Uint16Array, [sigmoidTable(), tanhTable()]));
  return {
    pe,
    population: slice.population,
    firstNeuron: slice.first,
    neurons: slice.count,
    sources,
    sections,
    imageOffset,
    image,
  };
}

const describeBlock = (block: SliceRows, accumulators: number, keys: SourceBlock["keys"]): SourceBlock => ({
  population: block.source,
  delay: block.delay,
  keys,
  rows: block.rowStart.length - 1,
  synapses: block.index.length,
  pointerBytes: pointerBytesFor(block.index.length),
  indexBytes: indexBytesFor(accumulators),
  scalePerRow: (block.scale?.multiplier.length ?? 0) > 1,
  scaleShift: block.scale?.shift ?? 0,
});

/** accumulatorStart [4, n], then threshold [n]. */
function parametersOf(graph: EventGraph, { population, first, count }: Slice): Float32Array | Int32Array {
  const whole = graph.populations.find(({ name }) => name === population)!;
  if (whole.kind !== "egru") throw new Error(`${population} has no parameters`);
  const { size, accumulatorStart, threshold } = whole;
  const parts = Array.from({ length: accumulatorStart.length / size }, (_, accumulator) =>
    accumulatorStart.subarray(accumulator * size + first, accumulator * size + first + count),
  );
  const values = [...parts, threshold.subarray(first, first + count)];
  return threshold instanceof Int32Array
    ? joined(Int32Array, values as Int32Array[])
    : joined(Float32Array, values as Float32Array[]);
}

function joined<T extends Float32Array | Int32Array | Uint16Array>(
  type: new (length: number) => T,
  parts: readonly T[],
): T {
  const out = new type(parts.reduce((sum, { length }) => sum + length, 0));
  let next = 0;
  for (const part of parts) {
    out.set(part, next);
    next += part.length;
  }
  return out;
}
