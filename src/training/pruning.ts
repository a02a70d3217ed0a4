import * as tf from "@tensorflow/tfjs-core";
import type { Parameters } from "./parameters.ts";
import { isPrunable } from "./shape.ts";

/** `global` ranks all recurrent layers' weights together, `layer` each matrix by itself. */
export const PRUNING_SCOPES = ["global", "layer"] as const;
export type PruningScope = (typeof PRUNING_SCOPES)[number];

/** 1 where a weight is kept, by parameter. Shape as the parameter. */
export type Masks = ReadonlyMap<string, Uint8Array>;

/**
 * Gradual pruning (Zhu and Gupta, 2017): s(t) = s_f + (s_i − s_f)·(1 − (t − t_0)/(t_1 − t_0))³, in steps of training.
 * Before the beginning nothing is pruned; from the end on the final share.
 */
export interface PruningSchedule {
  readonly scope: PruningScope;
  /** Share of weights that are pruned in the end. */
  readonly sparsity: number;
  /** Share at the beginning. */
  readonly initial: number;
  readonly beginStep: number;
  readonly endStep: number;
  /** Steps between two prunings. */
  readonly every: number;
}

/** The share to prune at this step, or undefined where this step prunes nothing. */
export function sparsityAt(schedule: PruningSchedule, step: number): number | undefined {
  const { sparsity, initial, beginStep, endStep, every } = schedule;
  if (step < beginStep || step > endStep) return undefined;
  if (step === endStep) return sparsity;
  if ((step - beginStep) % every !== 0) return undefined;
  return sparsity + (initial - sparsity) * (1 - (step - beginStep) / (endStep - beginStep)) ** 3;
}

/**
 * Masks that keep the weights of largest magnitude. Exactly ⌊share · weights⌉ are pruned; of equal magnitudes the first
 * ones go. What is 0 already is pruned first, so that masks only grow stricter.
 */
export function magnitudeMasks(parameters: Parameters, share: number, scope: PruningScope): Masks {
  const prunable = parameters.shapes
    .filter(isPrunable)
    .map(({ name }) => ({ name, values: parameters.values(name) }));
  const groups = scope === "global" ? [prunable] : prunable.map((parameter) => [parameter]);
  return new Map(groups.flatMap((group) => [...maskGroup(group, share)]));
}

function maskGroup(
  group: readonly { readonly name: string; readonly values: Float32Array }[],
  share: number,
): Map<string, Uint8Array> {
  const total = group.reduce((sum, { values }) => sum + values.length, 0);
  const pruned = Math.round(share * total);
  const magnitudes = new Float32Array(total);
  let at = 0;
  for (const { values } of group) for (const value of values) magnitudes[at++] = Math.abs(value);
  magnitudes.sort();
  const threshold = pruned === 0 ? -1 : magnitudes[pruned - 1]!;
  let ties = 0;
  for (let i = pruned - 1; i >= 0 && magnitudes[i] === threshold; i -= 1) ties += 1;
  const masks = new Map<string, Uint8Array>();
  for (const { name, values } of group) {
    masks.set(
      name,
      Uint8Array.from(values, (value) => {
        const magnitude = Math.abs(value);
        if (magnitude === threshold && ties > 0) {
          ties -= 1;
          return 0;
        }
        return magnitude < threshold ? 0 : 1;
      }),
    );
  }
  return masks;
}

/** Masks of a model that was pruned before: what is 0 stays 0. */
export const masksOfZeros = (parameters: Parameters): Masks =>
  new Map(
    parameters.shapes
      .filter(isPrunable)
      .map(({ name }) => [name, Uint8Array.from(parameters.values(name), (value) => (value === 0 ? 0 : 1))]),
  );

/** Masks as tensors, for the optimiser. */
export const maskTensors = (parameters: Parameters, masks: Masks): Map<string, tf.Tensor> =>
  new Map(
    [...masks].map(([name, mask]) => [
      name,
      tf.tensor(Float32Array.from(mask), parameters.get(name).shape, "float32"),
    ]),
  );

/** Sets what the masks prune to 0. */
export function applyMasks(parameters: Parameters, masks: ReadonlyMap<string, tf.Tensor>): void {
  for (const [name, mask] of masks) parameters.set(name, tf.mul(parameters.get(name), mask));
}

/** Share of zeros among the weights that can be pruned. */
export function sparsityOf(parameters: Parameters): number {
  let [zeros, total] = [0, 0];
  for (const { name } of parameters.shapes.filter(isPrunable)) {
    const values = parameters.values(name);
    total += values.length;
    for (const value of values) if (value === 0) zeros += 1;
  }
  return total === 0 ? 0 : zeros / total;
}
