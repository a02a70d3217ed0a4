import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { randomNumbers } from "../../../../src/core/random.ts";
import { openTensorBackend } from "../../../../src/runtime/tensor-backend.ts";
import { egruLayer, gruLayer } from "../../../../src/training/layers/egru.ts";
import { lstmLayer } from "../../../../src/training/layers/lstm.ts";
import { paperEgruLayer } from "../../../../src/training/layers/paper-egru.ts";
import type { RecurrentLayer, RecurrentWeights } from "../../../../src/training/layers/recurrent-layer.ts";
import { fixtureTensors } from "../../models/reference/fixtures.ts";
import { registerTapeGradients } from "../../../support/tape-gradients.ts";
import { type PlainKind, type PlainWeights, runPlain } from "../../../support/recurrent-float64.ts";

beforeAll(async () => {
  await openTensorBackend("wasm");
  registerTapeGradients();
});

const [STEPS, INPUTS, UNITS] = [7, 3, 5];
const NO_SURROGATE = { dampening: 0, support: 1 };
const LAYERS: Readonly<Record<PlainKind, RecurrentLayer>> = {
  egru: egruLayer(NO_SURROGATE),
  "paper-egru": paperEgruLayer(NO_SURROGATE),
  gru: gruLayer,
  lstm: lstmLayer,
};
const KINDS = Object.keys(LAYERS) as PlainKind[];

function plainWeights(kind: PlainKind, seed: number): PlainWeights {
  const next = randomNumbers(seed);
  const gates = kind === "lstm" ? 4 : 3;
  const drawn = (length: number, spread: number) =>
    Float64Array.from({ length }, () => Math.fround((2 * next() - 1) * spread));
  return {
    inputs: INPUTS,
    units: UNITS,
    kernel: drawn(INPUTS * gates * UNITS, 0.9),
    recurrentKernel: drawn(UNITS * gates * UNITS, 0.7),
    bias: drawn(gates * UNITS, 0.4),
    recurrentBias: kind === "paper-egru" ? new Float64Array(0) : drawn(gates * UNITS, 0.4),
    threshold: Float64Array.from({ length: UNITS }, () => Math.fround(0.05 + 0.1 * next())),
  };
}

const weightsOf = (kind: PlainKind, plain: PlainWeights): RecurrentWeights => ({
  kernel: tf.tensor2d(Float32Array.from(plain.kernel), [INPUTS, plain.bias.length]),
  recurrentKernel: tf.tensor2d(Float32Array.from(plain.recurrentKernel), [UNITS, plain.bias.length]),
  bias: tf.tensor1d(Float32Array.from(plain.bias)),
  ...(kind !== "paper-egru" && { recurrentBias: tf.tensor1d(Float32Array.from(plain.recurrentBias)) }),
  ...(kind.endsWith("egru") && { threshold: tf.tensor1d(Float32Array.from(plain.threshold)) }),
});

const drawnInputs = (seed: number): Float64Array[] => {
  const next = randomNumbers(seed);
  return Array.from({ length: STEPS }, () =>
    Float64Array.from({ length: INPUTS }, () => Math.fround(3 * next() - 1.5)),
  );
};
const zeroState = () => ({ h: tf.zeros<tf.Rank.R2>([1, UNITS]), y: tf.zeros<tf.Rank.R2>([1, UNITS]) });
const sequence = (xs: readonly Float64Array[]) =>
  tf.tensor3d(Float32Array.from(xs.flatMap((x) => [...x])), [STEPS, 1, INPUTS]);
/** Weighs each output differently, so that no two gradients can be mixed up. */
const weighing = Array.from({ length: STEPS * UNITS }, (_, i) => Math.fround(Math.sin(1 + 0.7 * i)));
const lossOf = (y: readonly Float64Array[]) =>
  y.flatMap((step) => [...step]).reduce((sum, value, i) => sum + value * weighing[i]!, 0);

