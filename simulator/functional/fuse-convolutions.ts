import { tapSources } from "../../src/core/kernel-rows.ts";
import { groupsOfBlock, tapsOf } from "../../src/core/shared-convolution.ts";
import { type Allocate, bytesOfArrays, copyTo } from "./allocate.ts";
import type { Column } from "./columns.ts";
import type { LoadedSlice } from "./load-image.ts";

/** What one PE's MAC array makes of a convolution: its part of the maps, by the kernel that it holds. */
export interface FusedConvolution {
  /** Shape [channels, taps]; channels of a group stand together. */
  readonly kernel: Int8Array;
  readonly taps: number;
  readonly channels: number;
  readonly groups: number;
  readonly places: number;
  /** Source neuron of each tap; their number where it is padding. Shape [groups, places, taps]. */
  readonly sources: Uint32Array;
  /** 1 for each source whose packets arrive. Shape [source neurons]. */
  readonly hears: Uint8Array;
  /** The operands, and a 0 for padding; overwritten. Shape [source neurons + 1]. */
  readonly operands: Int8Array;
  /** What one place sees; overwritten. Shape [taps]. */
  readonly seen: Int8Array;
  /** Population-wide accumulator of the first neuron; the others follow, place by place, in each channel by channel. */
  readonly first: number;
  readonly multiplier: number;
  readonly shift: number;
}

/** @param size Source neurons. */
export const fuseConvolutions = (
  columns: readonly Column[],
  slices: readonly LoadedSlice[],
  targetSize: number,
  size: number,
): FusedConvolution[] =>
  columns.map(({ slice, block, rowOf }) => {
    const { convolution, values } = block.kernel!;
    const { first, neurons } = slices[slice]!;
    const gate = Math.log2(block.gates);
    const channels = convolution.output.together;
    const taps = tapsOf(convolution);
    const sources = tapSources(convolution, { first, count: neurons });
    return {
      kernel: values,
      taps,
      channels,
      groups: groupsOfBlock(convolution),
      places: neurons / channels,
      sources: Uint32Array.from(sources, (source) => (source < 0 ? size : source)),
      hears: Uint8Array.from(rowOf, (row) => (row < 0 ? 0 : 1)),
      operands: new Int8Array(size + 1),
      seen: new Int8Array(taps),
      first: gate * targetSize + first,
      multiplier: block.multiplier![0]!,
      shift: block.shift,
    };
  });

const arraysOf = ({ kernel, sources, hears, operands, seen }: FusedConvolution) => ({
  kernel,
  sources,
  hears,
  operands,
  seen,
});

/** Bytes that `moveConvolution` takes. */
export const bytesOfConvolution = (convolution: FusedConvolution): number =>
  bytesOfArrays(Object.values(arraysOf(convolution)).map(({ byteLength }) => byteLength));

/** The same with its arrays in another place. */
export const moveConvolution = (convolution: FusedConvolution, allocate: Allocate): FusedConvolution => ({
  ...convolution,
  kernel: copyTo(allocate, convolution.kernel),
  sources: copyTo(allocate, convolution.sources),
  hears: copyTo(allocate, convolution.hears),
  operands: copyTo(allocate, convolution.operands),
  seen: copyTo(allocate, convolution.seen),
});
