import { DECODER_BIAS, type ModelShape } from "./shape.ts";
import type { Network } from "./network.ts";
import { zeroState } from "./network.ts";
import { zeroMoments } from "./optimiser.ts";
import { initialParameters, type Parameters } from "./parameters.ts";
import { type Masks, maskTensors } from "./pruning.ts";
import { BEGINNING, type Training } from "./trainer.ts";

export interface StartOptions {
  readonly seed: number;
  readonly batch: number;
  readonly weightFormat?: Network["weightFormat"];
  /** Parameters to go on from; drawn by the seed where absent. */
  readonly parameters?: Parameters | undefined;
  /** What was pruned before and stays so. */
  readonly masks?: Masks | undefined;
  /** Of the decoder, where nothing was trained before. */
  readonly decoderBias?: Float32Array | undefined;
}

/** A training at its first step. */
export function startTraining(shape: ModelShape, options: StartOptions): Training {
  const { seed, batch, weightFormat, masks = new Map<string, Uint8Array>() } = options;
  const parameters = options.parameters ?? initialParameters(shape, seed);
  if (options.parameters === undefined && options.decoderBias)
    parameters.load(DECODER_BIAS, options.decoderBias);
  return {
    network: { shape, parameters, weightFormat },
    moments: zeroMoments(parameters.shapes),
    masks: maskTensors(parameters, masks),
    state: zeroState(shape, batch),
    position: BEGINNING,
  };
}
