import type { BudgetedFormats } from "../calibration/budget.ts";
import type { Calibration } from "../calibration/calibrate.ts";
import type { Quality } from "../calibration/quality.ts";
import type { Sensitivity } from "../calibration/sensitivity.ts";
import type { Trial } from "../calibration/trials.ts";
import { projectionName } from "../core/event-graph.ts";
import { formatOf, type IntegerFormat } from "../core/number-format.ts";
import { CALIBRATION_SCHEMA_NAME, type CalibrationJson, type QualityJson } from "./calibration-schema.ts";

/** A calibration as plain JSON of the form in calibration-schema.ts. */
export function calibrationJson(calibration: Calibration): CalibrationJson {
  const { float32, program, sensitivity, budget } = calibration;
  return {
    schema: CALIBRATION_SCHEMA_NAME,
    sample: sampleJson(calibration),
    float32: { quality: qualityJson(float32.quality) },
    program: programJson(calibration),
    layers: program.layers.map(({ name, neurons, activity, agreement }, index) => ({
      name,
      neurons,
      float32Activity: float32.layers[index]!.activity,
      activity,
      agreement,
      ...(program.oneStep && { oneStepAgreement: program.oneStep.get(name)! }),
    })),
    ...(sensitivity && { sensitivity: sensitivityJson(sensitivity) }),
    ...(budget && { budget: budgetJson(budget) }),
  };
}

function sampleJson({ sample }: Calibration): CalibrationJson["sample"] {
  const { stimulus, steps, window, streams = 1 } = sample;
  return {
    origin: stimulus.origin,
    synthetic: stimulus.synthetic,
    stepIs: stimulus.kind === "tokens" ? "token" : "vector",
    steps,
    ...(window !== undefined && { windowSteps: window }),
    ...(streams !== 1 && { streams }),
  };
}

function programJson({ compilation: { graph }, program }: Calibration): CalibrationJson["program"] {
  const { format, scales } = graph.quantisation;
  const formats: Record<string, IntegerFormat> = {};
  for (const projection of graph.projections) {
    const own = formatOf(projection.synapses.weight);
    if (own !== format && own !== "float32") formats[projectionName(projection)] = own;
  }
  return {
    format,
    formats,
    ...(format !== "float32" && { scales }),
    weightBytes: graph.projections.reduce((sum, { synapses }) => sum + synapses.weight.byteLength, 0),
    quality: qualityJson(program.quality),
    lossShare: program.loss,
    saturations: { ...program.saturations },
  };
}

const qualityJson = (quality: Quality): QualityJson =>
  quality.kind === "perplexity"
    ? {
        tokens: quality.tokens,
        negativeLogLikelihoodNats: quality.negativeLogLikelihood,
        perplexity: quality.perplexity,
      }
    : { rmsError: quality.rms, largestError: quality.max };

const trialJson = ({ measurement, loss, weights }: Trial) => ({
  quality: qualityJson(measurement.quality),
  lossShare: loss,
  weightBytes: [...weights.values()].reduce((sum, { bytes }) => sum + bytes, 0),
});

const sensitivityJson = ({
  wide,
  narrow,
  projections,
}: Sensitivity): NonNullable<CalibrationJson["sensitivity"]> => ({
  int16: trialJson(wide),
  int8: trialJson(narrow),
  projections: projections.map(({ name, synapses, wideBytes, narrowBytes, alone, loss, harm }) => ({
    name,
    weights: synapses,
    int16Bytes: wideBytes,
    int8Bytes: narrowBytes,
    quality: qualityJson(alone),
    lossShare: loss,
    harmShare: harm,
  })),
});

const budgetJson = (formats: BudgetedFormats): NonNullable<CalibrationJson["budget"]> => ({
  lossShare: formats.budget,
  int16: [...formats.wide],
  weightBytes: formats.weightBytes,
  int8Bytes: formats.narrowBytes,
  int16Bytes: formats.wideBytes,
  tried: formats.tried.map(({ wide, quality, loss }) => ({
    int16: [...wide],
    quality: qualityJson(quality),
    lossShare: loss,
  })),
});
