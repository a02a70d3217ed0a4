import { compile } from "../../compiler/pipeline.ts";
import type { StepView } from "../../simulator/simulate.ts";
import type { Chip } from "../compare/chips.ts";
import { runProgram } from "../compare/run.ts";
import { CapacityError, UnsupportedError } from "../core/errors.ts";
import type { Program } from "../core/program.ts";
import type { Stimulus } from "../core/stimulus.ts";
import { tokenStimulus } from "../inputs/token-ids.ts";
import { readModel } from "../models/read-model.ts";
import { operatingPointOf, parseChipSpec } from "../profiles/chip-spec.ts";
import { readProfile } from "../profiles/read-profile.ts";
import { loadBaseText, loadProfileText } from "../runtime/profile-files.ts";
import type { LabelledSequences } from "../training/tasks.ts";
import type { ChipFigures } from "./point-result.ts";
import type { Study } from "./study-schema.ts";

/** What a model reads on the chip. */
export type ChipSample =
  | {
      readonly kind: "tokens";
      readonly ids: Int32Array;
      /** Steps after which the hidden state restarts, as in training; carried on where absent. */
      readonly window?: number | undefined;
    }
  | { readonly kind: "sequences"; readonly sequences: LabelledSequences };

interface Run {
  readonly stimulus: Stimulus;
  readonly streams?: number;
  readonly window?: number | undefined;
  /** Classes of the sequences, a stream each. */
  readonly labels?: Uint8Array;
}

/**
 * Compiles a trained model for the study's chip and simulates it on the sample's first `steps` timesteps: tokens in one
 * stream; sequences whole, at least one, each from a state of zero. What the compiler or the chip cannot take is a result, too.
 */
export function runOnChip(
  model: Uint8Array,
  sample: ChipSample,
  { profile: spec, format, scales, steps }: NonNullable<Study["chip"]>,
  onProgress?: (stepsDone: number, steps: number) => void,
): ChipFigures {
  const chip = openChip(spec);
  const { name } = parseChipSpec(spec);
  try {
    const ir = readModel({ name: "point", fileName: "model.safetensors", bytes: model });
    const { program } = compile(ir, chip.profile, { format, ...(scales && { scales }) });
    const { stimulus, streams, window, labels } = runOf(sample, steps);
    const score = labels && startScore(program, labels, stimulus);
    const report = runProgram(program, chip, stimulus, {
      operatingPoints: [chip.operatingPoint],
      ...(window !== undefined && { window }),
      ...(streams !== undefined && { streams }),
      ...(score && { observe: score.observe }),
      ...(onProgress && { onProgress }),
    });
    const { timing, energy } = report.readings[0]!;
    const synops = report.result.projections.reduce((sum, projection) => sum + projection.synops, 0);
    const { evaluation } = report.result;
    return {
      profile: name,
      operatingPoint: chip.operatingPoint,
      format,
      steps: report.result.steps,
      pes: report.result.usedPes.length,
      latencySeconds: timing.latencyPerStep,
      energyJoules: energy.perStep,
      isLowerBound: energy.isLowerBound,
      synopsPerToken: synops / report.result.steps,
      ...(evaluation && { perplexity: evaluation.perplexity }),
      ...(score && { sequences: score.labels.length, accuracy: score.hits() / score.labels.length }),
    };
  } catch (error) {
    if (error instanceof UnsupportedError || error instanceof CapacityError)
      return { profile: name, refused: error.message, hint: error.hint };
    throw error;
  }
}

function openChip(spec: string): Chip & { readonly operatingPoint: string } {
  const { name, operatingPoint } = parseChipSpec(spec);
  const source = loadProfileText(name);
  const loaded = readProfile(source.text, source.fileName, [], loadBaseText);
  return { ...loaded, operatingPoint: operatingPointOf(loaded.profile, operatingPoint).name, overrides: [] };
}

function runOf(sample: ChipSample, steps: number): Run {
  if (sample.kind === "tokens") {
    const ids = Uint32Array.from(sample.ids.subarray(0, steps + 1));
    return { stimulus: tokenStimulus(ids, "the study's text"), window: sample.window };
  }
  const { sequences } = sample;
  const streams = Math.min(sequences.count, Math.max(1, Math.floor(steps / sequences.steps)));
  const size = sequences.steps * sequences.width;
  const values = new Float32Array(streams * size);
  for (let index = 0; index < streams; index += 1) values.set(sequences.sequence(index), index * size);
  const origin = "the study's sequences";
  return {
    stimulus: { kind: "dense", width: sequences.width, values, origin, synthetic: false },
    streams,
    labels: sequences.labels.subarray(0, streams),
  };
}

/** A sequence's class is that of the largest mean logit, as in training: there the mean comes before the decoder, which is linear. */
function startScore({ host, chipDecoder }: Program, labels: Uint8Array, stimulus: Stimulus) {
  if (stimulus.kind !== "dense") throw new Error("sequences are dense");
  const last = host.decoder.at(-1);
  const outputs = chipDecoder?.outputs ?? (last?.kind === "linear" ? last.outputs : undefined);
  if (outputs === undefined) throw new Error("a classifier has a decoder");
  const steps = stimulus.values.length / stimulus.width / labels.length;
  const sums = Array.from(labels, () => new Float64Array(outputs));
  return {
    labels,
    observe(step: number, { logits }: StepView): void {
      const sum = sums[Math.floor(step / steps)]!;
      logits!.forEach((logit, output) => (sum[output]! += logit));
    },
    hits: () => sums.filter((sum, index) => indexOfLargest(sum) === labels[index]).length,
  };
}

/** The first of equals. */
const indexOfLargest = (values: Float64Array): number =>
  values.reduce((best, value, index) => (value > values[best]! ? index : best), 0);
