import * as tf from "@tensorflow/tfjs-core";
import * as layers from "@tensorflow/tfjs-layers";
import { differentiable } from "./layers/custom-gradient.ts";
import { scoped } from "./layers/sequence-ops.ts";
import { layerOf } from "./network.ts";
import type { Parameters } from "./parameters.ts";
import {
  type Cell,
  DECODER,
  DECODER_BIAS,
  EMBEDDING,
  gatesOf,
  hasEvents,
  inputWidthOf,
  type ModelShape,
} from "./shape.ts";

/** Of a batch: what is not known beforehand is null. */
type Shape = (number | null)[];

interface RecurrentConfig {
  readonly name?: string;
  readonly cell: Cell;
  readonly units: number;
  readonly dampening: number;
  readonly support: number;
}

/**
 * EGRU, LSTM or GRU as a layer of TensorFlow.js: [batch, steps, inputs] to [batch, steps, units], each sequence from a state
 * of zeros, gradients through time written by hand. Weights in the order kernel, recurrent kernel, bias, recurrent bias
 * (not for the paper's EGRU), thresholds (EGRU).
 */
export class RecurrentSequence extends layers.layers.Layer {
  static readonly className = "EventloomRecurrent";
  private held: layers.LayerVariable[] = [];

  constructor(private readonly settings: RecurrentConfig) {
    super(settings as never);
  }

  override build(inputShape: Shape | Shape[]): void {
    const width = (inputShape as number[]).at(-1)!;
    const { cell, units } = this.settings;
    const columns = gatesOf(cell) * units;
    const add = (name: string, shape: number[]) =>
      this.addWeight(name, shape, "float32", layers.initializers.zeros());
    this.held = [
      add("kernel", [width, columns]),
      add("recurrent_kernel", [units, columns]),
      add("bias", [columns]),
      ...(cell === "paper-egru" ? [] : [add("recurrent_bias", [columns])]),
      ...(hasEvents(cell) ? [add("thr", [units])] : []),
    ];
    this.built = true;
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    const [batch = null, steps = null] = inputShape as Shape;
    return [batch, steps, this.settings.units];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return scoped(() => {
      const { cell, units, dampening, support } = this.settings;
      const x = tf.transpose((Array.isArray(inputs) ? inputs[0]! : inputs) as tf.Tensor3D, [1, 0, 2]);
      const parts = this.held.map((variable) => variable.read());
      const [kernel, recurrentKernel, bias] = parts as [tf.Tensor2D, tf.Tensor2D, tf.Tensor1D];
      const recurrentBias = cell === "paper-egru" ? undefined : (parts[3] as tf.Tensor1D);
      const threshold = hasEvents(cell) ? (parts.at(-1) as tf.Tensor1D) : undefined;
      const zeros = () => tf.zeros<tf.Rank.R2>([x.shape[1], units]);
      const y = differentiable(
        layerOf({ cell, surrogate: { dampening, support } }),
        x,
        {
          kernel,
          recurrentKernel,
          bias,
          ...(recurrentBias && { recurrentBias }),
          ...(threshold && { threshold }),
        },
        { h: zeros(), y: zeros() },
      );
      return tf.transpose(y, [1, 0, 2]);
    });
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), ...this.settings };
  }
}

/** Makes the layer known to `loadLayersModel`. */
export function registerLayers(): void {
  tf.serialization.registerClass(RecurrentSequence as never);
}

/** A model in TensorFlow.js's own format: what `model.json` says, and the bytes of the file of weights that it names. */
export interface LayersModelFiles {
  readonly json: string;
  readonly weights: Uint8Array;
}

/**
 * A trained model as a layers model of TensorFlow.js. A tied decoder becomes a layer of its own. `registerLayers` must have
 * been called where it is loaded.
 */
export function layersModelFiles(
  shape: ModelShape,
  parameters: Parameters,
  weightsFile: string,
): LayersModelFiles {
  const model = scoped(() => sequentialOf(shape));
  const topology: unknown = model.toJSON(undefined, false);
  const arrays = [
    ...parameters.shapes
      .filter(({ name }) => name !== DECODER && name !== DECODER_BIAS)
      .map(({ name }) => parameters.values(name)),
    scoped(() =>
      (tf.transpose(parameters.get(shape.tied ? EMBEDDING : DECODER)).dataSync() as Float32Array).slice(),
    ),
    parameters.values(DECODER_BIAS),
  ];
  const specs = model.weights.map((weight) => ({
    name: weight.originalName,
    shape: weight.shape,
    dtype: "float32",
  }));
  model.dispose();
  const weights = new Float32Array(arrays.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const values of arrays) {
    weights.set(values, at);
    at += values.length;
  }
  const json = {
    format: "layers-model",
    generatedBy: "eventloom",
    convertedBy: null,
    modelTopology: topology,
    weightsManifest: [{ paths: [weightsFile], weights: specs }],
  };
  return { json: `${JSON.stringify(json)}\n`, weights: new Uint8Array(weights.buffer) };
}

function sequentialOf(shape: ModelShape): layers.Sequential {
  const { cell, input, outputs, surrogate } = shape;
  const model = layers.sequential({ name: "eventloom" });
  if (input.kind === "tokens") {
    const { vocabulary: inputDim, embedding: outputDim } = input;
    model.add(
      layers.layers.embedding({
        name: "embedding",
        inputDim,
        outputDim,
        batchInputShape: [null, null],
        embeddingsInitializer: "zeros",
      }),
    );
  } else {
    model.add(
      layers.layers.inputLayer({ name: "input", batchInputShape: [null, null, inputWidthOf(shape)] }),
    );
  }
  for (const [layer, units] of shape.layers.entries())
    model.add(new RecurrentSequence({ name: `rnns_${layer}`, cell, units, ...surrogate }));
  // Sequences have one class each, from the mean of what the last layer sends.
  if (input.kind === "vectors") model.add(layers.layers.globalAveragePooling1d({ name: "mean" }));
  model.add(
    layers.layers.dense({
      name: "decoder",
      units: outputs,
      activation: "softmax",
      kernelInitializer: "zeros",
    }),
  );
  return model;
}
