import { deflateSync, zipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { crc32Of, openZip, readZipEntry, ZIP_LIMITS } from "../../../src/formats/zip.ts";

const text = (value: string) => new TextEncoder().encode(value);
const read = (bytes: Uint8Array, name: string) => {
  const archive = openZip(bytes);
  return readZipEntry(archive, archive.entries.get(name)!);
};
const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset);
/** Offset of the first record of the central directory. */
const directoryOf = (bytes: Uint8Array) => viewOf(bytes).getUint32(bytes.length - 6, true);

describe("openZip and readZipEntry", () => {
  it("read stored entries as views and deflated ones expanded", () => {
    const stored = zipSync({ "a/b.txt": text("hello") }, { level: 0 });
    const content = read(stored, "a/b.txt");
    expect(new TextDecoder().decode(content)).toBe("hello");
    expect(content.buffer, "no copy").toBe(stored.buffer);
    const noise = Uint8Array.from({ length: 50_000 }, (_, i) => (i * i) % 251);
    expect(read(zipSync({ noise }, { level: 9 }), "noise")).toEqual(noise);
  });

  it("accept an archive comment", () => {
    const bytes = zipSync({ a: text("x") }, { level: 0 });
    const commented = new Uint8Array(bytes.length + 4);
    commented.set(bytes);
    viewOf(commented).setUint16(bytes.length - 2, 4, true);
    expect(read(commented, "a")).toEqual(text("x"));
  });

  it("refuse a bomb by its declared size, before anything is expanded", () => {
    const bomb = zipSync({ zeros: new Uint8Array(64 * 2 ** 20) }, { level: 9 });
    expect(bomb.length).toBeLessThan(100_000);
    expect(() => openZip(bomb)).toThrow(
      `the archive would expand from ${bomb.length} to 67108864 bytes; 16777216 is the limit (a zip bomb?)`,
    );
  });

  it("refuse many entries that expand to too much together", () => {
    const zeros = new Uint8Array(2 ** 20);
    const files = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`z${i}`, zeros]));
    expect(() => openZip(zipSync(files, { level: 9 }))).toThrow("to 20971520 bytes; 16777216 is the limit");
  });

  it("stop an entry that lies about its size", () => {
    const bytes = zipSync({ zeros: new Uint8Array(64 * 2 ** 20) }, { level: 9 });
    viewOf(bytes).setUint32(directoryOf(bytes) + 24, 1000, true);
    const before = process.memoryUsage().arrayBuffers;
    expect(() => read(bytes, "zeros")).toThrow(
      "zeros, byte 35: expands to more than the 1000 bytes that it declares",
    );
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 * 2 ** 20);
  });

  it("refuse an entry that expands to less than it declares", () => {
    const bytes = zipSync({ a: new Uint8Array(100) }, { level: 9 });
    viewOf(bytes).setUint32(directoryOf(bytes) + 24, 101, true);
    expect(() => read(bytes, "a")).toThrow(
      "a, byte 31: expands to 100 bytes instead of the 101 that it declares",
    );
  });

  it("refuse damaged content by its checksum", () => {
    const bytes = zipSync({ a: text("hello") }, { level: 0 });
    bytes[33]! ^= 1;
    expect(() => read(bytes, "a")).toThrow("a, byte 31: the entry's checksum (CRC-32) is wrong");
  });

  it("refuse damaged compressed data", () => {
    const bytes = zipSync({ a: text("hello hello hello hello") }, { level: 9 });
    bytes.fill(0xff, 31, 36);
    expect(() => read(bytes, "a")).toThrow("a, byte 31: the compressed data is damaged (invalid block type)");
  });

  it("refuse what they do not know: encryption, methods, Zip64, too many entries", () => {
    const change = (offset: number, value: number) => {
      const bytes = zipSync({ a: text("x") }, { level: 0 });
      viewOf(bytes).setUint16(directoryOf(bytes) + offset, value, true);
      return () => openZip(bytes);
    };
    expect(change(8, 1)).toThrow("the entry is encrypted");
    expect(change(10, 14)).toThrow("the compression method 14 is not read");
    expect(change(24, 2)).toThrow("a stored entry states two sizes");
    const bytes = zipSync({ a: text("x"), b: text("y") }, { level: 0 });
    expect(() => openZip(bytes, { ...ZIP_LIMITS, entries: 1 })).toThrow("2 entries; 1 is the limit");
    viewOf(bytes).setUint16(bytes.length - 12, 0xffff, true);
    expect(() => openZip(bytes)).toThrow("archives above 4 GiB (Zip64) are not read");
  });

  it("refuse two entries of one name", () => {
    const bytes = zipSync({ aa: text("x"), ab: text("y") }, { level: 0 });
    const second = bytes.lastIndexOf("b".charCodeAt(0));
    bytes[second] = "a".charCodeAt(0);
    expect(() => openZip(bytes)).toThrow("two entries are named aa");
  });

  it("refuse each cut", () => {
    const bytes = zipSync({ a: text("some text"), b: text("more") }, { level: 0 });
    for (let end = 0; end < bytes.length; end += 1) {
      expect(() => openZip(bytes.subarray(0, end))).toThrow("the archive's end record is missing");
    }
  });
});

describe("crc32Of", () => {
  it("gives the check value of the standard, at every length", () => {
    expect(crc32Of(text("123456789"))).toBe(0xcbf43926);
    expect(crc32Of(new Uint8Array(0))).toBe(0);
    expect(crc32Of(text("a"))).toBe(0xe8b7be43);
  });

  it("agrees with the checksum that fflate writes", () => {
    const data = deflateSync(Uint8Array.from({ length: 10_007 }, (_, i) => (i * 7919) >> 3));
    const archive = openZip(zipSync({ data }, { level: 0 }));
    expect(crc32Of(data)).toBe(archive.entries.get("data")!.crc32);
  });
});
