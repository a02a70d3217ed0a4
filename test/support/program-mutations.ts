import {
  INITIALISED_SECTIONS,
  type MemorySection,
  type RoutingEntry,
  type SectionKind,
} from "../../src/core/mapping.ts";
import type { HardwareProfile } from "../../src/core/profile.ts";
import { DRAM_ADDRESS, type PeProgram, type Program, type SourceBlock } from "../../src/core/program.ts";
import { bytesOfSection } from "./row-form-mutations.ts";

/** The same, to be written to. */
export type Open<T> = T extends ArrayBufferView
  ? T
  : T extends object
    ? { -readonly [K in keyof T]: Open<T[K]> }
    : T;

export type OpenProgram = Open<Program>;

/** Draws of one mutation. */
export interface Dice {
  /** A whole number from 0 to n − 1. */
  below(n: number): number;
  pick<T>(list: readonly T[]): T;
}

export const diceOf = (random: () => number): Dice => {
  const below = (n: number) => Math.floor(random() * n);
  return { below, pick: (list) => list[below(list.length)]! };
};

/** Changes a program in place; false where it has nothing of the kind. */
export type Mutation = (program: OpenProgram, dice: Dice, profile: HardwareProfile) => boolean;

const onEntry =
  (change: (entry: Open<RoutingEntry>, dice: Dice, profile: HardwareProfile) => boolean): Mutation =>
  (program, dice, profile) =>
    change(dice.pick(dice.pick(program.routing).entries), dice, profile);

const onPe =
  (change: (pe: Open<PeProgram>, dice: Dice, program: OpenProgram) => boolean): Mutation =>
  (program, dice) =>
    change(dice.pick(program.pes), dice, program);

const onBlock = (change: (block: Open<SourceBlock>, dice: Dice) => void): Mutation =>
  onPe(({ sources }, dice) => {
    change(dice.pick(sources), dice);
    return true;
  });

/** Flips a bit of a loaded section, in SRAM or in DRAM. */
const bitOf = (kind: SectionKind): Mutation =>
  onPe((pe, dice) => {
    const found = [...pe.sections, ...pe.dramSections].filter((one) => one.kind === kind && one.bytes > 0);
    if (found.length === 0) return false;
    const { offset, bytes } = dice.pick(found);
    const [image, base] = offset < DRAM_ADDRESS ? [pe.image, pe.imageOffset] : [pe.dramImage, DRAM_ADDRESS];
    image[offset - base + dice.below(bytes)]! ^= 1 << dice.below(8);
    return true;
  });

/** Changes a number, upwards or downwards. */
const nudged = (value: number, dice: Dice, by = 1): number => value + dice.pick([-by, by]);
const bitFlipped = (word: number, dice: Dice): number => (word ^ (1 << keyBit(dice))) >>> 0;
/** Any bit of a key, one of the lowest every other time: few programs use more than those. */
const keyBit = (dice: Dice): number => dice.below(dice.pick([7, 32]));

function swap<T>(list: T[], a: number, b: number): void {
  [list[a], list[b]] = [list[b]!, list[a]!];
}

/** Mutations of tables. Some change nothing for the keys that are sent: keys between populations never come. */
export const TABLE_MUTATIONS: Readonly<Record<string, Mutation>> = {
  "key bit flipped": onEntry((entry, dice) => {
    entry.key = bitFlipped(entry.key, dice);
    return true;
  }),
  "mask bit flipped": onEntry((entry, dice) => {
    entry.mask = bitFlipped(entry.mask, dice);
    return true;
  }),
  "key and mask bit cleared": onEntry((entry, dice) => {
    const bit = 1 << keyBit(dice);
    entry.mask = (entry.mask & ~bit) >>> 0;
    entry.key = (entry.key & ~bit) >>> 0;
    return true;
  }),
  "destination PE dropped": onEntry(({ destinations }, dice) => {
    if (destinations.length === 0) return false;
    const { pes } = dice.pick(destinations);
    pes.splice(dice.below(pes.length), 1);
    return true;
  }),
  "destination PE added": onEntry(({ destinations }, dice, { noc }) => {
    const node = destinations.length > 0 ? dice.pick(destinations).node : dice.below(noc.nodes.length);
    destinations.push({ node, pes: [dice.pick(noc.nodes[node]!.pes)] });
    return true;
  }),
  "destination node changed": onEntry(({ destinations }, dice, { noc }) => {
    if (destinations.length === 0 || noc.nodes.length < 2) return false;
    const destination = dice.pick(destinations);
    destination.node = (destination.node + 1 + dice.below(noc.nodes.length - 1)) % noc.nodes.length;
    return true;
  }),
  "link dropped": onEntry(({ links }, dice) => {
    if (links.length === 0) return false;
    links.splice(dice.below(links.length), 1);
    return true;
  }),
  "link added": onEntry((entry, dice) => {
    const links = [0, 1, 2, 3, 4, 5].filter((link) => !entry.links.includes(link));
    if (links.length === 0) return false;
    entry.links = [...entry.links, dice.pick(links)].sort((a, b) => a - b);
    return true;
  }),
  "copy to the host toggled": onEntry((entry) => {
    entry.toHost = !entry.toHost;
    return true;
  }),
  "entry removed": ({ routing }, dice) => {
    const { entries } = dice.pick(routing);
    entries.splice(dice.below(entries.length), 1);
    return true;
  },
  "entries swapped": ({ routing }, dice) => {
    const tables = routing.filter(({ entries }) => entries.length > 1);
    if (tables.length === 0) return false;
    const { entries } = dice.pick(tables);
    const a = dice.below(entries.length);
    swap(entries, a, (a + 1) % entries.length);
    return true;
  },
  "table at another router": ({ routing }, dice) => {
    const table = dice.pick(routing);
    table.router = nudged(table.router, dice);
    return true;
  },
};

