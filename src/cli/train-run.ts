import { formatLearningCurve } from "../report/learning-curve.ts";
import { printable } from "../report/layout.ts";
import { READ_LIMITS, readTextBounded } from "../runtime/files.ts";
import { filesBeside, openFolder } from "../runtime/run-folder.ts";
import { openTensorBackend } from "../runtime/tensor-backend.ts";
import { readTrainingConfig } from "../training/config.ts";
import { prepareTraining } from "../training/prepare.ts";
import { masksOfZeros } from "../training/pruning.ts";
import { RUN_FILES, runTraining } from "../training/run.ts";
import { type CommandIo, say } from "./command-io.ts";
import { loadTrainedModel, requireSameShape } from "./load-trained-model.ts";
import type { TrainOptions } from "./train.ts";
import { talkOfTraining } from "./training-progress.ts";

const CURVE = "curve.svg";

/** What `eventloom train` does, apart from it, so that other commands start without TensorFlow.js. */
export async function trainFrom(configFile: string, options: TrainOptions, io: CommandIo): Promise<void> {
  const config = readTrainingConfig(configFile, readTextBounded(configFile, READ_LIMITS.settings));
  const folder = openFolder(options.out);
  const backend = await openTensorBackend(options.backend);
  say(io, printable(`TensorFlow.js on ${backend.name}, as ${backend.reason}`));
  const prepared = prepareTraining(config, filesBeside(configFile));
  const from = options.from === undefined ? undefined : loadTrainedModel(options.from);
  if (from) requireSameShape(options.from!, from.shape, prepared.shape);
  const talk = talkOfTraining(io, prepared.settings.epochs);
  try {
    const { best } = runTraining(
      prepared,
      folder,
      {
        onStep: talk.onStep,
        onEpoch(entry, log) {
          talk.onEpoch(entry);
          folder.write(CURVE, formatLearningCurve(log, configFile));
        },
        onResume: (step, ended) =>
          say(io, ended ? `the training in ${options.out} has ended already` : `going on after step ${step}`),
      },
      from && { parameters: from.parameters, masks: masksOfZeros(from.parameters) },
    );
    io.stdout.write(
      best === undefined
        ? "no model was kept: no epoch ended with the sparsity that was asked for\n"
        : `best model: epoch ${best.epoch + 1}, validation loss ${best.loss.toFixed(4)}, perplexity ${best.perplexity.toFixed(2)}, ` +
            `accuracy ${(100 * best.accuracy).toFixed(1)} %, sparsity ${(100 * best.sparsity).toFixed(1)} %\n`,
    );
    const written = [...Object.values(RUN_FILES), CURVE].filter((name) => folder.read(name) !== undefined);
    say(io, printable(`${options.out} holds ${written.join(", ")}`));
  } finally {
    talk.end();
  }
}
