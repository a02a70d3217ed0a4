import { sumOf } from "../src/core/counts.ts";
import type { Program } from "../src/core/program.ts";
import type { SimulationResult } from "../src/core/result.ts";

/** NeuroBench's algorithm metrics. Operations are means a timestep. */
export interface NeuroBenchMetrics {
  /** Share of silent neurons over all recurrent layers and timesteps, 0 … 1. */
  readonly activationSparsity: number;
  /** Share of zero weights in the recurrent part, 0 … 1. */
  readonly connectionSparsity: number;
  readonly synapticOperations: SynapticOperations;
  /** The same with the decoder, wherever it runs. */
  readonly synapticOperationsWithDecoder: SynapticOperations;
  /** Bytes of what is stored on the chip: memory images, and a decoder's weights in DRAM. */
  readonly footprintBytes: number;
}

export interface SynapticOperations {
  /** Non-zero weight times an event that carries a value. */
  readonly effectiveMacs: number;
  /** Non-zero weight times a spike of unit value; EGRU events all carry values. */
  readonly effectiveAcs: number;
  /** All weights times all activations. */
  readonly dense: number;
}

/** The metrics of a run of this program. */
export function neuroBenchMetrics(result: SimulationResult, program: Program): NeuroBenchMetrics {
  const { steps, manifest, populations, projections } = result;
  const layers = populations.slice(1).filter(({ partOf }) => partOf === undefined);
  const perStep = (sum: number): number => (steps === 0 ? 0 : sum / steps);
  const neurons = layers.reduce((sum, { size }) => sum + size, 0);
  const events = layers.reduce((sum, layer) => sum + layer.events, 0);
  const effectiveMacs = perStep(
    projections.reduce((sum, { synops, bringsPartialSums }) => sum + (bringsPartialSums ? 0 : synops), 0),
  );
  const dense = manifest.denseWeights;
  const decoder = decoderOperations(program, perStep(populations.at(-1)!.events));
  return {
    activationSparsity: steps === 0 ? 1 : 1 - events / (neurons * steps),
    connectionSparsity: dense === 0 ? 0 : 1 - manifest.storedWeights / dense,
    synapticOperations: { effectiveMacs, effectiveAcs: 0, dense },
    synapticOperationsWithDecoder: {
      effectiveMacs: effectiveMacs + decoder.effectiveMacs,
      effectiveAcs: 0,
      dense: dense + decoder.dense,
    },
    footprintBytes: footprintOf(program),
  };
}

/** The first layer meets events only; later ones, and biases, are dense. Its weights count as non-zero. */
function decoderOperations(
  { host, chipDecoder }: Program,
  events: number,
): { effectiveMacs: number; dense: number } {
  const widths = chipDecoder
    ? [{ inputs: chipDecoder.inputs, outputs: chipDecoder.outputs }]
    : host.decoder.flatMap((stage) => (stage.kind === "linear" ? [stage] : []));
  const dense = widths.map(({ inputs, outputs }) => inputs * outputs);
  const first = widths[0];
  const saved = first === undefined ? 0 : (first.inputs - events) * first.outputs;
  return { effectiveMacs: sumOf(dense) - saved, dense: sumOf(dense) };
}

function footprintOf({ pes, chipDecoder }: Program): number {
  const images = pes.reduce((sum, { image, dramImage }) => sum + image.length + dramImage.length, 0);
  if (chipDecoder === undefined) return images;
  const { weights, scale, bias } = chipDecoder;
  return images + weights.byteLength + scale.byteLength + bias.byteLength;
}
