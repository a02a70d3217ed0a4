import * as tf from "@tensorflow/tfjs-core";
import { product, scoped } from "./layers/sequence-ops.ts";

/** Logits held at once: bounds memory at 16 MiB a tensor, whatever batch and vocabulary are. */
const LOGITS_AT_ONCE = 2 ** 22;
/** Below it, float32's softmax says too little of a probability, and the logits are asked. */
const SMALL_PROBABILITY = 1e-30;

export interface DecoderLoss {
  /** Sum of −ln p over the rows, in nats. */
  readonly loss: number;
  /** Rows whose most probable output is the target. */
  readonly hits: number;
}

export interface DecoderGradients extends DecoderLoss {
  /** Of the rows. Shape [rows, width]. */
  readonly dy: tf.Tensor2D;
  /** Of the weights. Shape [width, outputs]: transposed. */
  readonly dWeight: tf.Tensor2D;
  /** Shape [outputs]. */
  readonly dBias: tf.Tensor1D;
}

/**
 * Softmax cross-entropy behind a Linear layer, with the gradients of its mean. A block of rows at a time; what the
 * targets take off is left to `subtractTargets`, as it touches one row of weights each.
 *
 * @param y      Shape [rows, width].
 * @param weight Shape [outputs, width].
 */
export function decoderGradients(
  y: tf.Tensor2D,
  weight: tf.Tensor2D,
  bias: tf.Tensor1D,
  targets: Int32Array,
): DecoderGradients {
  const [rows, width] = y.shape;
  const outputs = weight.shape[0];
  const transposed = tf.transpose(weight);
  let dWeight: tf.Tensor2D = tf.zeros([width, outputs]);
  let dBias: tf.Tensor1D = tf.zeros([outputs]);
  const blocks: tf.Tensor2D[] = [];
  let [loss, hits] = [0, 0];
  for (const [begin, count] of blocksOf(rows, outputs)) {
    const block = scoped(() => {
      const part = tf.slice(y, [begin, 0], [count, width]);
      const logits = tf.fused.matMul({ a: part, b: transposed, bias }) as tf.Tensor2D;
      const shares: tf.Tensor2D = tf.softmax(logits);
      const own = targets.subarray(begin, begin + count);
      const score = lossOf(logits, shares, own);
      const ofTargets = tf.gather(weight, tf.tensor1d(own, "int32"));
      return {
        score,
        dy: tf.mul(tf.sub(product(shares, weight), ofTargets), 1 / rows) as tf.Tensor2D,
        dWeight: tf.add(dWeight, product(tf.transpose(part), shares)) as tf.Tensor2D,
        dBias: tf.add(dBias, tf.sum(shares, 0)) as tf.Tensor1D,
      };
    });
    dWeight.dispose();
    dBias.dispose();
    ({ dWeight, dBias } = block);
    blocks.push(block.dy);
    loss += block.score.loss;
    hits += block.score.hits;
  }
  return {
    loss,
    hits,
    dy: blocks.length === 1 ? blocks[0]! : tf.concat(blocks, 0),
    dWeight: tf.mul(dWeight, 1 / rows),
    dBias: tf.mul(dBias, 1 / rows),
  };
}

/** The same without gradients, for evaluation. */
export function decoderLoss(
  y: tf.Tensor2D,
  weight: tf.Tensor2D,
  bias: tf.Tensor1D,
  targets: Int32Array,
): DecoderLoss {
  const transposed = tf.transpose(weight);
  let [loss, hits] = [0, 0];
  for (const [begin, count] of blocksOf(y.shape[0], weight.shape[0])) {
    const score = scoped(() => {
      const part = tf.slice(y, [begin, 0], [count, y.shape[1]]);
      const logits = tf.fused.matMul({ a: part, b: transposed, bias }) as tf.Tensor2D;
      return lossOf(logits, tf.softmax(logits), targets.subarray(begin, begin + count));
    });
    loss += score.loss;
    hits += score.hits;
  }
  transposed.dispose();
  return { loss, hits };
}

function* blocksOf(rows: number, outputs: number): Generator<readonly [begin: number, count: number]> {
  const size = Math.max(1, Math.floor(LOGITS_AT_ONCE / outputs));
  for (let begin = 0; begin < rows; begin += size) yield [begin, Math.min(size, rows - begin)];
}

function lossOf(logits: tf.Tensor2D, shares: tf.Tensor2D, targets: Int32Array): DecoderLoss {
  const places = new Int32Array(2 * targets.length);
  targets.forEach((target, row) => places.set([row, target], 2 * row));
  const ofTargets = tf.gatherND(shares, tf.tensor2d(places, [targets.length, 2], "int32")).dataSync();
  const largest = tf.max(shares, 1).dataSync();
  let [loss, hits] = [0, 0];
  ofTargets.forEach((share, row) => {
    if (share === largest[row]) hits += 1;
    loss += share >= SMALL_PROBABILITY ? -Math.log(share) : exactLoss(logits, row, targets[row]!);
  });
  return { loss, hits };
}

function exactLoss(logits: tf.Tensor2D, row: number, target: number): number {
  const values = tf.slice(logits, [row, 0], [1, logits.shape[1]]).dataSync() as Float32Array;
  const largest = values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  const sum = values.reduce((total, value) => total + Math.exp(value - largest), 0);
  return Math.log(sum) + largest - values[target]!;
}

/**
 * Adds rows to those of a table that they were looked up from: the gradient of a look-up, on plain arrays, as backends
 * lack the kernel or take a slow path.
 *
 * @param table Shape [words, width]; added to.
 * @param rows  Shape [ids, width].
 */
export function addRows(
  table: Float32Array,
  ids: Int32Array,
  rows: ArrayLike<number>,
  width: number,
  factor = 1,
): void {
  for (let i = 0; i < ids.length; i += 1) {
    const [to, from] = [ids[i]! * width, i * width];
    for (let k = 0; k < width; k += 1) table[to + k]! += factor * rows[from + k]!;
  }
}
