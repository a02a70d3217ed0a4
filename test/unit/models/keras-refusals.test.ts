import { describe, expect, it } from "vitest";
import { InputError, UnsupportedError, UserError } from "../../../src/core/errors.ts";
import { randomNumbers } from "../../../src/core/random.ts";
import { readModel } from "../../../src/models/read-model.ts";
import { exchangeBytes } from "./exchange/fixtures.ts";

interface Weight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype?: string;
  readonly quantization?: object;
}

const layer = (className: string, name: string, config: object = {}) => ({
  class_name: className,
  config: { name, ...config },
});
const input = (...shape: (number | null)[]) =>
  layer("InputLayer", "in", { batch_input_shape: [null, ...shape] });
const dense = (name: string, units: number, config: object = {}) =>
  layer("Dense", name, { units, use_bias: false, ...config });
const sequential = (...layers: object[]) => ({ class_name: "Sequential", config: { name: "s", layers } });

const read = (topology: unknown, weights: readonly Weight[] = [], bytes?: Uint8Array) => {
  const elements = ({ shape }: Weight) => shape.reduce((a, b) => a * b, 1);
  const values = Float32Array.from(
    {
      length: Math.min(
        1000,
        weights.reduce((sum, weight) => sum + elements(weight), 0),
      ),
    },
    (_, i) => (i + 1) / 64,
  );
  const json = {
    modelTopology: topology,
    weightsManifest: [
      { paths: ["w.bin"], weights: weights.map((weight) => ({ dtype: "float32", ...weight })) },
    ],
  };
  return readModel({
    name: "m",
    fileName: "model.json",
    bytes: new TextEncoder().encode(JSON.stringify(json)),
    readBeside: () => bytes ?? new Uint8Array(values.buffer),
  });
};

const gruWeights = [
  { name: "r/kernel", shape: [3, 6] },
  { name: "r/recurrent_kernel", shape: [2, 6] },
];
const gru = (config: object = {}) =>
  layer("GRU", "r", {
    units: 2,
    use_bias: false,
    reset_after: true,
    recurrent_activation: "sigmoid",
    ...config,
  });

describe("a model of TensorFlow.js", () => {
  it("that a converter wrote from Keras, with its GRU and its scopes", () => {
    const topology = {
      keras_version: "2.15",
      backend: "tensorflow",
      model_config: sequential(input(null, 3), gru()),
    };
    const weights = gruWeights.map(({ name, shape }) => ({ name: name.replace("r/", "r/gru_cell/"), shape }));
    const model = read(topology, weights);
    expect(model.populations.map(({ kind, size }) => `${kind}:${size}`)).toEqual(["dense-input:3", "gru:2"]);
    // Keras's first gate is z, our second.
    const [kernel] = model.projections;
    expect(kernel!.weights).toMatchObject({
      value: Float32Array.of(3, 4, 1, 2, 5, 6, 9, 10, 7, 8, 11, 12, 15, 16, 13, 14, 17, 18).map(
        (n) => n / 64,
      ),
    });
  });

  it("with weights that are quantised", () => {
    const weights = [
      { name: "d/kernel", shape: [2, 2], quantization: { dtype: "uint8", scale: 0.5, min: -1 } },
    ];
    const model = read(sequential(input(2), dense("d", 2)), weights, Uint8Array.of(0, 1, 2, 4));
    expect(model.projections[0]!.weights).toMatchObject({
      kind: "sparse",
      value: Float32Array.of(-1, -0.5, 1),
    });
    const half = [{ name: "d/kernel", shape: [1, 2], quantization: { dtype: "float16" } }];
    const halves = read(sequential(input(1), dense("d", 2)), half, Uint8Array.of(0, 0x3c, 0, 0xc0));
    expect(halves.projections[0]!.weights).toMatchObject({ kind: "dense", values: Float32Array.of(1, -2) });
  });

  it("with two ways to one layer", () => {
    const node = (...names: string[]) => [names.map((name) => [name, 0, 0, {}])];
    const topology = {
      class_name: "Model",
      config: {
        layers: [
          { ...layer("Add", "sum"), name: "sum", inbound_nodes: node("a", "b") },
          { ...input(2), name: "in", inbound_nodes: [] },
          { ...dense("a", 3), name: "a", inbound_nodes: node("in") },
          { ...dense("b", 3), name: "b", inbound_nodes: node("in") },
        ],
        output_layers: [["sum", 0, 0]],
      },
    };
    const model = read(
      topology,
      ["a/kernel", "b/kernel"].map((name) => ({ name, shape: [2, 3] })),
    );
    expect(model.populations.map(({ size }) => size)).toEqual([2, 3]);
    expect(model.projections).toHaveLength(1);
  });
});

