import { readFileSync } from "node:fs";
import { join } from "node:path";
import { zipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { readNpy, readNpz } from "../../../src/formats/npy.ts";

const fixture = (name: string) => readFileSync(join(import.meta.dirname, "../../fixtures/formats", name));

/** A version-1 file with this header and these data bytes. */
function npyOf(header: string, data: ArrayBuffer | number[] = [], version = 1): Uint8Array {
  const text = new TextEncoder().encode(header);
  return Uint8Array.from([
    ...[0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0, text.length & 0xff, text.length >> 8],
    ...(version === 1 ? [] : [0, 0]),
    ...text,
    ...new Uint8Array(data as ArrayBuffer),
  ]);
}

const header = (descr: string, shape: string, fortran = "False") =>
  `{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': ${shape}, }\n`;

describe("readNpy", () => {
  it("reads big-endian arrays", () => {
    const { dtype, shape, data } = readNpy(fixture("big-endian.npy"));
    expect([dtype, shape]).toEqual(["float64", [3, 4]]);
    expect([...data]).toEqual(Array.from({ length: 12 }, (_, i) => i / 8));
  });

  it("turns Fortran order into C order", () => {
    const { shape, data } = readNpy(fixture("fortran.npy"));
    expect(shape).toEqual([2, 3, 4]);
    expect([...data]).toEqual(Array.from({ length: 24 }, (_, i) => i));
  });

  it.each([
    ["|b1", [1, 0], "bool", [1, 0]],
    ["|u1", [255, 1], "uint8", [255, 1]],
    ["|i1", [255, 1], "int8", [-1, 1]],
    ["<u2", [1, 2, 3, 4], "uint16", [513, 1027]],
    [">i2", [255, 254, 0, 1], "int16", [-2, 1]],
    ["<f2", [0, 0x3c, 0, 0xc0], "float16", [1, -2]],
    ["<u4", [1, 0, 0, 0, 2, 0, 0, 0], "uint32", [1, 2]],
    [">f4", [0x3f, 0x80, 0, 0, 0xbf, 0, 0, 0], "float32", [1, -0.5]],
  ])("reads %s", (descr, bytes, dtype, values) => {
    const read = readNpy(npyOf(header(descr, "(2,)"), bytes));
    expect(read.dtype).toBe(dtype);
    expect([...read.data]).toEqual(values);
  });

  it("reads scalars, empty arrays, other spellings and later versions", () => {
    expect(readNpy(npyOf(header("|u1", "()"), [7])).shape).toEqual([]);
    expect(readNpy(npyOf(header("<f8", "(0, 3)"))).shape).toEqual([0, 3]);
    const other = npyOf(`{"shape": (2L,), "fortran_order": True, "descr": "<i2"}`, [1, 0, 2, 0], 2);
    expect([...readNpy(other).data]).toEqual([1, 2]);
  });

  it.each([
    ["no magic", Uint8Array.of(1, 2, 3), "byte 0: not an .npy array: the magic bytes are missing"],
    ["a cut header", npyOf(header("<f4", "(2,)")).subarray(0, 40), "byte 8: the file ends within its header"],
    ["too few bytes", npyOf(header("<f4", "(2,)"), [0, 0]), "float32 [2] needs 8 bytes, but 2 follow"],
    ["too many bytes", npyOf(header("|u1", "(1,)"), [0, 0]), "uint8 [1] needs 1 bytes, but 2 follow"],
    [
      "a vast shape",
      npyOf(header("<f4", "(9007199254740991, 9)")),
      "byte 10: the shape [9007199254740991, 9] is impossible",
    ],
    [
      "records",
      npyOf("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}"),
      "arrays of records are not read",
    ],
    ["objects", npyOf(header("|O", "(1,)")), 'arrays of element type "|O" are not read'],
    ["complex numbers", npyOf(header("<c8", "(1,)")), 'arrays of element type "<c8" are not read'],
    [
      "a call in the header",
      npyOf("{'descr': exit(), }"),
      'byte 10: the header cannot be read from "exit(),"',
    ],
    ["no shape", npyOf("{'descr': '<f4', 'fortran_order': False}"), "byte 10: the header has no shape"],
    ["no dictionary", npyOf("hello"), "byte 10: the header is not a dictionary"],
    ["a negative size", npyOf(header("<f4", "(-1,)")), "byte 10: the header cannot be read from"],
    ["an unknown version", npyOf(header("<f4", "()"), [], 9), "version 9 of the .npy format is not read"],
  ])("refuses %s", (_, bytes, message) => {
    expect(() => readNpy(bytes)).toThrow(message);
  });
});

describe("readNpz", () => {
  it("reads compressed archives", () => {
    const tensors = readNpz(fixture("compressed.npz"));
    expect([...tensors.keys()]).toEqual(["x", "y"]);
    expect(tensors.get("x")!.shape).toEqual([100, 100]);
    expect([...tensors.get("y")!.data]).toEqual([0n, 1n, 2n]);
  });

  it("names the array that is damaged", () => {
    expect(() => readNpz(zipSync({ "a.npy": npyOf(header("<f4", "(2,)")) }))).toThrow(
      "a.npy, byte 68: float32 [2] needs 8 bytes, but 0 follow",
    );
  });
});
