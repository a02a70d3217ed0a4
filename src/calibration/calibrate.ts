import { type Compilation, type CompileOptions, compile } from "../../compiler/pipeline.ts";
import { stepsInStreams } from "../../simulator/streams.ts";
import { InputError, UnsupportedError } from "../core/errors.ts";
import { modelProjectionName, projectionName } from "../core/event-graph.ts";
import type { ModelIr } from "../core/model-ir.ts";
import type { HardwareProfile } from "../core/profile.ts";
import { type BudgetedFormats, chooseFormats, describeQuality } from "./budget.ts";
import { followed, measure, type Measurement, SILENT, type Talk } from "./measure.ts";
import { oneStepAgreement } from "./one-step.ts";
import { lossOf, type Quality } from "./quality.ts";
import {
  activityOf,
  type LayerRecording,
  meanActivity,
  type Recording,
  startRecording,
} from "./recording.ts";
import { roomyChip } from "./roomy-chip.ts";
import { type Sensitivity, sensitivityOf } from "./sensitivity.ts";
import { compileTrial, runSample, type Sample, type TrialOptions } from "./trial.ts";
import { formatsOf, startTrials } from "./trials.ts";

export interface CalibrationRequest {
  readonly model: ModelIr;
  readonly profile: HardwareProfile;
  /** Of the compiler; with a budget, formats are chosen here. */
  readonly options: CompileOptions;
  readonly sample: Sample;
  /** Largest loss against float32 that is allowed, as a share; see `lossOf`. Formats are then chosen to keep to it. */
  readonly budget?: number;
  /** Follows each run of the sample. */
  readonly talk?: Talk;
}

/** A model compiled with what a sample showed, and how the result compares with float32 on that sample. */
export interface Calibration {
  readonly compilation: Compilation;
  readonly sample: Sample & { readonly steps: number };
  readonly float32: {
    readonly quality: Quality;
    readonly layers: readonly {
      readonly name: string;
      readonly neurons: number;
      readonly activity: number;
    }[];
  };
  /** The compiled program on its chip. */
  readonly program: Measurement & {
    readonly loss: number;
    /** By layer, see `oneStepAgreement`; integer programs only. */
    readonly oneStep?: ReadonlyMap<string, number>;
  };
  /** Integer programs only, where the chip has both integer formats. */
  readonly sensitivity?: Sensitivity;
  readonly budget?: BudgetedFormats;
}

/**
 * Compiles a model with what it does on a sample:
 *
 * 1. the float32 model runs on the sample; the events of its neurons are the activity that the compiler weighs;
 * 2. each projection's loss in int8 is measured, and where there is a budget, formats are chosen by it;
 * 3. the model is compiled as asked, and the program runs on its own chip over the same sample.
 *
 * Trials of 1 and 2 run on a roomy chip (`roomyChip`), so that they need not fit the real one.
 *
 * @throws UserError where sample and model do not go together, the model is silent, or a budget cannot be kept.
 */
export function calibrate(request: CalibrationRequest): Calibration {
  const { model, profile, options, budget, talk = SILENT } = request;
  const { stimulus, streams = 1 } = request.sample;
  const sample = { ...request.sample, steps: stepsInStreams(stimulus, streams) };
  const roomy = roomyChip(profile);
  refuseEarly(request, roomy);
  const exact = compileTrial(model, roomy, { format: "float32", decoder: "host" });
  const float32 = runFloat32(exact, roomy, sample, talk);
  const { recording, quality } = float32;

  const { formats, ...findings } = studyFormats(request, roomy, exact, float32);
  const chosen = { ...options, ...formats };
  const compilation = compile(model, profile, { ...chosen, activity: activityOf(recording) });
  const measurement = measure(compilation.program, profile, sample, recording, talk("as compiled"));
  const loss = lossOf(measurement.quality, quality);
  if (budget !== undefined && loss > budget) throw missedBudget(measurement.quality, loss);
  const oneStep = isInteger(chosen)
    ? oneStepAgreement(
        exact,
        compileTrial(model, roomy, { ...trialOptionsOf(chosen), mac: productsIn(compilation) }),
        roomy,
        sample,
        talk,
      )
    : undefined;
  return {
    compilation,
    sample,
    float32: { quality, layers: recording.layers.map((layer) => floatLayer(recording, layer)) },
    program: { ...measurement, loss, ...(oneStep && { oneStep }) },
    ...findings,
  };
}

