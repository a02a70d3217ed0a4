import {
  type ConvolutionMatrix,
  denseSynapsesOf,
  type Projection,
  type SparseMatrix,
  type WeightMatrix,
} from "./model-ir.ts";

/** Whether a matrix holds nothing that was trained: the windows of pooling, or each source to one target as it is. */
export const isFixed = (weights: WeightMatrix): boolean =>
  weights.kind === "convolution" ? isPooling(weights) : weights.kind === "sparse" && isRearrangement(weights);

/** Multiply-accumulates of a matrix's dense counterpart. What only hands values on has none but those: it was never dense. */
export const denseWorkOf = (weights: WeightMatrix): number =>
  weights.kind === "sparse" && isRearrangement(weights) ? weights.targets : denseSynapsesOf(weights);

/** Each map by itself, every place of a window alike: its maximum, its sum or its mean. */
function isPooling({ groups, input, output, kernel, values }: ConvolutionMatrix): boolean {
  const [first = 0] = values;
  const isShare = first === 1 || first === Math.fround(1 / (kernel[0] * kernel[1]));
  const isByMap = groups === input.channels && groups === output.channels;
  return isByMap && isShare && values.every((value) => value === first);
}

const isRearrangement = ({ sources, targets, target, value }: SparseMatrix): boolean =>
  sources === targets &&
  target.length === targets &&
  value.every((weight) => weight === 1) &&
  new Set(target).size === targets;

/**
 * Values of a bias as a model file has them: one for each channel where a convolution leads to the layer and its maps' places have the same;
 * none where nothing that was trained does, and it is 0.
 */
export function biasParameters(bias: Float32Array, inbound: readonly Pick<Projection, "weights">[]): number {
  if (inbound.every(({ weights }) => isFixed(weights)) && bias.every((value) => value === 0)) return 0;
  const convolution = inbound.map(({ weights }) => weights).find(({ kind }) => kind === "convolution");
  if (convolution?.kind !== "convolution") return bias.length;
  const { channels, height, width } = convolution.output;
  const places = height * width;
  const isShared = bias.every((value, i) => value === bias[i - (i % places)]);
  return isShared ? channels : bias.length;
}