/** Swaps the content of two CSR rows of equal length. */
const rowsSwapped: Mutation = onPe((pe, dice) => {
  const block = dice.pick(pe.sources);
  if (block.form !== "csr") return false;
  const bytesOf = (kind: SectionKind) => bytesOfSection(pe, block, kind);
  const pointers = bytesOf("row-pointers");
  const view = new DataView(pointers.buffer, pointers.byteOffset, pointers.length);
  const start = (row: number) =>
    block.pointerBytes === 2 ? view.getUint16(2 * row, true) : view.getUint32(4 * row, true);
  const lengthOf = (row: number) => start(row + 1) - start(row);
  const contents = (row: number) =>
    (["indices", "weights"] as const).map((kind) => {
      const width = bytesOf(kind).length / block.synapses;
      return bytesOf(kind).subarray(width * start(row), width * start(row + 1));
    });
  const rows = Array.from({ length: block.rows }, (_, row) => row);
  const pairs = rows.flatMap((a) =>
    rows
      .filter((b) => b > a && lengthOf(a) > 0 && lengthOf(a) === lengthOf(b))
      .filter((b) => contents(a).join("|") !== contents(b).join("|"))
      .map((b) => [a, b] as const),
  );
  if (pairs.length === 0) return false;
  const [a, b] = dice.pick(pairs);
  const [left, right] = [contents(a), contents(b)];
  for (const part of left.keys()) {
    const kept = left[part]!.slice();
    left[part]!.set(right[part]!);
    right[part]!.set(kept);
  }
  return true;
});

const onSection = (change: (section: Open<MemorySection>, dice: Dice) => void): Mutation =>
  onPe((pe, dice) => {
    change(dice.pick([...pe.sections, ...pe.dramSections]), dice);
    return true;
  });

/** Mutations of what PEs hold; each must be seen. */
export const MEMORY_MUTATIONS: Readonly<Record<string, Mutation>> = {
  ...Object.fromEntries(
    (
      ["population-table", "row-pointers", "indices", "weights", "scales", "parameters", "tables"] as const
    ).map((kind) => [`bit of ${kind} flipped`, bitOf(kind)]),
  ),
  "threshold changed": onPe((pe, dice) => {
    const { offset, bytes } = pe.sections.find(({ kind }) => kind === "parameters")!;
    // After four starts of accumulators; other kinds than EGRU have none there.
    if (bytes !== 4 * 5 * pe.neurons) return false;
    const at = offset - pe.imageOffset + 4 * (4 * pe.neurons + dice.below(pe.neurons));
    pe.image[at + dice.below(4)]! ^= 1 << dice.below(8);
    return true;
  }),
  "rows swapped": rowsSwapped,
  "section moved onto the one before": onSection((section, dice) => {
    section.offset -= 4 * (1 + dice.below(50));
  }),
  "loaded section moved": onPe((pe, dice) => {
    const loaded = [...pe.sections.filter(({ kind }) => INITIALISED_SECTIONS.has(kind)), ...pe.dramSections];
    const section = dice.pick(loaded.filter(({ bytes }) => bytes > 0));
    section.offset = nudged(section.offset, dice, 4 * (1 + dice.below(3)));
    return true;
  }),
  "section in the stack": (program, dice, { pe: { sram } }) => {
    const last = dice.pick(program.pes).sections.at(-1)!;
    last.offset = sram.bytes - sram.stackBytes - last.bytes + 4;
    return true;
  },
  "section resized": onSection((section, dice) => {
    section.bytes = nudged(section.bytes, dice, 4 * (1 + dice.below(3)));
  }),
  "section removed": onPe((pe, dice) => {
    const list = pe.dramSections.length > 0 && dice.below(2) === 1 ? pe.dramSections : pe.sections;
    list.splice(dice.below(list.length), 1);
    return true;
  }),
  "section added": onPe(({ sections }, dice) => {
    const last = sections.at(-1)!;
    const offset = last.offset + 4 * Math.ceil(last.bytes / 4);
    sections.push({
      ...dice.pick(sections),
      kind: dice.pick(["state", "row-buffer", "send-buffer"]),
      offset,
    });
    return true;
  }),
  "image cut short": onPe((pe, dice) => {
    const inDram = pe.dramImage.length > 0 && dice.below(2) === 1;
    if (inDram) pe.dramImage = pe.dramImage.slice(0, -1);
    else pe.image = pe.image.slice(0, -1);
    return true;
  }),
  "image at another address": onPe((pe, dice) => {
    pe.imageOffset = nudged(pe.imageOffset, dice, 4);
    return true;
  }),
};

