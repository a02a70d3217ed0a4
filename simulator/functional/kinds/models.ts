import type { ChipPopulationKind } from "../../../src/core/population-kind.ts";
import { EGRU } from "./egru.ts";
import { GRU } from "./gru.ts";
import { INTEGRATOR, LIF, LIF_RESET } from "./lif.ts";
import { LINEAR, RELU, SIGMOID, TANH } from "./linear.ts";
import { LSTM } from "./lstm.ts";
import { MAX_POOL } from "./max-pool.ts";
import type { NeuronModel } from "./neuron-model.ts";

export const NEURON_MODELS: Readonly<Record<ChipPopulationKind, NeuronModel>> = {
  egru: EGRU,
  lstm: LSTM,
  gru: GRU,
  lif: LIF,
  "lif-reset": LIF_RESET,
  integrator: INTEGRATOR,
  linear: LINEAR,
  relu: RELU,
  sigmoid: SIGMOID,
  tanh: TANH,
  "partial-sum": LINEAR,
  "max-pool": MAX_POOL,
};
