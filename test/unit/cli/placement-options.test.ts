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

describe("--router", () => {
  it("chooses how trees grow between chips, which the program remembers", async () => {
    const { stderr, options } = await compileWith("--chip", "spinnaker2-48", "--router", "dimension-order");
    expect(options()).toMatchObject({ router: "dimension-order" });
    expect(stderr).not.toContain("note:");
    expect((await compileWith()).options()).toMatchObject({ router: "neighbour-exploring" });
  });

  it("says where there is nothing to route", async () => {
    const { stderr } = await compileWith("--router", "dimension-order");
    expect(stderr).toContain(
      "note: --router dimension-order has no effect, as spinnaker2 has no links between routers.\n",
    );
  });
});

describe("--parts", () => {
  it("says where fan-ins are not divided", async () => {
    const { stderr } = await compileWith("--parts", "3");
    expect(stderr).toContain(
      "note: --parts 3 has no effect on --partition-by auto; sources and both take it.\n",
    );
    expect((await compileWith("--parts", "3", "--partition-by", "both")).stderr).not.toContain("note:");
  });
});
