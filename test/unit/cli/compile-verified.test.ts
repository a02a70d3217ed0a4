import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { run } from "./run-in-process.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "eventloom-cli-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A clock that moves on by a quarter of a second whenever it is read. */
const slowClock = () => {
  let now = 0;
  return () => (now += 250);
};

it("says that the program was verified and in what time, unless that is not wanted; the file is the same", async () => {
  const compiled = async (name: string, ...more: string[]) => {
    const out = join(folder, name);
    const { code, stderr } = await run(["compile", "synthetic:6,8@0.5", "--out", out, ...more], {
      now: slowClock(),
    });
    expect(code, stderr).toBe(0);
    return { stderr, bytes: readFileSync(out) };
  };
  const checked = await compiled("a.loom");
  expect(checked.stderr).toContain("verified: the program holds what model and chip ask for (250 ms)\n");
  const unchecked = await compiled("b.loom", "--no-verify");
  expect(unchecked.stderr).not.toContain("verified");
  expect(unchecked.bytes).toEqual(checked.bytes);
});