describe.each(KINDS)("%s", (kind) => {
  it("computes what the equations say", () => {
    const plain = plainWeights(kind, 3);
    const xs = drawnInputs(4);
    const expected = runPlain(kind, plain, xs);
    tf.tidy(() => {
      const { y, state } = LAYERS[kind](sequence(xs), weightsOf(kind, plain), zeroState());
      const ours = y.dataSync();
      expected.y.flatMap((step) => [...step]).forEach((value, i) => expect(ours[i]).toBeCloseTo(value, 5));
      expect(expected.y.flatMap((step) => [...step]).filter((value) => value !== 0).length).toBeGreaterThan(
        5,
      );
      expected.h.at(-1)!.forEach((value, n) => expect(state.h.dataSync()[n]).toBeCloseTo(value, 5));
    });
  });

  it("has the gradient through time that finite differences of float64 find", () => {
    const plain = plainWeights(kind, 5);
    const xs = drawnInputs(6);
    tf.tidy(() => {
      const { backward } = LAYERS[kind](sequence(xs), weightsOf(kind, plain), zeroState());
      const { dx, gradients } = backward(tf.tensor3d(weighing, [STEPS, 1, UNITS]));
      for (const [name, gradient] of Object.entries(gradients) as [keyof PlainWeights, tf.Tensor][]) {
        const ours = gradient.dataSync();
        const values = plain[name] as Float64Array;
        values.forEach((value, i) => {
          const at = (shifted: number) =>
            lossOf(runPlain(kind, { ...plain, [name]: values.with(i, shifted) }, xs).y);
          expect(ours[i], `${name}[${i}]`).toBeCloseTo((at(value + 1e-6) - at(value - 1e-6)) / 2e-6, 3);
        });
      }
      const ours = dx.dataSync();
      for (let i = 0; i < STEPS * INPUTS; i += 1) {
        const [t, n] = [Math.floor(i / INPUTS), i % INPUTS];
        const at = (shift: number) =>
          lossOf(
            runPlain(
              kind,
              plain,
              xs.map((x, step) => (step === t ? x.with(n, x[n]! + shift) : x)),
            ).y,
          );
        expect(ours[i], `dx[${i}]`).toBeCloseTo((at(1e-6) - at(-1e-6)) / 2e-6, 3);
      }
    });
  });
});

/** The event function with its surrogate, for TensorFlow.js's own differentiation. */
const eventOf = (dampening: number, support: number) =>
  tf.customGrad((distance, save) => {
    (save as tf.GradSaveFunc)([distance as tf.Tensor]);
    return {
      value: tf.step(distance as tf.Tensor),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) =>
        tf.mul(dy, tf.mul(dampening, tf.relu(tf.sub(1, tf.mul(support, tf.abs(saved[0]!)))))),
    };
  });

/** One layer step by step, for the tape. */
function taped(
  kind: "egru" | "paper-egru",
  event: (x: tf.Tensor) => tf.Tensor,
  x: tf.Tensor,
  w: readonly tf.Tensor[],
) {
  const [kernel, recurrentKernel, bias, threshold, recurrentBias] = w as [
    tf.Tensor2D,
    tf.Tensor2D,
    tf.Tensor,
    tf.Tensor,
    tf.Tensor | undefined,
  ];
  let h: tf.Tensor = tf.zeros([2, UNITS]);
  let y: tf.Tensor = tf.zeros([2, UNITS]);
  const ys: tf.Tensor[] = [];
  const os: tf.Tensor[] = [];
  const part = (matrix: tf.Tensor, gate: number) =>
    tf.slice(matrix, [0, gate * UNITS], [matrix.shape[0]!, UNITS]);
  for (const xt of tf.unstack(x, 0)) {
    const a = tf.add(tf.matMul(xt as tf.Tensor2D, kernel), bias);
    let c: tf.Tensor;
    if (kind === "egru") {
      const b = tf.add(tf.matMul(y as tf.Tensor2D, recurrentKernel), recurrentBias!);
      const z = tf.sigmoid(tf.add(part(a, 0), part(b, 0)));
      const r = tf.sigmoid(tf.add(part(a, 1), part(b, 1)));
      const g = tf.tanh(tf.add(part(a, 2), tf.mul(r, part(b, 2))));
      c = tf.add(tf.mul(z, h), tf.mul(tf.sub(1, z), g));
    } else {
      const b = tf.matMul(y as tf.Tensor2D, recurrentKernel);
      const u = tf.sigmoid(tf.add(part(a, 0), part(b, 0)));
      const r = tf.sigmoid(tf.add(part(a, 1), part(b, 1)));
      const z = tf.tanh(
        tf.add(part(a, 2), tf.matMul(tf.mul(r, y) as tf.Tensor2D, part(recurrentKernel, 2) as tf.Tensor2D)),
      );
      c = tf.sub(tf.add(tf.mul(u, z), tf.mul(tf.sub(1, u), h)), y);
    }
    const o = event(tf.sub(c, threshold));
    y = tf.mul(o, c);
    h = kind === "egru" ? tf.sub(c, tf.mul(o, threshold)) : c;
    ys.push(y);
    os.push(o);
  }
  return { y: tf.stack(ys), o: tf.stack(os) };
}

