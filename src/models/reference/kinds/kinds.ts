import type { Population } from "../../../core/model-ir.ts";
import { EGRU } from "./egru.ts";
import { GRU } from "./gru.ts";
import { LIF } from "./lif.ts";
import { LINEAR } from "./linear.ts";
import { LSTM } from "./lstm.ts";
import { MAX_POOL } from "./max-pool.ts";
import type { ReferenceKind } from "./reference-kind.ts";

/** Populations that compute something. */
export type Layer = Exclude<Population, { kind: "token-input" | "dense-input" | "embedding" }>;

const KINDS: { readonly [Kind in Layer["kind"]]: ReferenceKind<Extract<Layer, { kind: Kind }>> } = {
  egru: EGRU,
  lstm: LSTM,
  gru: GRU,
  lif: LIF,
  linear: LINEAR,
  "max-pool": MAX_POOL,
};

export const isLayer = (population: Population): population is Layer => Object.hasOwn(KINDS, population.kind);

export const kindOf = (layer: Layer): ReferenceKind<Layer> => KINDS[layer.kind] as ReferenceKind<Layer>;

/**
 * Layers on the chip (docs/model.md, 3): from the first recurrent or spiking one, or max pooling, to the last; where none is
 * recurrent or spiking, all.
 */
export function chipLayers(populations: readonly Population[]): Layer[] {
  const isChipOnly = ({ kind }: Population) => kind !== "linear";
  const layers = populations.filter(isLayer);
  if (layers.every(({ kind }) => kind === "linear" || kind === "max-pool")) return layers;
  return layers.slice(layers.findIndex(isChipOnly), layers.findLastIndex(isChipOnly) + 1);
}
