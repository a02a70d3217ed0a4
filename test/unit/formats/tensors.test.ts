import { describe, expect, it } from "vitest";
import {
  decodeElements,
  elementsOf,
  float32Of,
  float64Of,
  type Tensor,
  tensorNamed,
} from "../../../src/formats/tensors.ts";

const bytesOf = (...bytes: number[]) => Uint8Array.from(bytes);

describe("decodeElements", () => {
  it("widens float16, subnormal and special values too", () => {
    const halves = bytesOf(
      0x00,
      0x3c,
      0x00,
      0xc0,
      0x01,
      0x00,
      0xff,
      0x7b,
      0x00,
      0x7c,
      0x00,
      0xfc,
      0x55,
      0x35,
    );
    expect([...decodeElements(halves, "float16")]).toEqual([
      1,
      -2,
      2 ** -24,
      65504,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      0.333251953125,
    ]);
    expect([...decodeElements(bytesOf(0x01, 0x7e), "float16")]).toEqual([Number.NaN]);
  });

  it("widens bfloat16", () => {
    expect([...decodeElements(bytesOf(0x80, 0x3f, 0x49, 0xc0), "bfloat16")]).toEqual([1, -3.140625]);
  });

  it("is a view where bytes are aligned, and a copy where they are not", () => {
    const file = new Uint8Array(16);
    new DataView(file.buffer).setFloat32(4, 1.5, true);
    new DataView(file.buffer).setFloat32(9, 2.5, true);
    const aligned = decodeElements(file.subarray(4, 8), "float32");
    expect(aligned[0]).toBe(1.5);
    expect(aligned.buffer).toBe(file.buffer);
    const shifted = decodeElements(file.subarray(9, 13), "float32");
    expect(shifted[0]).toBe(2.5);
    expect(shifted.buffer).not.toBe(file.buffer);
  });

  it("reads big-endian elements without touching the file's bytes", () => {
    const file = bytesOf(0, 0, 1, 2);
    expect([...decodeElements(file, "uint32", false)]).toEqual([258]);
    expect([...file]).toEqual([0, 0, 1, 2]);
  });
});

describe("float32Of and float64Of", () => {
  const tensor = (data: Tensor["data"]): Tensor => ({ name: "x", dtype: "int64", shape: [2], data });

  it("keep an array that has the type already", () => {
    const single = new Float32Array(2);
    const double = new Float64Array(2);
    expect(float32Of(tensor(single))).toBe(single);
    expect(float64Of(tensor(double))).toBe(double);
  });

  it("convert integers, 64-bit ones too", () => {
    expect([...float64Of(tensor(BigInt64Array.of(-3n, 2n ** 40n)))]).toEqual([-3, 2 ** 40]);
    expect([...float32Of(tensor(Int16Array.of(-3, 4)))]).toEqual([-3, 4]);
  });
});

describe("elementsOf", () => {
  it("refuses what is no shape or too large", () => {
    expect(elementsOf([])).toBe(1);
    expect(elementsOf([3, 0])).toBe(0);
    expect([[-1], [1.5], ["2"], [2 ** 40, 2 ** 40]].map(elementsOf)).toEqual(Array(4).fill(undefined));
  });
});

describe("tensorNamed", () => {
  it("lists what there is", () => {
    const tensors = new Map([
      ["a", { name: "a", dtype: "int8", shape: [1], data: new Int8Array(1) } as const],
    ]);
    expect(tensorNamed(tensors, "a").name).toBe("a");
    expect(() => tensorNamed(tensors, "b")).toThrow("b: there is no such tensor; the file holds a");
  });
});
