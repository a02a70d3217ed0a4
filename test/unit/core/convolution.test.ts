import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  elementsOf,
  faultOfConvolution,
  synapsesOfConvolution,
  unrolledConvolution,
} from "../../../src/core/convolution.ts";
import type { ConvolutionMatrix } from "../../../src/core/model-ir.ts";
import { sourceRows } from "../../../src/models/reference/source-rows.ts";

const sizes = (most: number) => fc.integer({ min: 1, max: most });

const convolutions = (): fc.Arbitrary<ConvolutionMatrix> =>
  fc
    .record({
      groups: sizes(2),
      inChannels: sizes(3),
      outChannels: sizes(2),
      height: sizes(6),
      width: sizes(5),
      kernel: fc.tuple(sizes(3), sizes(3)),
      stride: fc.tuple(sizes(2), sizes(3)),
      dilation: fc.tuple(sizes(2), sizes(2)),
      padding: fc.tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 2 })),
      places: fc.tuple(sizes(4), sizes(4)),
      seed: fc.infiniteStream(fc.integer({ min: -2, max: 2 })),
    })
    .map(
      ({
        groups,
        inChannels,
        outChannels,
        height,
        width,
        kernel,
        stride,
        dilation,
        padding,
        places,
        seed,
      }) => {
        const input = { channels: groups * inChannels, height, width };
        const output = { channels: groups * outChannels, height: places[0], width: places[1] };
        const values = new Float32Array(output.channels * inChannels * kernel[0] * kernel[1]);
        for (let i = 0; i < values.length; i += 1) values[i] = seed.next().value;
        return {
          kind: "convolution",
          sources: elementsOf(input),
          targets: elementsOf(output),
          input,
          output,
          values,
          kernel,
          stride,
          dilation,
          padding,
          groups,
        };
      },
    );

/** Each output by the definition: its kernel over the padded input. */
function outputsOf(matrix: ConvolutionMatrix, x: Float64Array): number[] {
  const { input, output, kernel, stride, dilation, padding, groups, values } = matrix;
  const inGroup = input.channels / groups;
  const at = (c: number, row: number, column: number) =>
    row < 0 || row >= input.height || column < 0 || column >= input.width
      ? 0
      : x[(c * input.height + row) * input.width + column]!;
  return Array.from({ length: elementsOf(output) }, (_, index) => {
    const column = index % output.width;
    const row = Math.floor(index / output.width) % output.height;
    const out = Math.floor(index / (output.width * output.height));
    const group = Math.floor(out / (output.channels / groups));
    let sum = 0;
    for (let c = 0; c < inGroup; c += 1) {
      for (let ky = 0; ky < kernel[0]; ky += 1) {
        for (let kx = 0; kx < kernel[1]; kx += 1) {
          const weight = values[((out * inGroup + c) * kernel[0] + ky) * kernel[1] + kx]!;
          const y = row * stride[0] - padding[0] + ky * dilation[0];
          sum += weight * at(group * inGroup + c, y, column * stride[1] - padding[1] + kx * dilation[1]);
        }
      }
    }
    return sum;
  });
}

describe("unrolled convolution", () => {
  it("gives the sums of the definition, its rows ascending and without zeros", () => {
    fc.assert(
      fc.property(convolutions(), (matrix) => {
        expect(faultOfConvolution(matrix)).toBeUndefined();
        const { rowStart, target, value } = unrolledConvolution(matrix);
        const x = Float64Array.from({ length: matrix.sources }, (_, i) => ((i * 7) % 11) - 5);
        const sums = new Array<number>(matrix.targets).fill(0);
        for (let source = 0; source < matrix.sources; source += 1) {
          for (let i = rowStart[source]!; i < rowStart[source + 1]!; i += 1) {
            sums[target[i]!]! += x[source]! * value[i]!;
            expect(value[i]).not.toBe(0);
            if (i > rowStart[source]!) expect(target[i]!).toBeGreaterThan(target[i - 1]!);
          }
        }
        expect(sums.map((sum) => sum + 0)).toEqual(outputsOf(matrix, x).map((sum) => sum + 0));
        expect(rowStart.at(-1)).toBe(synapsesOfConvolution(matrix));
      }),
    );
  });

  it("is what the reference visits source by source", () => {
    fc.assert(
      fc.property(convolutions(), (matrix) => {
        const unrolled = unrolledConvolution(matrix);
        const target = {
          kind: "linear",
          name: "out",
          size: matrix.targets,
          bias: new Float32Array(matrix.targets),
        } as const;
        const rows = sourceRows(matrix, target, 0);
        expect(rows.rowStart).toEqual(unrolled.rowStart);
        expect(rows.sum).toEqual(unrolled.target);
        expect(rows.weight).toEqual(unrolled.value);
      }),
    );
  });

  it.each([
    [{ groups: 2 }, "2 groups do not divide 3 input and 4 output channels"],
    [{ padding: [0, -1] as const }, "the convolution's padding is not a whole number of at least 0"],
    [{ stride: [0, 1] as const }, /are not all positive whole numbers/],
    [{ sources: 5 }, "the input's maps do not hold the matrix's sources"],
    [{ values: new Float32Array(3) }, "the kernel holds 3 values instead of 12"],
  ])("says what is wrong with %o", (change, problem) => {
    const sound: ConvolutionMatrix = {
      kind: "convolution",
      sources: 12,
      targets: 16,
      input: { channels: 3, height: 2, width: 2 },
      output: { channels: 4, height: 2, width: 2 },
      values: new Float32Array(12),
      kernel: [1, 1],
      stride: [1, 1],
      dilation: [1, 1],
      padding: [0, 0],
      groups: 1,
    };
    expect(faultOfConvolution(sound)).toBeUndefined();
    expect(faultOfConvolution({ ...sound, ...change })).toMatch(problem);
  });
});
