import { describe, expect, it } from "vitest";
import type { EgruPopulation, ModelIr, SparseMatrix } from "../../../src/core/model-ir.ts";
import { randomNumbers } from "../../../src/core/random.ts";
import { summariseModel } from "../../../src/models/summary.ts";
import { syntheticModel } from "../../../src/models/synthetic.ts";

/** Adds `x @ W` to `sums`. */
function accumulate(sums: Float64Array, matrix: SparseMatrix, x: Float64Array): void {
  for (let source = 0; source < matrix.sources; source += 1) {
    if (x[source] === 0) continue;
    for (let i = matrix.rowStart[source]!; i < matrix.rowStart[source + 1]!; i += 1) {
      sums[matrix.target[i]!]! += matrix.value[i]! * x[source]!;
    }
  }
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** Share of neurons that fire, by EGRU layer, over `steps` of noise of unit spread; the equations of docs/model.md. */
function measureActivity(model: ModelIr, steps: number): number[] {
  const egrus = model.populations.filter(
    (population): population is EgruPopulation => population.kind === "egru",
  );
  const into = (name: string, delay: number) =>
    model.projections.find((p) => p.target === name && p.delay === delay)!.weights as SparseMatrix;
  const state = egrus.map(({ size }) => ({
    h: new Float64Array(size),
    y: new Float64Array(size),
    events: 0,
  }));
  const random = randomNumbers(99);
  for (let step = 0; step < steps; step += 1) {
    // Uniform noise of variance 1.
    let x = Float64Array.from({ length: into("egru0", 0).sources }, () => Math.sqrt(12) * (random() - 0.5));
    for (const [layer, { name, size, bias, recurrentBias, threshold }] of egrus.entries()) {
      const { h, y } = state[layer]!;
      const a = Float64Array.from(bias);
      const b = Float64Array.from(recurrentBias);
      accumulate(a, into(name, 0), x);
      accumulate(b, into(name, 1), y);
      for (let n = 0; n < size; n += 1) {
        const z = sigmoid(a[n]! + b[n]!);
        const r = sigmoid(a[size + n]! + b[size + n]!);
        const c = z * h[n]! + (1 - z) * Math.tanh(a[2 * size + n]! + r * b[2 * size + n]!);
        const fires = c > threshold[n]!;
        if (fires) state[layer]!.events += 1;
        y[n] = fires ? c : 0;
        h[n] = fires ? c - threshold[n]! : c;
      }
      x = y;
    }
  }
  return state.map(({ events }, layer) => events / (steps * egrus[layer]!.size));
}

const STUDY = { inputs: 750, layers: [1350, 1350, 750], density: 0.05 };

describe("syntheticModel", () => {
  it("makes the study's model with exactly the density asked for", () => {
    const { layers, denseMacs, effectiveMacs } = summariseModel(syntheticModel({ ...STUDY, seed: 1 }));
    expect(denseMacs).toEqual({ recurrent: 24_165_000, encoder: 0, decoder: 0, withDecoder: 24_165_000 });
    expect(effectiveMacs.recurrent).toBe(1_208_250);
    for (const { matrices } of layers) {
      for (const { weights, nonZeros } of matrices) expect(nonZeros).toBe(Math.round(0.05 * weights));
    }
  });

  it("lets 10 to 20 % of each layer's neurons fire in a step, at full size", () => {
    for (const activity of measureActivity(syntheticModel({ ...STUDY, seed: 1 }), 60)) {
      expect(activity).toBeGreaterThan(0.1);
      expect(activity).toBeLessThan(0.2);
    }
  });

  it("fires less with a lower bias", () => {
    const shape = { inputs: 60, layers: [80], density: 0.2, seed: 3 };
    const [lively] = measureActivity(syntheticModel({ ...shape, biasMean: -0.5 }), 40);
    const [quiet] = measureActivity(syntheticModel({ ...shape, biasMean: -2 }), 40);
    expect(quiet!).toBeLessThan(0.25 * lively!);
  });

  it("is the same for the same seed and another for another", () => {
    const shape = { inputs: 6, layers: [5, 4], density: 0.3, vocabulary: 11 };
    expect(syntheticModel({ ...shape, seed: 4 })).toEqual(syntheticModel({ ...shape, seed: 4 }));
    expect(syntheticModel({ ...shape, seed: 5 }).projections).not.toEqual(
      syntheticModel({ ...shape, seed: 4 }).projections,
    );
  });

  it("ties the decoder to the embedding where they are equally wide, and only there", () => {
    const valuesInto = (model: ModelIr, target: string) => {
      const { weights } = model.projections.find((projection) => projection.target === target)!;
      return weights.kind === "dense" ? weights.values : undefined;
    };
    const tied = syntheticModel({ inputs: 6, layers: [8, 6], density: 0.5, vocabulary: 11, seed: 1 });
    expect(valuesInto(tied, "decoder")).toBe(valuesInto(tied, "embedding"));
    const untied = syntheticModel({ inputs: 6, layers: [8], density: 0.5, vocabulary: 11, seed: 1 });
    expect(valuesInto(untied, "decoder")).toHaveLength(88);
  });

  it("puts a Linear layer between an embedding and inputs of another width", () => {
    const model = syntheticModel({
      inputs: 6,
      embedding: 4,
      layers: [8],
      density: 0.5,
      vocabulary: 11,
      seed: 1,
    });
    expect(model.populations.map(({ name, size }) => `${name} ${size}`)).toEqual([
      "tokens 11",
      "embedding 4",
      "encoder 6",
      "egru0 8",
      "decoder 11",
    ]);
  });

  it("draws places evenly over rows and columns", () => {
    const { projections } = syntheticModel({ inputs: 100, layers: [100], density: 0.1, seed: 8 });
    const { rowStart, target } = projections[0]!.weights as SparseMatrix;
    const firstHalf = rowStart[50]!;
    const leftHalf = target.filter((column) => column < 150).length;
    // 3,000 places; five standard deviations are about 130.
    expect(Math.abs(firstHalf - 1500)).toBeLessThan(130);
    expect(Math.abs(leftHalf - 1500)).toBeLessThan(130);
  });
});
