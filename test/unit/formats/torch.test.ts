import { readFileSync } from "node:fs";
import { join } from "node:path";
import { zipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { UnsupportedError } from "../../../src/core/errors.ts";
import { readSafetensors } from "../../../src/formats/safetensors.ts";
import { readTorchCheckpoint } from "../../../src/formats/torch.ts";

const FIXTURES = join(import.meta.dirname, "../../fixtures");
const reference = (path: string) => readFileSync(join(FIXTURES, "reference", path));
const format = (name: string) => readFileSync(join(FIXTURES, "formats", name));

const bytesOf = (opcodes: string) => Uint8Array.from(opcodes, (character) => character.charCodeAt(0));
const text = (value: string) => `X${String.fromCharCode(value.length)}\0\0\0${value}`;

/** An archive as torch.save makes it, with this pickle and these records. */
const archiveOf = (opcodes: string, records: Record<string, Uint8Array> = {}) =>
  zipSync(
    {
      "m/data.pkl": bytesOf(opcodes),
      ...Object.fromEntries(Object.entries(records).map(([k, v]) => [`m/${k}`, v])),
    },
    { level: 0 },
  );

interface View {
  readonly key?: string;
  readonly size?: number;
  readonly offset?: number;
  readonly shape?: readonly number[];
  readonly strides?: readonly number[];
}

const tuple = (values: readonly number[]) =>
  `(${values.map((value) => `K${String.fromCharCode(value)}`).join("")}t`;

/** Opcodes that rebuild a float32 tensor. */
const tensor = ({ key = "0", size = 4, offset = 0, shape = [4], strides = [1] }: View) =>
  `ctorch._utils\n_rebuild_tensor_v2\n((${text("storage")}ctorch\nFloatStorage\n${text(key)}${text("cuda:0")}` +
  `K${String.fromCharCode(size)}tQK${String.fromCharCode(offset)}${tuple(shape)}${tuple(strides)}\x89}tR`;

const stateDict = (view: View) => `\x80\x02}${text("w")}${tensor(view)}s.`;
const FLOATS = { "data/0": new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer) };

describe("readTorchCheckpoint", () => {
  it.each(["egru2", "lm_dense"])("reads %s as safetensors holds it", (name) => {
    const torch = readTorchCheckpoint(reference(`${name}/state_dict.pt`));
    const { tensors } = readSafetensors(reference(`${name}/weights.safetensors`));
    expect([...torch.keys()].sort()).toEqual([...tensors.keys()].sort());
    for (const [key, expected] of tensors) expect(torch.get(key)).toEqual(expected);
  });

  it("gives tied tensors one array", () => {
    const tensors = readTorchCheckpoint(reference("lm_dense/checkpoints/EGRU_best_model.cpt"));
    expect(tensors.get("decoder.decoder.weight")!.data).toBe(tensors.get("embeddings.weight")!.data);
  });

  it("reads element types, strides, offsets, parameters and scalars", () => {
    const tensors = readTorchCheckpoint(format("dtypes.pt"));
    const eighths = Array.from({ length: 12 }, (_, i) => i / 8);
    const values = (name: string) => [...tensors.get(name)!.data];
    expect(values("f16")).toEqual(eighths);
    expect(values("bf16")).toEqual(eighths);
    expect(values("param")).toEqual(eighths);
    expect(values("f64")[1]).toBe(0.125 / 3);
    expect(values("i64")).toEqual([2n ** 53n + 1n, -5n]);
    expect(values("u16")).toEqual([65535]);
    expect(values("b")).toEqual([1, 0]);
    expect(values("t").slice(0, 4)).toEqual([0, 0.5, 1, 0.125]);
    expect(values("slice")).toEqual([0.5, 0.75, 1, 1.25]);
    expect(tensors.get("scalar")!.shape).toEqual([]);
    expect(tensors.get("empty")!.shape).toEqual([0, 3]);
    expect(tensors.get("tied")!.data).toBe(tensors.get("param")!.data);
  });

  it("finds the weights inside a training checkpoint and passes over the rest", () => {
    expect([...readTorchCheckpoint(format("wrapped.pt")).keys()]).toEqual(["0.weight", "0.bias"]);
  });

  it.each([["state_dict"], ["model_state_dict"], ["model"]])(
    "looks under %s, inside one another too",
    (key) => {
      const nested = `\x80\x02}${text(key)}}${text("model")}}${text("w")}${tensor({})}sss.`;
      expect([...readTorchCheckpoint(archiveOf(nested, FLOATS)).keys()]).toEqual(["w"]);
    },
  );

  it("reads files that were saved without checksums", () => {
    expect([...readTorchCheckpoint(format("no-checksums.pt")).keys()]).toEqual(["0.weight", "0.bias"]);
  });

  it("reads big-endian files", () => {
    const swapped = Uint8Array.from([0x3f, 0x80, 0, 0, 0x40, 0, 0, 0]);
    const bytes = archiveOf(stateDict({ size: 2, shape: [2] }), {
      "data/0": swapped,
      byteorder: bytesOf("big"),
    });
    expect([...readTorchCheckpoint(bytes).get("w")!.data]).toEqual([1, 2]);
  });

  it("honours a stride over a larger storage", () => {
    const bytes = archiveOf(stateDict({ shape: [2], strides: [2], offset: 1 }), FLOATS);
    expect([...readTorchCheckpoint(bytes).get("w")!.data]).toEqual([2, 4]);
  });
});

