import { InputError } from "../core/errors.ts";
import { readSafetensors } from "../formats/safetensors.ts";
import { evaluateTokens, type Evaluation } from "../training/evaluate.ts";
import { parametersOf } from "../training/model-tensors.ts";
import type { Network } from "../training/network.ts";
import { type DataFiles, type PreparedTraining, prepareTraining } from "../training/prepare.ts";
import { sparsityOf } from "../training/pruning.ts";
import { RUN_FILES, type RunFolder, type RunHooks, runTraining } from "../training/run.ts";
import { idsOfText } from "../training/text-data.ts";
import { distributionOf } from "./distribution.ts";
import type { StudyPoint } from "./points.ts";
import { type PointResult, productLaw } from "./point-result.ts";
import { type ChipSample, runOnChip } from "./run-on-chip.ts";

export const RESULT_FILE = "result.json";

/** Trains a point in its folder, or goes on there, judges the model, runs it on the chip, and writes the result last. */
export function runPoint(
  point: StudyPoint,
  id: string,
  files: DataFiles,
  folder: RunFolder,
  hooks: RunHooks,
): PointResult {
  const prepared = prepareTraining(point.config, files);
  const { best } = runTraining(prepared, folder, hooks);
  const model = folder.read(RUN_FILES.model);
  if (best === undefined || model === undefined) {
    throw new InputError(
      { field: "pruning.end" },
      "no epoch ended with the sparsity that was asked for, so no model was kept",
      "Let pruning end before the last epoch does.",
    );
  }
  const { tensors, metadata } = readSafetensors(model);
  const { shape, parameters } = parametersOf(tensors, metadata);
  const network: Network = { shape, parameters, weightFormat: prepared.weightFormat };
  const { evaluation, sample } = judged(point, prepared, network, files);
  const named = (isWanted: (role: string) => boolean) =>
    parameters.shapes
      .filter(({ role, layer }) => layer !== undefined && isWanted(role))
      .map(({ name }) => parameters.values(name));
  const { cell, seed, sparsity, weightDecay, chip } = point;
  const result: PointResult = {
    id,
    cell,
    seed,
    sparsity,
    weightDecay,
    evaluation,
    evaluatedOn: point.test === undefined ? "validation" : "test",
    bestEpoch: best.epoch + 1,
    measuredSparsity: sparsityOf(parameters),
    ...productLaw(evaluation),
    weights: distributionOf(
      named((role) => role.endsWith("kernel")),
      true,
    ),
    biases: distributionOf(
      named((role) => role === "bias"),
      false,
    ),
    ...(chip && { chip: runOnChip(model, sample, chip) }),
  };
  parameters.dispose();
  folder.write(RESULT_FILE, `${JSON.stringify(result, undefined, 2)}\n`);
  return result;
}

function judged(
  { config, test }: StudyPoint,
  { task, vocabulary, sequences }: PreparedTraining,
  network: Network,
  files: DataFiles,
): { readonly evaluation: Evaluation; readonly sample: ChipSample } {
  const { data, training } = config;
  if (sequences !== undefined)
    return { evaluation: task.validate(network), sample: { kind: "sequences", sequences } };
  if (data.kind !== "text" || vocabulary === undefined) throw new Error("a text has a vocabulary");
  const streams = training.evaluationBatch;
  const ids = idsOfText(files.text(test ?? data.valid), vocabulary, 2 * streams);
  const window = Math.max(1, Math.round(training.window.mean));
  return {
    evaluation: evaluateTokens(network, ids, { streams, window, state: training.state }),
    sample: { kind: "tokens", ids, ...(training.state === "windowed" && { window }) },
  };
}

/** The result of a point that is finished, read from its folder; undefined where it is not, or is not whole. */
export function finishedResult(folder: RunFolder, id: string): PointResult | undefined {
  const bytes = folder.read(RESULT_FILE);
  if (bytes === undefined) return undefined;
  try {
    const result = JSON.parse(new TextDecoder().decode(bytes)) as PointResult;
    return result.id === id && typeof result.evaluation?.loss === "number" ? result : undefined;
  } catch {
    return undefined;
  }
}
