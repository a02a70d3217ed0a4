import * as tf from "@tensorflow/tfjs-core";
import { randomNumbers } from "../core/random.ts";
import { betaNumbers, normalNumbers, seedFor } from "./random-draws.ts";
import { type Cell, gatesOf, type ModelShape, type ParameterShape, parameterShapes } from "./shape.ts";

/** Shape the Beta distribution of thresholds has besides its mean (EvNN). */
const THRESHOLD_BETA = 3;
const EMBEDDING_RANGE = 0.1;

/** A model's tensors by name. Replacing one frees the one before. */
export class Parameters {
  private readonly tensors = new Map<string, tf.Tensor>();

  constructor(readonly shapes: readonly ParameterShape[]) {}

  get(name: string): tf.Tensor {
    const found = this.tensors.get(name);
    if (found === undefined) throw new Error(`there is no parameter ${name}`);
    return found;
  }

  has(name: string): boolean {
    return this.tensors.has(name);
  }

  set(name: string, value: tf.Tensor): void {
    this.tensors.get(name)?.dispose();
    this.tensors.set(name, tf.keep(value));
  }

  load(name: string, values: Float32Array): void {
    const shape = this.shapes.find((parameter) => parameter.name === name)!.shape;
    this.set(name, tf.tensor(values, [...shape], "float32"));
  }

  /** A copy, for files and for work on typed arrays. */
  values(name: string): Float32Array {
    return (this.get(name).dataSync() as Float32Array).slice();
  }

  dispose(): void {
    for (const tensor of this.tensors.values()) tensor.dispose();
    this.tensors.clear();
  }
}

/**
 * Parameters as training begins with them: EGRU as the reference (Xavier's normal distribution, biases 0, thresholds from
 * a Beta distribution), LSTM and GRU as torch (uniform within 1/√units), the embedding uniform within 0.1.
 */
export function initialParameters(shape: ModelShape, seed: number): Parameters {
  const shapes = parameterShapes(shape);
  const parameters = new Parameters(shapes);
  for (const parameter of shapes) parameters.load(parameter.name, initialValues(parameter, shape, seed));
  return parameters;
}

function initialValues(
  { name, role, shape: dimensions }: ParameterShape,
  shape: ModelShape,
  seed: number,
): Float32Array {
  const length = dimensions.reduce((product, size) => product * size, 1);
  const own = seedFor(seed, "begin", name);
  const drawn = (next: () => number) => Float32Array.from({ length }, next);
  if (role === "threshold") {
    const mean = shape.thresholdMean;
    return mean === 0
      ? new Float32Array(length)
      : drawn(betaNumbers(own, (THRESHOLD_BETA * mean) / (1 - mean), THRESHOLD_BETA));
  }
  const isRecurrent = name.startsWith("rnns.");
  if (isRecurrent && isTorchCell(shape.cell)) {
    const units = dimensions.at(-1)! / gatesOf(shape.cell);
    return drawn(uniformWithin(own, 1 / Math.sqrt(units)));
  }
  if (role === "bias") return new Float32Array(length);
  if (!isRecurrent) return drawn(uniformWithin(own, EMBEDDING_RANGE));
  const normal = normalNumbers(own);
  const deviation = Math.sqrt(2 / (dimensions[0]! + dimensions[1]!));
  return drawn(() => deviation * normal());
}

export const isTorchCell = (cell: Cell): boolean => cell === "lstm" || cell === "gru";

function uniformWithin(seed: number, range: number): () => number {
  const uniform = randomNumbers(seed);
  return () => (2 * uniform() - 1) * range;
}
