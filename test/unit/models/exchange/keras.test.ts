import { beforeAll, describe, expect, it } from "vitest";
import { type Hdf5, loadHdf5 } from "../../../../src/formats/hdf5.ts";
import { hdf5BytesIn } from "../../../../src/models/model-kind.ts";
import { readModel } from "../../../../src/models/read-model.ts";
import { exchangeBytes, expectOutputs } from "./fixtures.ts";

let hdf5: Hdf5;
beforeAll(async () => {
  hdf5 = await loadHdf5();
});

const load = (fileName: string) => {
  const bytes = exchangeBytes(fileName);
  const content = hdf5BytesIn(bytes);
  const folder = fileName.includes("/") ? `${fileName.split("/")[0]}/` : "";
  return readModel({
    name: "m",
    fileName,
    bytes,
    hdf5: content && hdf5.read(content),
    readBeside: (path) => exchangeBytes(folder + path),
  });
};

describe("files that Keras wrote compute what Keras computes", () => {
  it.each(["keras-rnn.keras", "keras-rnn.h5"])("%s", (fileName) => {
    const model = load(fileName);
    expect(model.populations.map(({ kind }) => kind).join(" ")).toBe(
      "token-input embedding lstm gru linear linear",
    );
    expect(model.metadata.softmax).toBe("of the layer dense is left out: the outputs are logits");
    expectOutputs(model, "keras-rnn");
  });

  it.each(["keras-cnn.keras", "keras-cnn.h5"])("%s", (fileName) => {
    const model = load(fileName);
    expect(model.populations.map(({ name }) => name).join(" ")).toBe(
      "input_layer_2 conv2d average_pooling2d conv2d_1 fc dense_1",
    );
    expect(model.metadata["input order"]).toBe("[2, 6, 5], channels first; the file's is [6, 5, 2]");
    expectOutputs(model, "keras-cnn", 5e-6);
  });
});

it("max pooling that Keras wrote, padded, of negative values, over whole maps, computes what Keras computes", () => {
  const model = load("keras-maxpool.keras");
  expect(model.populations.map(({ name }) => name).join(" ")).toBe(
    "image conv pool relu conv2 pool2 conv3 all dense",
  );
  expectOutputs(model, "keras-maxpool");
});

describe("files that TensorFlow.js wrote compute what it computes", () => {
  it.each([
    ["tfjs-lstm", "dense-input lstm lstm linear"],
    ["tfjs-cnn", "dense-input linear linear linear"],
  ])("%s", (name, kinds) => {
    const model = load(`${name}/model.json`);
    expect(model.populations.map(({ kind }) => kind).join(" ")).toBe(kinds);
    expectOutputs(model, name, 5e-6);
  });
});
