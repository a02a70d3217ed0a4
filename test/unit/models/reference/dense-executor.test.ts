import { describe, expect, it } from "vitest";
import { createReference, type ReferenceOptions } from "../../../../src/models/reference/dense-executor.ts";
import type { FloatArray } from "../../../../src/models/reference/executor.ts";
import { egru, fixtureModel, fixtureTensors, fixtureText, matrix, oneLayer, vectorAt } from "./fixtures.ts";

const TOLERANCE = 1e-6;

function distance(ours: ArrayLike<number>, golden: ArrayLike<number>): number {
  expect(ours.length).toBe(golden.length);
  return Array.from(ours).reduce((most, value, i) => Math.max(most, Math.abs(value - golden[i]!)), 0);
}

const sent = (y: ArrayLike<number>) => Array.from(y, (value) => (value === 0 ? 0 : 1));

const logSoftmax = (logits: FloatArray) => {
  const sum = Array.from(logits, Math.exp).reduce((total, power) => total + power, 0);
  return Array.from(logits, (logit) => logit - Math.log(sum));
};

describe.each([{ precision: "float32" }, { precision: "float64" }] as const)(
  "golden, $precision",
  (options) => {
    const activations = fixtureTensors("egru2/activations.safetensors");
    const chunking = fixtureTensors("chunking/chunking.safetensors");
    const model = fixtureModel("egru2");

    it.each([0, 1])("two layers stream as the reference does, stream %i", (stream) => {
      const reference = createReference(model, options);
      for (let t = 0; t < 12; t += 1) {
        const { layers, output } = reference.step(
          Float32Array.from(vectorAt(activations, "input", t, stream)),
        );
        for (const [l, { y, h, c, events }] of layers.entries()) {
          const golden = (name: string) => vectorAt(activations, `l${l}.${name}`, t, stream);
          expect(sent(y)).toEqual(Array.from(golden("o")));
          expect(sent(y).flatMap((one, n) => (one ? [n] : []))).toEqual([...events]);
          expect(distance(y, golden("y"))).toBeLessThan(TOLERANCE);
          expect(distance(h, golden("h"))).toBeLessThan(TOLERANCE);
          expect(distance(c, golden("c_pre"))).toBeLessThan(TOLERANCE);
          expect(distance(y, golden("y_numpy64"))).toBeLessThan(TOLERANCE);
          expect(distance(h, golden("h_numpy64"))).toBeLessThan(TOLERANCE);
        }
        for (const run of ["full", "step"]) {
          expect(distance(layers[0]!.y, vectorAt(chunking, `${run}.y`, t, stream))).toBeLessThan(TOLERANCE);
          expect(distance(layers[0]!.h, vectorAt(chunking, `${run}.h`, t, stream))).toBeLessThan(TOLERANCE);
        }
        expect(output).toEqual(layers[1]!.y);
      }
    });

    it.each([0, 1])("a window carries y on and restarts h, stream %i", (stream) => {
      const reference = createReference(model, { ...options, window: 6 });
      for (let t = 0; t < 12; t += 1) {
        const input = Float32Array.from(vectorAt(activations, "input", t, stream));
        const { y, h } = reference.step(input).layers[0]!;
        const [run, at] = t < 6 ? ["full", t] : ["chunk2", t - 6];
        expect(distance(y, vectorAt(chunking, `${run}.y`, at, stream))).toBeLessThan(TOLERANCE);
        expect(distance(h, vectorAt(chunking, `${run}.h`, at, stream))).toBeLessThan(TOLERANCE);
        if (t >= 6) expect(sent(y)).toEqual(Array.from(vectorAt(chunking, "chunk2.o", at, stream)));
      }
    });

    describe("a language model", () => {
      const golden = fixtureTensors("lm_dense/activations.safetensors");
      const language = fixtureModel("lm_dense");

      it.each([
        { stream: 0, window: undefined },
        { stream: 1, window: undefined },
        { stream: 0, window: 12 },
        { stream: 1, window: 12 },
      ])("stream $stream, window $window", ({ stream, window }) => {
        const reference = createReference(language, { ...options, window });
        const tokens = vectorAt(golden, "tokens", stream);
        for (const [t, token] of tokens.entries()) {
          const { layers, output } = reference.step(token);
          const chunk = Math.floor(t / 12);
          for (const [l, { y }] of layers.entries()) {
            const expected =
              window === undefined
                ? vectorAt(golden, `stream.l${l}.y`, stream, t)
                : vectorAt(golden, `chunk${chunk}.l${l}.y`, stream, t % 12);
            expect(sent(y)).toEqual(sent(expected));
            expect(distance(y, expected)).toBeLessThan(TOLERANCE);
          }
          const expected =
            window === undefined
              ? vectorAt(golden, "stream.logprob", stream, t)
              : vectorAt(golden, `chunk${chunk}.logprob`, stream * 12 + (t % 12));
          expect(distance(logSoftmax(output), expected)).toBeLessThan(TOLERANCE);
        }
      });
    });
  },
);