describe("readTorchCheckpoint refuses", () => {
  it("a pickle that wants to call something, by name and place", () => {
    const wanted =
      'm/data.pkl, byte 2: the pickle asks for "posix.system", which no file of weights needs; it was not run';
    expect(() => readTorchCheckpoint(archiveOf(`\x80\x02cposix\nsystem\n${text("id")}\x85R.`))).toThrow(
      wanted,
    );
    expect(() =>
      readTorchCheckpoint(archiveOf("\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x02id\x85R.")),
    ).toThrow('byte 17: the pickle asks for "posix.system"');
    expect(() => readTorchCheckpoint(archiveOf("(S'id'\niposix\nsystem\n."))).toThrow(
      'the pickle asks for "posix.system"',
    );
    expect(() => readTorchCheckpoint(archiveOf("\x80\x02cbuiltins\neval\n."))).toThrow('"builtins.eval"');
    expect(() => readTorchCheckpoint(archiveOf("\x80\x02ctorch\nload\n."))).toThrow('"torch.load"');
  });

  it("a storage type that is called as a function", () => {
    expect(() => readTorchCheckpoint(archiveOf("\x80\x02ctorch\nFloatStorage\n)R."))).toThrow(
      "the pickle calls torch.FloatStorage, which is no function",
    );
  });

  it("a pickled module, with advice", () => {
    const attempt = () => readTorchCheckpoint(format("module.pt"));
    expect(attempt).toThrow(
      'module/data.pkl, byte 2: the file holds a pickled module ("torch.nn.modules.container.Sequential") rather than its weights',
    );
    expect(attempt).toThrow(
      expect.objectContaining({ hint: expect.stringContaining("torch.save(model.state_dict(), path)") }),
    );
  });

  it("the format before torch 1.6, with advice", () => {
    const attempt = () => readTorchCheckpoint(format("legacy.pt"));
    expect(attempt).toThrow(UnsupportedError);
    expect(attempt).toThrow("the file is in the format of torch before 1.6, which is not read");
  });

  it.each([
    ["a bare pickle", bytesOf("\x80\x04N."), "byte 0: a bare pickle, not a file of torch.save"],
    ["anything else", bytesOf("hello"), "byte 0: not a file of torch.save (a zip archive)"],
    [
      "an archive without a pickle",
      zipSync({ x: bytesOf("a") }),
      "holds no data.pkl: it was not made by torch.save",
    ],
    [
      "TorchScript",
      zipSync({ "m/data.pkl": bytesOf("N."), "m/code/a.py": bytesOf("") }),
      "is a TorchScript module",
    ],
    ["a list", archiveOf("\x80\x02]."), "the file does not hold a dictionary of tensors"],
    [
      "no tensors",
      archiveOf("\x80\x02}."),
      "holds no tensors, neither directly nor under state_dict, model_state_dict, model",
    ],
    ["a missing record", archiveOf(stateDict({ key: "7" }), FLOATS), "w: the archive has no record m/data/7"],
    [
      "a path as a key",
      archiveOf(stateDict({ key: "../../x" }), FLOATS),
      "w: the archive has no record m/data/../../x",
    ],
    [
      "a short record",
      archiveOf(stateDict({ size: 5 }), FLOATS),
      "w: its storage states 20 bytes, but holds 16",
    ],
    [
      "a shape beyond its storage",
      archiveOf(stateDict({ shape: [5] }), FLOATS),
      "w: [5] with strides [1] from 0 reaches past its storage of 4 elements",
    ],
    [
      "a stride beyond its storage",
      archiveOf(stateDict({ shape: [2, 2], strides: [3, 1] }), FLOATS),
      "w: [2, 2] with strides [3, 1] from 0 reaches past its storage of 4 elements",
    ],
    [
      "an offset beyond its storage",
      archiveOf(stateDict({ shape: [0], offset: 9 }), FLOATS),
      "w: [0] with strides [1] from 9 reaches past its storage of 4 elements",
    ],
    [
      "a tiny storage that is expanded to a vast tensor",
      archiveOf(stateDict({ shape: [200, 200, 200], strides: [0, 0, 0] }), FLOATS),
      "w: the file's strided views are far larger than the file",
    ],
    [
      "an unknown byte order",
      archiveOf(stateDict({}), { ...FLOATS, byteorder: bytesOf("middle") }),
      'byteorder: is neither "little" nor "big"',
    ],
    [
      "strides unlike the shape",
      archiveOf(stateDict({ strides: [1, 1] }), FLOATS),
      "an impossible offset, shape or stride",
    ],
    [
      "a foreign reference",
      archiveOf(`\x80\x02${text("x")}Q.`),
      "refers to something outside that is no storage",
    ],
  ])("%s", (_, bytes, message) => {
    expect(() => readTorchCheckpoint(bytes)).toThrow(message);
  });
});
