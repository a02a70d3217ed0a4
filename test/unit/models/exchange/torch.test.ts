import { describe, expect, it } from "vitest";
import { InputError, UnsupportedError } from "../../../../src/core/errors.ts";
import { nonZerosOf, type SparseMatrix } from "../../../../src/core/model-ir.ts";
import { readModel } from "../../../../src/models/read-model.ts";
import { egru, fileOf, linear, read, type Shapes } from "../model-files.ts";
import { exchangeBytes, expectOutputs } from "./fixtures.ts";

const gated = (prefix: string, gates: number, inputs: number, size: number, layer = "_l0"): Shapes => ({
  [`${prefix}weight_ih${layer}`]: [gates * size, inputs],
  [`${prefix}weight_hh${layer}`]: [gates * size, size],
  [`${prefix}bias_ih${layer}`]: [gates * size],
  [`${prefix}bias_hh${layer}`]: [gates * size],
});

const kinds = (shapes: Shapes) =>
  read(shapes).populations.map(({ name, kind, size }) => `${name}:${kind}:${size}`);

describe("files that torch wrote", () => {
  it("a language model with LSTM layers and a tied decoder computes what torch computes", () => {
    const model = readModel({ name: "m", fileName: "m.pt", bytes: exchangeBytes("torch-lstm-lm.pt") });
    expect(model.populations.map(({ kind }) => kind)).toEqual([
      "token-input",
      "embedding",
      "lstm",
      "lstm",
      "linear",
    ]);
    expectOutputs(model, "torch-lstm-lm");
  });

  it("a GRU of two layers without biases, then an LSTM, computes what torch computes", () => {
    const bytes = exchangeBytes("torch-gru-lstm.safetensors");
    const model = readModel({ name: "m", fileName: "m", bytes });
    expect(model.populations.map(({ kind }) => kind)).toEqual([
      "dense-input",
      "gru",
      "gru",
      "lstm",
      "linear",
    ]);
    expectOutputs(model, "torch-gru-lstm");
  });

  it("keeps only weights that are not zero", () => {
    const bytes = exchangeBytes("torch-gru-lstm.safetensors");
    const { weights } = readModel({ name: "m", fileName: "m", bytes }).projections[0]!;
    expect(weights.kind).toBe("sparse");
    expect((weights as SparseMatrix).value.length).toBe(nonZerosOf(weights));
    expect(nonZerosOf(weights)).toBeLessThan(0.7 * 45);
  });
});

