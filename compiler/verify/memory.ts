import type { MemorySection, SectionKind } from "../../src/core/mapping.ts";
import { TABLE_INTERVALS } from "../../src/core/number-format.ts";
import { NEURON_TRAITS } from "../../src/core/population-kind.ts";
import { chipsOf, dataBytesOf, type HardwareProfile, pesOfChip } from "../../src/core/profile.ts";
import {
  type ChipDecoder,
  DRAM_ADDRESS,
  PACKET_BYTES,
  type PeProgram,
  POPULATION_RECORD_BYTES,
  type Program,
  type SourceBlock,
} from "../../src/core/program.ts";
import { isProductForm } from "../../src/core/row-form.ts";
import { fault } from "./fault.ts";

/**
 * PEs are there and free; what they hold lies above code and below the stack, each section once and as large as its
 * use needs; rows in DRAM and a decoder's weights fit the chips' DRAM. That sections lie apart and inside their image
 * is the Program's own promise, checked before.
 */
export function verifyMemory(program: Program, profile: HardwareProfile): void {
  const taken = new Set([...profile.pe.reserved, ...(profile.pe.dead ?? [])]);
  const isUsable = (pe: number) => pe < profile.pe.count && !taken.has(pe);
  for (const pe of program.pes) {
    if (!isUsable(pe.pe)) fault(`PE ${pe.pe} holds a slice, but programs may not use it`);
    verifyBanks(pe, profile);
    verifySections(pe, program, profile);
  }
  if (program.chipDecoder) verifyDecoderPes(program.chipDecoder, isUsable, profile);
  verifyDramCapacity(program, profile);
}

function verifyBanks(
  { pe, sections, imageOffset, image }: PeProgram,
  { pe: { sram } }: HardwareProfile,
): void {
  const { codeBytes, bytes, stackBytes } = sram;
  const first = Math.min(imageOffset, sections[0]?.offset ?? codeBytes);
  const last = sections.at(-1);
  const end = Math.max(imageOffset + image.length, last ? last.offset + last.bytes : 0);
  if (first < codeBytes)
    fault(`PE ${pe} has data at byte ${first}, below the end of the code at ${codeBytes}`);
  if (imageOffset % 4 !== 0) fault(`the image of PE ${pe} begins at byte ${imageOffset}, which is unaligned`);
  if (end > bytes - stackBytes)
    fault(`PE ${pe} has data up to byte ${end}, above the stack's end at ${bytes - stackBytes}`);
}

/** The slice's own sections have the sizes that kernels rely on, and every section belongs to the slice or to a block. */
function verifySections(pe: PeProgram, program: Program, profile: HardwareProfile): void {
  const { sources, sections, dramSections } = pe;
  const own = ownSections(pe, program, profile);
  for (const [kind, bytes] of own) {
    const found = sections.filter((section) => section.kind === kind);
    const isRight = found.length === 1 && found[0]!.source === "" && found[0]!.bytes === bytes;
    if (!isRight) fault(`section ${kind} of PE ${pe.pe} should have ${bytes} bytes`);
  }
  const inDram = sources.some((source) => source.inDram && !isProductForm(source.form));
  const tiles = sources.filter((source) => source.inDram && isProductForm(source.form));
  verifyTiles(pe, tiles, profile);
  const buffers = sections.filter(({ kind }) => kind === "row-buffer");
  if (buffers.length !== (inDram ? 1 : 0)) fault(`PE ${pe.pe} has ${buffers.length} row buffers`);
  const first = own.length + buffers.length + (tiles.length > 0 ? 1 : 0);
  const needed = sources.reduce((sum, source) => sum + sectionsOf(source), first);
  const blocks = new Set(sources.map(({ population, delay, part }) => `${delay} ${part} ${population}`));
  if (blocks.size !== sources.length) fault(`PE ${pe.pe} has two source blocks for the same events`);
  if (sections.length + dramSections.length !== needed)
    fault(`PE ${pe.pe} has ${sections.length + dramSections.length} sections instead of ${needed}`);
  const twice = [...sections, ...dramSections].find(isRepeated());
  if (twice) fault(`section ${twice.kind} of ${twice.source} is on PE ${pe.pe} twice`);
}