describe("readModel of a Keras model names what it does not support, with the layer", () => {
  it.each<[string, unknown, readonly Weight[], string]>([
    [
      "layers without a form here",
      sequential(input(4, 4, 1), layer("UpSampling2D", "up"), layer("Lambda", "f")),
      [],
      "model.json: layers that are not supported: up (UpSampling2D), f (Lambda)",
    ],
    [
      "a maximum over timesteps",
      sequential(input(null, 6, 4), layer("GlobalMaxPooling1D", "g")),
      [],
      "layer g (GlobalMaxPooling1D): a maximum over timesteps",
    ],
    [
      "two directions",
      sequential(input(null, 3), layer("Bidirectional", "both")),
      [],
      "both (Bidirectional)",
    ],
    [
      "a GRU that resets before",
      sequential(input(null, 3), gru({ reset_after: false })),
      gruWeights,
      "layer r (GRU): reset_after=False resets the state before the recurrent product",
    ],
    [
      "TensorFlow.js's usual gates",
      sequential(input(null, 3), gru({ recurrent_activation: "hard_sigmoid" })),
      gruWeights,
      "layer r (GRU): recurrent_activation hard_sigmoid instead of sigmoid, which is not supported",
    ],
    [
      "backwards",
      sequential(input(null, 3), gru({ go_backwards: true })),
      gruWeights,
      "layer r (GRU): go_backwards",
    ],
    [
      "another activation",
      sequential(input(3), dense("d", 2, { activation: "elu" })),
      [{ name: "d/kernel", shape: [3, 2] }],
      "layer d (Dense): the activation elu, which is not supported",
    ],
    [
      "a softmax between",
      sequential(input(3), layer("Softmax", "s"), dense("d", 2)),
      [{ name: "d/kernel", shape: [3, 2] }],
      "layer s (Softmax): softmax between layers",
    ],
    [
      "timesteps joined",
      sequential(input(null, 3), gru({ return_sequences: true }), layer("Flatten", "f")),
      gruWeights,
      "layer f (Flatten): joins timesteps",
    ],
    [
      "masks",
      sequential(input(null), layer("Embedding", "e", { input_dim: 4, output_dim: 2, mask_zero: true })),
      [{ name: "e/embeddings", shape: [4, 2] }],
      "layer e (Embedding): mask_zero",
    ],
    [
      "padding that an average leaves out",
      sequential(input(5, 5, 1), layer("AveragePooling2D", "p", { pool_size: [2, 2], padding: "same" })),
      [],
      "layer p (AveragePooling2D): padding that the average leaves out",
    ],
    [
      "a layer used twice",
      {
        class_name: "Model",
        config: {
          layers: [{ ...dense("d", 3), name: "d", inbound_nodes: [[["in", 0, 0]], [["d", 0, 0]]] }],
          output_layers: [["d", 0, 0]],
        },
      },
      [],
      "the layer d is used 2 times",
    ],
    [
      "two outputs",
      {
        class_name: "Functional",
        config: {
          layers: [],
          output_layers: [
            ["a", 0, 0],
            ["b", 0, 0],
          ],
        },
      },
      [],
      "the model has 2 outputs (a, b)",
    ],
    ["a class of its own", { class_name: "MyModel", config: {} }, [], "a model of the class MyModel"],
    [
      "no layers' graph",
      { node: [], library: {} },
      [],
      "a graph model of TensorFlow.js, whose layers are lost",
    ],
  ])("%s", (_, topology, weights, message) => {
    expect(() => read(topology, weights)).toThrow(UnsupportedError);
    expect(() => read(topology, weights)).toThrow(message);
  });
});

