/**
 * The public surface of eventloom. One run, from files to a report:
 *
 *     const model = readModel(loadModelFiles("examples/egru-wt2-small"));
 *     const { text, fileName } = loadProfileText("spinnaker2");
 *     const chip = { ...readProfile(text, fileName), overrides: [] };
 *     const stimulus = readStimulus({ kind: "synthetic", seed: 1, steps: 100 }, inputPortOf(model));
 *     const { program } = compile(model, chip.profile);
 *     const report = runProgram(program, chip, stimulus, { operatingPoints: ["150MHz", "300MHz"] });
 *     console.log(formatResult(resultJsonOf([report], "my tool 1.0")));
 */

export { type Compilation, type CompileOptions, compile, type PassReport } from "../compiler/pipeline.ts";
export { type NeuroBenchMetrics, neuroBenchMetrics } from "../simulator/metrics.ts";
export {
  createSimulation,
  type Simulation,
  type SimulationOptions,
  type StepView,
  simulate,
} from "../simulator/simulate.ts";
export { cutStreams, joinStreams } from "../simulator/streams.ts";
export { timeOf } from "../simulator/time-of.ts";
export { type Calibration, type CalibrationRequest, calibrate } from "./calibration/calibrate.ts";
export type { Sample } from "./calibration/trial.ts";
export { type Chip, type ChipGroup, groupByProfile } from "./compare/chips.ts";
export { type Baseline, rooflineOf, type RooflineReport } from "./compare/roofline.ts";
export { type Sensitivity, sensitivityOf } from "./compare/sensitivity.ts";
export {
  type CompareOptions,
  type ComparisonRow,
  compareAll,
  isRefusal,
  type Refusal,
  type Workload,
} from "./compare/compare.ts";
export {
  type Reading,
  type RunOptions,
  type RunReport,
  runProgram,
  runProgramInWorkers,
} from "./compare/run.ts";
export type { Counts } from "./core/counts.ts";
export { type EventCoding, parseEventCoding } from "./core/event-coding.ts";
export { CapacityError, InputError, MismatchError, UnsupportedError, UserError } from "./core/errors.ts";
export type { EventGraph } from "./core/event-graph.ts";
export { formatEventGraph, parseEventGraph } from "./core/event-graph-text.ts";
export type { Mapping } from "./core/mapping.ts";
export { type ModelIr, verifyModel } from "./core/model-ir.ts";
export type { NumberFormat, Quantisation } from "./core/number-format.ts";
export type { HardwareProfile, OperatingPoint } from "./core/profile.ts";
export type { Program } from "./core/program.ts";
export { decodeProgram, encodeProgram } from "./core/program-codec.ts";
export { formatProgram } from "./core/program-text.ts";
export type { Evaluation, Schedule, SimulationResult, Timing } from "./core/result.ts";
export type { DvfsWish, SynchronisationWish } from "./core/run-policy.ts";
export type { DenseStimulus, Stimulus, TokenStimulus } from "./core/stimulus.ts";
export type { Trace, TraceRequest, TraceWindow } from "./core/trace.ts";
export { energyOf } from "./energy/energy-of.ts";
export type { EnergyReport } from "./energy/energy-report.ts";
export { type Hdf5, type Hdf5Group, loadHdf5 } from "./formats/hdf5.ts";
export { type InputPort, inputPortOf } from "./inputs/input-port.ts";
export { limitSteps } from "./inputs/limit-steps.ts";
export { readStimulus, type StimulusSource } from "./inputs/read-stimulus.ts";
export { hdf5BytesIn } from "./models/model-kind.ts";
export { nirTreeOf } from "./models/nir/write-nir-model.ts";
export { type ModelInput, readModel } from "./models/read-model.ts";
export { type ModelSummary, summariseModel } from "./models/summary.ts";
export { type SyntheticShape, syntheticModel } from "./models/synthetic.ts";
export { writeModel } from "./models/write-model.ts";
export { checkProfile } from "./profiles/check-profile.ts";
export { type LoadedProfile, readProfile } from "./profiles/read-profile.ts";
export { type LoadedRoofline, readRoofline } from "./profiles/roofline.ts";
export { calibrationJson } from "./report/calibration-json.ts";
export { type CalibrationJson, CalibrationSchema } from "./report/calibration-schema.ts";
export { formatCalibration } from "./report/calibration-text.ts";
export { PLAIN_STYLE, type Style } from "./report/layout.ts";
export { formatJson, resultJsonOf } from "./report/result-json.ts";
export { type ResultJson, ResultSchema } from "./report/result-schema.ts";
export { formatResult } from "./report/text.ts";
export { formatSummary } from "./report/text-summary.ts";
export { type TraceAbout, traceJson } from "./report/trace-json.ts";
export { type TracePower, tracePowerOf } from "./report/trace-power.ts";
export { readFileBounded, readTextBounded, writeFileWhole } from "./runtime/files.ts";
export { loadModelFiles, type ModelFiles, readerBeside } from "./runtime/model-files.ts";
export { bundledProfiles, loadBaseText, loadProfileText } from "./runtime/profile-files.ts";
export { type Judgement, judge, type Statistics, statisticsOf } from "./validation/judge.ts";
export { type Entry, readEntry } from "./validation/read-entry.ts";
export { validateEntries, type ValidationOptions } from "./validation/validate.ts";