describe("LSTM and GRU layers of torch", () => {
  it.each<[string, Shapes, readonly string[]]>([
    ["an LSTM", gated("rnn.", 4, 3, 5), ["input:dense-input:3", "lstm0:lstm:5"]],
    ["a cell at the top", gated("", 3, 3, 5, ""), ["input:dense-input:3", "gru0:gru:5"]],
    [
      "layers of one module, named in no order",
      { ...gated("rnn.", 3, 4, 2, "_l1"), ...gated("rnn.", 3, 3, 4, "_l0") },
      ["input:dense-input:3", "gru0:gru:4", "gru1:gru:2"],
    ],
    [
      "an EGRU after an LSTM",
      { ...gated("low.", 4, 3, 5), ...egru("high", 5, 4), ...linear("out", 4, 2) },
      ["input:dense-input:3", "lstm0:lstm:5", "egru1:egru:4", "out:linear:2"],
    ],
    [
      "modules by their numbers, ten after two",
      { ...gated("rnns.10.", 3, 4, 4), ...gated("rnns.2.", 3, 4, 4) },
      ["input:dense-input:4", "gru0:gru:4", "gru1:gru:4"],
    ],
    [
      "a wrapper that drops connections",
      {
        "rnns.0.weight_hh_l0_raw": [20, 5],
        "rnns.0.module.weight_ih_l0": [20, 3],
        "rnns.0.module.weight_hh_l0": [20, 5],
        "rnns.0.module.bias_ih_l0": [20],
        "rnns.0.module.bias_hh_l0": [20],
      },
      ["input:dense-input:3", "lstm0:lstm:5"],
    ],
  ])("%s", (_, shapes, populations) => {
    expect(kinds(shapes)).toEqual(populations);
  });

  it("takes the raw weights of a wrapper, and the module's others", () => {
    const shapes = {
      "r.weight_hh_l0_raw": [3, 1],
      "r.module.weight_ih_l0": [3, 1],
      "r.module.weight_hh_l0": [3, 1],
    };
    const values = read(shapes).projections.map(({ weights }) => [...(weights as SparseMatrix).value]);
    expect(values).toEqual([[4, 5, 6].map((n) => n / 1024), [1, 2, 3].map((n) => n / 1024)]);
  });

  it.each<[string, Shapes, string]>([
    [
      "a simple RNN",
      gated("", 1, 3, 5),
      "m.safetensors: the layer at the top level is a simple RNN (weight_hh_l0 [5, 5]), which is not supported",
    ],
    [
      "a bidirectional layer",
      { ...gated("rnn.", 4, 3, 5), ...gated("rnn.", 4, 3, 5, "_l0_reverse") },
      "the layer rnn is a bidirectional layer (rnn.weight_ih_l0_reverse [20, 3]), which is not supported",
    ],
    [
      "a projection",
      { ...gated("rnn.", 4, 3, 5), "rnn.weight_hr_l0": [2, 5] },
      "the layer rnn is an LSTM with a projection of its output (proj_size) (rnn.weight_hr_l0 [2, 5])",
    ],
  ])("refuses %s by name", (_, shapes, message) => {
    expect(() => read(shapes)).toThrow(UnsupportedError);
    expect(() => read(shapes)).toThrow(message);
  });

  it.each<[string, Shapes, string]>([
    [
      "one bias of two",
      { "r.weight_ih_l0": [12, 2], "r.weight_hh_l0": [12, 3], "r.bias_ih_l0": [12] },
      "m.safetensors, r.bias_hh_l0: is missing; the file has r.weight_ih_l0, r.weight_hh_l0, r.bias_ih_l0",
    ],
    [
      "a missing layer",
      { ...gated("r.", 4, 3, 3), ...gated("r.", 4, 3, 3, "_l2") },
      "m.safetensors, r.weight_ih_l1: is missing, though there are layers up to 2",
    ],
    [
      "a kernel of a wrong shape",
      { ...gated("r.", 4, 3, 3), "r.weight_ih_l0": [13, 3] },
      "r.weight_ih_l0: has the shape [13, 3] instead of [12, 3], as r.weight_hh_l0 [12, 3] demands",
    ],
    [
      "a matrix of no known number of gates",
      { "r.weight_ih_l0": [10, 3], "r.weight_hh_l0": [10, 5] },
      "r.weight_hh_l0: has the shape [10, 5]; an LSTM has [4·H, H], a GRU [3·H, H]",
    ],
    [
      "a tensor beside the layer's",
      { ...gated("r.", 4, 3, 3), "r.weight_c": [3] },
      "r.weight_c: a tensor of shape [3] that belongs to no known layer",
    ],
    [
      "layers that do not fit",
      { ...egru("a", 3, 4), ...gated("b.", 4, 3, 5) },
      "b.weight_ih_l0: the layer takes 3 values, but a gives 4 (a.recurrent_kernel [4, 12])",
    ],
  ])("refuses %s", (_, shapes, message) => {
    expect(() => read(shapes)).toThrow(InputError);
    expect(() => read(shapes)).toThrow(message);
  });

  it("holds a config's rnn_type and sizes against the layers", () => {
    const bytes = fileOf(gated("rnns.0.", 4, 3, 5));
    const withConfig = (text: string) => () =>
      readModel({ name: "m", fileName: "m", bytes, config: { fileName: "config.yaml", text } });
    expect(withConfig("rnn_type: lstm\nnlayers: 1\nhidden_dim: 5\n")).not.toThrow();
    expect(withConfig("rnn_type: egru\n")).toThrow(
      "config.yaml, rnn_type: says egru, but the tensors say lstm",
    );
    expect(withConfig("hidden_dim: 6\n")).toThrow("config.yaml, hidden_dim: says 6, but the tensors say 5");
  });
});
