import type * as tf from "@tensorflow/tfjs-core";
import { InputError } from "../core/errors.ts";
import { type Evaluation, exchanged } from "./evaluate.ts";
import {
  type ActivityPenalty,
  disposeState,
  type Network,
  type NetworkState,
  withoutHidden,
  zeroState,
} from "./network.ts";
import { trainInParts } from "./in-parts.ts";
import { drawNoise, type Dropouts } from "./noise.ts";
import { type Moments, optimise, type OptimiserSettings } from "./optimiser.ts";
import {
  applyMasks,
  magnitudeMasks,
  maskTensors,
  type PruningSchedule,
  sparsityAt,
  sparsityOf,
} from "./pruning.ts";
import { seedFor } from "./random-draws.ts";
import { type RateSchedule, rateFactor } from "./schedule.ts";
import type { Task } from "./tasks.ts";

export interface TrainingSettings {
  readonly epochs: number;
  readonly learningRate: number;
  readonly thresholdLearningRate: number;
  readonly schedule: RateSchedule;
  readonly optimiser: OptimiserSettings;
  readonly dropout: Dropouts;
  readonly activityPenalty?: ActivityPenalty | undefined;
  readonly pruning?: PruningSchedule | undefined;
  /** Epochs without a better validation after which training ends; never where absent. */
  readonly patience?: number | undefined;
  readonly state: "windowed" | "streaming";
  /** Streams computed at once; bounds memory. */
  readonly streamsAtOnce: number;
  readonly seed: number;
  /** Steps between two entries of the log, and between two checkpoints. */
  readonly logSteps: number;
  readonly checkpointSteps: number;
}

/** Where a training stands; with the tensors all that a checkpoint holds. */
export interface Position {
  readonly epoch: number;
  /** Next batch of the epoch. */
  readonly index: number;
  /** Steps done in all. */
  readonly step: number;
  /** Since the epoch began. */
  readonly loss: number;
  readonly scored: number;
  readonly best?: { readonly loss: number; readonly epoch: number };
  readonly epochsWithoutBetter: number;
  readonly ended: boolean;
}

export const BEGINNING: Position = {
  epoch: 0,
  index: 0,
  step: 0,
  loss: 0,
  scored: 0,
  epochsWithoutBetter: 0,
  ended: false,
};

/** One training in progress. */
export interface Training {
  readonly network: Network;
  readonly moments: Moments;
  masks: Map<string, tf.Tensor>;
  state: NetworkState;
  position: Position;
}

export interface StepEntry {
  readonly kind: "step";
  readonly epoch: number;
  readonly step: number;
  /** Mean of the step's batch, in nats. */
  readonly loss: number;
  readonly perplexity: number;
  readonly activity: readonly number[];
  readonly learningRate: number;
  /** Of all gradients, before clipping. */
  readonly gradientNorm: number;
}
export interface EpochEntry extends Omit<Evaluation, "macs" | "scored"> {
  readonly kind: "epoch";
  readonly epoch: number;
  readonly step: number;
  readonly trainLoss: number;
  readonly sparsity: number;
  readonly effectiveMacs: number;
  readonly denseMacs: number;
  /** Whether it is the best so far, and kept. */
  readonly best: boolean;
}
export type LogEntry = StepEntry | EpochEntry;

export interface TrainingHooks {
  readonly onLog: (entry: LogEntry) => void;
  /** Told after each step of how many the epoch has. */
  readonly onStep?: (entry: StepEntry, index: number, ofEpoch: number) => void;
  readonly onValidate?: (done: number, of: number) => void;
  /** The training can go on from here after the process has ended. */
  readonly onCheckpoint: (training: Training) => void;
  /** The best model so far, pruned as far as was asked for. */
  readonly onBest: (network: Network, evaluation: Evaluation) => void;
}

/**
 * Trains to the end, from where the training stands. What a step does hangs on the seed and its number alone, so that a
 * run which goes on from a checkpoint ends with the same bytes as one that was never interrupted.
 * @throws InputError where the loss is no number any more.
 */