describe.each(["egru", "paper-egru"] as const)("%s with its surrogate", (kind) => {
  it("has the gradients of TensorFlow.js's own differentiation, of events too", () => {
    const surrogate = { dampening: 0.7, support: 1.5 };
    const layer = kind === "egru" ? egruLayer(surrogate) : paperEgruLayer(surrogate);
    tf.tidy(() => {
      const weights = weightsOf(kind, plainWeights(kind, 11));
      const x = tf.randomNormal<tf.Rank.R3>([STEPS, 2, INPUTS], 0, 1, "float32", 12);
      const dy = tf.randomNormal<tf.Rank.R3>([STEPS, 2, UNITS], 0, 1, "float32", 13);
      const dEvents = tf.randomNormal<tf.Rank.R3>([STEPS, 2, UNITS], 0, 1, "float32", 14);
      const zero = { h: tf.zeros<tf.Rank.R2>([2, UNITS]), y: tf.zeros<tf.Rank.R2>([2, UNITS]) };
      const { dx, gradients } = layer(x, weights, zero).backward(dy, dEvents);
      const names = ["kernel", "recurrentKernel", "bias", "threshold", "recurrentBias"] as const;
      const held = names.flatMap((name) => (weights[name] ? [weights[name]] : []));
      const event = eventOf(surrogate.dampening, surrogate.support);
      const gradient = tf.grads((first: tf.Tensor, ...rest: tf.Tensor[]) => {
        const { y, o } = taped(kind, event, first, rest);
        return tf.sum(tf.add(tf.mul(y, dy), tf.mul(o, dEvents)));
      });
      const [dxTaped, ...tapedGradients] = gradient([x, ...held]);
      const check = (name: string, ours: tf.Tensor, theirs: tf.Tensor) => {
        const [a, b] = [ours.dataSync(), theirs.dataSync()];
        expect(
          b.some((value) => Math.abs(value) > 1e-3),
          name,
        ).toBe(true);
        b.forEach((value, i) => expect(a[i], `${name}[${i}]`).toBeCloseTo(value, 4));
      };
      check("dx", dx, dxTaped!);
      names
        .filter((name) => weights[name])
        .forEach((name, i) => check(name, gradients[name]!, tapedGradients[i]!));
    });
  });
});

describe("the reference's golden vectors", () => {
  const tensors = fixtureTensors("egru2/weights.safetensors");
  const activations = fixtureTensors("egru2/activations.safetensors");
  const tensor = (from: typeof tensors, name: string) => {
    const { data, shape } = from.get(name)!;
    return tf.tensor(data as Float32Array, [...shape]);
  };

  it("are met by two layers over twelve steps, event for event", () => {
    tf.tidy(() => {
      let x = tensor(activations, "input") as tf.Tensor3D;
      for (const l of [0, 1]) {
        const weights = {
          kernel: tensor(tensors, `rnns.${l}.kernel`) as tf.Tensor2D,
          recurrentKernel: tensor(tensors, `rnns.${l}.recurrent_kernel`) as tf.Tensor2D,
          bias: tensor(tensors, `rnns.${l}.bias`) as tf.Tensor1D,
          recurrentBias: tensor(tensors, `rnns.${l}.recurrent_bias`) as tf.Tensor1D,
          threshold: tensor(tensors, `rnns.${l}.thr`) as tf.Tensor1D,
        };
        const zero = { h: tf.zeros<tf.Rank.R2>([2, 16]), y: tf.zeros<tf.Rank.R2>([2, 16]) };
        const { y, events, state } = egruLayer({ dampening: 0.7, support: 1 })(x, weights, zero);
        expect(Array.from(events!.dataSync())).toEqual(Array.from(tensor(activations, `l${l}.o`).dataSync()));
        const distance = (ours: tf.Tensor, golden: tf.Tensor) =>
          tf.max(tf.abs(tf.sub(ours, golden))).dataSync()[0];
        expect(distance(y, tensor(activations, `l${l}.y`))).toBeLessThan(1e-6);
        const last = tf.squeeze(tf.slice(tensor(activations, `l${l}.h`), [11, 0, 0], [1, 2, 16]), [0]);
        expect(distance(state.h, last)).toBeLessThan(1e-6);
        x = y;
      }
    });
  });
});