describe("edge cases of the reference", () => {
  const cases = JSON.parse(fixtureText("edge_cases.json"));
  const rest = Float32Array.of(0);

  it("sends nothing where the state equals its threshold", () => {
    const { thr_after, y } = cases["zero_weights_thr_-0.5_0.25_1.5"];
    const model = oneLayer(egru("layer", thr_after), matrix(new Array<number>(9).fill(0)));
    const reference = createReference(model, { precision: "float32" });
    for (const [expected] of y) expect([...reference.step(rest).layers[0]!.y]).toEqual(expected);
  });

  it.each(["float32", "float64"] as const)("compares strictly in %s", (precision) => {
    const { thr, bias_g, y, h, o } = cases.c_equals_thr_exactly;
    const model = oneLayer(egru("layer", thr, { bias: [0, 0, bias_g] }), matrix([0, 0, 0]));
    const reference = createReference(model, { precision });
    for (let t = 0; t < 3; t += 1) {
      const step = reference.step(rest).layers[0]!;
      expect(sent(step.y)).toEqual(o[t][0]);
      expect(distance(step.y, y[t][0])).toBeLessThan(TOLERANCE);
      expect(distance(step.h, h[t][0])).toBeLessThan(TOLERANCE);
      if (precision === "float32" && t === 0) expect(step.c[0]).toBe(Math.fround(thr[0]));
    }
  });
});

