import { type HostStages, projectionName } from "../../../src/core/event-graph.ts";
import type { KeyRange, MemorySection, RoutingEntry, SectionKind } from "../../../src/core/mapping.ts";
import { type NumberFormat, type Quantisation, WEIGHT_BYTES } from "../../../src/core/number-format.ts";
import type { HardwareProfile } from "../../../src/core/profile.ts";
import { type ChipDecoder, DRAM_ADDRESS, type PeProgram, type Program } from "../../../src/core/program.ts";
import type { RowForm } from "../../../src/core/row-form.ts";
import { writeRows } from "./write-rows.ts";

/**
 * A net by its numbers as they lie in memory, and a builder that lays them out as `PeProgram` describes.
 * It shares no code with the compiler: it is a second reading of the image format.
 */
export interface Net {
  readonly quantisation: Quantisation;
  /** The input first. */
  readonly populations: readonly NetPopulation[];
  readonly projections: readonly NetProjection[];
  readonly slices: readonly NetSlice[];
  readonly host?: HostStages;
  readonly chipDecoder?: ChipDecoder;
}

export interface NetPopulation {
  readonly name: string;
  readonly size: number;
  readonly payloadFractionBits: number;
  /** Shape [4, size]; empty for the input. */
  readonly start: readonly number[];
  /** Shape [size]; empty for the input. */
  readonly threshold: readonly number[];
}

export interface NetProjection {
  readonly source: string;
  readonly target: string;
  readonly delay: 0 | 1;
  /** weights[source][accumulator · target size + neuron]; 0 is not stored. */
  readonly weights: readonly (readonly number[])[];
  /** One, or one a source; ignored in float32. */
  readonly multiplier: readonly number[];
  readonly shift: number;
  /** Of its rows, csr where it does not say; on all PEs or by PE. */
  readonly form?: RowForm | ((pe: number) => RowForm);
  /** Of its weights, the net's where it does not say; on all PEs or by PE. */
  readonly format?: NumberFormat | ((pe: number) => NumberFormat);
  /** Of one that is divided. */
  readonly part?: number;
  /** In delta-csr. */
  readonly gapBits?: 4 | 8;
}

export interface NetSlice {
  readonly population: string;
  readonly first: number;
  readonly count: number;
  readonly pe: number;
  /** Indices and weights of all its source blocks. */
  readonly inDram?: true;
}

/** Accumulators that a projection reaches at least, by its delay: z, r and the input or the recurrent part of g. */
const GATES = [0b0111, 0b1011] as const;

type Owner = Pick<MemorySection, "source" | "delay" | "part">;
const SLICE: Owner = { source: "", delay: 0, part: 0 };

/** Population n has the 256 keys from 256 · n on. */
export const keysOf = (net: Net, name: string): KeyRange => ({
  base: 256 * net.populations.findIndex((population) => population.name === name),
  mask: 0xffffff00,
});

export function buildProgram(
  net: Net,
  profile: HardwareProfile,
  entries: readonly RoutingEntry[] = routingOf(net, profile),
): Program {
  return {
    manifest: {
      formatVersion: 4,
      compiler: "test",
      modelName: "net",
      modelHash: "0".repeat(64),
      profileName: profile.name,
      profileHash: profile.hash,
      seed: 1,
      options: {},
      quantisation: net.quantisation,
      denseWeights: net.projections.reduce(
        (sum, { weights }) => sum + weights.length * weights[0]!.length * 0.75,
        0,
      ),
      denseByProjection: Object.fromEntries(
        net.projections.map((projection) => [
          projectionName(projection),
          projection.weights.length * projection.weights[0]!.length * 0.75,
        ]),
      ),
      storedWeights: net.projections.reduce(
        (sum, { weights }) => sum + weights.flat().filter((weight) => weight !== 0).length,
        0,
      ),
    },
    populations: net.populations.map(({ name, size, payloadFractionBits }, index) => ({
      name,
      kind: index === 0 ? "input" : "egru",
      size,
      payloadFractionBits,
      keys: keysOf(net, name),
    })),
    pes: net.slices.map((slice) => buildPe(net, slice, profile)),
    routing: [{ router: 0, entries }],
    host: net.host ?? { encoder: [], decoder: [] },
    ...(net.chipDecoder && { chipDecoder: net.chipDecoder }),
  };
}

