import type { ConvolutionMatrix, MapShape } from "../core/model-ir.ts";
import { elementsOf } from "../core/convolution.ts";

export interface ConvolutionOptions {
  readonly stride?: readonly [y: number, x: number];
  readonly dilation?: readonly [y: number, x: number];
  /** Zeros around the maps. */
  readonly padding?: readonly [top: number, left: number, bottom: number, right: number];
  readonly groups?: number;
}

interface Kernel {
  readonly values: Float32Array;
  /** [output channels, input channels / groups, height, width]. */
  readonly shape: readonly number[];
}

/**
 * The convolution of maps with a kernel; or what does not fit, in words.
 * @param known Of the output where it is known; else it is as in torch.nn.Conv2d.
 */
export function convolution(
  input: MapShape,
  { values, shape }: Kernel,
  { stride = [1, 1], dilation = [1, 1], padding = [0, 0, 0, 0], groups = 1 }: ConvolutionOptions = {},
  known?: MapShape,
): ConvolutionMatrix | string {
  const [channels, perGroup, kernelHeight, kernelWidth] = shape as [number, number, number, number];
  if (perGroup * groups !== input.channels)
    return `the kernel [${shape.join(", ")}] with ${groups} group(s) does not fit ${input.channels} input channels`;
  const kernel = [kernelHeight, kernelWidth] as const;
  const places = (axis: 0 | 1): number => {
    const padded = (axis === 0 ? input.height : input.width) + padding[axis] + padding[axis + 2]!;
    return Math.floor((padded - dilation[axis] * (kernel[axis] - 1) - 1) / stride[axis]) + 1;
  };
  const output = known ?? { channels, height: places(0), width: places(1) };
  if (!(output.height >= 1 && output.width >= 1))
    return `the kernel of ${kernelHeight} x ${kernelWidth} does not fit the maps of ${input.height} x ${input.width}`;
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
    padding: [padding[0], padding[1]],
    groups,
  };
}

/**
 * The windows of a pooling layer: each map added up, averaged, or with weights of 1 compared, window by window. A convolution of one
 * value, with as many groups as channels.
 */
export function pooling(
  input: MapShape,
  kernel: readonly [number, number],
  weight: number,
  options: Omit<ConvolutionOptions, "groups"> = {},
): ConvolutionMatrix | string {
  const shape = [input.channels, 1, ...kernel];
  const values = new Float32Array(input.channels * kernel[0] * kernel[1]).fill(weight);
  return convolution(input, { values, shape }, { ...options, groups: input.channels });
}