describe("a dense reference", () => {
  const options: ReferenceOptions = { precision: "float64" };
  const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

  it("scales the late part of g by r, with its bias, and nothing else", () => {
    const layer = egru("layer", [1], { bias: [0.5, -0.25, 0.125], recurrentBias: [0.25, 0.75, -0.5] });
    const model = oneLayer(layer, matrix([1, 2, 3]), matrix([-1, 0.5, 4]));
    const reference = createReference(model, options);
    reference.setState(0, { h: [0.25], y: [0.5] });
    const { c, h, events } = reference.step(Float32Array.of(0.125)).layers[0]!;
    const z = sigmoid(0.75 + 0.125 - 0.5);
    const r = sigmoid(0.5 + 0.25 + 0.25);
    const g = Math.tanh(0.125 + 0.375 + r * (-0.5 + 2));
    expect(c[0]).toBeCloseTo(z * 0.25 + (1 - z) * g, 15);
    expect(h).toEqual(c);
    expect(events).toEqual(new Uint32Array());
  });

  it("goes on from any state as it did before", () => {
    const model = fixtureModel("lm_dense");
    const free = createReference(model, options);
    const held = createReference(model, options);
    for (const token of [3, 1, 4, 1, 5]) {
      for (const layer of free.layers.keys()) held.setState(layer, free.state(layer));
      expect(held.step(token)).toEqual(free.step(token));
    }
  });

  it("hands out copies", () => {
    const reference = createReference(fixtureModel("lm_dense"), options);
    const { layers, output } = reference.step(1);
    const again = createReference(fixtureModel("lm_dense"), options);
    again.step(1);
    for (const { y, h } of layers) for (const values of [y, h, output]) values.fill(9);
    reference.state(0).h.fill(9);
    expect(reference.step(2)).toEqual(again.step(2));
  });

  it("counts a synop for each weight that an event meets, a late input from the second step on", () => {
    const model = oneLayer(
      egru("layer", [0, 1], { bias: [0, 0, 0, 0, 5, 5] }),
      matrix([1, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 1]),
      matrix([0, 0, 1, 0, 1, 0], [1, 1, 1, 1, 1, 1]),
      {
        populations: [{ kind: "linear", name: "out", size: 1, bias: Float32Array.of(0.5) }],
        projections: [
          { source: "layer", target: "out", delay: 0, weights: matrix([2], [3]) },
          { source: "input", target: "out", delay: 1, weights: matrix([1], [10]) },
        ],
      },
    );
    const reference = createReference(model, options);
    expect(reference.projections.map(({ source, target, synapses }) => [source, target, synapses])).toEqual([
      ["input", "layer", 2],
      ["layer", "layer", 8],
      ["layer", "out", 2],
      ["input", "out", 2],
    ]);
    const first = reference.step(Float32Array.of(0, 4));
    expect(first.layers[0]!.events).toEqual(Uint32Array.of(0));
    expect(first.synops).toEqual([2, 0, 1, 0]);
    expect(first.output[0]).toBe(0.5 + 2 * first.layers[0]!.y[0]!);
    const second = reference.step(Float32Array.of(0, 0));
    expect(second.synops).toEqual([2, 2, 1, 2]);
    expect(second.output[0]).toBe(0.5 + 2 * second.layers[0]!.y[0]! + 40);
  });

  it("rounds product and sum apart in float32", () => {
    // Exactly, 1 + product lies just above the middle of two float32; the rounded product lies on it.
    const weight = 2 ** -24 * (1 + 2 ** -13);
    const model = oneLayer(egru("layer", [1]), matrix([0, 0, 0]), undefined, {
      populations: [{ kind: "linear", name: "out", size: 1, bias: Float32Array.of(1) }],
      projections: [{ source: "input", target: "out", delay: 0, weights: matrix([weight]) }],
    });
    const input = Float32Array.of(1 - 2 ** -13 + 2 ** -24);
    const outputIn = (precision: "float32" | "float64") =>
      createReference(model, { precision }).step(input).output[0];
    expect(outputIn("float32")).toBe(1);
    expect(outputIn("float64")).toBe(1 + weight * input[0]!);
    expect(Math.fround(1 + weight * input[0]!)).toBe(1 + 2 ** -23);
  });

  it.each([
    ["token id 40 is not one of 0 … 39", 40],
    ["token id -1 is not one of 0 … 39", -1],
    ["token id 1.5 is not one of 0 … 39", 1.5],
    ["the model reads token ids, not vectors", Float32Array.of(1)],
  ])("refuses a wrong input: %s", (message, input) => {
    const reference = createReference(fixtureModel("lm_dense"), options);
    expect(() => reference.step(input)).toThrow(message);
  });

  it.each([
    ["the input has 2 values, the model reads 8", Float32Array.of(1, 2)],
    ["the model reads vectors of 8, not token ids", 3],
  ])("refuses a wrong input: %s", (message, input) => {
    const reference = createReference(fixtureModel("egru2"), options);
    expect(() => reference.step(input)).toThrow(message);
  });

  it.each([0, -70, 1.5, Number.NaN])("refuses a window of %s", (window) => {
    expect(() => createReference(fixtureModel("egru2"), { ...options, window })).toThrow(
      `window: ${window} is not a positive whole number of steps`,
    );
  });

  it("refuses a state of the wrong size, and a second input", () => {
    const reference = createReference(fixtureModel("egru2"), options);
    expect(() => reference.setState(1, { h: [0], y: [0] })).toThrow(
      "the state has 1 values, the layer 16 neurons",
    );
    const model = oneLayer(egru("layer", [1]), matrix([0, 0, 0]), undefined, {
      populations: [{ kind: "dense-input", name: "other", size: 1 }],
    });
    expect(() => createReference(model, options).step(Float32Array.of(0))).toThrow(
      "other is a second input (dense-input).",
    );
  });
});
