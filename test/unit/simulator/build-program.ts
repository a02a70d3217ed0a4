import type { HostStages } from "../../../src/core/event-graph.ts";
import type { KeyRange, MemorySection, RoutingEntry, SectionKind } from "../../../src/core/mapping.ts";
import { type Quantisation, WEIGHT_BYTES } from "../../../src/core/number-format.ts";
import type { HardwareProfile } from "../../../src/core/profile.ts";
import { type ChipDecoder, DRAM_ADDRESS, type PeProgram, type Program } from "../../../src/core/program.ts";

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
}

export interface NetSlice {
  readonly population: string;
  readonly first: number;
  readonly count: number;
  readonly pe: number;
  /** Indices and weights of all its source blocks. */
  readonly inDram?: true;
}

/** Accumulators that a projection reaches, by its delay: z, r and the input or the recurrent part of g. */
const GATES = [0b0111, 0b1011] as const;

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
      formatVersion: 3,
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
  const section = (kind: SectionKind, bytes: number, source = "", delay: 0 | 1 = 0): number => {
    const offset = next;
    sections.push({ kind, source, delay, part: 0, offset, bytes });
    next += (bytes + 3) & ~3;
    return offset;
  };
  /** A section for rows: its place in the memory that it lies in, and its address. */
  const rowSection = (kind: SectionKind, bytes: number, source: string, delay: 0 | 1) => {
    if (!inDram) {
      const place = section(kind, bytes, source, delay);
      return { place, address: place };
    }
    const place = nextInDram;
    dramSections.push({ kind, source, delay, part: 0, offset: DRAM_ADDRESS + place, bytes });
    nextInDram += (bytes + 3) & ~3;
    return { place, address: DRAM_ADDRESS + place };
  };
  const number = (offset: number, value: number) =>
    isInteger ? view.setInt32(offset, value, true) : view.setFloat32(offset, value, true);

  const table = section("population-table", 36 * inbound.length);
  const sources = inbound.map((projection, index) => {
    const { source, delay, multiplier, shift } = projection;
    const rows = localRows(projection, slice, population.size);
    const synapses = rows.flat();
    const pointerBytes = synapses.length < 2 ** 16 ? 2 : 4;
    const indexBytes = 4 * slice.count <= 256 ? 1 : 2;
    const pointers = section("row-pointers", pointerBytes * (rows.length + 1), source, delay);
    const indices = rowSection("indices", indexBytes * synapses.length, source, delay);
    const weights = rowSection("weights", WEIGHT_BYTES[format] * synapses.length, source, delay);
    const scalePerRow = isInteger && scales === "row" && rows.length > 1;
    const multipliers = isInteger ? section("scales", 4 * (scalePerRow ? rows.length : 1), source, delay) : 0;

    let count = 0;
    for (const [row, entries] of [...rows, []].entries()) {
      if (pointerBytes === 2) view.setUint16(pointers + 2 * row, count, true);
      else view.setUint32(pointers + 4 * row, count, true);
      count += entries.length;
    }
    for (const [at, { index, weight }] of synapses.entries()) {
      if (indexBytes === 1) rowView.setUint8(indices.place + at, index);
      else rowView.setUint16(indices.place + 2 * at, index, true);
      if (format === "float32") rowView.setFloat32(weights.place + 4 * at, weight, true);
      else if (format === "int16") rowView.setInt16(weights.place + 2 * at, weight, true);
      else rowView.setInt8(weights.place + at, weight);
    }
    if (isInteger) {
      for (let row = 0; row < (scalePerRow ? rows.length : 1); row += 1) {
        view.setUint32(multipliers + 4 * row, multiplier[multiplier.length === 1 ? 0 : row]!, true);
      }
    }
    const keys = keysOf(net, source);
    const scaleShift = isInteger ? shift : 0;
    const layout = pointerBytes | ((8 * indexBytes) << 8) | (scaleShift << 16) | (delay << 24);
    const offsets = [pointers, indices.address, weights.address, multipliers];
    const form = (WEIGHT_BYTES[format] << 8) | (GATES[delay] << 16);
    const record = [keys.base, keys.mask, rows.length, ...offsets, layout, form];
    for (const [word, value] of record.entries())
      view.setUint32(table + 36 * index + 4 * word, value >>> 0, true);
    return {
      population: source,
      delay,
      keys,
      rows: rows.length,
      synapses: synapses.length,
      part: 0,
      form: "csr",
      slots: synapses.length,
      weightFormat: format,
      gates: GATES[delay],
      pointerBytes,
      indexBits: indexBytes === 1 ? 8 : 16,
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

/** Per source, the stored weights that end in the slice, by local accumulator. */
const localRows = ({ weights }: NetProjection, { first, count }: NetSlice, size: number) =>
  weights.map((row) =>
    Array.from({ length: 4 * count }, (_, index) => ({
      index,
      weight: row[Math.floor(index / count) * size + first + (index % count)]!,
    })).filter(({ weight }) => weight !== 0),
  );