/** One tile of 16 columns of the longest is multiplied while the next arrives, each up to a burst too long. */
function verifyTiles(
  { pe, sections }: PeProgram,
  products: readonly SourceBlock[],
  { dram }: HardwareProfile,
): void {
  const burst = dram?.burstBytes ?? 1;
  const lengthOf = ({ rows, slots, convolution }: SourceBlock) =>
    convolution ? slots / convolution.output.together : rows;
  const rows = products.reduce((most, product) => Math.max(most, lengthOf(product)), 0);
  const needed = rows === 0 ? 0 : 2 * burst * (Math.ceil((16 * rows) / burst) + 1);
  const found = sections.filter(({ kind }) => kind === "mac-tiles").map(({ bytes }) => bytes);
  if (found.join() !== (rows === 0 ? "" : String(needed)))
    fault(`the tiles of PE ${pe} have ${found.join() || 0} bytes, but two take ${needed}`);
}

/**
 * Of a source block: pointers, indices and weights or, of all columns, weights alone, of a kernel its words and values; scales beside
 * integers; a product's buffer.
 */
const sectionsOf = ({ form, weightFormat }: SourceBlock): number =>
  (form === "dense" || form === "mac-array" ? 1 : form === "mac-convolution" ? 2 : 3) +
  (weightFormat === "float32" ? 0 : 1) +
  (isProductForm(form) ? 1 : 0);

function ownSections(
  { pe, population, neurons, sources }: PeProgram,
  { manifest, populations, chipDecoder }: Program,
  { pe: { sram } }: HardwareProfile,
): readonly (readonly [SectionKind, number])[] {
  const isFloat = manifest.quantisation.format === "float32";
  const { kind } = populations.find(({ name }) => name === population)!;
  if (kind === "input") fault(`PE ${pe} holds a slice of the input`);
  const { accumulators, parameters, state, lookups } = NEURON_TRAITS[kind];
  return [
    ["population-table", sources.length * POPULATION_RECORD_BYTES],
    ["parameters", 4 * (accumulators.length + parameters.length) * neurons],
    ...(isFloat || lookups === 0 ? [] : [["tables", 2 * 2 * (TABLE_INTERVALS + 1)] as const]),
    ...(state.length === 0 ? [] : [["state", 4 * state.length * neurons] as const]),
    ["accumulators", 4 * accumulators.length * neurons],
    ["packet-fifo", sram.packetFifoEntries * PACKET_BYTES],
    ["send-buffer", neurons * PACKET_BYTES],
    ...(chipDecoder?.pes.includes(pe) ? [["decoder-buffer", chipDecoder.bufferBytes] as const] : []),
  ];
}

/** Says of each section whether it has come before. */
function isRepeated(): (section: MemorySection) => boolean {
  const seen = new Set<string>();
  return ({ kind, source, delay, part }) => {
    const before = seen.size;
    return seen.add(`${kind} ${delay} ${part} ${source}`).size === before;
  };
}

/** PEs without a slice have all their data memory for the decoder's buffer: inputs, two rows of weights, its outputs. */
function verifyDecoderPes(
  { pes, inputs, outputs, bufferBytes }: ChipDecoder,
  isUsable: (pe: number) => boolean,
  { pe: { sram } }: HardwareProfile,
): void {
  const stranger = pes.find((pe) => !isUsable(pe));
  if (stranger !== undefined) fault(`PE ${stranger} helps with the decoder, but programs may not use it`);
  if (new Set(pes).size !== pes.length) fault("a PE helps with the decoder twice");
  const needed = 3 * inputs + 4 * Math.ceil(outputs / pes.length);
  if (bufferBytes < needed || bufferBytes > dataBytesOf(sram))
    fault(`a decoder buffer of ${bufferBytes} bytes does not hold the ${needed} it needs, or fits no PE`);
}

/** Each PE's part of DRAM takes whole bursts; a decoder's weights are shared by the chips of its PEs. */
function verifyDramCapacity({ pes, chipDecoder }: Program, profile: HardwareProfile): void {
  const needed = new Float64Array(chipsOf(profile));
  const chipOf = (pe: number) => Math.floor(pe / pesOfChip(profile));
  const { bytes: available, burstBytes } = profile.dram ?? { bytes: 0, burstBytes: 1 };
  for (const { pe, dramSections, dramImage } of pes) {
    const last = dramSections.at(-1);
    const end = Math.max(dramImage.length, last ? last.offset + last.bytes - DRAM_ADDRESS : 0);
    needed[chipOf(pe)]! += burstBytes * Math.ceil(end / burstBytes);
  }
  if (chipDecoder) {
    const { weights, scale, bias, pes: helpers } = chipDecoder;
    const share = (weights.byteLength + scale.byteLength + bias.byteLength) / helpers.length;
    for (const pe of helpers) needed[chipOf(pe)]! += share;
  }
  for (const [chip, bytes] of needed.entries())
    if (Math.floor(bytes) > available)
      fault(`chip ${chip} needs ${bytes} bytes of DRAM, but has ${available}`);
}
