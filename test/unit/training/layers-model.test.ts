import * as tf from "@tensorflow/tfjs-core";
import { loadLayersModel } from "@tensorflow/tfjs-layers";
import { beforeAll, describe, expect, it } from "vitest";
import { readSafetensors } from "../../../src/formats/safetensors.ts";
import { openTensorBackend } from "../../../src/runtime/tensor-backend.ts";
import { layersModelFiles, registerLayers } from "../../../src/training/layers-model.ts";
import { parametersOf, writeTrainedModel } from "../../../src/training/model-tensors.ts";
import { evaluateOn, zeroState } from "../../../src/training/network.ts";
import { initialParameters } from "../../../src/training/parameters.ts";
import { CELLS, type ModelShape } from "../../../src/training/shape.ts";

beforeAll(async () => {
  await openTensorBackend("wasm");
  registerLayers();
});

const shapeWith = (cell: ModelShape["cell"], changes: Partial<ModelShape> = {}): ModelShape => ({
  cell,
  input: { kind: "tokens", vocabulary: 9, embedding: 4 },
  layers: [6, 4],
  outputs: 9,
  tied: true,
  surrogate: { dampening: 0.7, support: 1 },
  thresholdMean: 0.05,
  ...changes,
});

describe.each(CELLS)("a model with %s", (cell) => {
  it("is read back from safetensors as it was written, byte for byte", () => {
    const parameters = initialParameters(shapeWith(cell), 3);
    const bytes = writeTrainedModel(shapeWith(cell), parameters, undefined);
    const { tensors, metadata } = readSafetensors(bytes);
    const read = parametersOf(tensors, metadata);
    expect(read.shape).toMatchObject({ cell, layers: [6, 4], tied: true, outputs: 9 });
    for (const { name } of parameters.shapes)
      expect(read.parameters.values(name), name).toEqual(parameters.values(name));
    expect(writeTrainedModel(read.shape, read.parameters, undefined)).toEqual(bytes);
  });

  it("gives the same loss as a layers model of TensorFlow.js, loaded from its files", async () => {
    const shape = shapeWith(cell);
    const parameters = initialParameters(shape, 4);
    // Larger than at the beginning of a training, so that something fires.
    parameters.set("embeddings.weight", tf.mul(parameters.get("embeddings.weight"), 20));
    const { json, weights } = layersModelFiles(shape, parameters, "weights.bin");
    const { modelTopology, weightsManifest } = JSON.parse(json);
    const model = await loadLayersModel(
      tf.io.fromMemory({
        modelTopology,
        weightSpecs: weightsManifest[0].weights,
        weightData: weights.slice().buffer,
      }),
    );
    const ids = Int32Array.of(1, 5, 2, 8, 0, 3, 3, 7);
    const targets = Int32Array.of(5, 2, 8, 0, 3, 3, 7, 1);
    const shares = (model.predict(tf.tensor2d(ids, [1, 8])) as tf.Tensor).dataSync();
    const theirs = targets.reduce((sum, target, t) => sum - Math.log(shares[t * 9 + target]!), 0);
    const ours = evaluateOn(
      { shape, parameters },
      { steps: 8, batch: 1, input: ids, targets },
      zeroState(shape, 1),
    );
    expect(theirs).toBeCloseTo(ours.loss, 4);
    expect(ours.events[0]!.some((count) => count > 0)).toBe(true);
  });
});

describe("a model of sequences", () => {
  it("has an untied decoder, and is read back", () => {
    const shape = shapeWith("egru", { input: { kind: "vectors", width: 5 }, outputs: 3, tied: false });
    const parameters = initialParameters(shape, 3);
    const { tensors, metadata } = readSafetensors(writeTrainedModel(shape, parameters, undefined));
    const read = parametersOf(tensors, metadata);
    expect(read.shape).toMatchObject({ input: { kind: "vectors", width: 5 }, outputs: 3, tied: false });
    expect(JSON.parse(layersModelFiles(shape, parameters, "w.bin").json).weightsManifest[0].paths).toEqual([
      "w.bin",
    ]);
  });
});

describe("torch's names", () => {
  it("hold its gate orders: an LSTM's forget gate stands second, a GRU's reset gate first", () => {
    for (const [cell, gate, torchGate] of [
      ["lstm", 3, 2],
      ["lstm", 2, 3],
      ["gru", 1, 0],
      ["gru", 0, 1],
    ] as const) {
      const shape = shapeWith(cell);
      const parameters = initialParameters(shape, 5);
      const { tensors } = readSafetensors(writeTrainedModel(shape, parameters, undefined));
      const torch = tensors.get("rnns.0.weight_ih_l0")!;
      const ours = parameters.values("rnns.0.kernel");
      const gates = cell === "lstm" ? 4 : 3;
      expect(torch.shape).toEqual([gates * 6, 4]);
      // Unit 5's weight from input 2.
      expect((torch.data as Float32Array)[(torchGate * 6 + 5) * 4 + 2]).toBe(
        ours[2 * gates * 6 + gate * 6 + 5],
      );
    }
  });
});
