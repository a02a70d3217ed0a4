import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { isSafetensors, readSafetensors, writeSafetensors } from "../../../src/formats/safetensors.ts";
import type { Tensor } from "../../../src/formats/tensors.ts";

const FIXTURES = join(import.meta.dirname, "../../fixtures/reference");

/** A file with this header, and so many bytes of data. */
function fileOf(header: unknown, dataBytes = 8, headerBytes?: number): Uint8Array {
  const json = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerBytes ?? json.length), true);
  bytes.set(json, 8);
  return bytes;
}

const entry = (begin: number, end: number, shape: unknown = [(end - begin) / 4], dtype = "F32") => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

describe("readSafetensors", () => {
  it("reads the reference's file with its metadata, in order", () => {
    const { tensors, metadata } = readSafetensors(readFileSync(join(FIXTURES, "egru2/weights.safetensors")));
    expect(metadata).toEqual({ source: "EvNN main b1d23e7; reference names and shapes" });
    expect([...tensors.keys()].slice(0, 3)).toEqual([
      "rnns.0._max_norm",
      "rnns.0.bias",
      "rnns.0.dampening_factor",
    ]);
    const kernel = tensors.get("rnns.0.kernel")!;
    expect(kernel.shape).toEqual([8, 48]);
    expect(kernel.data[1]).toBe(Math.fround(0.2561778426170349));
  });

  it("keeps float64 and int64 exact", () => {
    const { tensors } = readSafetensors(readFileSync(join(FIXTURES, "egru2/activations.safetensors")));
    expect(tensors.get("l0.h_numpy64")!.data).toBeInstanceOf(Float64Array);
    const tokens = readSafetensors(readFileSync(join(FIXTURES, "lm_dense/activations.safetensors")));
    expect(tokens.tensors.get("tokens")!.data).toBeInstanceOf(BigInt64Array);
  });

  it.each([
    ["no bytes", new Uint8Array(3), "byte 3: the file ends before the header's length"],
    ["a header beyond the file", fileOf({}, 0, 50), "byte 0: the header claims 50 bytes, but only 2 follow"],
    [
      "a header beyond the format's limit",
      fileOf({}, 0, 100_000_001),
      "byte 0: the header claims 100000001 bytes; 100,000,000 is the limit",
    ],
    ["broken JSON", fileOf('{"a":', 0), "byte 8: the header is not valid JSON in UTF-8"],
    ["no object", fileOf("[1]", 0), "byte 8: the header is not a JSON object"],
    ["no description", fileOf({ a: 3 }), "a: has no description"],
    [
      "an unknown type",
      fileOf({ a: entry(0, 8, [8], "F8_E4M3") }),
      'a: has the element type "F8_E4M3", which is not read',
    ],
    ["a negative size", fileOf({ a: entry(0, 8, [-2]) }), "a: has the impossible shape [-2]"],
    [
      "a vast shape",
      fileOf({ a: entry(0, 8, [2 ** 40, 2 ** 40]) }),
      "a: has the impossible shape [1099511627776,1099511627776]",
    ],
    ["offsets the wrong way", fileOf({ a: entry(8, 0, [2]) }), "a: has the impossible data_offsets [8,0]"],
    [
      "an end beyond the data",
      fileOf({ a: entry(0, 16, [4]) }),
      "a: ends at byte 16 of the data, which has 8; the file may be truncated",
    ],
    [
      "a shape unlike its bytes",
      fileOf({ a: entry(0, 8, [3]) }),
      "a: occupies 8 bytes, but float32 [3] needs 12",
    ],
    ["an overlap", fileOf({ a: entry(0, 8), b: entry(4, 8) }), "b: overlaps another tensor"],
    ["a hole", fileOf({ a: entry(4, 8) }), "a: leaves 4 unused bytes before it"],
    ["bytes left over", fileOf({ a: entry(0, 4) }), "4 bytes after the last tensor"],
    [
      "metadata that is no text",
      fileOf({ __metadata__: { a: 1 } }, 0),
      "__metadata__: is not an object of strings",
    ],
  ])("refuses %s", (_, bytes, message) => {
    expect(() => readSafetensors(bytes)).toThrow(message);
  });
});

describe("writeSafetensors", () => {
  const tensors = new Map<string, Tensor>([
    ["flags", { name: "flags", dtype: "bool", shape: [3], data: Uint8Array.of(1, 0, 1) }],
    ["w", { name: "w", dtype: "float32", shape: [1, 2], data: Float32Array.of(0.5, -1) }],
    ["big", { name: "big", dtype: "int64", shape: [], data: BigInt64Array.of(2n ** 60n) }],
  ]);

  it("writes what reads back equal, in the same order, aligned", () => {
    const bytes = writeSafetensors(tensors, { note: "ü" });
    const read = readSafetensors(bytes);
    expect([...read.tensors]).toEqual([...tensors]);
    expect(read.metadata).toEqual({ note: "ü" });
    expect(read.tensors.get("big")!.data.buffer, "a view, so aligned").toBe(bytes.buffer);
    expect(isSafetensors(bytes)).toBe(true);
  });

  it("writes half precision, which is held as float32, as float32", () => {
    const half: Tensor = { name: "h", dtype: "float16", shape: [1], data: Float32Array.of(0.5) };
    const { tensors: read } = readSafetensors(writeSafetensors(new Map([["h", half]])));
    expect(read.get("h")).toEqual({ ...half, dtype: "float32" });
  });
});
