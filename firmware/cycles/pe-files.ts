import {
  CHIP_POPULATION_KINDS,
  type ChipPopulationKind,
  NEURON_TRAITS,
} from "../../src/core/population-kind.ts";
import type { SectionKind } from "../../src/core/mapping.ts";
import type { HardwareProfile } from "../../src/core/profile.ts";
import type { PeProgram, Program, SourceBlock } from "../../src/core/program.ts";

/** Where emulator/host.c looks for them. */
const BOOT_ADDRESS = 0x7f00;
const DRAM_IMAGE_ADDRESS = 0x2100_0000;
const SCRIPT_ADDRESS = 0x2180_0000;
/** What fits between the DRAM image and the script, and after it. */
const ROOM = 0x80_0000;

/** Outside the keys of all populations, which are allocated from 0 on. */
export const DONE_KEY = 0xffff_ffff;

/** Bytes that the emulator loads, and where to. */
export interface LoadedFile {
  readonly address: number;
  readonly bytes: Uint8Array;
}

/** A packet as the wire has it: the payload's 32 bits. */
export interface WirePacket {
  readonly key: number;
  readonly payload: number;
}

export interface ScriptStep {
  /** Whether the hidden state begins anew, as with `--window`. */
  readonly restart?: boolean;
  readonly packets: readonly WirePacket[];
}

export const kindOf = (program: Program, pe: PeProgram): ChipPopulationKind =>
  program.populations.find(({ name }) => name === pe.population)!.kind as ChipPopulationKind;

/** All that the emulator loads for one PE: its image, its part of DRAM, what the loader says of both, and what arrives when. */
export function peFiles(
  program: Program,
  pe: PeProgram,
  profile: HardwareProfile,
  steps: readonly ScriptStep[],
  pauses: boolean,
): readonly LoadedFile[] {
  const files = [
    { address: pe.imageOffset, bytes: pe.image },
    { address: BOOT_ADDRESS, bytes: bytesOf(bootWords(program, pe, profile)) },
    { address: DRAM_IMAGE_ADDRESS, bytes: pe.dramImage },
    { address: SCRIPT_ADDRESS, bytes: bytesOf(scriptWords(steps, pauses)) },
  ];
  const tooLong = files.find(({ bytes }) => bytes.length > ROOM);
  if (tooLong !== undefined) throw new RangeError(`${tooLong.bytes.length} bytes do not fit the emulator`);
  return files.filter(({ bytes }) => bytes.length > 0);
}

/** The fields of `Boot` in kernels/layout.h, in their order. */
function bootWords(
  program: Program,
  pe: PeProgram,
  { dram, pe: { macArray } }: HardwareProfile,
): readonly number[] {
  const { keys } = program.populations.find(({ name }) => name === pe.population)!;
  const kind = kindOf(program, pe);
  const { accumulators, state } = NEURON_TRAITS[kind];
  const section = (wanted: SectionKind) =>
    pe.sections.find((candidate) => candidate.kind === wanted && candidate.source === "");
  const at = (wanted: SectionKind) => section(wanted)?.offset ?? 0;
  const scaledByRow = pe.sources.reduce(
    (bits, { scalePerRow }, block) => bits | (Number(scalePerRow) << block),
    0,
  );
  return [
    CHIP_POPULATION_KINDS.indexOf(kind),
    program.manifest.quantisation.format === "float32" ? 0 : 1,
    pe.neurons,
    keys.base + pe.firstNeuron,
    DONE_KEY,
    pe.sources.length,
    at("population-table"),
    at("parameters"),
    at("tables"),
    at("state"),
    at("accumulators"),
    at("packet-fifo"),
    section("packet-fifo")?.bytes ?? 0,
    at("send-buffer"),
    at("row-buffer"),
    dram?.burstBytes ?? 4,
    scaledByRow,
    state.length * pe.neurons,
    accumulators.length * pe.neurons,
    macArray?.accumulatorBits ?? 0,
    at("mac-tiles"),
    ...pe.sources.map((block) => macBufferAt(pe, block)),
  ];
}

const macBufferAt = ({ sections }: PeProgram, { population, delay, part }: SourceBlock): number =>
  sections.find(
    (section) =>
      section.kind === "mac-buffer" &&
      section.source === population &&
      section.delay === delay &&
      section.part === part,
  )?.offset ?? 0;

const scriptWords = (steps: readonly ScriptStep[], pauses: boolean): readonly number[] => [
  Number(pauses),
  steps.length,
  ...steps.flatMap(({ restart = false, packets }) => [
    Number(restart),
    packets.length,
    ...packets.flatMap(({ key, payload }) => [key, payload]),
  ]),
];

const bytesOf = (words: readonly number[]): Uint8Array =>
  new Uint8Array(Uint32Array.from(words, (word) => word >>> 0).buffer);
