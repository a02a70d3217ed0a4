import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { InputError } from "../../../src/core/errors.ts";
import { growFile } from "../../../src/runtime/growing-file.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "eventloom-grow-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);
const bytes = (text: string) => new TextEncoder().encode(text);

function problemOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
  return "none";
}

describe("growFile", () => {
  it("takes its name only once it is whole", () => {
    writeFileSync(at("out"), "old");
    const file = growFile(at("out"));
    file.append(bytes("one "));
    file.append(bytes("two"));
    expect(readFileSync(at("out"), "utf8")).toBe("old");
    file.finish();
    expect(readFileSync(at("out"), "utf8")).toBe("one two");
    file.discard();
    expect(readFileSync(at("out"), "utf8")).toBe("one two");
    expect(readdirSync(folder)).toEqual(["out"]);
  });

  it("leaves what was there, and nothing else, when it is given up", () => {
    writeFileSync(at("out"), "old");
    const file = growFile(at("out"));
    file.append(bytes("half"));
    expect(readdirSync(folder).length).toBe(2);
    file.discard();
    file.discard();
    expect(readdirSync(folder)).toEqual(["out"]);
    expect(readFileSync(at("out"), "utf8")).toBe("old");
  });

  it("follows a link to the file behind it", () => {
    writeFileSync(at("real"), "old");
    symlinkSync(at("real"), at("link"));
    const file = growFile(at("link"));
    file.append(bytes("new"));
    file.finish();
    expect(readFileSync(at("real"), "utf8")).toBe("new");
    expect(readdirSync(folder).sort()).toEqual(["link", "real"]);
  });

  it("names the path and the reason where it cannot begin", () => {
    expect(problemOf(() => growFile(at("none/out")))).toBe(
      `${at("none/out")}: cannot be written: there is no such file or directory`,
    );
    mkdirSync(at("sub"));
    expect(problemOf(() => growFile(at("sub")))).toBe(`${at("sub")}: cannot be written: it is a directory`);
  });

  it("removes what it wrote when the rename fails", () => {
    const file = growFile(at("out"));
    file.append(bytes("x"));
    mkdirSync(at("out"));
    expect(problemOf(() => file.finish())).toBe(`${at("out")}: cannot be written: it is a directory`);
    expect(readdirSync(folder)).toEqual(["out"]);
  });

  it.runIf(existsSync("/dev/full"))("writes straight to devices and reports what they say", () => {
    const sink = growFile("/dev/null");
    sink.append(bytes("x"));
    sink.finish();
    const full = growFile("/dev/full");
    expect(problemOf(() => full.append(bytes("x")))).toBe(
      "/dev/full: cannot be written: no space is left on the device",
    );
    full.discard();
    expect(existsSync("/dev/null") && existsSync("/dev/full")).toBe(true);
  });
});
