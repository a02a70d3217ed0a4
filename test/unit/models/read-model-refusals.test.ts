import { describe, expect, it } from "vitest";
import { InputError, UnsupportedError } from "../../../src/core/errors.ts";
import { readModel } from "../../../src/models/read-model.ts";
import { egru, linear, read, type Shapes, sortedByName, vector } from "./model-files.ts";

describe("readModel names what it does not support", () => {
  it.each<[string, Shapes, string]>([
    [
      "a GRU in kernel form",
      { "r.kernel": [2, 9], "r.recurrent_kernel": [3, 9], "r.bias": [9], "r.recurrent_bias": [9] },
      "the layer r is a GRU without thresholds (no thr) (r.recurrent_kernel [3, 9])",
    ],
    [
      "a convolution",
      { ...egru("r", 2, 3), "conv.weight": [4, 2, 3, 3] },
      "the layer conv is a convolution (conv.weight [4, 2, 3, 3])",
    ],
    [
      "a batch normalisation",
      { ...egru("r", 2, 3), "bn.weight": [2], "bn.bias": [2], "bn.running_mean": [2] },
      "the layer bn is a batch normalisation",
    ],
    [
      "a layer normalisation",
      { ...egru("r", 2, 3), "n.weight": [2], "n.bias": [2] },
      "the layer n is a normalisation",
    ],
    ["attention", { ...egru("r", 2, 3), "a.in_proj_weight": [6, 2] }, "the layer a is an attention layer"],
    [
      "no recurrent layer",
      linear("fc", 3, 4),
      "m.safetensors: the file holds no supported recurrent layer; its tensors are fc.weight [4, 3], fc.bias [4]",
    ],
    [
      "a Linear layer within the stack",
      { ...egru("rnns.0", 2, 3), ...linear("mid", 3, 5), ...egru("rnns.1", 5, 4) },
      "the Linear layer mid between the recurrent layers rnns.0 and rnns.1 is not supported",
    ],
  ])("%s", (_, shapes, message) => {
    expect(() => read(shapes)).toThrow(UnsupportedError);
    expect(() => read(shapes)).toThrow(message);
  });
});

