import type { KernelAction } from "../../../../src/core/counts.ts";
import type { DramProfile, HardwareProfile } from "../../../../src/core/profile.ts";
import type { ChipDecoder } from "../../../../src/core/program.ts";
import type { ReplayRequest } from "../../../../src/core/run-policy.ts";
import type { DenseStimulus } from "../../../../src/core/stimulus.ts";
import { cycles } from "../../../../src/core/units.ts";
import { type SimulationOptions, simulate } from "../../../../simulator/simulate.ts";
import { csrOnly } from "../../../support/tiny-chip.ts";
import { buildProgram, type Net } from "../build-program.ts";
import { cornerChip, KERNEL_CYCLES } from "../corner-chip.ts";

/** NoC cycles of a PE cycle on the quiet chip: a PE cycle is a thousandth. */
export const PE_CYCLE = 1e-3;

interface ChipOptions {
  readonly kernel?: Partial<Record<KernelAction, number>>;
  /** Latency in NoC cycles; NoC cycles of a burst at the whole bandwidth. */
  readonly dram?: { readonly latency: number; readonly burst: number; readonly ports: number };
}

/** The corner chip with a NoC of 1 kHz, PEs of 1 MHz, and kernel actions of one cycle where nothing else is said. */
export function quietChip({ kernel = {}, dram }: ChipOptions = {}): HardwareProfile {
  const chip = cornerChip();
  const costs = Object.fromEntries(
    Object.keys(KERNEL_CYCLES).map((action) => [action, cycles(kernel[action as KernelAction] ?? 1)]),
  ) as Record<KernelAction, number>;
  const { burstBytes } = chip.dram!;
  const memory: DramProfile = {
    ...chip.dram!,
    ...(dram && {
      latency: dram.latency / chip.noc.clock,
      bandwidth: (burstBytes * chip.noc.clock) / dram.burst,
      ports: dram.ports,
    }),
  };
  const [point] = chip.operatingPoints as [(typeof chip.operatingPoints)[number]];
  return {
    ...chip,
    pe: { ...chip.pe, kernels: { float32: costs }, rowForms: csrOnly({ float32: costs }) },
    dram: memory,
    operatingPoints: [
      { ...point, peClock: 1e6 },
      { ...point, name: "quick", peClock: 2e6 },
    ],
  };
}

export const SYNAPSES = 4;

/**
 * Layers of neurons that never fire, one PE each, behind an input of which every neuron sends an event in every
 * timestep, with four synapses on the first neuron of the first layer.
 */
export function quietNet(
  inputs: number,
  layers: readonly number[],
  options: { readonly inDram?: true; readonly decoder?: ChipDecoder } = {},
): Net {
  const pes = [0, 3, 6];
  const name = (layer: number) => (layer === 0 ? "in" : `l${layer}`);
  const sizes = [inputs, ...layers];
  return {
    quantisation: { format: "float32", scales: "row", accumulatorBits: 32 },
    populations: sizes.map((size, layer) => ({
      name: name(layer),
      size,
      payloadFractionBits: 0,
      start: layer === 0 ? [] : Array<number>(4 * size).fill(0),
      threshold: layer === 0 ? [] : Array<number>(size).fill(0.9),
    })),
    projections: layers.map((size, layer) => ({
      source: name(layer),
      target: name(layer + 1),
      delay: 0,
      weights: Array.from({ length: sizes[layer]! }, () =>
        Array.from({ length: 4 * size }, (_, at) =>
          layer === 0 ? (at % size === 0 ? 0.001 : 0) : at === 0 ? 0.001 : 0,
        ),
      ),
      multiplier: [0],
      shift: 0,
    })),
    slices: layers.map((count, layer) => ({
      population: name(layer + 1),
      first: 0,
      count,
      pe: pes[layer]!,
      ...(options.inDram && layer === 0 && { inDram: true }),
    })),
    ...(options.decoder && { chipDecoder: options.decoder }),
  };
}

const ones = (inputs: number, steps: number): DenseStimulus => ({
  kind: "dense",
  width: inputs,
  values: new Float32Array(inputs * steps).fill(1),
  origin: "ones",
  synthetic: true,
});

export function runReplayed(
  net: Net,
  chip: HardwareProfile,
  steps: number,
  requests: readonly Partial<ReplayRequest>[] = [{}],
  options: SimulationOptions = {},
) {
  const [point] = chip.operatingPoints as [(typeof chip.operatingPoints)[number]];
  const replays = requests.map((request) => ({ point, ...request }));
  const inputs = net.populations[0]!.size;
  const result = simulate(buildProgram(net, chip), chip, ones(inputs, steps), { ...options, replays });
  return { result, replays };
}

/** NoC cycles of a phase in a step of the first replay. */
export const phaseCycles = (
  { result }: ReturnType<typeof runReplayed>,
  phase: number,
  step = 0,
  replay = 0,
): number => result.replays![replay]!.phases[phase]!.seconds[step]! * 1000;
