import type { CompileOptions } from "../../compiler/pipeline.ts";
import { type EventGraph, projectionName } from "../core/event-graph.ts";
import type { ModelIr } from "../core/model-ir.ts";
import type { HardwareProfile } from "../core/profile.ts";
import { measure, type Measurement, type Talk } from "./measure.ts";
import { lossOf, type Quality } from "./quality.ts";
import type { Recording } from "./recording.ts";
import { compileTrial, type Sample } from "./trial.ts";

/** One choice of weight formats, measured. */
export interface Trial {
  readonly measurement: Measurement;
  /** Against float32; see `lossOf`. */
  readonly loss: number;
  /** By projection name: weights that are stored, and their bytes. */
  readonly weights: ReadonlyMap<string, StoredWeights>;
}

export interface StoredWeights {
  readonly synapses: number;
  readonly bytes: number;
}

/** Measures choices of weight formats, each once. */
export interface Trials {
  /** Names of the projections on the chip, in the model's order. */
  readonly projections: readonly string[];
  /** Those named hold their weights in int16, all others in int8. */
  run(wide: readonly string[]): Trial;
}

export interface TrialSetup {
  readonly model: ModelIr;
  readonly roomy: HardwareProfile;
  /** What trials share. */
  readonly options: Pick<CompileOptions, "scales" | "decoder">;
  readonly sample: Sample;
  readonly recording: Recording;
  readonly float32: Quality;
  readonly talk: Talk;
}

export function startTrials(setup: TrialSetup, projections: readonly string[]): Trials {
  const done = new Map<string, Trial>();
  return {
    projections,
    run(wide) {
      const key = wide.join("\n");
      const trial = done.get(key) ?? runTrial(setup, projections, wide);
      done.set(key, trial);
      return trial;
    },
  };
}

/** Formats of a program in which those projections are int16 and all others int8. */
export const formatsOf = (
  projections: readonly string[],
  wide: readonly string[],
): Required<Pick<CompileOptions, "format" | "formats">> =>
  wide.length === projections.length
    ? { format: "int16", formats: new Map() }
    : { format: "int8", formats: new Map(wide.map((name) => [name, "int16"])) };

/** "int8, but a -> b in int16". */
export function describeFormats(projections: readonly string[], wide: readonly string[]): string {
  if (wide.length === 0) return "all in int8";
  if (wide.length === projections.length) return "all in int16";
  const narrow = projections.filter((name) => !wide.includes(name));
  return narrow.length < wide.length
    ? `int16, but ${narrow.join(", ")} in int8`
    : `int8, but ${wide.join(", ")} in int16`;
}

function runTrial(
  { model, roomy, options, sample, recording, float32, talk }: TrialSetup,
  projections: readonly string[],
  wide: readonly string[],
): Trial {
  const { program, graph } = compileTrial(model, roomy, { ...options, ...formatsOf(projections, wide) });
  const following = talk(describeFormats(projections, wide));
  const measurement = measure(program, roomy, sample, recording, following);
  return { measurement, loss: lossOf(measurement.quality, float32), weights: weightsIn(graph) };
}

/** By projection name. */
export function weightsIn({ projections }: EventGraph): Map<string, StoredWeights> {
  const stored = new Map<string, StoredWeights>();
  for (const projection of projections) {
    const name = projectionName(projection);
    const { synapses, bytes } = stored.get(name) ?? { synapses: 0, bytes: 0 };
    const { weight } = projection.synapses;
    stored.set(name, { synapses: synapses + weight.length, bytes: bytes + weight.byteLength });
  }
  return stored;
}

export const totalBytes = (weights: ReadonlyMap<string, StoredWeights>): number =>
  [...weights.values()].reduce((sum, { bytes }) => sum + bytes, 0);
