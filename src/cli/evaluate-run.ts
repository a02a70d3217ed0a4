import { inFile, UnsupportedError } from "../core/errors.ts";
import { UNKNOWN_WORD } from "../inputs/text.ts";
import { intervalOfShare } from "../core/intervals.ts";
import { formatPairs, printable } from "../report/layout.ts";
import { formatCount, formatShare, formatSi } from "../report/quantities.ts";
import { formatJson } from "../report/result-json.ts";
import { READ_LIMITS, readTextBounded } from "../runtime/files.ts";
import { filesBeside } from "../runtime/run-folder.ts";
import { openTensorBackend } from "../runtime/tensor-backend.ts";
import type { ChipFigures } from "../study/point-result.ts";
import { runOnChip } from "../study/run-on-chip.ts";
import { readTrainingConfig } from "../training/config.ts";
import { type Evaluation, evaluateTokens } from "../training/evaluate.ts";
import { writeTrainedModel } from "../training/model-tensors.ts";
import type { Network } from "../training/network.ts";
import { prepareTraining } from "../training/prepare.ts";
import { sparsityOf } from "../training/pruning.ts";
import type { LabelledSequences } from "../training/tasks.ts";
import { idsOfText } from "../training/text-data.ts";
import type { CommandIo } from "./command-io.ts";
import type { EvaluateOptions } from "./evaluate.ts";
import { UsageError } from "./failures.ts";
import { sayUnknown } from "./load-stimulus.ts";
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
    ...(options.format !== "float32" && { weightFormat: { format: options.format, scales: options.scales } }),
  };
  const progress = showProgress(io, `evaluate ${model.name}`, "steps");
  try {
    const { evaluation, sequences } =
      options.config === undefined
        ? { evaluation: evaluateText(model, network, options, io, progress.advance) }
        : evaluateConfig(path, network, options.config, options.chip !== undefined, progress.advance);
    progress.end();
    const chip = sequences && options.chip !== undefined ? onChip(model, sequences, options, io) : undefined;
    const sparsity = sparsityOf(parameters);
    const all = { model: model.name, cell: shape.cell, sparsity, ...evaluation, ...(chip && { chip }) };
    io.stdout.write(
      options.json
        ? formatJson(all)
        : formatEvaluation(model.name, evaluation, sparsity, sequences !== undefined, chip),
    );
    if (chip && "refused" in chip) throw new UnsupportedError(chip.refused, chip.hint!);
  } finally {
    progress.end();
    parameters.dispose();
  }
}

function evaluateText(
  { name, vocabulary }: LoadedModel,
  network: Network,
  { text, streams, window }: EvaluateOptions,
  io: CommandIo,
  onProgress: (done: number, of: number) => void,
): Evaluation {
  if (vocabulary === undefined) {
    throw new UsageError(`${name} has no vocabulary to read a text with.`, "Give one with --vocab.");
  }
  const ids = inFile(text!, () =>
    idsOfText(readTextBounded(text!, READ_LIMITS.text), vocabulary, 2 * streams),
  );
  sayUnknown(ids, vocabulary.indexOf(UNKNOWN_WORD), io);
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
  isForChip: boolean,
  onProgress: (done: number, of: number) => void,
): { readonly evaluation: Evaluation; readonly sequences?: LabelledSequences | undefined } {
  const config = readTrainingConfig(configFile, readTextBounded(configFile, READ_LIMITS.settings));
  const { shape, task, sequences } = prepareTraining(config, filesBeside(configFile));
  requireSameShape(path, network.shape, shape);
  if (isForChip && sequences === undefined) {
    throw new UsageError(
      `${configFile} is about text, which --chip does not run here.`,
      "Run the text with `eventloom simulate --text`.",
    );
  }
  return { evaluation: task.validate(network, onProgress), sequences };
}

/** All of the sequences, one after the other, on the simulated chip. */
function onChip(
  { shape, parameters, vocabulary, name }: LoadedModel,
  sequences: LabelledSequences,
  { chip, format, scales }: EvaluateOptions,
  io: CommandIo,
): ChipFigures {
  const progress = showProgress(io, `simulate ${name}`, "steps");
  try {
    const steps = sequences.count * sequences.steps;
    const model = writeTrainedModel(shape, parameters, vocabulary);
    const sample = { kind: "sequences", sequences } as const;
    return runOnChip(model, sample, { profile: chip!, format, scales, steps }, progress.advance);
  } finally {
    progress.end();
  }
}

function formatEvaluation(
  name: string,
  evaluation: Evaluation,
  sparsity: number,
  isOfSequences: boolean,
  chip: ChipFigures | undefined,
): string {
  const { scored, loss, perplexity, perplexityInterval: interval, accuracy, activity, macs } = evaluation;
  const measured = macs.effective / macs.dense;
  const [lambdaA, lambdaW] = [macs.active / macs.dense, macs.kept / macs.dense];
  const pairs: [string, string][] = [
    ["scored", formatCount(scored)],
    ["loss", `${loss.toFixed(5)} nats`],
    ...(isOfSequences
      ? [["accuracy", formatAccuracy(accuracy, scored)] as [string, string]]
      : ([
          ["perplexity", formatPerplexity(perplexity, interval)],
          ["accuracy", formatShare(accuracy)],
        ] as [string, string][])),
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
    ...(chip ? chipPairs(chip) : []),
  ];
  return `${printable(name)}\n${formatPairs(pairs).join("\n")}\n`;
}

const formatPerplexity = (perplexity: number, interval: Evaluation["perplexityInterval"]): string =>
  perplexity.toFixed(3) +
  (interval === undefined
    ? " (fewer than ten windows: no interval)"
    : ` (95 %: ${interval.low.toFixed(3)} to ${interval.high.toFixed(3)}, by batch means over windows)`);

/** Of sequences, which are independent of one another; words of a text are not. */
function formatAccuracy(accuracy: number, sequences: number): string {
  const { low, high } = intervalOfShare(accuracy, sequences);
  return `${formatShare(accuracy)} (95 %: ${formatShare(low)} to ${formatShare(high)})`;
}

function chipPairs(chip: ChipFigures): [string, string][] {
  if ("refused" in chip) return [[`on ${chip.profile}`, "cannot run"]];
  const { accuracy = 0, sequences = 0, pes, latencySeconds, energyJoules, isLowerBound } = chip;
  const bound = isLowerBound ? "≥ " : "";
  return [
    [
      `on ${chip.profile}@${chip.operatingPoint}`,
      `accuracy ${formatAccuracy(accuracy, sequences)} of ${formatCount(sequences)} sequences in ${chip.format}, ${formatCount(pes)} PEs`,
    ],
    [
      "a step there",
      `${formatSi(latencySeconds, "s")}, ${bound}${formatSi(energyJoules, "J")}, ${formatCount(chip.synopsPerToken)} synops`,
    ],
  ];
}
