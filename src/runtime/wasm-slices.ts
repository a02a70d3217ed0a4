import * as tf from "@tensorflow/tfjs-core";

/** What is needed of the WebAssembly backend, which its package does not export the type of. */
interface WasmBackend {
  readonly makeOutput: (shape: readonly number[], dtype: tf.DataType) => tf.TensorInfo;
  /** A view of the heap; a later allocation may move the heap away from under it. */
  readonly typedArrayFromHeap: (tensor: tf.TensorInfo) => Float32Array | Int32Array | Uint8Array;
}

/**
 * Puts kernels for Slice and Unpack in the place of the WebAssembly backend's own (4.22.0), which copy the whole tensor
 * out of the heap for each slice: cutting a sequence into its steps would cost the square of its length. These copy what
 * they are asked for, once.
 */
export function registerWasmSlices(): void {
  replace("Slice", ({ inputs, backend, attrs }) => {
    const { x } = inputs as { x: tf.TensorInfo };
    const { begin, size } = attrs as unknown as { begin: number[]; size: number[] };
    const [from, count] = tf.slice_util.parseSliceParams(x as tf.Tensor, begin, size) as [number[], number[]];
    return sliceOf(backend as unknown as WasmBackend, x, from, count);
  });
  replace("Unpack", ({ inputs, backend, attrs }) => {
    const { value } = inputs as { value: tf.TensorInfo };
    const axis = tf.util.parseAxisParam((attrs as unknown as { axis: number }).axis, value.shape)[0]!;
    const count = value.shape.map((extent, at) => (at === axis ? 1 : extent));
    return Array.from({ length: value.shape[axis]! }, (_, i) => {
      const from = value.shape.map((_extent, at) => (at === axis ? i : 0));
      const { dataId, dtype } = sliceOf(backend as unknown as WasmBackend, value, from, count);
      return { dataId, dtype, shape: value.shape.filter((_extent, at) => at !== axis) };
    });
  });
}

function replace(kernelName: string, kernelFunc: tf.KernelFunc): void {
  tf.unregisterKernel(kernelName, "wasm");
  tf.registerKernel({ kernelName, backendName: "wasm", kernelFunc });
}

function sliceOf(
  backend: WasmBackend,
  x: tf.TensorInfo,
  begin: readonly number[],
  size: readonly number[],
): tf.TensorInfo {
  const out = backend.makeOutput(size, x.dtype);
  // After the allocation, which may have moved the heap.
  const source = backend.typedArrayFromHeap(x);
  const target = backend.typedArrayFromHeap(out);
  const run = contiguousRun(x.shape, size);
  const strides = tf.util.computeStrides([...x.shape, 1]);
  const at = begin.map(() => 0);
  for (let to = 0; to < target.length; to += run) {
    const from = strides.reduce((sum, stride, axis) => sum + (begin[axis]! + at[axis]!) * stride, 0);
    target.set(source.subarray(from, from + run), to);
    advance(at, size, run);
  }
  return out;
}

/** Elements that lie side by side in both tensors. */
function contiguousRun(shape: readonly number[], size: readonly number[]): number {
  let run = 1;
  for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
    run *= size[axis]!;
    if (size[axis] !== shape[axis]) break;
  }
  return run;
}

/** Moves an index on by so many elements of a tensor of that size. */
function advance(at: number[], size: readonly number[], elements: number): void {
  let carry = elements;
  for (let axis = size.length - 1; axis >= 0 && carry > 0; axis -= 1) {
    const sum = at[axis]! + carry;
    at[axis] = sum % size[axis]!;
    carry = Math.floor(sum / size[axis]!);
  }
}
