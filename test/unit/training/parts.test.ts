import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { randomNumbers } from "../../../src/core/random.ts";
import { openTensorBackend } from "../../../src/runtime/tensor-backend.ts";
import { decoderGradients, decoderLoss } from "../../../src/training/decoder.ts";
import { trainInParts } from "../../../src/training/in-parts.ts";
import { zeroState } from "../../../src/training/network.ts";
import { drawNoise } from "../../../src/training/noise.ts";
import { optimise, zeroMoments } from "../../../src/training/optimiser.ts";
import { initialParameters, Parameters } from "../../../src/training/parameters.ts";
import { magnitudeMasks, sparsityAt } from "../../../src/training/pruning.ts";
import { asQuantised } from "../../../src/training/quantise.ts";
import { betaNumbers, dropoutMask, normalNumbers } from "../../../src/training/random-draws.ts";
import { rateFactor, windowsOf } from "../../../src/training/schedule.ts";
import { streamsOf, windowAt } from "../../../src/training/streams.ts";
import type { ModelShape, ParameterShape } from "../../../src/training/shape.ts";

beforeAll(() => openTensorBackend("wasm"));

const kernel = (name: string, shape: readonly number[]): ParameterShape => ({
  name,
  role: "kernel",
  shape,
  layer: 0,
});

describe("random draws", () => {
  const momentsOf = (next: () => number, count = 20_000) => {
    const values = Array.from({ length: count }, next);
    const mean = values.reduce((a, b) => a + b) / count;
    return { mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count };
  };

  it("normal numbers have mean 0 and variance 1 within four standard errors", () => {
    const { mean, variance } = momentsOf(normalNumbers(3));
    expect(Math.abs(mean)).toBeLessThan(4 / Math.sqrt(20_000));
    expect(Math.abs(variance - 1)).toBeLessThan(4 * Math.sqrt(2 / 20_000));
  });

  it.each([
    [0.01, 3],
    [1.2857, 3],
  ])("Beta(%f, %f) has the mean and variance that it should", (a, b) => {
    const { mean, variance } = momentsOf(betaNumbers(4, a, b));
    const expected = { mean: a / (a + b), variance: (a * b) / ((a + b) ** 2 * (a + b + 1)) };
    expect(Math.abs(mean - expected.mean)).toBeLessThan(4 * Math.sqrt(expected.variance / 20_000));
    expect(variance).toBeGreaterThan(0.7 * expected.variance);
    expect(variance).toBeLessThan(1.3 * expected.variance);
  });

  it("dropout keeps the mean at 1", () => {
    const mask = dropoutMask(5, 10_000, 0.7);
    expect(new Set(mask).size).toBe(2);
    expect(mask.reduce((a, b) => a + b) / mask.length).toBeCloseTo(1, 1);
  });
});

describe("schedules", () => {
  it("the cosine begins where it should and ends at its final share; warm-up is linear", () => {
    const schedule = { warmupSteps: 10, cosineStart: 2, finalShare: 0.1 };
    expect(rateFactor(schedule, 0, 4, 4)).toBeCloseTo(0.5);
    expect(rateFactor(schedule, 2, 4, 50)).toBe(1);
    expect(rateFactor(schedule, 3, 4, 50)).toBeCloseTo(0.55);
    expect(rateFactor(schedule, 4, 4, 50)).toBeCloseTo(0.1);
  });

  it("windows fill the text, are short now and then, and never too short but at the end", () => {
    const lengths = { mean: 70, shortShare: 0.05, deviation: 5, shortest: 5 };
    const windows = windowsOf(100_000, lengths, 1, 0);
    expect(windows.reduce((a, b) => a + b)).toBe(100_000);
    const whole = windows.slice(0, -1);
    expect(Math.min(...whole)).toBeGreaterThanOrEqual(5);
    const short = whole.filter((length) => length < 52).length / whole.length;
    expect(short).toBeGreaterThan(0.02);
    expect(short).toBeLessThan(0.09);
    expect(windowsOf(100_000, lengths, 1, 1)).not.toEqual(windows);
    expect(windowsOf(100_000, lengths, 1, 0)).toEqual(windows);
  });

  it("pruning follows the cubic from its first share to its last, and ends exactly there", () => {
    const schedule = {
      scope: "global",
      sparsity: 0.9,
      initial: 0.1,
      beginStep: 100,
      endStep: 199,
      every: 10,
    } as const;
    expect(sparsityAt(schedule, 99)).toBeUndefined();
    expect(sparsityAt(schedule, 100)).toBeCloseTo(0.1, 12);
    expect(sparsityAt(schedule, 105)).toBeUndefined();
    expect(sparsityAt(schedule, 150)).toBeCloseTo(0.9 - 0.8 * (49 / 99) ** 3, 12);
    expect(sparsityAt(schedule, 199)).toBe(0.9);
    expect(sparsityAt(schedule, 200)).toBeUndefined();
  });

  it("streams are equally long parts; each window goes on where the last one ended", () => {
    const streams = streamsOf([0, 1, 2, 3, 4, 5, 6, 7, 8], 2);
    expect(streams.steps).toBe(3);
    expect([...windowAt(streams, 1, 2).input]).toEqual([1, 5, 2, 6]);
    expect([...windowAt(streams, 1, 2).targets]).toEqual([2, 6, 3, 7]);
  });
});

