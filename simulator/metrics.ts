import { sumOf } from "../src/core/counts.ts";
import { NEURON_TRAITS } from "../src/core/population-kind.ts";
import type { Program } from "../src/core/program.ts";
import type { SimulationResult } from "../src/core/result.ts";

/** NeuroBench's algorithm metrics. Operations are means a timestep. */
export interface NeuroBenchMetrics {
  /** Share of silent neurons over all layers on the chip and timesteps, 0 … 1. */
  readonly activationSparsity: number;
  /** Share of zero weights among those of the layers on the chip, 0 … 1. */
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
  /** Non-zero weight times a spike of unit value. */
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
  const synopsWhere = (isSpike: boolean) =>
    perStep(
      projections
        .filter((own) => !own.bringsPartialSums && !own.isCompared && (own.isUnitValued ?? false) === isSpike)
        .reduce((sum, { synops }) => sum + synops, 0),
    );
  const [effectiveMacs, effectiveAcs] = [synopsWhere(false), synopsWhere(true)];
  const dense = manifest.denseWeights;
  const decoder = decoderOperations(program, perStep(populations.at(-1)!.events));
  return {
    activationSparsity: steps === 0 ? 1 : 1 - events / (neurons * steps),
    connectionSparsity: dense === 0 ? 0 : 1 - manifest.storedWeights / dense,
    synapticOperations: { effectiveMacs, effectiveAcs, dense },
    synapticOperationsWithDecoder: {
      effectiveMacs: effectiveMacs + decoder.effectiveMacs,
      effectiveAcs: effectiveAcs + decoder.effectiveAcs,
      dense: dense + decoder.dense,
    },
    footprintBytes: footprintOf(program),
  };
}

/** The first layer meets events only, perhaps spikes; later ones, and biases, are dense. Its weights count as non-zero. */
function decoderOperations({ host, chipDecoder, populations }: Program, events: number): SynapticOperations {
  const widths = chipDecoder
    ? [{ inputs: chipDecoder.inputs, outputs: chipDecoder.outputs }]
    : host.decoder.flatMap((stage) => (stage.kind === "linear" ? [stage] : []));
  const dense = widths.map(({ inputs, outputs }) => inputs * outputs);
  const first = events * (widths[0]?.outputs ?? 0);
  const { kind } = populations.at(-1)!;
  const meetsSpikes = kind !== "input" && NEURON_TRAITS[kind].sends === "spikes";
  return {
    effectiveMacs: sumOf(dense.slice(1)) + (meetsSpikes ? 0 : first),
    effectiveAcs: meetsSpikes ? first : 0,
    dense: sumOf(dense),
  };
}

function footprintOf({ pes, chipDecoder }: Program): number {
  const images = pes.reduce((sum, { image, dramImage }) => sum + image.length + dramImage.length, 0);
  if (chipDecoder === undefined) return images;
  const { weights, scale, bias } = chipDecoder;
  return images + weights.byteLength + scale.byteLength + bias.byteLength;
}
