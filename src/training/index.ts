/**
 * Training as a library, `eventloom/training`, apart from the rest, which so starts without TensorFlow.js. Open a backend
 * of TensorFlow.js first; the command line does it with src/runtime/tensor-backend.ts.
 */
export { type TrainingConfig } from "./config-schema.ts";
export { checkTrainingConfig, readTrainingConfig } from "./config.ts";
export { type Evaluation, type EvaluationOptions, evaluateTokens } from "./evaluate.ts";
export { layersModelFiles, RecurrentSequence, registerLayers } from "./layers-model.ts";
export { differentiable } from "./layers/custom-gradient.ts";
export { egruLayer, gruLayer } from "./layers/egru.ts";
export { lstmLayer } from "./layers/lstm.ts";
export { paperEgruLayer } from "./layers/paper-egru.ts";
export type {
  RecurrentLayer,
  RecurrentState,
  RecurrentWeights,
  Surrogate,
} from "./layers/recurrent-layer.ts";
export { parametersOf, type TrainedModel, writeTrainedModel } from "./model-tensors.ts";
export { type DataFiles, type PreparedTraining, prepareTraining } from "./prepare.ts";
export { applyMasks, magnitudeMasks, type Masks, masksOfZeros, maskTensors, sparsityOf } from "./pruning.ts";
export { RUN_FILES, type RunFolder, type RunHooks, type RunOutcome, runTraining } from "./run.ts";
export type { ModelShape } from "./shape.ts";
