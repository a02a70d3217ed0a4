import { CapacityError, UnsupportedError } from "../src/core/errors.ts";
import type { EventGraph, LinearStage } from "../src/core/event-graph.ts";
import type { Partition, Placement } from "../src/core/mapping.ts";
import { WEIGHT_LIMIT } from "../src/core/number-format.ts";
import { chipsOf, dataBytesOf, type HardwareProfile, usablePes } from "../src/core/profile.ts";
import type { ChipDecoder } from "../src/core/program.ts";
import { type DramRows, NO_DRAM_ROWS } from "./partition/dram-transfers.ts";
import { sizersOf } from "./partition/partition.ts";
import { alignedTo4 } from "./partition/slice-bytes.ts";

/** Which PEs' MAC arrays compute the decoder, and what SRAM each keeps for it. */
export interface DecoderPlan {
  readonly stage: LinearStage;
  readonly pes: readonly number[];
  readonly bufferBytes: number;
}

/** Rows of outputs that one weight tile holds; two tiles, so that one loads while the other is used. */
const TILE_OUTPUTS = 16;

/**
 * Shares the decoder among the PEs that have room for its buffers beside their slice: those in use, and others
 * while no more than `limit` are used in all. Weights stay in DRAM and stream through the tiles once a timestep.
 *
 * @throws UnsupportedError where the chip has no MAC array or DRAM, or the model not exactly one decoder layer.
 * @throws CapacityError where DRAM or every PE's SRAM is too small.
 */
export function planDecoder(
  graph: EventGraph,
  slices: Partition,
  placement: Placement,
  profile: HardwareProfile,
  limit: number,
  dramRows: DramRows = NO_DRAM_ROWS,
): DecoderPlan {
  const stage = soleDecoder(graph, profile);
  const needed = decoderBytes(stage);
  const available = chipsOf(profile) * profile.dram!.bytes;
  if (needed > available) {
    throw new CapacityError(
      { resource: "DRAM bytes", where: `The decoder of ${graph.name}`, needed, available },
      "Leave the decoder on the host.",
    );
  }
  const free = freeBytes(graph, slices, placement, profile, limit, dramRows);
  // Fewer PEs mean more outputs on each and so larger buffers: drop the fullest until all the rest have room.
  let pes = [...free.keys()].slice(0, stage.outputs);
  for (;;) {
    const bufferBytes = bufferBytesFor(stage, pes.length);
    const roomy = pes.filter((pe) => free.get(pe)! >= bufferBytes);
    if (roomy.length === pes.length) return { stage, pes: pes.sort((a, b) => a - b), bufferBytes };
    if (roomy.length === 0) {
      throw new CapacityError(
        {
          resource: "SRAM bytes",
          where: "A PE that helps with the decoder",
          needed: bufferBytes,
          available: [...free.values()].reduce((a, b) => Math.max(a, b)),
        },
        "Leave the decoder on the host, or use int8 weights for the recurrent layers.",
      );
    }
    pes = roomy;
  }
}

/** Data SRAM left on each PE that may help: first those without a slice, then those with one. */
function freeBytes(
  graph: EventGraph,
  slices: Partition,
  placement: Placement,
  profile: HardwareProfile,
  limit: number,
  dramRows: DramRows,
): Map<number, number> {
  const budget = dataBytesOf(profile.pe.sram);
  const inUse = new Set(placement);
  const idle = usablePes(profile).filter((pe) => !inUse.has(pe));
  const free = new Map(idle.slice(0, Math.max(0, limit - placement.length)).map((pe) => [pe, budget]));
  const sizers = new Map(
    sizersOf({ graph, profile, dram: dramRows }).map((sizer) => [sizer.population.name, sizer]),
  );
  slices.forEach(({ population, first, count }, slice) => {
    const used = sizers.get(population)!.bytes(first, count);
    free.set(placement[slice]!, budget - used);
  });
  return free;
}

function soleDecoder({ name, host }: EventGraph, profile: HardwareProfile): LinearStage {
  const stage = host.decoder[0];
  if (host.decoder.length !== 1 || stage?.kind !== "linear") {
    throw new UnsupportedError(
      `${name} has ${host.decoder.length} layers after its recurrent ones; exactly one can run on the chip.`,
      "Leave the decoder on the host (--decoder host).",
    );
  }
  if (stage.activation !== undefined) {
    throw new UnsupportedError(
      `${name}: the decoder ${stage.name} ends in ${stage.activation}, which the MAC arrays do not compute.`,
      "Leave the decoder on the host (--decoder host).",
    );
  }
  if (!profile.pe.macArray || !profile.dram) {
    throw new UnsupportedError(
      `${profile.title} has no ${profile.pe.macArray ? "DRAM" : "MAC arrays"} for a decoder.`,
      "Leave the decoder on the host (--decoder host).",
    );
  }
  return stage;
}

/** DRAM that a decoder takes: int8 weights, a float32 scale and bias an output. */
export const decoderBytes = ({ inputs, outputs }: LinearStage): number => outputs * inputs + 8 * outputs;

/** int8 inputs, two weight tiles, one float32 logit an output. */
const bufferBytesFor = ({ inputs, outputs }: LinearStage, pes: number): number =>
  alignedTo4(inputs) + alignedTo4(2 * TILE_OUTPUTS * inputs) + 4 * Math.ceil(outputs / pes);

/**
 * int8 weights with one scale an output; `docs/model.md` §2.
 *
 * @param order The model's number of each of the last layer's neurons, where they stand in another order: inputs follow it.
 */
export function quantiseDecoder({ stage, pes, bufferBytes }: DecoderPlan, order?: Uint32Array): ChipDecoder {
  const { name, inputs, outputs, bias } = stage;
  const weights = new Int8Array(outputs * inputs);
  const scale = new Float32Array(outputs);
  for (let output = 0; output < outputs; output += 1) {
    const row = stage.weights.subarray(output * inputs, (output + 1) * inputs);
    let largest = 0;
    for (const weight of row) largest = Math.max(largest, Math.abs(weight));
    const step = Math.fround(largest / WEIGHT_LIMIT.int8);
    scale[output] = step;
    for (let i = 0; i < inputs; i += 1)
      weights[output * inputs + i] = step === 0 ? 0 : nearestInt8(row[order?.[i] ?? i]! / step);
  }
  return { name, inputs, outputs, weights, scale, bias, pes, bufferBytes };
}

const nearestInt8 = (value: number): number =>
  Math.min(Math.max(Math.floor(value + 0.5), -WEIGHT_LIMIT.int8), WEIGHT_LIMIT.int8);
