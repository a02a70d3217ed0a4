import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import {
  buildFirmware,
  type EmulatorRun,
  type Firmware,
  type Gates,
  missingTools,
  runEmulator,
} from "../../firmware/cycles/emulator.ts";
import {
  DONE_KEY,
  kindOf,
  peFiles,
  type ScriptStep,
  type WirePacket,
} from "../../firmware/cycles/pe-files.ts";
import { simulate } from "../../simulator/simulate.ts";
import { type ChipPopulationKind, NEURON_TRAITS } from "../../src/core/population-kind.ts";
import type { HardwareProfile } from "../../src/core/profile.ts";
import type { PeProgram, Program } from "../../src/core/program.ts";
import { rowsOf } from "../../src/core/program-rows.ts";
import type { Stimulus } from "../../src/core/stimulus.ts";

const ROOT = join(import.meta.dirname, "../..");

/** Builds each firmware once a test file, in a folder that goes with it. */
const built = new Map<Gates, Firmware>();
let folder: string | undefined;
export function firmwareWith(gates: Gates): Firmware {
  folder ??= mkdtempSync(join(tmpdir(), "eventloom-build-"));
  const firmware = built.get(gates) ?? buildFirmware(ROOT, gates, folder);
  built.set(gates, firmware);
  return firmware;
}
afterAll(() => {
  if (folder !== undefined) rmSync(folder, { recursive: true });
});

const MISSING = missingTools();

/** Whether the firmware can be built and run here. In CI nothing may be missing. */
export const hasFirmwareTools = MISSING.length === 0;
const why = `tests of the firmware: ${MISSING.join(" and ")} missing (Debian: gcc-arm-none-eabi, libnewlib-arm-none-eabi, qemu-system-arm)`;
if (!hasFirmwareTools && process.env.CI) throw new Error(why);

/** For one of the test files to say, in one line, why they are skipped. */
export function sayWhyNoFirmware(): void {
  if (!hasFirmwareTools) process.stderr.write(`skipped ${why}\n`);
}

/** What the simulator says of one timestep, by population: state and what it sent, numbers as bits. */
interface SimulatedStep {
  readonly states: ReadonlyMap<string, Uint32Array>;
  readonly outputs: ReadonlyMap<string, Uint32Array>;
}

export function simulatedSteps(
  program: Program,
  profile: HardwareProfile,
  stimulus: Stimulus,
  window?: number,
): SimulatedStep[] {
  const steps: SimulatedStep[] = [];
  simulate(program, profile, stimulus, {
    ...(window !== undefined && { window }),
    observe: (_, view) => {
      const all = program.populations.map(({ name }) => [name, view.population(name)] as const);
      steps.push({
        states: new Map(all.map(([name, { state }]) => [name, bitsOf(state)])),
        outputs: new Map(all.map(([name, { output }]) => [name, bitsOf(output)])),
      });
    },
  });
  return steps;
}

const bitsOf = (values: Float32Array | Int32Array): Uint32Array => new Uint32Array(values.slice().buffer);

/**
 * Packets that come to a PE in each timestep, in the order in which the model says that they are added.
 *
 * @param window Timesteps between restarts of the state, at which most kinds' events of the timestep before are forgotten.
 */
export function packetsTo(
  pe: PeProgram,
  program: Program,
  steps: readonly SimulatedStep[],
  window?: number,
): WirePacket[][] {
  const sources = [
    ...new Map(pe.sources.map((source) => [`${source.population} ${source.delay}`, source])).values(),
  ];
  return steps.map((_, step) =>
    sources.flatMap(({ population, delay }) => {
      const { keys, kind } = program.populations.find(({ name }) => name === population)!;
      const outlives = kind === "input" || NEURON_TRAITS[kind].keepsEvents;
      if (delay === 1 && window !== undefined && step % window === 0 && !outlives) return [];
      const output = steps[step - delay]?.outputs.get(population) ?? [];
      return eventsOf(output, keys.base);
    }),
  );
}

const eventsOf = (output: ArrayLike<number>, firstKey: number): WirePacket[] =>
  Array.from(output).flatMap((payload, neuron) =>
    payload === 0 ? [] : [{ key: firstKey + neuron, payload }],
  );

/** What a PE holds and sends in one timestep. */
export interface PeStep {
  /** When all packets are in, and after the update. */
  readonly sums: Uint32Array;
  readonly sumsAfter: Uint32Array;
  readonly state: Uint32Array;
  readonly sent: readonly WirePacket[];
}

/** What the simulator says, with sums made here from the rows as they can be read from the image. */
export function expectedOf(
  pe: PeProgram,
  program: Program,
  steps: readonly SimulatedStep[],
  window?: number,
): PeStep[] {
  const { keys, size } = program.populations.find(({ name }) => name === pe.population)!;
  const end = pe.firstNeuron + pe.neurons;
  const packets = packetsTo(pe, program, steps, window);
  return steps.map(({ states, outputs }, step) => ({
    sums: sumsOf(pe, program, packets[step]!),
    sumsAfter: startOf(pe, kindOf(program, pe)),
    state: sliceOf(states.get(pe.population)!, size, pe),
    sent: eventsOf(outputs.get(pe.population)!.slice(pe.firstNeuron, end), keys.base + pe.firstNeuron),
  }));
}

