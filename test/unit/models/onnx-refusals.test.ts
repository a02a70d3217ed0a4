import { describe, expect, it } from "vitest";
import { InputError, UnsupportedError, UserError } from "../../../src/core/errors.ts";
import { randomNumbers } from "../../../src/core/random.ts";
import { readModel } from "../../../src/models/read-model.ts";
import { type OnnxFile, onnxFile } from "../../support/onnx-file.ts";
import { exchangeBytes } from "./exchange/fixtures.ts";

const readBytes = (bytes: Uint8Array) => readModel({ name: "m", fileName: "m.onnx", bytes });
const read = (file: OnnxFile) => readBytes(onnxFile(file));

const recurrent = (op: string, gates: number, more: Partial<OnnxFile["nodes"][number]> = {}): OnnxFile => ({
  nodes: [
    {
      op,
      name: "rnn",
      inputs: ["x", "W", "R"],
      outputs: ["", "y"],
      ...more,
      attributes: { hidden_size: 2, ...(op === "GRU" && { linear_before_reset: 1 }), ...more.attributes },
    },
  ],
  initialisers: {
    W: [1, gates * 2, 3],
    R: [1, gates * 2, 2],
    B: [1, 2 * gates * 2],
    P: [1, 6],
    h: [1, 1, 2],
  },
});

describe("readModel of an ONNX file names what it does not support, with its place", () => {
  it.each<[string, OnnxFile, string]>([
    [
      "an operator without a form here",
      {
        nodes: [
          { op: "Relu", outputs: ["a"] },
          { op: "LpPool", name: "/pool/LpPool", inputs: ["a"] },
        ],
      },
      "m.onnx: operators that are not supported: node 1 (LpPool /pool/LpPool)",
    ],
    [
      "several at once, and another domain's",
      {
        nodes: [
          { op: "RNN", name: "r", outputs: ["a"] },
          { op: "FusedConv", domain: "com.microsoft", inputs: ["a"] },
        ],
      },
      "operators that are not supported: node 0 (RNN r), node 1 (FusedConv) of com.microsoft",
    ],
    ["control flow", { nodes: [{ op: "Loop" }] }, "node 0 (Loop)"],
    [
      "a GRU that resets before",
      recurrent("GRU", 3, { attributes: { linear_before_reset: 0 } }),
      "m.onnx: node 0 (GRU rnn): linear_before_reset=0 resets the state before the recurrent product",
    ],
    [
      "two directions",
      recurrent("LSTM", 4, { attributes: { direction: "bidirectional" } }),
      "direction=bidirectional, which is not supported",
    ],
    [
      "backwards",
      recurrent("GRU", 3, { attributes: { direction: "reverse" } }),
      "node 0 (GRU rnn): direction=reverse",
    ],
    [
      "other activations",
      recurrent("LSTM", 4, { attributes: { activations: ["HardSigmoid", "Tanh", "Tanh"] } }),
      "activations=hardsigmoid, tanh, tanh instead of sigmoid, tanh, tanh",
    ],
    ["clipping", recurrent("LSTM", 4, { attributes: { clip: 1.5 } }), "node 0 (LSTM rnn): clip"],
    ["coupled gates", recurrent("LSTM", 4, { attributes: { input_forget: 1 } }), "input_forget=1"],
    [
      "peepholes",
      recurrent("LSTM", 4, { inputs: ["x", "W", "R", "", "", "", "", "P"] }),
      "P holds peepholes",
    ],
    [
      "a first state",
      recurrent("GRU", 3, { inputs: ["x", "W", "R", "", "", "h"] }),
      "initial_h, h, is a first state other than zero",
    ],
    ["lengths of sequences", recurrent("GRU", 3, { inputs: ["x", "W", "R", "", "h"] }), "sequence_lens"],
    [
      "the cell's state as output",
      recurrent("LSTM", 4, { outputs: ["", "", "y"] }),
      "the output y is no layer's value",
    ],
    [
      "states as inputs",
      {
        ...recurrent("GRU", 3, { inputs: ["x", "W", "R", "", "", "h0"] }),
        inputs: { x: [5, 1, 3], h0: [1, 1, 2] },
      },
      "the graph has 2 inputs (x, h0), of which one is supported",
    ],
    [
      "several outputs",
      { nodes: [{ op: "Relu" }, { op: "Tanh", outputs: ["z"] }], outputs: ["y", "z"] },
      "the graph has several outputs (y, z)",
    ],
    [
      "a softmax between layers",
      {
        nodes: [
          { op: "Softmax", outputs: ["a"] },
          { op: "Relu", inputs: ["a"] },
        ],
      },
      "node 0 (Softmax): a normalisation between layers",
    ],
    [
      "padding that an average leaves out",
      {
        nodes: [{ op: "AveragePool", attributes: { kernel_shape: [2, 2], pads: [1, 1, 1, 1] } }],
        inputs: { x: [1, 1, 4, 4] },
      },
      "padding that the average leaves out (count_include_pad=0)",
    ],
    [
      "max pooling whose windows reach over the end",
      {
        nodes: [{ op: "MaxPool", attributes: { kernel_shape: [2, 2], ceil_mode: 1 } }],
        inputs: { x: [1, 1, 4, 4] },
      },
      "node 0 (MaxPool): ceil_mode=1",
    ],
    [
      "max pooling with windows of padding alone",
      {
        nodes: [{ op: "MaxPool", attributes: { kernel_shape: [2, 2], pads: [2, 2, 0, 0] } }],
        inputs: { x: [1, 1, 4, 4] },
      },
      "the window of output 0 holds no source",
    ],
    [
      "the places of maxima",
      {
        nodes: [{ op: "MaxPool", outputs: ["y", "places"], attributes: { kernel_shape: [2, 2] } }],
        inputs: { x: [1, 1, 4, 4] },
      },
      "node 0 (MaxPool): the places of the largest values as an output",
    ],
    [
      "timesteps as values",
      {
        ...recurrent("GRU", 3, { outputs: ["a"] }),
        nodes: [...recurrent("GRU", 3, { outputs: ["a"] }).nodes, { op: "Reshape", inputs: ["a", "s"] }],
        initialisers: {
          W: [1, 6, 3],
          R: [1, 6, 2],
          s: { dims: [2], dataType: 7, int64Data: [Uint8Array.of(1, 10)] },
        },
      },
      "node 1 (Reshape): the shape [1, 10] does not keep a timestep's values [2] together",
    ],
    [
      "a product of two layers",
      {
        nodes: [
          { op: "Relu", outputs: ["a"] },
          { op: "Tanh", outputs: ["b"] },
          { op: "Mul", name: "gate", inputs: ["a", "b"] },
        ],
      },
      "node 2 (Mul gate): multiplies or divides values of two layers",
    ],
  ])("%s", (_, file, message) => {
    expect(() => read(file)).toThrow(UserError);
    expect(() => read(file)).toThrow(message);
  });
});