/** One entry a population: to all slices of its targets, and from the last to the host or to the decoder. */
export function routingOf(net: Net, { noc }: HardwareProfile): RoutingEntry[] {
  return net.populations.map(({ name }, index) => {
    const targets = net.projections.filter(({ source }) => source === name).map(({ target }) => target);
    const isLast = index === net.populations.length - 1;
    const pes = new Set(
      net.slices.filter(({ population }) => targets.includes(population)).map(({ pe }) => pe),
    );
    for (const pe of (isLast && net.chipDecoder?.pes) || []) pes.add(pe);
    const { base: key, mask } = keysOf(net, name);
    const destinations = noc.nodes
      .map((node, at) => ({ node: at, pes: node.pes.filter((pe) => pes.has(pe)) }))
      .filter((destination) => destination.pes.length > 0);
    return { key, mask, destinations, links: [], toHost: isLast && net.chipDecoder === undefined };
  });
}

function buildPe(net: Net, slice: NetSlice, { pe: { sram } }: HardwareProfile): PeProgram {
  const { format, scales } = net.quantisation;
  const isInteger = format !== "float32";
  const population = net.populations.find(({ name }) => name === slice.population)!;
  const inbound = net.projections.filter(({ target }) => target === slice.population);
  const view = new DataView(new ArrayBuffer(sram.bytes));
  const sections: MemorySection[] = [];
  const dramSections: MemorySection[] = [];
  const dram = new DataView(new ArrayBuffer(sram.bytes));
  const inDram = slice.inDram ?? false;
  const rowView = inDram ? dram : view;
  let nextInDram = 0;
  let next = sram.codeBytes;
  const section = (kind: SectionKind, bytes: number, owner = SLICE): number => {
    const offset = next;
    sections.push({ kind, ...owner, offset, bytes });
    next += (bytes + 3) & ~3;
    return offset;
  };
  /** A section for rows: its place in the memory that it lies in, and its address. */
  const rowSection = (kind: SectionKind, bytes: number, owner: Owner) => {
    if (!inDram) {
      const place = section(kind, bytes, owner);
      return { place, address: place };
    }
    const place = nextInDram;
    dramSections.push({ kind, ...owner, offset: DRAM_ADDRESS + place, bytes });
    nextInDram += (bytes + 3) & ~3;
    return { place, address: DRAM_ADDRESS + place };
  };
  const number = (offset: number, value: number) =>
    isInteger ? view.setInt32(offset, value, true) : view.setFloat32(offset, value, true);

  const table = section("population-table", 36 * inbound.length);
  const sources = inbound.map((projection, index) => {
    const { source, delay, part = 0, multiplier, shift, gapBits } = projection;
    const form = chosen(projection.form ?? "csr", slice.pe);
    const format = chosen(projection.format ?? net.quantisation.format, slice.pe);
    const rows = localRows(projection, slice, population.size);
    const reached = GATES[delay] | gatesOf(projection, population.size);
    const columns = rows[0]!.flatMap((_, at) => ((reached >> Math.floor(at / slice.count)) & 1 ? [at] : []));
    const { pointers, indices, weights, indexBits } = writeRows(form, rows, columns, gapBits);
    const owner = { source, delay, part };
    const pointerBytes = Math.max(...pointers) < 2 ** 16 ? 2 : 4;
    const pointerSection =
      pointers.length === 0 ? 0 : section("row-pointers", pointerBytes * pointers.length, owner);
    const indexSection = form === "dense" ? NOWHERE : rowSection("indices", indices.length, owner);
    const weightSection = rowSection("weights", WEIGHT_BYTES[format] * weights.length, owner);
    const scalePerRow = isInteger && scales === "row" && rows.length > 1;
    const multipliers = isInteger ? section("scales", 4 * (scalePerRow ? rows.length : 1), owner) : 0;

    for (const [row, count] of pointers.entries()) {
      if (pointerBytes === 2) view.setUint16(pointerSection + 2 * row, count, true);
      else view.setUint32(pointerSection + 4 * row, count, true);
    }
    for (const [at, byte] of indices.entries()) rowView.setUint8(indexSection.place + at, byte);
    for (const [at, weight] of weights.entries()) {
      if (format === "float32") rowView.setFloat32(weightSection.place + 4 * at, weight, true);
      else if (format === "int16") rowView.setInt16(weightSection.place + 2 * at, weight, true);
      else rowView.setInt8(weightSection.place + at, weight);
    }
    if (isInteger) {
      for (let row = 0; row < (scalePerRow ? rows.length : 1); row += 1) {
        view.setUint32(multipliers + 4 * row, multiplier[multiplier.length === 1 ? 0 : row]!, true);
      }
    }
    const keys = keysOf(net, source);
    const scaleShift = isInteger ? shift : 0;
    const layout = pointerBytes | (indexBits << 8) | (scaleShift << 16) | (delay << 24);
    const offsets = [pointerSection, indexSection.address, weightSection.address, multipliers];
    const kind = FORMS.indexOf(form) | (WEIGHT_BYTES[format] << 8) | (reached << 16);
    const record = [keys.base, keys.mask, rows.length, ...offsets, layout, kind];
    for (const [word, value] of record.entries())
      view.setUint32(table + 36 * index + 4 * word, value >>> 0, true);
    return {
      population: source,
      delay,
      part,
      keys,
      rows: rows.length,
      synapses: rows.flat().filter((weight) => weight !== 0).length,
      form,
      slots: weights.length,
      weightFormat: format,
      gates: reached,
      pointerBytes,
      indexBits,
      scalePerRow,
      scaleShift,
      inDram,
    } as const;
  });

  const { first, count } = slice;
  const parameters = section("parameters", 20 * count);
  for (let n = 0; n < count; n += 1) {
    for (let a = 0; a < 4; a += 1)
      number(parameters + 4 * (a * count + n), population.start[a * population.size + first + n]!);
    number(parameters + 4 * (4 * count + n), population.threshold[first + n]!);
  }
  if (isInteger) {
    const tables = section("tables", 2 * 2 * 513);
    for (let i = 0; i <= 512; i += 1) {
      view.setUint16(tables + 2 * i, Math.floor(2 ** 15 / (1 + Math.exp(-i / 64)) + 0.5), true);
      view.setUint16(tables + 2 * (513 + i), Math.floor(2 ** 15 * Math.tanh(i / 64) + 0.5), true);
    }
  }
  const end = next;
  section("state", 4 * count);
  section("accumulators", 16 * count);
  section("packet-fifo", 8 * sram.packetFifoEntries);
  section("send-buffer", 8 * count);
  return {
    pe: slice.pe,
    population: slice.population,
    firstNeuron: first,
    neurons: count,
    sources,
    sections,
    imageOffset: sram.codeBytes,
    image: new Uint8Array(view.buffer.slice(sram.codeBytes, end)),
    dramSections,
    dramImage: new Uint8Array(dram.buffer.slice(0, nextInDram)),
  };
}

/** Per source, its weight for each local accumulator, 0 where there is none. */
const localRows = ({ weights }: NetProjection, { first, count }: NetSlice, size: number) =>
  weights.map((row) =>
    Array.from(
      { length: 4 * count },
      (_, index) => row[Math.floor(index / count) * size + first + (index % count)]!,
    ),
  );

const gatesOf = ({ weights }: NetProjection, size: number): number =>
  weights.reduce(
    (gates, row) =>
      row.reduce((sum, weight, at) => (weight === 0 ? sum : sum | (1 << Math.floor(at / size))), gates),
    0,
  );

function chosen<Choice extends string>(choice: Choice | ((pe: number) => Choice), pe: number): Choice {
  return typeof choice === "function" ? choice(pe) : choice;
}

/** Positions of forms in a record. */
const FORMS: readonly RowForm[] = ["csr", "delta-csr", "bitmap", "block", "dense"];
const NOWHERE = { place: 0, address: 0 };
