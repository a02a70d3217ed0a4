import { formatPairs, printable } from "../report/layout.ts";
import { formatCount, formatShare } from "../report/quantities.ts";
import { formatJson } from "../report/result-json.ts";
import { READ_LIMITS, readTextBounded } from "../runtime/files.ts";
import { filesBeside } from "../runtime/run-folder.ts";
import { openTensorBackend } from "../runtime/tensor-backend.ts";
import { readTrainingConfig } from "../training/config.ts";
import { type Evaluation, evaluateTokens } from "../training/evaluate.ts";
import type { Network } from "../training/network.ts";
import { prepareTraining } from "../training/prepare.ts";
import { sparsityOf } from "../training/pruning.ts";
import { idsOfText } from "../training/text-data.ts";
import type { CommandIo } from "./command-io.ts";
import type { EvaluateOptions } from "./evaluate.ts";
import { UsageError } from "./failures.ts";
import { type LoadedModel, loadTrainedModel, requireSameShape } from "./load-trained-model.ts";
import { showProgress } from "./progress.ts";

/** Steps computed at once where the state is carried on; it changes no figure. */
const STEPS_AT_ONCE = 70;

/** What `eventloom evaluate` does, apart from it, so that other commands start without TensorFlow.js. */
export async function evaluateModel(path: string, options: EvaluateOptions, io: CommandIo): Promise<void> {
  if ((options.text ?? options.config) === undefined) {
    throw new UsageError("There is nothing to evaluate on.", "Give --text or --config.");
  }
  await openTensorBackend(options.backend);
  const model = loadTrainedModel(path, options.vocab);
  const { shape, parameters } = model;
  const network: Network = {
    shape,
    parameters,
    ...(options.format !== "float32" && { weightFormat: { format: options.format, scales: "row" } }),
  };
  const progress = showProgress(io, `evaluate ${model.name}`, "steps");
  try {
    const evaluation =
      options.config === undefined
        ? evaluateText(model, network, options, progress.advance)
        : evaluateConfig(path, network, options.config, progress.advance);
    progress.end();
    const sparsity = sparsityOf(parameters);
    const all = { model: model.name, cell: shape.cell, sparsity, ...evaluation };
    io.stdout.write(options.json ? formatJson(all) : formatEvaluation(model.name, evaluation, sparsity));
  } finally {
    progress.end();
    parameters.dispose();
  }
}

function evaluateText(
  { name, vocabulary }: LoadedModel,
  network: Network,
  { text, level, streams, window }: EvaluateOptions,
  onProgress: (done: number, of: number) => void,
): Evaluation {
  if (vocabulary === undefined) {
    throw new UsageError(`${name} has no vocabulary to read a text with.`, "Give one with --vocab.");
  }
  const ids = idsOfText(readTextBounded(text!, READ_LIMITS.text), level, vocabulary, 2 * streams);
  return evaluateTokens(network, ids, {
    streams,
    window: window ?? STEPS_AT_ONCE,
    state: window === undefined ? "streaming" : "windowed",
    onProgress,
  });
}

function evaluateConfig(
  path: string,
  network: Network,
  configFile: string,
  onProgress: (done: number, of: number) => void,
): Evaluation {
  const config = readTrainingConfig(configFile, readTextBounded(configFile, READ_LIMITS.settings));
  const { shape, task } = prepareTraining(config, filesBeside(configFile));
  requireSameShape(path, network.shape, shape);
  return task.validate(network, onProgress);
}

function formatEvaluation(name: string, evaluation: Evaluation, sparsity: number): string {
  const { scored, loss, perplexity, perplexityInterval: interval, accuracy, activity, macs } = evaluation;
  const measured = macs.effective / macs.dense;
  const [lambdaA, lambdaW] = [macs.active / macs.dense, macs.kept / macs.dense];
  const pairs: [string, string][] = [
    ["scored", formatCount(scored)],
    ["loss", `${loss.toFixed(5)} nats`],
    [
      "perplexity",
      perplexity.toFixed(3) +
        (interval === undefined
          ? " (fewer than ten windows: no interval)"
          : ` (95 %: ${interval.low.toFixed(3)} to ${interval.high.toFixed(3)}, by batch means over windows)`),
    ],
    ["accuracy", formatShare(accuracy)],
    ["activity by layer", activity.map((share) => formatShare(share)).join(", ")],
    ["weight sparsity", `${formatShare(sparsity)} of the recurrent layers`],
    [
      "dense MACs",
      `${formatCount(macs.dense)} a step; ${formatCount(macs.dense + macs.decoder)} with decoder`,
    ],
    [
      "effective MACs",
      `${formatCount(macs.effective)} a step; ${formatCount(macs.effective + macs.decoder)} with decoder`,
    ],
    [
      "left of the work",
      `${formatShare(measured)}; λ_a ${formatShare(lambdaA)} · λ_w ${formatShare(lambdaW)} = ${formatShare(lambdaA * lambdaW)}`,
    ],
  ];
  return `${printable(name)}\n${formatPairs(pairs).join("\n")}\n`;
}