/** A PE's part of vectors over its population, one after the other. */
const sliceOf = (vectors: Uint32Array, size: number, { firstNeuron, neurons }: PeProgram): Uint32Array =>
  vectors.filter((_, i) => i % size >= firstNeuron && i % size < firstNeuron + neurons);

function startOf(pe: PeProgram, kind: ChipPopulationKind): Uint32Array {
  const { offset } = pe.sections.find((section) => section.kind === "parameters")!;
  const from = offset - pe.imageOffset;
  return new Uint32Array(
    pe.image.slice(from, from + 4 * NEURON_TRAITS[kind].accumulators.length * pe.neurons).buffer,
  );
}

/** Sums when all packets are in: each one's rows, in their order, added one weight after the other, or compared; products come later. */
function sumsOf(pe: PeProgram, program: Program, packets: readonly WirePacket[]): Uint32Array {
  const start = startOf(pe, kindOf(program, pe));
  const isFloat = program.manifest.quantisation.format === "float32";
  const isMaxPool = kindOf(program, pe) === "max-pool";
  const sums = isFloat ? new Float32Array(start.buffer) : new Int32Array(start.buffer);
  const rows = pe.sources.map((_, block) => rowsOf(pe, block));
  for (const { key, payload } of packets) {
    for (const [block, source] of pe.sources.entries()) {
      if (source.form === "mac-array" || (key & source.keys.mask) >>> 0 !== source.keys.base) continue;
      const row = key - source.keys.base;
      const { rowStart, index, weight } = rows[block]!;
      for (let i = rowStart[row]!; i < rowStart[row + 1]!; i += 1) {
        const accumulator = index[i]!;
        if (isMaxPool) {
          const value = isFloat ? floatOf(payload) : payload | 0;
          sums[accumulator] = Math.max(sums[accumulator]!, value);
          sums[pe.neurons + accumulator]! -= 1;
          continue;
        }
        sums[accumulator] = isFloat
          ? sums[accumulator]! + Math.fround(weight[i]! * floatOf(payload))
          : saturated(sums[accumulator]! + productOf(pe, block, row, payload | 0, weight[i]!));
      }
    }
  }
  return new Uint32Array(sums.buffer);
}

const floatOf = (bits: number): number => new Float32Array(Uint32Array.of(bits).buffer)[0]!;
const saturated = (sum: number): number => Math.min(Math.max(sum, -(2 ** 31)), 2 ** 31 - 1);

/** docs/model.md, 2: Synop; in integers of any length. */
function productOf(pe: PeProgram, block: number, row: number, payload: number, weight: number): number {
  const source = pe.sources[block]!;
  const { offset } = pe.sections.find(
    ({ kind, source: from, delay, part }) =>
      kind === "scales" && from === source.population && delay === source.delay && part === source.part,
  )!;
  const place = offset - pe.imageOffset + 4 * (source.scalePerRow ? row : 0);
  const multiplier = new DataView(pe.image.buffer, pe.image.byteOffset).getUint32(place, true);
  const half = source.scaleShift === 0 ? 0n : 1n << BigInt(source.scaleShift - 1);
  const scaled = (BigInt(payload) * BigInt(multiplier) + half) >> BigInt(source.scaleShift);
  const limit = source.weightFormat === "int8" ? 1n << 24n : (1n << 31n) - 1n;
  const clamped = scaled > limit ? limit : scaled < -limit ? -limit : scaled;
  return Number((clamped * BigInt(weight)) >> (source.weightFormat === "int8" ? 8n : 16n));
}

/** Runs a PE in the emulator. @param window Timesteps between restarts of the state. */
export function emulated(
  firmware: Firmware,
  pe: PeProgram,
  program: Program,
  profile: HardwareProfile,
  packets: readonly (readonly WirePacket[])[],
  window?: number,
): PeStep[] {
  const script = packets.map((own, step): ScriptStep => ({
    packets: own,
    restart: window !== undefined && step % window === 0,
  }));
  const run = runEmulator(firmware, peFiles(program, pe, profile, script, true));
  const sent = sentPackets(run);
  const { accumulators, state } = NEURON_TRAITS[kindOf(program, pe)];
  const words = new Uint32Array(run.dump.buffer);
  let next = 0;
  const take = (count: number) => words.subarray(next, (next += count)).slice();
  return script.map((_, step) => ({
    sums: take(accumulators.length * pe.neurons),
    sumsAfter: take(accumulators.length * pe.neurons),
    state: take(state.length * pe.neurons),
    sent: sent[step] ?? [],
  }));
}

/** Packets that were handed to the NoC, by timestep: each ends with the one that says so. */
function sentPackets({ log }: EmulatorRun): WirePacket[][] {
  const steps: WirePacket[][] = [[]];
  let key = 0;
  for (const line of log) {
    const [, offset, value] =
      /device write \(size 4, offset 0x(004|008), value 0x([0-9a-f]{8})\)/.exec(line) ?? [];
    if (value === undefined) continue;
    if (offset === "004") key = parseInt(value, 16);
    else if (key === DONE_KEY) steps.push([]);
    else steps.at(-1)!.push({ key, payload: parseInt(value, 16) });
  }
  return steps;
}