describe("readModel refuses", () => {
  const integers = { name: "", dtype: "int8", shape: [9], data: new Int8Array(9) } as const;

  it.each<[string, Shapes, string]>([
    [
      "an unknown tensor",
      { ...egru("r", 2, 3), "r.gain": [3] },
      "m.safetensors, r.gain: a tensor of shape [3] that belongs to no known layer",
    ],
    [
      "an unknown tensor elsewhere",
      { ...egru("r", 2, 3), alpha: [] },
      "m.safetensors, alpha: a tensor of shape []",
    ],
    [
      "a missing part",
      { "x.kernel": [2, 9], "x.thr": [3] },
      "m.safetensors, x.recurrent_kernel: is missing; the file has x.kernel, x.thr",
    ],
    [
      "a bias of a wrong shape",
      { ...egru("r", 2, 3), "r.bias": [8] },
      "m.safetensors, r.bias: has the shape [8] instead of [9], as r.recurrent_kernel [3, 9] demands",
    ],
    [
      "a kernel of a wrong shape",
      { ...egru("r", 2, 3), "r.kernel": [2, 8] },
      "r.kernel: has the shape [2, 8] instead of [2, 9]",
    ],
    [
      "a threshold of a wrong shape",
      { ...egru("r", 2, 3), "r.thr": [1] },
      "r.thr: has the shape [1] instead of [3]",
    ],
    [
      "a recurrent kernel that is not square by gates",
      { ...egru("r", 2, 3), "r.recurrent_kernel": [3, 10] },
      "r.recurrent_kernel: has the shape [3, 10] instead of [H, 3·H]",
    ],
    [
      "a Linear bias of a wrong shape",
      { ...egru("r", 2, 3), "o.weight": [4, 3], "o.bias": [3] },
      "o.bias: has the shape [3] instead of [4]",
    ],
    [
      "layers that do not fit",
      { ...egru("rnns.0", 2, 3), ...egru("rnns.1", 4, 5) },
      "m.safetensors, rnns.1.kernel: the layer takes 4 values, but rnns.0 gives 3 (rnns.0.recurrent_kernel [3, 9])",
    ],
    [
      "a Linear layer that fits nowhere",
      { ...egru("rnns.0", 2, 3), ...linear("out", 7, 6) },
      "m.safetensors, out.weight: the layer out.weight [6, 7] fits neither before the recurrent layers, which take 2 values (rnns.0.kernel [2, 9]), nor behind them, which give 3 (rnns.0.recurrent_kernel [3, 9])",
    ],
    [
      "square layers in a sorted file whose names say nothing",
      sortedByName({ ...linear("a", 4, 4), ...egru("rnn", 4, 4) }),
      "the order of the layers is ambiguous; their shapes fit as rnn > a and as a > rnn",
    ],
    [
      "recurrent layers in a sorted file whose names say nothing",
      sortedByName({ ...egru("a", 4, 4), ...egru("b", 4, 4) }),
      "the order of the recurrent layers a, b is ambiguous",
    ],
    [
      "weights that are not finite",
      { ...egru("r", 1, 1), "r.kernel": { ...vector(0, 1, Number.NaN), shape: [1, 3] } },
      "m.safetensors, r.kernel: value [0, 2] is NaN",
    ],
    [
      "infinite thresholds",
      { ...egru("r", 1, 2), "r.thr": vector(0, Number.POSITIVE_INFINITY) },
      "m.safetensors, r.thr: value [1] is Infinity",
    ],
    [
      "integer weights",
      { ...egru("r", 1, 3), "r.bias": integers },
      "r.bias: holds int8; weights must be floating-point numbers",
    ],
    ["a layer without neurons", egru("r", 2, 0), "egru0: size 0 is not a positive integer"],
  ])("%s", (_, shapes, message) => {
    expect(() => read(shapes)).toThrow(InputError);
    expect(() => read(shapes)).toThrow(message);
  });

  it("a file of another kind", () => {
    const attempt = () =>
      readModel({ name: "m", fileName: "m.pt", bytes: new TextEncoder().encode("hello there") });
    expect(attempt).toThrow("m.pt, byte 0: not a file of torch.save (a zip archive)");
  });

  it.each([
    ["m.safetensors", [], "m.safetensors: the file is empty"],
    ["m.safetensors", [1, 2, 3], "m.safetensors, byte 3: the file ends before the header's length"],
    [
      "m.safetensors",
      [0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0x7b, 0x22, 0x61],
      "m.safetensors, byte 0: the header claims 1099511627775 bytes; 100,000,000 is the limit",
    ],
    [
      "download",
      [0, 0, 0, 0, 0, 0, 0, 1, 0x7b, 0x22, 0x61],
      "download, byte 0: the header claims 72057594037927940 bytes; 100,000,000 is the limit",
    ],
    [
      "m.safetensors",
      [90, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0x22, 0x61],
      "m.safetensors, byte 0: the header claims 90 bytes, but only 3 follow; the file may be truncated",
    ],
    ["M.CPT", [0, 0, 0, 0], "M.CPT, byte 0: not a file of torch.save (a zip archive)"],
    [
      "m.pt",
      [0x50, 0x4b, 3, 4, 0],
      "m.pt, byte 5: the archive's end record is missing: the file is truncated",
    ],
    ["m.bin", [1, 2, 3], "m.bin, byte 0: no model file of a known kind: torch checkpoint, safetensors"],
  ])("a damaged %s with the word of the reader that was meant", (fileName, bytes, message) => {
    const attempt = () => readModel({ name: "m", fileName, bytes: Uint8Array.from(bytes) });
    expect(attempt).toThrow(InputError);
    expect(attempt).toThrow(message);
  });

  it("overflow in the conversion from float64", () => {
    const { bias: _, ...rest } = egru("", 1, 1);
    const huge = { name: "", dtype: "float64", shape: [3], data: Float64Array.of(0, 1e300, 0) } as const;
    expect(() => read({ ...rest, bias: huge })).toThrow("m.safetensors, bias: value [1] is Infinity");
  });
});
