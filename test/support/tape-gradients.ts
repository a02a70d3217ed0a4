import * as tf from "@tensorflow/tfjs-core";

/**
 * Gradients of a dozen kernels for TensorFlow.js's own differentiation, which its package for Node leaves out. Each is
 * one line of calculus, so that the tape is an account of its own beside the gradients written by hand.
 */
export function registerTapeGradients(): void {
  /** Sums a gradient over the axes along which an operand was repeated. */
  const reduced = (gradient: tf.Tensor, shape: number[]): tf.Tensor => {
    const axes = reductionAxes(shape, gradient.shape);
    return tf.reshape(axes.length > 0 ? tf.sum(gradient, axes) : gradient, shape);
  };
  const binary = (kernelName: string, ofA: Partial2, ofB: Partial2) =>
    tf.registerGradient({
      kernelName,
      inputsToSave: ["a", "b"],
      gradFunc: (dy, saved) => {
        const [a, b] = saved as [tf.Tensor, tf.Tensor];
        const d = dy as tf.Tensor;
        return { a: () => reduced(ofA(d, a, b), a.shape), b: () => reduced(ofB(d, a, b), b.shape) };
      },
    });
  binary(
    "Add",
    (d) => d,
    (d) => d,
  );
  binary(
    "Sub",
    (d) => d,
    (d) => tf.neg(d),
  );
  binary(
    "Multiply",
    (d, _a, b) => tf.mul(d, b),
    (d, a) => tf.mul(d, a),
  );
  binary(
    "BatchMatMul",
    (d, _a, b) => tf.matMul(d, b, false, true),
    (d, a) => tf.matMul(a, d, true, false),
  );
  const ofResult = (kernelName: string, slope: (y: tf.Tensor) => tf.Tensor) =>
    tf.registerGradient({
      kernelName,
      outputsToSave: [true],
      gradFunc: (dy, saved) => ({ x: () => tf.mul(dy as tf.Tensor, slope(saved[0]!)) }),
    });
  ofResult("Sigmoid", (y) => tf.mul(y, tf.sub(1, y)));
  ofResult("Tanh", (y) => tf.sub(1, tf.square(y)));
  tf.registerGradient({
    kernelName: "Sum",
    inputsToSave: ["x"],
    gradFunc: (dy, saved) => ({ x: () => tf.mul(dy as tf.Tensor, tf.onesLike(saved[0]!)) }),
  });
  tf.registerGradient({
    kernelName: "Reshape",
    inputsToSave: ["x"],
    gradFunc: (dy, saved) => ({ x: () => tf.reshape(dy as tf.Tensor, saved[0]!.shape) }),
  });
  tf.registerGradient({
    kernelName: "Slice",
    inputsToSave: ["x"],
    gradFunc: (dy, saved, attributes) => {
      const { begin, size } = attributes as unknown as { begin: number[]; size: number[] };
      const { shape } = saved[0]!;
      const extent = size.map((count, axis) => (count < 0 ? shape[axis]! - begin[axis]! : count));
      const around = begin.map((first, axis): [number, number] => [
        first,
        shape[axis]! - first - extent[axis]!,
      ]);
      return { x: () => tf.pad(dy as tf.Tensor, around) };
    },
  });
  tf.registerGradient({
    kernelName: "Pack",
    saveAllInputs: true,
    gradFunc: (dy) =>
      Object.fromEntries(tf.unstack(dy as tf.Tensor, 0).map((part, i) => [String(i), () => part])),
  });
  tf.registerGradient({
    kernelName: "Unpack",
    gradFunc: (dy) => ({ value: () => tf.stack(dy as tf.Tensor[], 0) }),
  });
}

type Partial2 = (dy: tf.Tensor, a: tf.Tensor, b: tf.Tensor) => tf.Tensor;

function reductionAxes(from: readonly number[], to: readonly number[]): number[] {
  const axes: number[] = [];
  for (let i = 0; i < to.length; i += 1) {
    const own = from[from.length - i - 1];
    if (own === undefined || (own === 1 && to[to.length - i - 1]! > 1)) axes.unshift(to.length - i - 1);
  }
  return axes;
}
