import { InputError, MismatchError, UnsupportedError } from "../src/core/errors.ts";
import type { HostStage } from "../src/core/event-graph.ts";
import type { Program } from "../src/core/program.ts";
import type { ReplayRequest } from "../src/core/run-policy.ts";
import type { DenseStimulus, Stimulus, TokenStimulus } from "../src/core/stimulus.ts";

/**
 * Refuses a stimulus that the program cannot read.
 *
 * @throws MismatchError where it is of another kind or width.
 * @throws InputError where one of its values is out of range.
 */
export function checkStimulus(program: Program, stimulus: Stimulus): void {
  if (stimulus.kind === "tokens") checkTokens(program, stimulus);
  else checkDense(program, stimulus);
}

/** @throws InputError where a window is no number of timesteps. */
export function checkWindow(window: number | undefined): void {
  if (window === undefined || (Number.isInteger(window) && window >= 1)) return;
  throw new InputError(
    { field: "window" },
    `a window of ${window} timesteps`,
    "Give a whole number from 1 on.",
  );
}

/** A layer's partial sums over its own events would come an interval late. */
export const recurrentPartError = (part: string): UnsupportedError =>
  new UnsupportedError(
    `${part} sums recurrent events for its layer, and in the pipelined schedule its sums would come an interval too late.`,
    "Choose the sequential schedule (--schedule sequential), or compile with --partition-by neurons.",
  );

/** In a pipeline a layer has at hand what the layer before it sent in the interval before, and its own events. */
export const acrossError = (layer: string): UnsupportedError =>
  new UnsupportedError(
    `${layer} reads events across layers, and in the pipelined schedule they would come an interval too early or too late.`,
    "Choose the sequential schedule (--schedule sequential).",
  );

/** Whether a projection does not lead from the layer before, or from the layer itself with a delay. */
export function readsAcross(
  populations: Program["populations"],
  source: number,
  target: number,
  delay: 0 | 1,
): boolean {
  const whole = (index: number): number => {
    const { partOf, name } = populations[index]!;
    const layers = populations.filter((population) => population.partOf === undefined);
    return layers.findIndex((layer) => layer.name === (partOf ?? name));
  };
  const apart = whole(target) - whole(source);
  return delay === 1 ? apart !== 0 : apart > 1;
}

/** Refuses to replay a program in a pipeline that would compute something else. */
export function checkPipelined({ populations, pes }: Program, replays: readonly ReplayRequest[]): void {
  if (replays.every(({ schedule }) => schedule !== "pipelined")) return;
  const indexOf = new Map(populations.map(({ name }, index) => [name, index]));
  for (const { population, sources } of pes)
    for (const { population: source, delay } of sources)
      if (readsAcross(populations, indexOf.get(source)!, indexOf.get(population)!, delay))
        throw acrossError(population);
  const part = populations.find(
    ({ name, partOf }) =>
      partOf !== undefined &&
      pes.some(({ population, sources }) => population === name && sources.some(({ delay }) => delay === 1)),
  );
  if (part) throw recurrentPartError(part.name);
}

/**
 * In a pipeline a layer waits for a timestep's input as many intervals as there are layers before it.
 *
 * @throws InputError where a run ends before a replayed pipeline is full.
 */
export function checkPipelines(replays: readonly ReplayRequest[], phases: number, steps: number): void {
  if (steps > phases || replays.every(({ schedule }) => schedule !== "pipelined")) return;
  throw new InputError(
    {},
    `the input has ${steps} timesteps, too few to fill a pipeline of ${phases} phases packet by packet`,
    `Give at least ${phases + 1} timesteps a stream, or leave out the pipelined schedule or the detailed fidelity.`,
  );
}

function checkTokens({ host, manifest, chipDecoder }: Program, { ids, targets }: TokenStimulus): void {
  const embedding = host.encoder[0];
  if (embedding?.kind !== "embedding") {
    throw new MismatchError(
      `The stimulus holds token ids, but ${manifest.modelName} reads vectors.`,
      "Give a dense sequence (.npy, .npz, .safetensors or .csv).",
    );
  }
  checkIds("token", ids, embedding.rows, "Use the vocabulary that the model was trained with.");
  if (targets === undefined) return;
  if (targets.length !== ids.length) {
    throw new InputError(
      { field: "targets" },
      `${targets.length} targets do not match ${ids.length} tokens`,
      "Give one target for each token.",
    );
  }
  const outputs = chipDecoder?.outputs ?? outputsOf(host.decoder.at(-1));
  if (outputs === undefined) return;
  checkIds("target", targets, outputs, "Use the vocabulary that the model was trained with.");
}

const outputsOf = (stage: HostStage | undefined): number | undefined =>
  stage?.kind === "linear" ? stage.outputs : undefined;

function checkIds(what: string, ids: Uint32Array, limit: number, hint: string): void {
  const bad = ids.findIndex((id) => id >= limit);
  if (bad < 0) return;
  throw new InputError(
    { field: `${what}s` },
    `${what} ${bad} is ${ids[bad]}, but the model knows ${limit}`,
    hint,
  );
}

function checkDense({ host, populations, manifest }: Program, { width, values }: DenseStimulus): void {
  const first = host.encoder[0];
  if (first?.kind === "embedding") {
    throw new MismatchError(
      `The stimulus holds vectors, but ${manifest.modelName} reads token ids.`,
      "Give text, or token ids (.json, .csv or .npy).",
    );
  }
  const expected = first?.inputs ?? populations[0]!.size;
  if (width !== expected) {
    throw new MismatchError(
      `The stimulus has vectors of ${width} values, but ${manifest.modelName} reads ${expected}.`,
      `Give vectors of ${expected} values.`,
    );
  }
  if (values.length % width !== 0) {
    throw new InputError(
      { field: "values" },
      `${values.length} values are not a whole number of vectors of ${width}`,
      "Check that the stimulus is complete.",
    );
  }
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad < 0) return;
  const place = { field: `values[${Math.floor(bad / width)}][${bad % width}]` };
  throw new InputError(place, `the value is ${values[bad]}`, "Give finite numbers.");
}