describe("pruning", () => {
  const parametersWith = (a: readonly number[], b: readonly number[]) => {
    const parameters = new Parameters([kernel("a", [a.length, 1]), kernel("b", [b.length, 1])]);
    parameters.load("a", Float32Array.from(a));
    parameters.load("b", Float32Array.from(b));
    return parameters;
  };

  it("takes the smallest of all weights, or of each matrix", () => {
    const parameters = parametersWith([1, -2, 3, -4], [10, 20, 30, 40]);
    const kept = (scope: "global" | "layer") =>
      [...magnitudeMasks(parameters, 0.5, scope).values()].map((mask) => [...mask]);
    expect(kept("global")).toEqual([
      [0, 0, 0, 0],
      [1, 1, 1, 1],
    ]);
    expect(kept("layer")).toEqual([
      [0, 0, 1, 1],
      [0, 0, 1, 1],
    ]);
  });

  it("prunes exactly so many, also among equals", () => {
    const masks = magnitudeMasks(parametersWith([1, 1, 1], [1, -1]), 0.6, "global");
    expect([...masks.values()].flatMap((mask) => [...mask])).toEqual([0, 0, 0, 1, 1]);
  });
});

describe("the decoder", () => {
  it("has the loss and gradients of softmax cross-entropy, as differences find them, block by block", () => {
    const next = randomNumbers(9);
    const [rows, width, outputs] = [4, 3, 5];
    const drawn = (length: number) => Float32Array.from({ length }, () => 2 * next() - 1);
    const [y, w, b] = [drawn(rows * width), drawn(outputs * width), drawn(outputs)];
    const targets = Int32Array.of(0, 4, 2, 2);
    const meanLoss = (ys: ArrayLike<number>, ws: ArrayLike<number>) => {
      let loss = 0;
      for (let row = 0; row < rows; row += 1) {
        const logits = Array.from({ length: outputs }, (_, o) =>
          Array.from({ length: width }, (_unused, k) => ys[row * width + k]! * ws[o * width + k]!).reduce(
            (p, q) => p + q,
            b[o]!,
          ),
        );
        loss += Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0)) - logits[targets[row]!]!;
      }
      return loss / rows;
    };
    tf.tidy(() => {
      const weight = tf.tensor2d(w, [outputs, width]);
      const found = decoderGradients(tf.tensor2d(y, [rows, width]), weight, tf.tensor1d(b), targets);
      expect(found.loss / rows).toBeCloseTo(meanLoss(y, w), 5);
      expect(decoderLoss(tf.tensor2d(y, [rows, width]), weight, tf.tensor1d(b), targets).loss).toBeCloseTo(
        found.loss,
        5,
      );
      const dy = found.dy.dataSync();
      const wide = Float64Array.from(y);
      wide.forEach((value, i) => {
        const at = (shift: number) => meanLoss(wide.with(i, value + shift), w);
        expect(dy[i]).toBeCloseTo((at(1e-6) - at(-1e-6)) / 2e-6, 4);
      });
    });
  });

  it("scores a hopeless target exactly", () => {
    tf.tidy(() => {
      const weight = tf.tensor2d([1, 0], [2, 1]);
      const { loss } = decoderLoss(tf.tensor2d([200], [1, 1]), weight, tf.tensor1d([0, 0]), Int32Array.of(1));
      expect(loss).toBeCloseTo(200, 4);
    });
  });
});

describe("a batch in parts", () => {
  it("has the whole one's loss, states and gradients, with the same noise", () => {
    const shape: ModelShape = {
      cell: "egru",
      input: { kind: "tokens", vocabulary: 11, embedding: 4 },
      layers: [7, 4],
      outputs: 11,
      tied: true,
      surrogate: { dampening: 0.7, support: 1 },
      thresholdMean: 0.05,
    };
    const parameters = initialParameters(shape, 2);
    const [steps, streams] = [6, 8];
    const ids = (seed: number) =>
      Int32Array.from({ length: steps * streams }, (_, i) => (i * seed + i * i) % 11);
    const batch = { steps, batch: streams, input: ids(3), targets: ids(5) };
    const noise = () => drawNoise({ embedding: 0.3, words: 0.2, forward: 0.3, connect: 0.3 }, 4);
    const [whole, parts] = [streams, 3].map((atOnce) =>
      trainInParts({ shape, parameters }, batch, zeroState(shape, streams), noise, undefined, atOnce),
    ) as [ReturnType<typeof trainInParts>, ReturnType<typeof trainInParts>];
    expect(parts.loss).toBeCloseTo(whole.loss, 4);
    whole.activity.forEach((share, layer) => expect(parts.activity[layer]).toBeCloseTo(share, 6));
    whole.state.forEach(({ y }, layer) => expect(parts.state[layer]!.y.dataSync()).toEqual(y.dataSync()));
    for (const [name, gradient] of whole.gradients) {
      const own = parts.gradients.get(name)!.dataSync();
      gradient.dataSync().forEach((value, i) => expect(own[i], name).toBeCloseTo(value, 6));
    }
  });
});