export function train(
  training: Training,
  task: Task,
  settings: TrainingSettings,
  hooks: TrainingHooks,
): void {
  while (!training.position.ended) {
    const { epoch } = training.position;
    const steps = task.stepsIn(epoch);
    while (training.position.index < steps) {
      const entry = trainStep(training, task, settings);
      const { index, step } = training.position;
      hooks.onStep?.(entry, index, steps);
      if (step % settings.logSteps === 0) hooks.onLog(entry);
      if (step % settings.checkpointSteps === 0 && index < steps) hooks.onCheckpoint(training);
    }
    endEpoch(training, task, settings, hooks);
    hooks.onCheckpoint(training);
  }
}

function trainStep(training: Training, task: Task, settings: TrainingSettings): StepEntry {
  const { network, position } = training;
  const { epoch, index, step } = position;
  pruneOnSchedule(training, settings);
  if (!task.carriesState || index === 0) {
    training.state = exchanged(training.state, zeroState(network.shape, task.batch));
  } else if (settings.state === "windowed") {
    training.state = exchanged(training.state, withoutHidden(training.state));
  }
  const noise = () => drawNoise(settings.dropout, seedFor(settings.seed, "noise", step));
  const { activityPenalty, streamsAtOnce } = settings;
  const batch = task.batchAt(epoch, index);
  const result = trainInParts(network, batch, training.state, noise, activityPenalty, streamsAtOnce);
  training.state = exchanged(training.state, result.state);
  const loss = result.loss / result.scored;
  if (!Number.isFinite(loss)) {
    throw new InputError(
      { field: "training.learningRate" },
      `training diverged: the loss of step ${step + 1} is ${loss}`,
      "Lower the learning rate or training.clip, or begin with warmupSteps.",
    );
  }
  const factor = rateFactor(settings.schedule, epoch + index / task.stepsIn(epoch), settings.epochs, step);
  const rates = {
    weights: settings.learningRate * factor,
    thresholds: settings.thresholdLearningRate * factor,
  };
  const { parameters } = network;
  const gradientNorm = optimise(
    parameters,
    training.moments,
    result.gradients,
    training.masks,
    step + 1,
    rates,
    settings.optimiser,
  );
  training.position = {
    ...position,
    index: index + 1,
    step: step + 1,
    loss: position.loss + result.loss,
    scored: position.scored + result.scored,
  };
  return {
    kind: "step",
    epoch,
    step: step + 1,
    loss,
    perplexity: Math.exp(loss),
    activity: result.activity,
    learningRate: rates.weights,
    gradientNorm,
  };
}

function pruneOnSchedule(training: Training, { pruning }: TrainingSettings): void {
  const share = pruning && sparsityAt(pruning, training.position.step);
  if (pruning === undefined || share === undefined) return;
  const { parameters } = training.network;
  for (const mask of training.masks.values()) mask.dispose();
  training.masks = maskTensors(parameters, magnitudeMasks(parameters, share, pruning.scope));
  applyMasks(parameters, training.masks);
}

function endEpoch(training: Training, task: Task, settings: TrainingSettings, hooks: TrainingHooks): void {
  const { network, position } = training;
  const evaluation = task.validate(network, hooks.onValidate);
  const { loss, perplexity, accuracy, activity, macs } = evaluation;
  // A model that is not pruned as far as was asked for is no candidate.
  const counts = settings.pruning === undefined || position.step > settings.pruning.endStep;
  const isBest = counts && (position.best === undefined || loss < position.best.loss);
  const epochsWithoutBetter = !counts || isBest ? 0 : position.epochsWithoutBetter + 1;
  hooks.onLog({
    kind: "epoch",
    epoch: position.epoch,
    step: position.step,
    trainLoss: position.loss / position.scored,
    loss,
    perplexity,
    accuracy,
    activity,
    sparsity: sparsityOf(network.parameters),
    effectiveMacs: macs.effective,
    denseMacs: macs.dense,
    best: isBest,
  });
  if (isBest) hooks.onBest(network, evaluation);
  const { patience = Number.POSITIVE_INFINITY } = settings;
  const best = isBest ? { loss, epoch: position.epoch } : position.best;
  training.position = {
    epoch: position.epoch + 1,
    index: 0,
    step: position.step,
    loss: 0,
    scored: 0,
    ...(best && { best }),
    epochsWithoutBetter,
    ended: position.epoch + 1 >= settings.epochs || epochsWithoutBetter >= patience,
  };
}

export function disposeTraining({ network, moments, masks, state }: Training): void {
  network.parameters.dispose();
  moments.first.dispose();
  moments.second.dispose();
  for (const mask of masks.values()) mask.dispose();
  disposeState(state);
}
