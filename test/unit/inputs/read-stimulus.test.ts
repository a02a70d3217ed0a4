import { zipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { InputError, type UserError } from "../../../src/core/errors.ts";
import { writeSafetensors } from "../../../src/formats/safetensors.ts";
import type { Tensor } from "../../../src/formats/tensors.ts";
import { type InputPort, inputPortOf } from "../../../src/inputs/input-port.ts";
import { holdsNamedArrays, readStimulus } from "../../../src/inputs/read-stimulus.ts";

const WORDS = ["<unk>", "<eos>", "the", "cat"];
const TOKENS: InputPort = { kind: "tokens", size: 4, vocabulary: WORDS };
const VECTORS: InputPort = { kind: "vectors", width: 3 };

const encoded = (text: string) => new TextEncoder().encode(text);

/** One array as numpy.save writes it, little-endian. */
function npy(descr: string, shape: readonly number[], data: ArrayBufferView): Uint8Array {
  const tuple = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${tuple}), }`;
  const padded = `${header.padEnd(Math.ceil((header.length + 11) / 64) * 64 - 11)}\n`;
  const start = Uint8Array.of(
    0x93,
    0x4e,
    0x55,
    0x4d,
    0x50,
    0x59,
    1,
    0,
    padded.length & 255,
    padded.length >> 8,
  );
  const body = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return Uint8Array.from([...start, ...encoded(padded), ...body]);
}

const vectors = (values: readonly number[], shape: readonly number[]) =>
  npy("<f4", shape, Float32Array.from(values));

const tensor = (name: string, values: readonly number[], shape: readonly number[]): Tensor => ({
  name,
  dtype: "float32",
  shape,
  data: Float32Array.from(values),
});

const safetensors = (...tensors: readonly Tensor[]) =>
  writeSafetensors(new Map(tensors.map((each) => [each.name, each])));

function read(fileName: string, content: string | Uint8Array, port: InputPort, array?: string) {
  const bytes = typeof content === "string" ? encoded(content) : content;
  return readStimulus({ kind: "file", fileName, bytes, array }, port);
}

function errorOf(call: () => unknown): UserError {
  try {
    call();
  } catch (error) {
    return error as UserError;
  }
  return expect.fail("nothing was thrown");
}

describe("tokens for a classifier", () => {
  it("are all read, and none is to be predicted", () => {
    const port: InputPort = { kind: "tokens", size: 4, predicts: false };
    const stimulus = readStimulus({ kind: "file", fileName: "a.json", bytes: encoded("[3]") }, port);
    expect(stimulus).toEqual({
      kind: "tokens",
      ids: Uint32Array.of(3),
      origin: "token ids a.json",
      synthetic: false,
    });
  });
});

describe("tokens", () => {
  const ids = { ids: Uint32Array.of(2, 3, 0), targets: Uint32Array.of(3, 0, 1) };

  it.each([
    ["text", "the cat sat\n", "corpus/slice.txt", "text slice.txt"],
    ["text without an extension", "the cat sat\n", "slice", "text slice"],
    ["JSON", "[2, 3, 0, 1]", "a.json", "token ids a.json"],
    ["JSON without an extension", " [2,3,0,1]", "a", "token ids a"],
    ["CSV, a row", "2,3,0,1\n", "C:\\data\\a.CSV", "token ids a.CSV"],
    ["CSV, a column with a name", "id\n2\n3\n0\n1\n", "a.csv", "token ids a.csv"],
    ["int64 .npy", npy("<i8", [4], BigInt64Array.of(2n, 3n, 0n, 1n)), "a.npy", "token ids a.npy"],
    ["uint16 .npy, a column", npy("<u2", [4, 1], Uint16Array.of(2, 3, 0, 1)), "a.npy", "token ids a.npy"],
    [
      "a .npz of one array, under a wrong name",
      zipSync({ "ids.npy": npy("<i4", [1, 4], Int32Array.of(2, 3, 0, 1)) }),
      "a.txt",
      "token ids a.txt",
    ],
    [
      "whole floats in safetensors",
      safetensors(tensor("x", [2, 3, 0, 1], [4])),
      "a.safetensors",
      "token ids a.safetensors",
    ],
  ])("read %s, each step's target the next token", (_, content, fileName, origin) => {
    expect(read(fileName, content, TOKENS)).toEqual({ kind: "tokens", ...ids, origin, synthetic: false });
  });

  it.each([
    [
      "an id past the last",
      "a.json",
      "[2, 3, 4]",
      "a.json, index 2: token id 4 lies outside the model's vocabulary of 4 words, 0 … 3",
    ],
    [
      "a negative id",
      "a.csv",
      "1\n-1\n",
      "a.csv, index 1: token id -1 lies outside the model's vocabulary of 4 words, 0 … 3",
    ],
    ["a broken id", "a.csv", "1\n2.5\n", "a.csv, index 1: 2.5 is not a token id"],
    ["NaN", "a.npy", vectors([1, Number.NaN], [2]), "a.npy, index 1: NaN is not a token id"],
    ["a word in JSON", "a.json", '[1, "the"]', 'a.json, index 1: "the" is not a token id'],
    ["a number in JSON", "a.json", "7", "a.json: the JSON is not an array"],
    [
      "a matrix of ids",
      "a.npy",
      vectors([1, 2, 3, 0], [2, 2]),
      "a.npy, array: has the shape [2, 2]; token ids are one sequence of shape [n]",
    ],
    [
      "a scalar",
      "a.safetensors",
      safetensors(tensor("x", [1], [])),
      "a.safetensors, x: has the shape []; token ids are one sequence of shape [n]",
    ],
    [
      "a table of ids",
      "a.csv",
      "1,2\n3,0\n",
      "a.csv: has 2 rows of 2 columns; token ids are one column or one row",
    ],
    ["an empty list", "a.json", "[]", "a.json: holds no tokens"],
    ["an empty text", "a.txt", "", "a.txt: holds no tokens"],
    ["a single token", "a.json", "[1]", "a.json: holds one token, and nothing that it should predict"],
    ["binary as text", "a.txt", Uint8Array.of(0xff, 0xfe, 0x00), "a.txt: is not UTF-8 text"],
    [
      "an .npy that is none",
      "a.npy",
      "1 2 3",
      "a.npy, byte 0: not an .npy array: the magic bytes are missing",
    ],
  ])("refuse %s", (_, fileName, content, message) => {
    const error = errorOf(() => read(fileName, content, TOKENS));
    expect(error).toBeInstanceOf(InputError);
    expect(error.message).toBe(message);
    expect(error.hint).not.toBe("");
  });

  it("are words or ids where the caller says which", () => {
    const as = (tokensAs: "text" | "ids", content: string, fileName = "a.txt") =>
      readStimulus({ kind: "file", fileName, bytes: encoded(content), tokensAs }, TOKENS);
    expect(as("ids", "2\n3\n0\n1\n")).toMatchObject({ ...ids, origin: "token ids a.txt" });
    expect(as("ids", "[2, 3, 0, 1]", "a.json")).toMatchObject(ids);
    expect(as("text", "the cat sat", "a.json")).toMatchObject({ ...ids, origin: "text a.json" });
    expect(() => as("ids", "2\n3\nthe cat\n")).toThrow(
      "a.txt, line 3: has 2 fields, but the lines before it have 1",
    );
  });

  it("refuse JSON that is broken off", () => {
    expect(() => read("a.json", "[1, 2", TOKENS)).toThrow(/^a\.json: is not valid JSON: ./);
  });

  it("refuse text without a vocabulary, or with another model's", () => {
    expect(() => read("a.txt", "the cat", { kind: "tokens", size: 4 })).toThrow(
      "a.txt: is text, but there is no vocabulary to read it with",
    );
    expect(
      errorOf(() => read("a.txt", "the cat", { kind: "tokens", size: 5000, vocabulary: WORDS })),
    ).toMatchObject({
      code: "mismatch",
      message: "The vocabulary has 4 words, but the model reads 5,000 tokens.",
    });
  });
});

describe("vectors", () => {
  const values = [1, 2, 3, -4, 5.5, 6];
  const expected = { kind: "dense", width: 3, values: Float32Array.from(values), synthetic: false };

  it.each([
    ["a.npy", vectors(values, [2, 3])],
    ["b.npy", npy("<f8", [2, 3], Float64Array.from(values))],
    ["a.npz", zipSync({ "x.npy": vectors(values, [2, 3]) })],
    ["a.safetensors", safetensors(tensor("x", values, [2, 3]))],
    ["a.csv", "a,b,c\n1,2,3\n-4,5.5,6\n"],
    ["a.txt", "1 2 3\n-4 5.5 6\n"],
  ])("come out of %s", (fileName, content) => {
    expect(read(fileName, content, VECTORS)).toEqual({ ...expected, origin: `vectors ${fileName}` });
  });

  it("may be single numbers where the model reads one", () => {
    const stimulus = read("a.npy", vectors([1, 2], [2]), { kind: "vectors", width: 1 });
    expect(stimulus).toMatchObject({ width: 1, values: Float32Array.of(1, 2) });
  });

  it.each([
    ["npz", zipSync({ "x.npy": vectors(values, [2, 3]), "y.npy": vectors([7, 8, 9], [1, 3]) })],
    ["safetensors", safetensors(tensor("x", values, [2, 3]), tensor("y", [7, 8, 9], [1, 3]))],
  ])("are chosen by name where an .%s holds several", (extension, bytes) => {
    const fileName = `a.${extension}`;
    expect(read(fileName, bytes, VECTORS, "y")).toMatchObject({ values: Float32Array.of(7, 8, 9) });
    const several = errorOf(() => read(fileName, bytes, VECTORS));
    expect(several.message).toBe(`${fileName}: holds 2 arrays: x [2, 3], y [1, 3]`);
    expect(several.hint).toBe("Say which one to take, for example --array x.");
    expect(() => read(fileName, bytes, VECTORS, "z")).toThrow(
      `${fileName}, z: there is no such tensor; the file holds x, y`,
    );
  });

  it("lists no more than a dozen arrays", () => {
    const many = Array.from({ length: 20 }, (_, i) => tensor(`t${i}`, [0], [1]));
    expect(errorOf(() => read("a.safetensors", safetensors(...many), VECTORS)).message).toMatch(
      /^a\.safetensors: holds 20 arrays: t0 \[1\], .* t11 \[1\], …$/,
    );
  });

  it.each([
    [
      "another width",
      "a.npy",
      vectors(values, [3, 2]),
      "a.npy, array: has the shape [3, 2], but the model reads vectors of 3: shape [steps, 3]",
      "The array lies on its side: save its transpose.",
    ],
    [
      "a batch",
      "a.npy",
      vectors(values, [2, 1, 3]),
      "a.npy, array: has the shape [2, 1, 3], but the model reads vectors of 3: shape [steps, 3]",
      "Save one sequence, a row a step.",
    ],
    [
      "another width in CSV",
      "a.csv",
      "1,2\n3,4\n",
      "a.csv: the rows have 2 columns, but the model reads vectors of 3",
      "Write 3 numbers a line.",
    ],
    [
      "NaN",
      "a.npy",
      vectors([1, 2, 3, 4, Number.NaN, 6], [2, 3]),
      "a.npy, step 1, component 1: is NaN in float32",
      "Give finite numbers below 3.4e38.",
    ],
    [
      "more than float32 holds",
      "a.npy",
      npy("<f8", [1, 3], Float64Array.of(1e300, 0, 0)),
      "a.npy, step 0, component 0: is Infinity in float32",
      "Give finite numbers below 3.4e38.",
    ],
    ["no steps", "a.npy", vectors([], [0, 3]), "a.npy: holds no steps", "Give at least one vector."],
    [
      "JSON",
      "a.json",
      "[1, 2, 3]",
      "a.json: is JSON, which holds token ids; the model reads vectors of 3",
      "Give the vectors as .npy, .npz, .safetensors or CSV.",
    ],
    [
      "an empty archive",
      "a.safetensors",
      safetensors(),
      "a.safetensors: holds no array",
      "Give a file that holds one.",
    ],
  ])("refuse %s", (_, fileName, content, message, hint) => {
    const error = errorOf(() => read(fileName, content, VECTORS));
    expect(error).toBeInstanceOf(InputError);
    expect(error).toMatchObject({ message, hint });
  });

  it("refuse an array of another element type, naming file and array", () => {
    const complex = npy("<c8", [1], Float32Array.of(1, 2));
    expect(errorOf(() => read("a.npy", complex, VECTORS)).message).toBe(
      'a.npy: arrays of element type "<c8" are not read',
    );
    expect(errorOf(() => read("a.npz", zipSync({ "x.npy": complex }), VECTORS)).message).toBe(
      'a.npz: x.npy: arrays of element type "<c8" are not read',
    );
  });

  it("are taken by name from archives only", () => {
    const holds = (fileName: string, bytes: Uint8Array) => holdsNamedArrays({ fileName, bytes });
    expect(holds("a.npz", zipSync({ "x.npy": vectors(values, [2, 3]) }))).toBe(true);
    expect(holds("a", safetensors(tensor("x", values, [2, 3])))).toBe(true);
    expect(holds("a.npy", vectors(values, [2, 3]))).toBe(false);
    expect(holds("a.csv", encoded("1,2,3"))).toBe(false);
  });

  it("refuse words, naming the line", () => {
    expect(() => read("a.txt", "1 2 3\nthe cat sat\n", VECTORS)).toThrow(
      'a.txt, line 2, column 1: "the" is not a number',
    );
  });
});

describe("inputPortOf", () => {
  it("says what a model reads", () => {
    const model = { version: 1, name: "m", projections: [], metadata: {} } as const;
    const words = { kind: "token-input", name: "t", size: 4 } as const;
    expect(inputPortOf({ ...model, populations: [words], vocabulary: WORDS })).toEqual(TOKENS);
    expect(inputPortOf({ ...model, populations: [{ kind: "dense-input", name: "x", size: 3 }] })).toEqual(
      VECTORS,
    );
  });
});
