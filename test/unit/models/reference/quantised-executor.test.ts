import { describe, expect, it } from "vitest";
import type { ModelIr } from "../../../../src/core/model-ir.ts";
import type { Quantisation } from "../../../../src/core/number-format.ts";
import { randomNumbers } from "../../../../src/core/random.ts";
import {
  createQuantisedReference,
  quantiseLayer,
} from "../../../../src/models/reference/quantised-executor.ts";
import { BigIntegerLayer } from "./big-integer-layer.ts";
import { egru, fixtureModel, matrix, oneLayer } from "./fixtures.ts";

const INT8: Quantisation = { format: "int8", scales: "row", accumulatorBits: 32 };
const one = 2 ** 23;

describe("quantised reference", () => {
  const formats = ["int8", "int16"] as const;
  const cases = formats.flatMap((format) =>
    (["row", "matrix", "power-of-two"] as const).flatMap((scales) =>
      ([24, 32] as const).flatMap((accumulatorBits) =>
        formats.flatMap((recurrent) =>
          [1, 300].map((size) => ({ format, recurrent, scales, accumulatorBits, size })),
        ),
      ),
    ),
  );

  it.each(cases)(
    "equals big integers: $format, recurrent $recurrent, $scales, $accumulatorBits bits, weights of $size",
    (options) => {
      const { size, recurrent: recurrentFormat, ...quantisation } = options;
      const random = randomNumbers(7);
      const pruned = (rows: number, columns: number) =>
        matrix(
          ...Array.from({ length: rows }, (_, row) =>
            Array.from({ length: columns }, () =>
              row === 1 || random() < 0.4 ? 0 : size * (random() - 0.4) * 10 ** (-row / 2),
            ),
          ),
        );
      const [neurons, width] = [6, 5];
      const input = pruned(width, 3 * neurons);
      const recurrent = pruned(neurons, 3 * neurons);
      const numbers = (count: number) => Array.from({ length: count }, () => random() - 0.3);
      const layer = egru(
        "layer",
        Array.from({ length: neurons }, () => random() * 0.2),
        { bias: numbers(3 * neurons), recurrentBias: numbers(3 * neurons) },
      );
      const oracle = new BigIntegerLayer(layer, input, recurrent, quantisation, recurrentFormat);
      const reference = createQuantisedReference(oneLayer(layer, input, recurrent), quantisation, {
        formats: new Map([["layer -> layer (recurrent)", recurrentFormat]]),
      });
      let events = 0;
      let saturations = 0;
      for (let t = 0; t < 60; t += 1) {
        const x = Float32Array.from({ length: width }, () => (random() - 0.4) * 10);
        const expected = oracle.step(x);
        const step = reference.step(x).layers[0]!;
        expect([...step.c]).toEqual(expected.c.map(Number));
        expect([...step.h]).toEqual(oracle.h.map(Number));
        expect([...step.y]).toEqual(oracle.y.map(Number));
        events += step.events.length;
        saturations += expected.saturations;
      }
      expect(events).toBeGreaterThan(20);
      if (size > 1 && quantisation.accumulatorBits === 24) expect(saturations).toBeGreaterThan(20);
    },
  );

  it("computes one step as it is done by hand", () => {
    // g starts at 0.25; x = 0.5 meets weights z −1 (q −127), r 0, g 0.5 (q ⌊63.5⌉ = 64).
    const layer = egru("layer", [0.125], { bias: [0, 0, 0.25] });
    const reference = createQuantisedReference(oneLayer(layer, matrix([-1, 0, 0.5])), {
      ...INT8,
      scales: "matrix",
    });
    const { layers, synops } = reference.step(Float32Array.of(0.5));
    // e = 2^8 / 127 = 2.0157; m = ⌊e · 2^22⌉ = 8,454,660; p = ⌊2^19 · m / 2^22⌉ = 1,056,833 (int8 limit 2^24).
    const p = Math.floor((2 ** 19 * Math.floor((2 ** 8 / 127) * 2 ** 22 + 0.5)) / 2 ** 22 + 0.5);
    expect(p).toBe(1_056_833);
    const z = Math.floor((p * -127) / 256); // −524,289 of 2^20: −0.5
    const g = 2 ** 18 + Math.floor((p * 64) / 256); // 0.25 + 0.252
    expect([z, g]).toEqual([-524_289, 526_352]);
    // Table: σ(0.5) 20,397 + ⌊0.48 …⌉; tanh(32/64) = 15,142, tanh(33/64) = 15,544, rest 2,064 of 16,384.
    const sigma = 2 ** 15 - 20_397;
    const tangent = 15_142 + Math.floor(((15_544 - 15_142) * 2_064 + 2 ** 13) / 2 ** 14);
    const c = Math.floor(((2 ** 15 - sigma) * tangent * 256 + 2 ** 14) / 2 ** 15);
    expect([...layers[0]!.c]).toEqual([c]);
    expect([...layers[0]!.y]).toEqual([c]);
    expect([...layers[0]!.h]).toEqual([c - 2 ** 20]);
    expect(synops).toEqual([2]);
  });

  it("sums the biases of z and r in float32, and saturates what its accumulators start from", () => {
    // In float64 the sum lies just below the middle of two units of 2^-20; in float32 it lies on it.
    const parts = { bias: [1, 1, -9000], recurrentBias: [2 ** -21 - 2 ** -30, 2 ** -21 - 2 ** -23, 9000] };
    const { start, vectors } = quantiseLayer(egru("layer", [0.25], parts), 32);
    expect([...start]).toEqual([2 ** 20 + 1, 2 ** 20, -(2 ** 31), 2 ** 31 - 1]);
    expect(vectors.map((values) => [...values])).toEqual([[2 ** 21]]);
    expect(quantiseLayer(egru("layer", [0.25], parts), 24).start[2]).toBe(-(2 ** 23));
  });

  it("compares strictly and takes the threshold off in Q23", () => {
    const c = Math.floor((2 ** 14 * 2 ** 15 * 256 + 2 ** 14) / 2 ** 15); // z = ½, g = 1 in Q15
    const layer = (threshold: number) => egru("layer", [threshold], { bias: [0, 0, 100] });
    const stepWith = (threshold: number) =>
      createQuantisedReference(oneLayer(layer(threshold), matrix([0, 0, 0])), INT8).step(Float32Array.of(0))
        .layers[0]!;
    expect(c).toBe(one / 2);
    expect(stepWith(0.5)).toMatchObject({ events: new Uint32Array(), h: Int32Array.of(c) });
    const below = stepWith(Math.fround(0.5 - 2 ** -23));
    expect(below).toMatchObject({ events: Uint32Array.of(0), y: Int32Array.of(c), h: Int32Array.of(1) });
  });

  it("clamps payloads from the host to 24 bits, at 20 fraction bits without an embedding", () => {
    const stateFor = (x: number, weight: number) =>
      createQuantisedReference(oneLayer(egru("layer", [1]), matrix([0, 0, weight])), {
        ...INT8,
        format: "int16",
      }).step(Float32Array.of(x)).layers[0]!.c[0]!;
    const limit = 8 - 2 ** -20;
    for (const sign of [1, -1]) {
      expect(stateFor(sign * 9, 0.1)).toBe(stateFor(sign * limit, 0.1));
      expect(stateFor(sign * 7, 0.1)).not.toBe(stateFor(sign * limit, 0.1));
    }
    expect(stateFor(2 ** -21, 1000)).toBeGreaterThan(0); // ⌊½⌉ = 1
    expect(stateFor(2 ** -21 * 0.999, 1000)).toBe(0);
  });

  it.each([
    [1, 23],
    [Math.fround(1 + 2 ** -23), 22],
    [4, 21],
    [0.001, 23],
  ])("gives embeddings of at most %d payloads of %i fraction bits", (largest, bits) => {
    // The neuron's g is 2^-24 · (payload in Q23); one unit of the payload shows through a weight of 2^10.
    const model = embeddingModel([[largest], [2 ** -bits / 2], [2 ** -bits * 0.499]]);
    const reference = createQuantisedReference(model, { ...INT8, format: "int16" });
    const up = reference.step(1).layers[0]!.c[0]!;
    reference.setState(0, { h: [0], y: [0] });
    const down = reference.step(2).layers[0]!.c[0]!;
    expect(up).toBeGreaterThan(0); // ⌊½⌉ = 1
    expect(down).toBe(0);
  });

  it("counts synops without the weights that came out as 0", () => {
    const layer = egru("layer", [1]);
    const model = oneLayer(layer, matrix([1, 0.003, 0.005], [0, 0, 0]));
    const reference = createQuantisedReference(model, INT8);
    expect(reference.projections).toEqual([{ source: "input", target: "layer", delay: 0, synapses: 2 }]);
    expect(reference.step(Float32Array.of(0, 1)).synops).toEqual([2]);
  });

  it("restarts h in windows, carries y on, and starts from any state", () => {
    const model = fixtureModel("lm_dense");
    const free = createQuantisedReference(model, INT8, { window: 2 });
    const held = createQuantisedReference(model, INT8);
    for (const [t, token] of [3, 1, 4, 1, 5].entries()) {
      for (const layer of free.layers.keys()) {
        const { h, y } = free.state(layer);
        held.setState(layer, { h: t % 2 === 0 ? h.map(() => 0) : h, y });
      }
      expect(held.step(token)).toEqual(free.step(token));
    }
    expect(() => held.setState(0, { h: [0], y: [0] })).toThrow(
      "the state has 1 values, the layer 20 neurons",
    );
  });

  it("hands out copies", () => {
    const [reference, again] = [1, 2].map(() => createQuantisedReference(fixtureModel("lm_dense"), INT8));
    again!.step(1);
    const { layers, output } = reference!.step(1);
    for (const { y, h, c } of layers) for (const values of [y, h, c]) values.fill(9);
    output.fill(9);
    reference!.state(0).h.fill(9);
    expect(reference!.step(2)).toEqual(again!.step(2));
  });

  it("refuses float32, and weights too large for any multiplier", () => {
    const model = oneLayer(egru("layer", [1]), matrix([1e30, 0, 0]));
    expect(() => createQuantisedReference(model, { ...INT8, format: "float32" })).toThrow(
      "The quantised reference computes in int8 or int16, not in float32.",
    );
    expect(() => createQuantisedReference(model, INT8)).toThrow(
      "input -> layer: the weights are too large for int8 with payloads of 20 fraction bits.",
    );
  });
});

