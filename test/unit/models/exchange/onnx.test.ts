import { describe, expect, it } from "vitest";
import { readModel } from "../../../../src/models/read-model.ts";
import { exchangeBytes, expectOutputs } from "./fixtures.ts";

const load = (name: string) =>
  readModel({
    name,
    fileName: `${name}.onnx`,
    bytes: exchangeBytes(`${name}.onnx`),
    readBeside: exchangeBytes,
  });

describe("files that the onnx package wrote compute what ONNX Runtime computes", () => {
  it("images with channels last, as converters from Keras write them: the input is channels first here", () => {
    const model = load("onnx-channels-last");
    expect(model.populations.map(({ kind, size }) => `${kind}:${size}`)).toEqual([
      "dense-input:60",
      "linear:27",
      "linear:4",
    ]);
    expectOutputs(model, "onnx-channels-last");
  });

  it("half and double precision, a one-dimensional convolution, arithmetic with constants, a sum of layers", () => {
    expectOutputs(load("onnx-mixed"), "onnx-mixed");
  });

  it("weights in a file of their own, an LSTM, a GRU without biases", () => {
    expectOutputs(load("onnx-external"), "onnx-external");
  });
});

describe("files that torch.onnx wrote compute what ONNX Runtime computes", () => {
  it.each([
    ["onnx-lstm-lm", "token-input embedding lstm lstm linear"],
    ["onnx-lstm-lm-dynamo", "token-input embedding lstm lstm linear"],
    ["onnx-gru", "dense-input linear gru linear"],
    ["onnx-gru-dynamo", "dense-input linear gru linear"],
    ["onnx-cnn", "dense-input linear linear linear linear"],
    ["onnx-cnn-dynamo", "dense-input linear linear linear linear"],
    ["onnx-maxpool", "dense-input linear max-pool linear max-pool max-pool linear"],
    ["onnx-conv-lstm", "dense-input linear lstm linear"],
    ["onnx-conv-lstm-dynamo", "dense-input linear lstm linear"],
  ])("%s", (name, kinds) => {
    const model = load(name);
    expect(model.populations.map(({ kind }) => kind).join(" ")).toBe(kinds);
    expectOutputs(model, name);
  });
});
