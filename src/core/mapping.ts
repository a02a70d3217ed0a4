import type { RowLayout } from "./row-form.ts";

/**
 * Mapping: separate maps, each made by one stage and never edited by another.
 * Slices are identified by their index in the partition.
 */
export interface Mapping {
  readonly partition: Partition;
  readonly placement: Placement;
  readonly rowForms: RowForms;
  readonly allocation: Allocation;
  readonly routing: readonly RoutingTable[];
}

/** Neurons first … first + count − 1 of one population, together on one PE. */
export interface Slice {
  readonly population: string;
  readonly first: number;
  readonly count: number;
}

/** All slices; those of one population stand together, ascending. Input populations have none. */
export type Partition = readonly Slice[];

/** PE index of each slice. */
export type Placement = readonly number[];

/** How each slice stores the rows of each projection that ends in it, these in the event graph's order. */
export type RowForms = readonly (readonly RowLayout[])[];

export interface Allocation {
  /** SRAM of each slice. */
  readonly memory: readonly MemoryLayout[];
  /** DRAM of each slice: indices and weights of the source blocks whose rows do not lie in SRAM. */
  readonly dram: readonly MemoryLayout[];
  /** Keys of each population that sends events. */
  readonly keys: ReadonlyMap<string, KeyRange>;
}

/** Neuron n sends `base + n`; the range matches `(key & mask) === base`. Unsigned 32-bit. */
export interface KeyRange {
  readonly base: number;
  readonly mask: number;
}

/** What a section of PE memory holds. */
export const SECTION_KINDS = [
  "population-table",
  "row-pointers",
  "indices",
  "weights",
  "scales",
  "parameters",
  "tables",
  "state",
  "accumulators",
  "packet-fifo",
  "send-buffer",
  "row-buffer",
  "decoder-buffer",
  "mac-buffer",
  "mac-tiles",
] as const;
export type SectionKind = (typeof SECTION_KINDS)[number];

/** Sections that the program loads; the others start at zero. */
export const INITIALISED_SECTIONS: ReadonlySet<SectionKind> = new Set([
  "population-table",
  "row-pointers",
  "indices",
  "weights",
  "scales",
  "parameters",
  "tables",
]);

export interface MemorySection {
  readonly kind: SectionKind;
  /** Source population for the sections of a source block; empty for the slice's own. */
  readonly source: string;
  readonly delay: 0 | 1;
  /** Part of a divided projection; 0 for a whole one and for the slice's own sections. */
  readonly part: number;
  /** Byte offset in the PE's SRAM; from DRAM_ADDRESS on in its part of DRAM. */
  readonly offset: number;
  readonly bytes: number;
}

/** Sections ascend and do not overlap. */
export type MemoryLayout = readonly MemorySection[];

/** Table of one router of the router graph. Its first matching entry applies. */
export interface RoutingTable {
  readonly router: number;
  readonly entries: readonly RoutingEntry[];
}

/** One line of a router's table: where events of matching keys go from there. */
export interface RoutingEntry {
  readonly key: number;
  readonly mask: number;
  /** Nodes that this router serves itself. */
  readonly destinations: readonly NodeDestination[];
  /** Directions of the router graph in which a copy leaves for a neighbouring router. Ascending. */
  readonly links: readonly number[];
  /** Whether a copy leaves for the host; at the host's router only. */
  readonly toHost: boolean;
}

/** One packet to one mesh node, which hands it to each of these PEs; with mesh-unicast one packet each. */
export interface NodeDestination {
  /** Index in `profile.noc.nodes`. */
  readonly node: number;
  /** PE indices within that node, ascending. */
  readonly pes: readonly number[];
}