describe("readModel refuses a Keras model", () => {
  const one = sequential(input(3), dense("d", 2));
  it.each<[string, unknown, readonly Weight[], string]>([
    ["without weights", one, [], "model.json, layer d (Dense): has 0 weights instead of 1"],
    [
      "whose weight does not fit",
      one,
      [{ name: "d/kernel", shape: [2, 3] }],
      "layer d (Dense): has the weight d/kernel of the shape [2, 3] instead of [3, 2]",
    ],
    [
      "whose input is of unknown width",
      sequential(input(null), dense("d", 2)),
      [{ name: "d/kernel", shape: [3, 2] }],
      "layer in (InputLayer): leaves sizes of a timestep's values open: [?]",
    ],
    ["without units", sequential(input(3), dense("d", -1)), [], "layer d (Dense): has the setting units -1"],
    [
      "whose weight has an impossible shape",
      one,
      [{ name: "d/kernel", shape: [1e9, 1e9] }],
      "d/kernel: has the impossible shape",
    ],
    [
      "whose weight has an unknown type",
      one,
      [{ name: "d/kernel", shape: [3, 2], dtype: "string" }],
      'd/kernel: has the element type "string", which is not read',
    ],
    [
      "whose weights stand twice",
      one,
      [
        { name: "d/kernel", shape: [3, 2] },
        { name: "d/kernel", shape: [3, 2] },
      ],
      "d/kernel: stands twice in the manifest",
    ],
    [
      "whose layers take each other's output",
      {
        class_name: "Model",
        config: {
          layers: [
            { ...dense("a", 2), name: "a", inbound_nodes: [[["b", 0, 0]]] },
            { ...dense("b", 2), name: "b", inbound_nodes: [[["a", 0, 0]]] },
          ],
          output_layers: [["a", 0, 0]],
        },
      },
      [],
      "model.json, a: takes its own output",
    ],
    [
      "whose layer does not exist",
      { class_name: "Model", config: { layers: [], output_layers: [["a", 0, 0]] } },
      [],
      "model.json, a: is named as a layer's input, but there is no such layer",
    ],
    ["that describes nothing", "x", [], "model.json, modelTopology: describes no model"],
  ])("%s", (_, topology, weights, message) => {
    expect(() => read(topology, weights)).toThrow(InputError);
    expect(() => read(topology, weights)).toThrow(message);
  });

  it("whose shards are too short, or too long", () => {
    const weights = [{ name: "d/kernel", shape: [3, 2] }];
    expect(() => read(one, weights, new Uint8Array(20))).toThrow(
      "d/kernel: ends at byte 24 of the group's weights, which are 20 bytes; a shard may be missing",
    );
    expect(() => read(one, weights, new Uint8Array(28))).toThrow(
      "weightsManifest.0: leaves 4 bytes of its shards unused",
    );
  });

  it("that names a shard over and over, which would fill the memory", () => {
    const paths = Array<string>(1000).fill("w.bin");
    const json = { modelTopology: one, weightsManifest: [{ paths, weights: [] }] };
    const attempt = () =>
      readModel({
        name: "m",
        fileName: "model.json",
        bytes: new TextEncoder().encode(JSON.stringify(json)),
        readBeside: () => new Uint8Array(2 ** 28),
      });
    expect(attempt).toThrow(InputError);
    expect(attempt).toThrow("model.json, weightsManifest.0: names the shard w.bin a second time");
  });

  it("in JSON of another kind", () => {
    const bytes = (text: string) => new TextEncoder().encode(text);
    const attempt = (text: string) => () => readModel({ name: "m", fileName: "x.json", bytes: bytes(text) });
    expect(attempt('{"a": 1}')).toThrow("x.json: JSON that is no model of TensorFlow.js");
    expect(attempt("{")).toThrow("x.json: is not valid JSON");
  });

  it("wherever its description is changed, or reads it", () => {
    const random = randomNumbers(3);
    const bytes = exchangeBytes("tfjs-cnn/model.json");
    for (let n = 0; n < 400; n += 1) {
      const changed = bytes.slice();
      for (let k = 0; k < 2; k += 1)
        changed[Math.floor(random() * bytes.length)] = 32 + Math.floor(random() * 95);
      try {
        readModel({
          name: "m",
          fileName: "model.json",
          bytes: changed,
          readBeside: (path) =>
            exchangeBytes(
              `tfjs-cnn/${path.includes("1of2") ? "group1-shard1of2.bin" : "group1-shard2of2.bin"}`,
            ),
        });
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
      }
    }
  });
});