/** Mutations of what a program says of its populations, slices and source blocks; each must be seen. */
export const DESCRIPTION_MUTATIONS: Readonly<Record<string, Mutation>> = {
  "first key of a population changed": ({ populations }, dice) => {
    const { keys } = dice.pick(populations);
    keys.base = bitFlipped(keys.base, dice);
    return true;
  },
  "mask of a population changed": ({ populations }, dice) => {
    const { keys } = dice.pick(populations);
    keys.mask = bitFlipped(keys.mask, dice);
    return true;
  },
  "population resized": ({ populations }, dice) => {
    const population = dice.pick(populations);
    population.size = nudged(population.size, dice);
    return true;
  },
  "payload format changed": ({ populations }, dice) => {
    dice.pick(populations).payloadFractionBits += 1;
    return true;
  },
  "populations swapped": ({ populations }, dice) => {
    const a = dice.below(populations.length);
    swap(populations, a, (a + 1) % populations.length);
    return true;
  },
  "slice on another PE": (program, dice, { pe: { count } }) => {
    const slice = dice.pick(program.pes);
    slice.pe = (slice.pe + 1 + dice.below(count - 1)) % count;
    return true;
  },
  "slices of two populations swapped": ({ pes }, dice) => {
    const a = dice.pick(pes);
    const others = pes.filter(({ population }) => population !== a.population);
    if (others.length === 0) return false;
    const b = dice.pick(others);
    [a.pe, b.pe] = [b.pe, a.pe];
    return true;
  },
  "neurons of two slices swapped": ({ pes }, dice) => {
    const a = dice.pick(pes);
    const isLike = (b: Open<PeProgram>) =>
      b !== a && b.population === a.population && b.neurons === a.neurons;
    const like = pes.filter(isLike);
    if (like.length === 0) return false;
    const b = dice.pick(like);
    [a.firstNeuron, b.firstNeuron] = [b.firstNeuron, a.firstNeuron];
    return true;
  },
  "first neuron changed": onPe((pe, dice) => {
    pe.firstNeuron = nudged(pe.firstNeuron, dice);
    return true;
  }),
  "neurons of a slice changed": onPe((pe, dice) => {
    pe.neurons = nudged(pe.neurons, dice);
    return true;
  }),
  "slice lost": ({ pes }, dice) => {
    pes.splice(dice.below(pes.length), 1);
    return true;
  },
  "slice doubled": ({ pes }, dice) => {
    pes.push(structuredClone(dice.pick(pes)));
    return true;
  },
  "key of a block changed": onBlock(({ keys }, dice) => {
    keys.base = bitFlipped(keys.base, dice);
  }),
  "delay of a block changed": onBlock((block) => {
    block.delay = block.delay === 0 ? 1 : 0;
  }),
  "rows of a block changed": onBlock((block, dice) => {
    block.rows = nudged(block.rows, dice);
  }),
  "synapses of a block changed": onBlock((block, dice) => {
    block.synapses = nudged(block.synapses, dice);
  }),
  "pointer width changed": onBlock((block) => {
    block.pointerBytes = block.pointerBytes === 2 ? 4 : 2;
  }),
  "index width changed": onBlock((block) => {
    block.indexBits = block.indexBits === 8 ? 16 : 8;
  }),
  "scale shift changed": onBlock((block) => {
    block.scaleShift += 1;
  }),
  "scale granularity changed": onBlock((block) => {
    block.scalePerRow = !block.scalePerRow;
  }),
  "memory of a block changed": onBlock((block) => {
    block.inDram = !block.inDram;
  }),
  "block lost": onPe(({ sources }, dice) => {
    sources.splice(dice.below(sources.length), 1);
    return true;
  }),
  "blocks swapped": onPe(({ sources }) => {
    if (sources.length < 2) return false;
    swap(sources, 0, 1);
    return true;
  }),
  "count of weights changed": ({ manifest }, dice) => {
    manifest.storedWeights = nudged(manifest.storedWeights, dice);
    return true;
  },
  "accumulator width changed": ({ manifest: { quantisation } }) => {
    quantisation.accumulatorBits = quantisation.accumulatorBits === 32 ? 24 : 32;
    return true;
  },
  "weight of the decoder changed": ({ chipDecoder }, dice) => {
    if (!chipDecoder) return false;
    chipDecoder.weights[dice.below(chipDecoder.weights.length)]! ^= 1 << dice.below(8);
    return true;
  },
  "PE of the decoder lost": ({ chipDecoder }, dice) => {
    if (!chipDecoder) return false;
    chipDecoder.pes.splice(dice.below(chipDecoder.pes.length), 1);
    return true;
  },
  "decoder buffer too small": ({ chipDecoder }, dice) => {
    if (!chipDecoder) return false;
    chipDecoder.bufferBytes = dice.below(3 * chipDecoder.inputs);
    return true;
  },
};