describe("the decoder", () => {
  const layer = egru("layer", [0, 0], { bias: [0, 0, 0, 0, 1, 0.5] });
  const weights = [
    [1, -0.5, 0],
    [0.25, 0.125, 0],
  ] as const;
  const model = oneLayer(layer, matrix([0, 0, 0, 0, 0, 0]), undefined, {
    populations: [{ kind: "linear", name: "out", size: 3, bias: Float32Array.of(0.5, 0, -1) }],
    projections: [{ source: "layer", target: "out", delay: 0, weights: matrix(...weights) }],
  });
  const rest = Float32Array.of(0);

  it("runs on the host in float64", () => {
    const { layers, output } = createQuantisedReference(model, INT8).step(rest);
    const [a, b] = [...layers[0]!.y].map((payload) => payload / one);
    expect([...output]).toEqual([0.5 + a! + b! * 0.25, -0.5 * a! + b! * 0.125, -1]);
  });

  it("runs on the chip in int8, one scale an output, one for the inputs", () => {
    const reference = createQuantisedReference(model, INT8, { chipDecoder: true });
    const { layers, output, synops } = reference.step(rest);
    const y = [...layers[0]!.y].map((payload) => payload / one);
    const inputScale = y[0]! / 127;
    const second = Math.floor(y[1]! / inputScale + 0.5);
    const scale = [1, 0.5].map((most) => Math.fround(most / 127));
    expect([...output]).toEqual([
      (127 * 127 + 32 * second) * scale[0]! * inputScale + 0.5,
      (-127 * 127 + 32 * second) * scale[1]! * inputScale + 0,
      -1,
    ]);
    expect(reference.projections).toHaveLength(1);
    expect(synops).toEqual([0]);
  });

  it("saturates after each addition, sources ascending", () => {
    const sources = 600;
    const wide = (last: number): ModelIr =>
      oneLayer(
        egru("layer", new Array<number>(sources).fill(0), {
          bias: Array.from({ length: 3 * sources }, (_, i) => (i < 2 * sources ? 0 : 100)),
        }),
        matrix(new Array<number>(3 * sources).fill(0)),
        undefined,
        {
          populations: [{ kind: "linear", name: "out", size: 1, bias: Float32Array.of(0) }],
          projections: [
            {
              source: "layer",
              target: "out",
              delay: 0,
              weights: matrix(...Array.from({ length: sources }, (_, s) => [s === sources - 1 ? last : 1])),
            },
          ],
        },
      );
    const logit = (last: number, arrayAccumulatorBits: 24 | 32) =>
      createQuantisedReference(wide(last), INT8, { chipDecoder: true, arrayAccumulatorBits }).step(rest)
        .output[0]!;
    const unit = Math.fround(1 / 127) * (0.5 / 127);
    expect(logit(1, 32)).toBe(600 * 127 * 127 * Math.fround(1 / 127) * (0.5 / 127));
    expect(logit(1, 24)).toBeCloseTo((2 ** 23 - 1) * unit, 9);
    expect(logit(-1, 24)).toBeCloseTo((2 ** 23 - 1 - 127 * 127) * unit, 9);
  });

  it("puts out its bias where nothing was sent", () => {
    const silent = oneLayer(egru("layer", [1]), matrix([0, 0, 0]), undefined, {
      populations: [{ kind: "linear", name: "out", size: 1, bias: Float32Array.of(0.5) }],
      projections: [{ source: "layer", target: "out", delay: 0, weights: matrix([1]) }],
    });
    expect([...createQuantisedReference(silent, INT8, { chipDecoder: true }).step(rest).output]).toEqual([
      0.5,
    ]);
  });

  it("is refused on the chip where there is none", () => {
    const without = oneLayer(egru("layer", [1]), matrix([0, 0, 0]));
    expect(() => createQuantisedReference(without, INT8, { chipDecoder: true })).toThrow(
      "layer cannot be a decoder on the chip: it is not a linear layer that reads one recurrent layer.",
    );
  });
});

/** Tokens, an embedding of width 1, and a neuron whose candidate is the embedded value times 1,000. */
function embeddingModel(table: readonly (readonly number[])[]): ModelIr {
  return {
    version: 1,
    name: "embedding",
    populations: [
      { kind: "token-input", name: "tokens", size: table.length },
      { kind: "embedding", name: "embedding", size: 1 },
      egru("layer", [1]),
    ],
    projections: [
      { source: "tokens", target: "embedding", delay: 0, weights: matrix(...table) },
      { source: "embedding", target: "layer", delay: 0, weights: matrix([0, 0, 1000]) },
    ],
    metadata: {},
  };
}
