import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readModel } from "../../../src/models/read-model.ts";
import { summariseModel } from "../../../src/models/summary.ts";
import { syntheticModel } from "../../../src/models/synthetic.ts";
import { egru, linear, read, reference, vector } from "./model-files.ts";

const FIXTURES = join(import.meta.dirname, "../../fixtures/exchange");
const EXAMPLE = join(import.meta.dirname, "../../../examples/egru-wt2-small");

describe("summariseModel", () => {
  it("counts the reference's parameters, tied ones once", () => {
    const model = readModel({ name: "lm", fileName: "lm", bytes: reference("lm_dense/state_dict.pt") });
    // num_parameters in the reference's own config.yaml.
    expect(summariseModel(model).parameters).toBe(6356);
  });

  it("gives dense MACs of the study's language model on WikiText-2, with and without decoder", () => {
    const model = syntheticModel({
      inputs: 750,
      layers: [1350, 1350, 750],
      vocabulary: 33_278,
      density: 0.05,
      seed: 1,
    });
    const { denseMacs, layers } = summariseModel(model);
    expect(denseMacs).toEqual({
      recurrent: 24_165_000,
      encoder: 0,
      decoder: 24_958_500,
      withDecoder: 49_123_500,
    });
    expect(layers.flatMap(({ matrices }) => matrices.map(({ weights }) => weights))).toEqual([
      24_958_500, 3_037_500, 5_467_500, 5_467_500, 5_467_500, 3_037_500, 1_687_500, 24_958_500,
    ]);
  });

  it("counts the non-zero weights of the example as the reference does", () => {
    const model = readModel({
      name: "egru-wt2-small",
      fileName: "EGRU_best_model.cpt",
      bytes: readFileSync(join(EXAMPLE, "checkpoints/EGRU_best_model.cpt")),
      config: { fileName: "config.yaml", text: readFileSync(join(EXAMPLE, "config.yaml"), "utf8") },
      vocabulary: { fileName: "vocab.txt", text: readFileSync(join(EXAMPLE, "vocab.txt"), "utf8") },
    });
    const { synops } = JSON.parse(readFileSync(join(EXAMPLE, "expected.json"), "utf8")).streaming_float64;
    const summary = summariseModel(model);
    for (const layer of [0, 1, 2]) {
      const { matrices } = summary.layers.find(({ name }) => name === `egru${layer}`)!;
      const expected = synops[`l${layer}`];
      expect(matrices.map(({ nonZeros }) => nonZeros)).toEqual([expected.nnz_input, expected.nnz_recurrent]);
      expect(matrices.map(({ weights }) => weights)).toEqual([
        expected.dense_input,
        expected.dense_recurrent,
      ]);
    }
    expect(summary.vocabulary).toBe(5000);
    expect(summary.recurrentSparsity).toBeCloseTo(0.85, 2);
  });

  it("describes matrices, ties and thresholds", () => {
    const model = read({
      ...linear("up", 2, 3),
      ...egru("rnn", 3, 2),
      "rnn.thr": vector(0.25, 0.75),
      "rnn.kernel": { ...vector(...Array.from({ length: 18 }, (_, i) => i % 3)), shape: [3, 6] },
      ...linear("out", 2, 4),
    });
    const summary = summariseModel(model);
    expect(summary.denseMacs).toEqual({ recurrent: 30, encoder: 6, decoder: 8, withDecoder: 38 });
    expect(summary.effectiveMacs).toEqual({ recurrent: 24, encoder: 6, decoder: 8, withDecoder: 32 });
    expect(summary.layers[2]).toEqual({
      name: "egru0",
      kind: "egru",
      size: 2,
      parameters: 18 + 12 + 6 + 6 + 2,
      matrices: [
        {
          source: "up",
          target: "egru0",
          delay: 0,
          sources: 3,
          targets: 6,
          weights: 18,
          denseMacs: 18,
          nonZeros: 12,
          connectionSparsity: 1 - 12 / 18,
        },
        {
          source: "egru0",
          target: "egru0",
          delay: 1,
          sources: 2,
          targets: 6,
          weights: 12,
          denseMacs: 12,
          nonZeros: 12,
          connectionSparsity: 0,
        },
      ],
      thresholds: { min: 0.25, mean: 0.5, max: 0.75 },
    });
  });

  it("counts a convolution's kernel once and its bias once a channel, pooling and mere order not at all", () => {
    // 4 · 2 · 9 + 4 for the first convolution, 6 · 4 · 9 + 6, and 5 · 6 + 5: what torch counts.
    const onnx = readModel({
      name: "m",
      fileName: "m.onnx",
      bytes: readFileSync(join(FIXTURES, "onnx-maxpool.onnx")),
    });
    expect(summariseModel(onnx).layers.map(({ parameters }) => parameters)).toEqual([
      0, 76, 0, 222, 0, 0, 35,
    ]);
    const mean = readModel({
      name: "m",
      fileName: "m.onnx",
      bytes: readFileSync(join(FIXTURES, "onnx-cnn.onnx")),
    });
    expect(summariseModel(mean).layers.map(({ parameters }) => parameters)).toEqual([0, 76, 54, 0, 39]);
  });

  it("says which matrix a tied one shares", () => {
    const model = readModel({ name: "lm", fileName: "lm", bytes: reference("lm_dense/state_dict.pt") });
    const decoder = summariseModel(model).layers.at(-1)!;
    expect(decoder.matrices[0]!.tiedTo).toBe("tokens -> embedding");
    expect(decoder.parameters).toBe(40);
  });
});
