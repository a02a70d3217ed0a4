import {
  existsSync,
  linkSync as linkTo,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { InputError } from "../../../src/core/errors.ts";
import {
  readFileBounded,
  readTextBounded,
  requireWritable,
  writeFileWhole,
} from "../../../src/runtime/files.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "eventloom-files-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** The InputError that `act` throws. */
function faultOf(act: () => unknown): InputError {
  try {
    act();
  } catch (error) {
    if (error instanceof InputError) return error;
    throw error;
  }
  return expect.fail("nothing was thrown");
}

describe("readFileBounded", () => {
  it("reads all bytes of a file", () => {
    const path = join(folder, "bytes");
    writeFileSync(path, new Uint8Array([0, 255, 7]));
    expect(readFileBounded(path, 3)).toEqual(new Uint8Array([0, 255, 7]));
  });

  it("says which file is missing", () => {
    const path = join(folder, "none.cpt");
    const fault = faultOf(() => readFileBounded(path, 10));
    expect(fault.message).toBe(`${path}: cannot be read: there is no such file or directory`);
    expect(fault.hint).toBe("Check the path and its permissions.");
  });

  it("takes no directory for a file", () => {
    expect(faultOf(() => readFileBounded(folder, 10)).message).toBe(`${folder}: is a directory, not a file`);
  });

  it("refuses one byte too many before reading any", () => {
    const path = join(folder, "large");
    writeFileSync(path, "");
    truncateSync(path, 5_000_000_001);
    expect(faultOf(() => readFileBounded(path, 5_000_000_000)).message).toBe(
      `${path}: is too large: 5,000,000,001 bytes, where at most 5,000,000,000 are read`,
    );
  });

  it.runIf(existsSync("/dev/zero"))("stops reading an endless device", () => {
    expect(faultOf(() => readFileBounded("/dev/zero", 3_000_000)).message).toMatch(
      /^\/dev\/zero: is too large/,
    );
  });

  it("survives a name that no file can have", () => {
    expect(faultOf(() => readFileBounded("a\u0000b", 10)).problem).toBe(
      "cannot be read: the name holds a character that no file name may hold",
    );
  });
});

describe("readTextBounded", () => {
  it("drops a byte order mark", () => {
    const path = join(folder, "text");
    writeFileSync(path, "\ufeffwords");
    expect(readTextBounded(path, 100)).toBe("words");
  });

  it("refuses bytes that are no UTF-8", () => {
    const path = join(folder, "text");
    writeFileSync(path, new Uint8Array([0x61, 0xff]));
    expect(faultOf(() => readTextBounded(path, 100)).message).toBe(`${path}: is not UTF-8 text`);
  });
});

describe("writeFileWhole", () => {
  it("writes a new file and leaves nothing beside it", () => {
    writeFileWhole(join(folder, "out.json"), "{}");
    expect(readdirSync(folder)).toEqual(["out.json"]);
    expect(readFileSync(join(folder, "out.json"), "utf8")).toBe("{}");
  });

  it("writes beside and renames: an open reader keeps the old content, whole", () => {
    const path = join(folder, "out");
    writeFileSync(path, "old content");
    // A hard link holds on to the old file. Writing into it in place would show there.
    const before = join(folder, "before");
    linkTo(path, before);
    writeFileWhole(path, "new");
    expect(readFileSync(path, "utf8")).toBe("new");
    expect(readFileSync(before, "utf8")).toBe("old content");
  });

  it("follows a link to the file behind it", () => {
    writeFileSync(join(folder, "real"), "old");
    symlinkSync(join(folder, "real"), join(folder, "link"));
    writeFileWhole(join(folder, "link"), "new");
    expect(readFileSync(join(folder, "real"), "utf8")).toBe("new");
    expect(readdirSync(folder).sort()).toEqual(["link", "real"]);
  });

  it("takes names of full length", () => {
    const path = join(folder, "n".repeat(255));
    writeFileWhole(path, "x");
    expect(readFileSync(path, "utf8")).toBe("x");
  });

  it("names the path and the reason where it cannot write, and leaves no trace", () => {
    const missing = join(folder, "none", "out.json");
    const fault = faultOf(() => writeFileWhole(missing, "x"));
    expect(fault.message).toBe(`${missing}: cannot be written: there is no such file or directory`);
    expect(fault.hint).toBe(
      `Choose another place than ${join(folder, "none")} for out.json, or make it writable.`,
    );
    expect(faultOf(() => writeFileWhole(folder, "x")).message).toBe(
      `${folder}: cannot be written: it is a directory`,
    );
    writeFileSync(join(folder, "file"), "old");
    expect(faultOf(() => writeFileWhole(join(folder, "file", "out"), "x")).problem).toBe(
      "cannot be written: a part of the path is not a directory",
    );
    expect(readdirSync(folder)).toEqual(["file"]);
    expect(readFileSync(join(folder, "file"), "utf8")).toBe("old");
  });

  it("removes the file beside when the rename fails", () => {
    // A name that is too long only shows when the whole file is renamed to it.
    const path = join(folder, "n".repeat(256));
    expect(faultOf(() => writeFileWhole(path, "x")).problem).toBe("cannot be written: the name is too long");
    expect(readdirSync(folder)).toEqual([]);
  });

  it.runIf(existsSync("/dev/full"))("writes straight to devices and reports what they say", () => {
    writeFileWhole("/dev/null", "x");
    expect(existsSync("/dev/null")).toBe(true);
    expect(faultOf(() => writeFileWhole("/dev/full", "x")).message).toBe(
      "/dev/full: cannot be written: no space is left on the device",
    );
  });
});

describe("requireWritable", () => {
  it("finds out before the work, and leaves nothing behind", () => {
    requireWritable(join(folder, "out"));
    expect(readdirSync(folder)).toEqual([]);
    mkdirSync(join(folder, "sub"));
    expect(faultOf(() => requireWritable(join(folder, "sub"))).problem).toBe(
      "cannot be written: it is a directory",
    );
    expect(faultOf(() => requireWritable(join(folder, "none", "out"))).problem).toBe(
      "cannot be written: there is no such file or directory",
    );
  });
});
