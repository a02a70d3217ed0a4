import type { HostStages } from "./event-graph.ts";
import type { KeyRange, MemorySection, RoutingTable } from "./mapping.ts";
import type { NumberFormat, Quantisation } from "./number-format.ts";
import type { PopulationKind } from "./population-kind.ts";
import type { BlockForm, IndexBits } from "./row-form.ts";
import type { SharedConvolution } from "./shared-convolution.ts";

/**
 * Program: everything that is loaded onto chip and host, and nothing else. The simulator sees a Program
 * and a HardwareProfile; what is not in the Program does not happen.
 */
export interface Program {
  readonly manifest: Manifest;
  /** In order of evaluation; the input first. */
  readonly populations: readonly ProgramPopulation[];
  readonly pes: readonly PeProgram[];
  /** Tables with entries, by router, ascending. */
  readonly routing: readonly RoutingTable[];
  readonly host: HostStages;
  /** Present where the decoder runs on the chip; `host.decoder` is then empty. */
  readonly chipDecoder?: ChipDecoder;
}

export interface Manifest {
  readonly formatVersion: 4;
  readonly compiler: string;
  readonly modelName: string;
  /** SHA-256 in hex of the model's populations and weights. */
  readonly modelHash: string;
  readonly profileName: string;
  readonly profileHash: string;
  readonly seed: number;
  /** Options that shaped the program, as text. */
  readonly options: Readonly<Record<string, string>>;
  readonly quantisation: Quantisation;
  /** Of the model's layers on the chip, but for max pooling: all weights, pruned ones too, and those that are stored. */
  readonly denseWeights: number;
  /** All weights by the model's projections, what max pooling compares too, as `projectionName` calls them. */
  readonly denseByProjection: Readonly<Record<string, number>>;
  readonly storedWeights: number;
}

export interface ProgramPopulation {
  readonly name: string;
  readonly kind: PopulationKind;
  readonly size: number;
  /** Of partial sums: the population whose fan-in they share. The model knows only that one. */
  readonly partOf?: string;
  /** Of an input: whether components whose payload is 0 send nothing. */
  readonly silentZeros?: true;
  readonly keys: KeyRange;
  /** 0 for float32. */
  readonly payloadFractionBits: number;
  /**
   * The model's number of each neuron, where the compiler has put them into another order: results are told in the
   * model's. Absent: the same. Shape [size].
   */
  readonly order?: Uint32Array;
}

/**
 * One PE. `image` is the PE's SRAM from `imageOffset` on, as it is loaded; `sections` say what lies where,
 * the uninitialised ones too. All numbers in an image are little-endian; each section starts 4-byte aligned.
 *
 * Section contents, with n = neurons of the slice:
 * - population-table: one record of nine uint32 a source block, in the order of `sources`:
 *   key, mask, rows, offset of row pointers, of indices, of weights, of scales; then a word of
 *   pointerBytes | indexBits << 8 | scaleShift << 16 | delay << 24 and one of
 *   position in BLOCK_FORMS | bytes of a weight << 8 | gates << 16. Offsets from DRAM_ADDRESS on lead into the PE's
 *   part of DRAM; the offset of a section that a form does not have is 0.
 * - row-pointers, indices, weights: as `BlockForm` says, from the block's first on. Pointers: rows + 1 entries of
 *   pointerBytes each. An accumulator is accumulator · n + neuron (local), ascending within a row.
 * - scales: uint32 multipliers, one a block or one a row (integer formats; absent in float32).
 * - parameters: what accumulators start from, [accumulators, n], then the kind's other parameters, [n] each, as NEURON_TRAITS
 *   lists them; float32, or int32.
 * - tables: σ then tanh, 513 uint16 each (integer formats; absent in float32 and where the kind looks nothing up).
 * - row-buffer: room for two rows that come from DRAM, so that one can be worked off while the next arrives.
 * - state [states, n] (absent where the kind has none), accumulators [accumulators, n], packet-fifo, send-buffer, decoder-buffer
 *   (where the PE helps a decoder on the chip), mac-buffer (a block that is a product), mac-tiles (where such blocks lie in
 *   DRAM): not loaded, start at zero.
 */
export interface PeProgram {
  readonly pe: number;
  readonly population: string;
  readonly firstNeuron: number;
  readonly neurons: number;
  readonly sources: readonly SourceBlock[];
  readonly sections: readonly MemorySection[];
  readonly imageOffset: number;
  readonly image: Uint8Array;
  /**
   * The PE's part of its chip's DRAM, from DRAM_ADDRESS on: indices and weights of source blocks in DRAM. Empty where
   * all rows are in SRAM.
   */
  readonly dramSections: readonly MemorySection[];
  readonly dramImage: Uint8Array;
}

/** Where a PE sees its part of the chip's DRAM; its SRAM lies below. */
export const DRAM_ADDRESS = 2 ** 31;

/** Bytes of a PE's data SRAM from its first section to the end of its last, with the padding between them. */
export const dataBytesOfPe = ({ sections }: PeProgram): number => {
  const last = sections.at(-1);
  return last === undefined ? 0 : 4 * Math.ceil((last.offset + last.bytes - sections[0]!.offset) / 4);
};

/** Readable copy of one record of the population table. */
export interface SourceBlock {
  readonly population: string;
  readonly delay: 0 | 1;
  /** As in the event graph: 0, or which part of a divided projection. */
  readonly part: number;
  /** Of the source neurons that it has rows for: all of the population's keys, or an aligned block of them. */
  readonly keys: KeyRange;
  /** One for each of these neurons. */
  readonly rows: number;
  /** Weights that are not zero; of a kernel at each place anew. */
  readonly synapses: number;
  readonly form: BlockForm;
  /** Weights that are stored: synapses, and zeros where the form needs them. */
  readonly slots: number;
  readonly weightFormat: NumberFormat;
  /** Bits of the accumulators that the rows can reach, in the order of NEURON_TRAITS. */
  readonly gates: number;
  readonly pointerBytes: 2 | 4;
  readonly indexBits: IndexBits;
  /** Whether each row has a scale of its own. */
  readonly scalePerRow: boolean;
  readonly scaleShift: number;
  /** Whether the rows' indices and weights lie in DRAM; their pointers and scales never do. */
  readonly inDram: boolean;
  /** Of the form mac-convolution, and of no other. */
  readonly convolution?: SharedConvolution;
}

/** Bytes of one record of the population table. */
export const POPULATION_RECORD_BYTES = 36;
/** Bytes of a packet in a PE's FIFO or send buffer: key and payload, 4 each. */
export const PACKET_BYTES = 8;

/** A linear layer on the chip's MAC arrays, int8, weights streamed from DRAM once a timestep. */
export interface ChipDecoder {
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  /** Shape [outputs, inputs]. Weight = value · scale of its output. */
  readonly weights: Int8Array;
  /** Shape [outputs]. */
  readonly scale: Float32Array;
  /** Shape [outputs]. */
  readonly bias: Float32Array;
  /** PEs that share the outputs, ascending: PE k of n computes outputs ⌊k·outputs/n⌋ … ⌊(k+1)·outputs/n⌋ − 1. */
  readonly pes: readonly number[];
  /** SRAM that each of them keeps for inputs, weight tiles and outputs. */
  readonly bufferBytes: number;
}
