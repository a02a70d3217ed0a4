import { createRequire } from "node:module";
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTensorBackend } from "../../../src/runtime/tensor-backend.ts";
import { evaluateOn, trainOn, zeroState } from "../../../src/training/network.ts";
import { drawNoise } from "../../../src/training/noise.ts";
import { optimise, zeroMoments } from "../../../src/training/optimiser.ts";
import { initialParameters } from "../../../src/training/parameters.ts";
import { CELLS, type ModelShape } from "../../../src/training/shape.ts";

/** Of losses and of parameters after three steps; sums are taken in other orders, and exponentials rounded otherwise. */
const TOLERANCE = 2e-5;

beforeAll(async () => {
  await openTensorBackend("wasm");
  try {
    createRequire(import.meta.url)("@tensorflow/tfjs-node");
  } catch {
    // Without its library only the others are compared.
  }
});
afterAll(() => tf.setBackend("wasm"));

const shapeWith = (cell: ModelShape["cell"]): ModelShape => ({
  cell,
  input: { kind: "tokens", vocabulary: 30, embedding: 12 },
  layers: [20, 12],
  outputs: 30,
  tied: true,
  surrogate: { dampening: 0.7, support: 1 },
  thresholdMean: 0.05,
});

/** Three steps of training and a validation on one backend. */
async function figuresOn(backend: string, cell: ModelShape["cell"]) {
  await tf.setBackend(backend);
  const shape = shapeWith(cell);
  const parameters = initialParameters(shape, 8);
  const moments = zeroMoments(parameters.shapes);
  const [steps, batch] = [10, 4];
  const ids = (seed: number) =>
    Int32Array.from({ length: steps * batch }, (_, i) => (i * 7 + seed * 11 + i * i) % 30);
  const settings = {
    betas: [0.9, 0.999],
    epsilon: 1e-3,
    weightDecay: { weights: 0.1, biases: 0.01 },
    clip: 1,
  } as const;
  const losses: number[] = [];
  for (let step = 1; step <= 3; step += 1) {
    const noise = drawNoise({ embedding: 0.2, words: 0.1, forward: 0.2, connect: 0.3 }, step);
    const window = { steps, batch, input: ids(step), targets: ids(step + 1) };
    const result = trainOn({ shape, parameters }, window, zeroState(shape, batch), noise, {
      weight: 1,
      target: 0.1,
    });
    optimise(
      parameters,
      moments,
      result.gradients,
      new Map(),
      step,
      { weights: 0.01, thresholds: 0.01 },
      settings,
    );
    losses.push(result.loss);
  }
  const validation = evaluateOn(
    { shape, parameters },
    { steps, batch, input: ids(9), targets: ids(10) },
    zeroState(shape, batch),
  );
  return {
    losses: [...losses, validation.loss],
    events: validation.events.map((counts) => [...counts]),
    parameters: new Map(parameters.shapes.map(({ name }) => [name, parameters.values(name)])),
  };
}

describe.each(CELLS)("%s", (cell) => {
  it("trains alike on every backend that is here", async () => {
    const wasm = await figuresOn("wasm", cell);
    const others = tf
      .engine()
      .backendNames()
      .filter((name) => name !== "wasm");
    expect(others).toContain("cpu");
    for (const backend of others) {
      const other = await figuresOn(backend, cell);
      other.losses.forEach((loss, i) =>
        expect(Math.abs(loss / wasm.losses[i]! - 1), `${backend}, loss ${i}`).toBeLessThan(TOLERANCE),
      );
      expect(other.events, backend).toEqual(wasm.events);
      for (const [name, values] of wasm.parameters) {
        const own = other.parameters.get(name)!;
        values.forEach((value, i) =>
          expect(Math.abs(own[i]! - value), `${backend}, ${name}[${i}]`).toBeLessThan(TOLERANCE),
        );
      }
    }
  });
});

describe("the choice of the backend", () => {
  it("stays as it was made first", async () => {
    expect(await openTensorBackend("auto")).toMatchObject({ name: "wasm", reason: "it was asked for" });
  });
});