describe("readModel refuses an ONNX file", () => {
  it.each<[string, OnnxFile, string]>([
    [
      "whose weights do not fit",
      { nodes: [{ op: "Gemm", inputs: ["x", "W"] }], initialisers: { W: [4, 2] }, inputs: { x: [1, 3] } },
      "m.onnx, node 0 (Gemm): the weights [4, 2] do not fit 3 values",
    ],
    [
      "whose recurrent weights do not fit",
      { ...recurrent("LSTM", 4), initialisers: { W: [1, 7, 3], R: [1, 8, 2] } },
      "W has the shape [1, 7, 3] instead of [1, 8, 3]",
    ],
    [
      "whose node reads nothing",
      { nodes: [{ op: "Add", inputs: ["x", "w"] }] },
      "node 0 (Add): input 1, w, is made by no node before it",
    ],
    [
      "whose output is not made",
      { nodes: [{ op: "Relu", outputs: ["a"] }] },
      "m.onnx, y: the output is made by no node",
    ],
    [
      "whose values are not finite",
      {
        nodes: [{ op: "MatMul", inputs: ["x", "W"] }],
        initialisers: { W: { dims: [3, 1], dataType: 1, rawData: new Uint8Array(12).fill(0xff) } },
        inputs: { x: [1, 3] },
      },
      "m.onnx, W: value [0, 0] is NaN",
    ],
    [
      "whose tensor is cut off",
      {
        nodes: [{ op: "MatMul", inputs: ["x", "W"] }],
        initialisers: { W: { dims: [3, 1], dataType: 1, rawData: new Uint8Array(11) } },
      },
      "W: holds 11 bytes, but float32 [3, 1] needs 12",
    ],
    [
      "whose tensor claims more than there is",
      {
        nodes: [{ op: "MatMul", inputs: ["x", "W"] }],
        initialisers: { W: { dims: [1e9, 1e6], dataType: 7, int64Data: [Uint8Array.of(1)] } },
      },
      "W: holds fewer than 1000000000000000 values",
    ],
    [
      "whose tensor has no type",
      { nodes: [{ op: "Relu" }], initialisers: { W: { dims: [1], dataType: 8 } } },
      "W: has the element type 8, which is not read",
    ],
    [
      "whose weights lie elsewhere",
      {
        nodes: [{ op: "Relu" }],
        initialisers: {
          W: { dims: [1], dataType: 1, dataLocation: 1, externalData: [{ key: "location", value: "w.bin" }] },
        },
      },
      "w.bin: the model's weights lie in this file, which was not given",
    ],
    [
      "whose input is of unknown width",
      { nodes: [{ op: "Relu" }], inputs: { x: [0, 0] } },
      "m.onnx, x: the input's shape [?, ?] leaves the size of a timestep's values open",
    ],
  ])("%s", (_, file, message) => {
    expect(() => read(file)).toThrow(InputError);
    expect(() => read(file)).toThrow(message);
  });

  it("whose tensors each name the whole of another file, which would fill the memory", () => {
    const elsewhere = {
      dims: [500_000],
      dataType: 10,
      dataLocation: 1,
      externalData: [{ key: "location", value: "w.bin" }],
    };
    const initialisers = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`W${i}`, elsewhere]));
    const bytes = onnxFile({ nodes: [{ op: "Relu" }], initialisers });
    const attempt = () =>
      readModel({ name: "m", fileName: "m.onnx", bytes, readBeside: () => new Uint8Array(1_000_000) });
    expect(attempt).toThrow(InputError);
    expect(attempt).toThrow(
      /m\.onnx, W2: with this tensor the weights come to 6,000,000 bytes; 40\d+ is the limit/,
    );
  });

  it("without a graph", () => {
    expect(() => readBytes(Uint8Array.of(8, 9, 0x12, 1, 0x61))).toThrow(
      "m.onnx: the ONNX file holds no graph",
    );
  });

  it("wherever it is cut off or changed, or reads it", () => {
    const random = randomNumbers(11);
    for (const name of ["onnx-lstm-lm.onnx", "onnx-cnn.onnx", "onnx-mixed.onnx"]) {
      const bytes = exchangeBytes(name);
      const outcome = (damaged: Uint8Array): string => {
        try {
          readBytes(damaged);
          return "read";
        } catch (error) {
          if (!(error instanceof UserError)) throw error;
          return "refused";
        }
      };
      for (let end = 0; end < bytes.length; end += 41)
        expect(outcome(bytes.subarray(0, end)), `${name} cut at ${end}`).toBe("refused");
      for (let n = 0; n < 200; n += 1) {
        const changed = bytes.slice();
        changed[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
        outcome(changed);
      }
    }
  });
});

describe("an LSTM's states", () => {
  it("may be outputs behind its values", () => {
    const file = recurrent("LSTM", 4, { outputs: ["y", "h", "c"] });
    expect(
      read({
        ...file,
        initialisers: { W: [1, 8, 3], R: [1, 8, 2] },
        outputs: ["y", "h", "c"],
      }).populations.at(-1)!.kind,
    ).toBe("lstm");
  });

  it("are one that is not supported where the graph computes with them", () => {
    const { nodes, initialisers } = recurrent("LSTM", 4, { outputs: ["", "", "c"] });
    expect(() =>
      read({ nodes: [...nodes, { op: "Relu", inputs: ["c"] }], initialisers: initialisers! }),
    ).toThrow(UnsupportedError);
  });
});
