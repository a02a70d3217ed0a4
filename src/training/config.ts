import { Ajv2020 } from "ajv/dist/2020.js";
import { InputError } from "../core/errors.ts";
import { schemaFaults } from "../core/schema-faults.ts";
import { parseSettings } from "../models/config.ts";
import { type TrainingConfig, TrainingConfigSchema } from "./config-schema.ts";
import type { PruningSchedule } from "./pruning.ts";
import type { ModelShape } from "./shape.ts";
import type { Task } from "./tasks.ts";
import type { TrainingSettings } from "./trainer.ts";

const HINT = "Correct the file; docs/training.md describes every setting.";

/** A configuration from YAML or JSON, defaults filled in. @throws InputError that lists what is wrong, by path. */
export function readTrainingConfig(fileName: string, text: string): TrainingConfig {
  return checkTrainingConfig(fileName, parseSettings(fileName, text));
}

/** The same from a value, which is not changed. */
export function checkTrainingConfig(fileName: string, value: object): TrainingConfig {
  const check = new Ajv2020({
    allErrors: true,
    verbose: true,
    useDefaults: true,
    meta: false,
    validateSchema: false,
    strict: false,
  }).compile<TrainingConfig>(schemaFor(value));
  const filled: unknown = structuredClone(value);
  if (check(filled)) return withConsistentSettings(fileName, filled);
  const [first, ...others] = schemaFaults(check.errors ?? [], "the configuration");
  const more = others.slice(0, 9).map(({ path, problem }) => `\n  ${path}: ${problem}`);
  throw new InputError({ file: fileName, field: first!.path }, first!.problem + more.join(""), HINT);
}

/** Defaults are not filled in below a choice of forms, so the one form that `kind` names is put in its place. */
function schemaFor(value: object): object {
  const { properties } = TrainingConfigSchema;
  const kind = ((value as { data?: { kind?: unknown } }).data ?? {}).kind;
  const form = properties.data.anyOf.find((candidate) => candidate.properties.kind.const === kind);
  return form === undefined
    ? TrainingConfigSchema
    : { ...TrainingConfigSchema, properties: { ...properties, data: form } };
}

function withConsistentSettings(fileName: string, config: TrainingConfig): TrainingConfig {
  const { model, data, pruning, training } = config;
  const fail = (field: string, problem: string): never => {
    throw new InputError({ file: fileName, field }, problem, HINT);
  };
  const last = model.layers.at(-1)!;
  if (data.kind === "text" && model.tied && last !== model.embedding)
    fail(
      "model.layers",
      `the last layer has ${last} units, but a tied decoder needs ${model.embedding}, as the embedding has`,
    );
  if (data.kind === "mnist" && (data.validImages === undefined) !== (data.validLabels === undefined))
    fail("data.validLabels", "validImages and validLabels go together");
  if (pruning && pruning.end < pruning.begin)
    fail("pruning.end", `${pruning.end} lies before the beginning, ${pruning.begin}`);
  if (pruning && pruning.begin >= training.epochs)
    fail("pruning.begin", `${pruning.begin} is not before the end of the training, ${training.epochs}`);
  if (pruning && pruning.end > training.epochs)
    fail("pruning.end", `${pruning.end} lies behind the last epoch, ${training.epochs}`);
  if (!Number.isInteger(training.epochs))
    fail("training.epochs", `${training.epochs} is not a whole number of epochs`);
  return config;
}

/** @param outputs Words of the vocabulary, or classes. @param width Of the vectors; ignored for text. */
export function shapeOfConfig({ model, data }: TrainingConfig, outputs: number, width: number): ModelShape {
  const isText = data.kind === "text";
  return {
    cell: model.cell,
    input: isText
      ? { kind: "tokens", vocabulary: outputs, embedding: model.embedding }
      : { kind: "vectors", width, ...(data.kind === "events" && { silentZeros: true as const }) },
    layers: model.layers,
    outputs,
    tied: isText && model.tied,
    surrogate: model.surrogate,
    thresholdMean: model.thresholdMean,
  };
}

/** @param task Says how many steps an epoch has, from which the times of pruning follow. */
export function settingsOfConfig({ training, pruning, seed }: TrainingConfig, task: Task): TrainingSettings {
  return {
    epochs: training.epochs,
    learningRate: training.learningRate,
    thresholdLearningRate: training.thresholdLearningRate,
    schedule: training.schedule,
    optimiser: {
      betas: [training.betas[0]!, training.betas[1]!],
      epsilon: training.epsilon,
      weightDecay: training.weightDecay,
      ...(training.clip > 0 && { clip: training.clip }),
    },
    dropout: training.dropout,
    activityPenalty: training.activityPenalty,
    pruning: pruning && scheduleOf(pruning, task),
    patience: training.patience,
    state: training.state,
    streamsAtOnce: training.streamsAtOnce ?? training.batch,
    seed,
    logSteps: training.logSteps,
    checkpointSteps: training.checkpointSteps,
  };
}

function scheduleOf(
  { scope, sparsity, initial, begin, end, every }: NonNullable<TrainingConfig["pruning"]>,
  task: Task,
): PruningSchedule {
  const beginStep = stepAt(begin, task);
  // The last pruning is at a step that there is.
  const endStep = Math.max(beginStep, stepAt(end, task) - 1);
  return { scope, sparsity, initial, every, beginStep, endStep };
}

/** Steps done after so many epochs. */
function stepAt(epochs: number, task: Task): number {
  let steps = 0;
  for (let epoch = 0; epoch < Math.floor(epochs); epoch += 1) steps += task.stepsIn(epoch);
  const rest = epochs - Math.floor(epochs);
  return steps + (rest === 0 ? 0 : Math.round(rest * task.stepsIn(Math.floor(epochs))));
}