describe("AdamW", () => {
  it("does what Loshchilov and Hutter's algorithm does, step by step", () => {
    const settings = { betas: [0.9, 0.99], epsilon: 1e-8, weightDecay: { weights: 0.1, biases: 0 } } as const;
    const parameters = new Parameters([kernel("w", [1, 1])]);
    parameters.load("w", Float32Array.of(0.5));
    const moments = zeroMoments(parameters.shapes);
    let [value, m, v] = [0.5, 0, 0];
    for (const [step, gradient] of [0.3, -0.2, 0.7].entries()) {
      optimise(
        parameters,
        moments,
        new Map([["w", tf.tensor2d([gradient], [1, 1])]]),
        new Map(),
        step + 1,
        { weights: 0.01, thresholds: 0 },
        settings,
      );
      m = 0.9 * m + 0.1 * gradient;
      v = 0.99 * v + 0.01 * gradient ** 2;
      value -= 0.01 * 0.1 * value;
      value -= (0.01 * (m / (1 - 0.9 ** (step + 1)))) / (Math.sqrt(v / (1 - 0.99 ** (step + 1))) + 1e-8);
      expect(parameters.values("w")[0]).toBeCloseTo(value, 6);
    }
  });

  it("clips the norm of all gradients together, and lets pruned weights rest", () => {
    const settings = { betas: [0, 0], epsilon: 1, weightDecay: { weights: 0, biases: 0 }, clip: 1 } as const;
    const parameters = new Parameters([kernel("w", [1, 2])]);
    parameters.load("w", Float32Array.of(0, 1));
    const gradients = new Map([["w", tf.tensor2d([30, 40], [1, 2])]]);
    const mask = new Map([["w", tf.tensor2d([0, 1], [1, 2])]]);
    const norm = optimise(
      parameters,
      zeroMoments(parameters.shapes),
      gradients,
      mask,
      1,
      { weights: 1, thresholds: 0 },
      settings,
    );
    expect(norm).toBeCloseTo(40);
    // Clipped to 1, then 1 / (√1 + 1).
    expect(Array.from(parameters.values("w"))).toEqual([0, expect.closeTo(0.5, 5)]);
  });
});

describe("weights in integer formats", () => {
  it("are those of docs/model.md: a scale a row, a matrix, or a power of two", () => {
    tf.tidy(() => {
      const matrix = tf.tensor2d([1, -0.5, 0.26, 0.004, 2, 0], [2, 3]);
      const of = (scales: "row" | "matrix" | "power-of-two") =>
        Array.from(asQuantised(matrix, { format: "int8", scales }).dataSync());
      const expected = (values: readonly number[], steps: readonly number[]) =>
        values.map((value, i) => expect.closeTo(Math.floor(value / steps[i]! + 0.5) * steps[i]!, 6));
      const values = Array.from(matrix.dataSync());
      expect(of("row")).toEqual(
        expected(
          values,
          [1, 1, 1, 2, 2, 2].map((most) => most / 127),
        ),
      );
      expect(of("matrix")).toEqual(
        expected(
          values,
          values.map(() => 2 / 127),
        ),
      );
      expect(of("power-of-two")).toEqual(
        expected(
          values,
          values.map(() => 2 ** -5),
        ),
      );
    });
  });

  it("stay 0 where there is nothing", () => {
    tf.tidy(() => {
      const zeros = asQuantised(tf.zeros([2, 2]), { format: "int16", scales: "row" });
      expect(Array.from(zeros.dataSync())).toEqual([0, 0, 0, 0]);
    });
  });
});

describe("slices on WebAssembly", () => {
  it("are those of plain arrays, at any rank and place", () => {
    const next = randomNumbers(17);
    for (let trial = 0; trial < 60; trial += 1) {
      const rank = 1 + Math.floor(next() * 4);
      const shape = Array.from({ length: rank }, () => 1 + Math.floor(next() * 4));
      const begin = shape.map((size) => Math.floor(next() * size));
      const size = shape.map((extent, axis) => 1 + Math.floor(next() * (extent - begin[axis]!)));
      const values = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => i);
      const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
      const expected = Array.from(values).filter((flat) =>
        shape.every((_, axis) => {
          const at = Math.floor(flat / strides[axis]!) % shape[axis]!;
          return at >= begin[axis]! && at < begin[axis]! + size[axis]!;
        }),
      );
      tf.tidy(() => {
        const slice = tf.slice(tf.tensor(values, shape), begin, size);
        expect(slice.shape).toEqual(size);
        expect(Array.from(slice.dataSync())).toEqual(expected);
        const axis = Math.floor(next() * rank);
        const parts = tf.unstack(tf.tensor(values, shape), axis);
        expect(parts.length).toBe(shape[axis]);
        expect(Array.from(tf.stack(parts, axis).dataSync())).toEqual(Array.from(values));
      });
    }
  });
});
