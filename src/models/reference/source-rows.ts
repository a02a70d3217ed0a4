import {
  type ConvolutionMatrix,
  nonZerosOf,
  type Population,
  type WeightMatrix,
} from "../../core/model-ir.ts";
import { isLayer, kindOf } from "./kinds/kinds.ts";
import type { FloatArray } from "./executor.ts";

/**
 * A weight matrix by source, its columns renamed to the sums that they add to: source s owns the
 * entries rowStart[s] … rowStart[s + 1] − 1. Zero weights are left out, as they add nothing.
 */
export interface SourceRows<Weights = Float32Array> {
  readonly rowStart: Uint32Array;
  readonly sum: Uint32Array;
  readonly weight: Weights;
}

/**
 * Sums of a target: blocks of `size`, one a gate. Of EGRU and GRU the candidate has two, as what arrives a step late is its
 * recurrent part (docs/model.md, 1).
 */
export function sourceRows(matrix: WeightMatrix, target: Population, delay: 0 | 1): SourceRows {
  const size = target.size;
  const blocks = delay === 1 && isLayer(target) ? kindOf(target).lateBlocks : undefined;
  const rowStart = new Uint32Array(matrix.sources + 1);
  const sum = new Uint32Array(nonZerosOf(matrix));
  const kept = new Float32Array(sum.length);
  let next = 0;
  for (let source = 0; source < matrix.sources; source += 1) {
    forEachWeight(matrix, source, (column, weight) => {
      const block = Math.floor(column / size);
      sum[next] = column + ((blocks?.[block] ?? block) - block) * size;
      kept[next] = weight;
      next += 1;
    });
    rowStart[source + 1] = next;
  }
  return { rowStart, sum, weight: kept };
}

/** Visits a source's non-zero weights, columns ascending. */
function forEachWeight(
  matrix: WeightMatrix,
  source: number,
  visit: (column: number, weight: number) => void,
): void {
  if (matrix.kind === "convolution") return visitConvolution(matrix, source, visit);
  if (matrix.kind === "sparse") {
    for (let i = matrix.rowStart[source]!; i < matrix.rowStart[source + 1]!; i += 1)
      visit(matrix.target[i]!, matrix.value[i]!);
    return;
  }
  const columns = matrix.targets;
  for (let column = 0; column < columns; column += 1) {
    const place =
      matrix.layout === "source-major" ? source * columns + column : column * matrix.sources + source;
    const weight = matrix.values[place]!;
    if (weight !== 0) visit(column, weight);
  }
}

/** The synapses of one input element: each output place whose kernel covers it. */
function visitConvolution(
  matrix: ConvolutionMatrix,
  source: number,
  visit: (column: number, weight: number) => void,
): void {
  const { input, output, kernel, stride, dilation, padding, groups, values } = matrix;
  const [x, y] = [source % input.width, Math.floor(source / input.width) % input.height];
  const channel = Math.floor(source / (input.width * input.height));
  const [inGroup, outGroup] = [input.channels / groups, output.channels / groups];
  const first = Math.floor(channel / inGroup) * outGroup;
  /** Output place whose tap `tap` meets the element; −1 where none does. */
  const placeOf = (at: number, axis: 0 | 1, tap: number, places: number): number => {
    const place = (at + padding[axis] - tap * dilation[axis]) / stride[axis];
    return Number.isInteger(place) && place >= 0 && place < places ? place : -1;
  };
  for (let out = first; out < first + outGroup; out += 1) {
    // Later taps meet the element at earlier places.
    for (let ky = kernel[0] - 1; ky >= 0; ky -= 1) {
      const row = placeOf(y, 0, ky, output.height);
      if (row < 0) continue;
      for (let kx = kernel[1] - 1; kx >= 0; kx -= 1) {
        const column = placeOf(x, 1, kx, output.width);
        const weight = values[((out * inGroup + (channel % inGroup)) * kernel[0] + ky) * kernel[1] + kx]!;
        if (column >= 0 && weight !== 0) visit((out * output.height + row) * output.width + column, weight);
      }
    }
  }
}

/** Rounds to float32 where `single`, else leaves the float64 value as it is. */
export const rounded = (single: boolean, value: number): number => (single ? Math.fround(value) : value);

/**
 * sums += y·W, sources ascending, columns ascending within a row; product and sum are each rounded to
 * the precision of `sums`. Sources at 0 add nothing to a sum.
 *
 * @param graded Whether every source sends each step, also where its value is 0; else only values ≠ 0 do.
 * @returns Weights met by an event.
 */
export function addProducts(sums: FloatArray, y: FloatArray, rows: SourceRows, graded: boolean): number {
  const single = sums instanceof Float32Array;
  const { rowStart, sum, weight } = rows;
  let synops = 0;
  for (let source = 0; source < y.length; source += 1) {
    const payload = y[source]!;
    if (payload === 0 && !graded) continue;
    const end = rowStart[source + 1]!;
    synops += end - rowStart[source]!;
    for (let i = rowStart[source]!; i < end; i += 1) {
      const at = sum[i]!;
      sums[at] = sums[at]! + rounded(single, payload * weight[i]!); // storing rounds the sum
    }
  }
  return synops;
}
