import type { ComparisonRow, Refusal } from "../compare/compare.ts";
import type { Reading, RunReport } from "../compare/run.ts";
import type { Repeated } from "../compare/repeats.ts";
import type { Sensitivity } from "../compare/sensitivity.ts";
import { CapacityError } from "../core/errors.ts";
import type { Program } from "../core/program.ts";
import { assumptionsOf } from "./assumptions.ts";
import { comparisonOf, denseJson } from "./comparison-json.ts";
import { countsOf } from "./counts-json.ts";
import { energyByComponent } from "./energy-json.ts";
import { figureBases } from "./figure-bases.ts";
import { fitOf } from "./fit-json.ts";
import { hostOf } from "./host-json.ts";
import { networkOf } from "./network-json.ts";
import { againstFloat32Json, qualityJson } from "./quality-json.ts";
import { dvfsJson, synchronisationJson } from "./policy-json.ts";
import {
  RESULT_SCHEMA_NAME,
  type ReadingJson,
  type RefusalJson,
  type ResultJson,
  type RunJson,
} from "./result-schema.ts";
import { repeatJson } from "./repeats-json.ts";
import { sensitivityJson } from "./sensitivity-json.ts";
import { layersOf, projectionsOf, trafficOf, workOf } from "./work-json.ts";

/**
 * Results as plain JSON of the form in result-schema.ts. The same results give the same bytes: there is
 * no date in it, and no wall time.
 */
export function resultJsonOf(
  rows: readonly ComparisonRow[],
  generator: string,
  sensitivities: readonly Sensitivity[] = [],
  repeats: readonly Repeated[] = [],
): ResultJson {
  const runs = rows.map((row) => {
    if ("problem" in row) return refusalJson(row);
    return "baseline" in row ? denseJson(row) : runJson(row);
  });
  return {
    schema: RESULT_SCHEMA_NAME,
    generator,
    runs,
    ...(runs.length > 1 && { comparison: comparisonOf(runs) }),
    ...(repeats.length > 0 && { repeats: repeats.map(repeatJson) }),
    ...(sensitivities.length > 0 && { sensitivity: sensitivities.map(sensitivityJson) }),
  };
}

/** The text of result.json. */
export const formatJson = (value: unknown): string =>
  `${JSON.stringify(value, undefined, 2).replace(SHORT_LIST, onOneLine)}\n`;

/** Arrays of numbers, truth values and single words stand on one line. A text in JSON holds no line break. */
const SHORT_LIST = /\[(?:\n *(?:-?\d[\d.eE+-]*|true|false|"[^"\\\s]{0,40}"),?)+\n *\]/g;

const onOneLine = (list: string): string => `[${list.slice(1, -1).trim().replace(/\n */g, " ")}]`;

function runJson(report: RunReport): RunJson {
  const { program, chip, stepIs, result, readings } = report;
  const { modelName, modelHash } = program.manifest;
  return {
    verdict: "fits",
    model: { name: modelName, sha256: modelHash },
    chip: chipJson(chip),
    program: programJson(program),
    input: {
      origin: result.origin,
      synthetic: result.synthetic,
      ...(result.ratesGiven && { ratesGiven: true as const }),
      stepIs,
      steps: result.steps,
      ...(result.window !== undefined && { windowSteps: result.window }),
      ...(result.streams !== undefined && { streams: result.streams }),
    },
    fit: fitOf(program, chip.profile),
    layers: layersOf(report),
    projections: projectionsOf(report),
    work: workOf(report),
    traffic: trafficOf(report),
    counts: countsOf(report),
    host: hostOf(report),
    metrics: metricsJson(report),
    ...(result.evaluation && { quality: qualityJson(result.evaluation) }),
    ...(report.float32 && { againstFloat32: againstFloat32Json(report.float32) }),
    readings: readings.map((reading) => readingJson(reading, report)),
    assumptions: assumptionsOf(report),
  };
}

const chipJson = (chip: Refusal["chip"]): RunJson["chip"] => ({
  name: chip.profile.name,
  title: chip.profile.title,
  profileSha256: chip.profile.sha256,
  overrides: [...chip.overrides],
  figures: figureBases(chip),
  ...(chip.variant !== undefined && { variant: chip.variant }),
});

/** What a program is, whether or not it has run. */
export function programJson({ manifest }: Program): RunJson["program"] {
  const { format, scales, accumulatorBits } = manifest.quantisation;
  return {
    format,
    ...(format !== "float32" && { scales, accumulatorBits }),
    seed: manifest.seed,
    // By name, so that a program gives the same bytes before and after it was a file.
    options: Object.fromEntries(Object.entries(manifest.options).sort(([a], [b]) => (a < b ? -1 : 1))),
    denseWeights: manifest.denseWeights,
    storedWeights: manifest.storedWeights,
  };
}

const metricsJson = ({ metrics }: RunReport): RunJson["metrics"] => ({
  footprintBytes: metrics.footprintBytes,
  connectionSparsity: metrics.connectionSparsity,
  activationSparsity: metrics.activationSparsity,
  synapticOperationsPerToken: { ...metrics.synapticOperations },
  synapticOperationsWithDecoderPerToken: { ...metrics.synapticOperationsWithDecoder },
});

function readingJson({ point, timing, energy, ...reading }: Reading, report: RunReport): ReadingJson {
  const { result, chip } = report;
  const { window } = result;
  const { working, waiting } = energy.peSeconds;
  return {
    operatingPoint: timing.dvfs ?? point.name,
    peClockHertz: point.peClock,
    ...(point.voltage !== undefined && { voltageVolts: point.voltage }),
    schedule: timing.schedule,
    fidelity: timing.replay ? "detailed" : "fast",
    synchronisation: synchronisationJson(timing),
    ...dvfsJson(timing, energy, report),
    ...(timing.replay && { replay: timing.replay }),
    whileWaiting: reading.whileWaiting,
    whileUnused: reading.whileUnused,
    latencySecondsPerToken: timing.latencyPerStep,
    ...(window !== undefined && {
      latencySecondsPerWindow: timing.latencyPerStep + (window - 1) * timing.secondsPerStep,
    }),
    secondsBetweenTokens: timing.secondsPerStep,
    tokensPerSecond: 1 / timing.secondsPerStep,
    totalSeconds: timing.total,
    ...(timing.untimed && { untimed: [...timing.untimed] }),
    phases: timing.phases.map(({ name, seconds }) => ({ name, secondsPerToken: seconds })),
    network: networkOf(result.counts, chip.profile, timing.total),
    peBusyShare: Math.min(1, working / (working + waiting)),
    peSeconds: { ...energy.peSeconds },
    energyJoulesPerToken: energy.perStep,
    ...(energy.perWindow !== undefined && { energyJoulesPerWindow: energy.perWindow }),
    energyJoulesTotal: energy.total,
    energyIsLowerBound: energy.isLowerBound,
    unpriced: energy.unpriced.map(({ component, action, count }) => ({
      component,
      action,
      count: Math.round(count),
    })),
    energyByComponent: energyByComponent(energy, chip.profile.pe.reserved.length),
    meanPowerWatts: energy.meanPower,
  };
}

function refusalJson({ model, chip, problem }: Refusal): RefusalJson {
  return {
    verdict: "refused",
    model: { name: model.name },
    chip: chipJson(chip),
    problem: {
      code: problem.code,
      message: problem.message,
      hint: problem.hint,
      ...(problem instanceof CapacityError && { shortage: { ...problem.shortage } }),
    },
  };
}