/** What no sample can mend is said before the first run: formats, projections and decoders that there are not. */
function refuseEarly({ model, profile, options, budget }: CalibrationRequest, roomy: HardwareProfile): void {
  if (budget !== undefined) requireBothFormats(profile);
  const { kernels, rowForms } = profile.pe;
  const withOwnKernels = { ...roomy, pe: { ...roomy.pe, kernels, rowForms } };
  const asked = trialOptionsOf(options);
  compileTrial(model, withOwnKernels, budget === undefined ? asked : { ...asked, format: "int8" });
}

/** Projections that the compiled program multiplies on MAC arrays. */
const productsIn = ({ graph }: Compilation): ReadonlySet<string> =>
  new Set(
    graph.projections
      .filter(({ onMacArray }) => onMacArray)
      .map((projection) => modelProjectionName(graph, projection)),
  );

const isInteger = ({ format = "float32" }: CompileOptions): boolean => format !== "float32";

/** What a program computes depends on these alone. */
const trialOptionsOf = ({ format, formats, scales, decoder, mac }: CompileOptions): TrialOptions => ({
  ...(format && { format }),
  ...(formats && { formats }),
  ...(scales && { scales }),
  ...(decoder && { decoder }),
  ...(mac && { mac }),
});

const floatLayer = (recording: Recording, layer: LayerRecording) => ({
  name: layer.name,
  neurons: layer.size,
  activity: meanActivity(recording, layer),
});

/** Sensitivities of an integer program, and formats by the budget where there is one. */
function studyFormats(
  { model, profile, options, sample, budget, talk = SILENT }: CalibrationRequest,
  roomy: HardwareProfile,
  { graph }: Compilation,
  { recording, quality }: FloatRun,
): Pick<Calibration, "sensitivity" | "budget"> & {
  readonly formats?: Pick<CompileOptions, "format" | "formats">;
} {
  if ((budget === undefined && !isInteger(options)) || !hasBothFormats(profile)) return {};
  const names = [...new Set(graph.projections.map(projectionName))];
  const { scales = "row", decoder = "host" } = options;
  const setup = { model, roomy, options: { scales, decoder }, sample, recording, float32: quality, talk };
  const trials = startTrials(setup, names);
  const sensitivity = sensitivityOf(trials);
  if (budget === undefined) return { sensitivity };
  const budgeted = chooseFormats(trials, sensitivity, budget);
  return { sensitivity, budget: budgeted, formats: formatsOf(names, budgeted.wide) };
}

interface FloatRun {
  readonly recording: Recording;
  readonly quality: Quality;
}

/** Records what the float32 model does. @throws InputError where it does nothing. */
function runFloat32(
  { program }: Compilation,
  roomy: HardwareProfile,
  sample: Calibration["sample"],
  talk: Talk,
): FloatRun {
  const { stimulus, steps } = sample;
  const predicts =
    stimulus.kind === "tokens" && stimulus.targets !== undefined && program.host.decoder.length > 0;
  const { recording, observe } = startRecording(program, steps, !predicts);
  const { evaluation } = followed(talk("float32"), (advance) =>
    runSample(program, roomy, sample, (step, view) => {
      observe(step, view);
      advance(step + 1);
    }),
  );
  const isSilent = recording.layers.every((layer) => meanActivity(recording, layer) === 0);
  const isFlat = recording.outputs?.values.every((value) => value === 0) ?? false;
  if (isSilent || isFlat)
    throw new InputError(
      {},
      `the float32 model ${isSilent ? "sends no event" : "puts out nothing but 0"} on the sample (${stimulus.origin}), so there is nothing to compare with`,
      "Give a sample of the kind that the model was trained on, or a longer one.",
    );
  return {
    recording,
    quality: evaluation ? { kind: "perplexity", ...evaluation } : { kind: "output-error", rms: 0, max: 0 },
  };
}

const hasBothFormats = ({ pe: { kernels } }: HardwareProfile): boolean =>
  kernels.int8 !== undefined && kernels.int16 !== undefined;

function requireBothFormats(profile: HardwareProfile): void {
  if (hasBothFormats(profile)) return;
  throw new UnsupportedError(
    `${profile.title} has not both int8 and int16 kernels, between which a budget would choose.`,
    "Leave --budget out and choose a --format, or choose another chip.",
  );
}

/** The program adds in another order than its trial, where neurons are ordered: that shows where sums saturate. */
const missedBudget = (quality: Quality, loss: number): UnsupportedError =>
  new UnsupportedError(
    `The compiled program misses the budget that its trial kept: it has ${describeQuality(quality, loss)}.`,
    "Allow a larger --budget, or use wider accumulators.",
  );
