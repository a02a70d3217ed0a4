import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { decodeProgram } from "../../../src/core/program-codec.ts";
import { run } from "./run-in-process.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "eventloom-cli-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const compileWith = async (...options: string[]) => {
  const out = join(folder, "a.loom");
  const { stderr, code } = await run(["compile", "synthetic:6,8@0.5", "--out", out, ...options]);
  return { stderr, code, options: () => decodeProgram(readFileSync(out)).manifest.options };
};

describe("--placer and --effort", () => {
  it("choose the placer and how long it searches, which the program remembers", async () => {
    const { stderr, options } = await compileWith("--placer", "annealing", "--effort", "2");
    expect(options()).toMatchObject({ placer: "annealing", effort: "2" });
    expect(stderr).not.toContain("note:");
  });

  it("are the chip's own without them", async () => {
    expect((await compileWith()).options()).toMatchObject({ placer: "near-router" });
  });

  it("say where effort changes nothing", async () => {
    const { stderr } = await compileWith("--effort", "2");
    expect(stderr).toContain(
      "note: --effort has no effect on the placer near-router, which does not search; annealing does.\n",
    );
  });

  it("refuse no effort at all", async () => {
    const { code, stderr } = await compileWith("--placer", "annealing", "--effort", "0");
    expect(code).toBe(2);
    expect(stderr).toContain("--effort");
  });
});
