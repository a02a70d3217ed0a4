import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { elementsNamed, parseXml } from "../../support/xml-check.ts";
import { run } from "./run-in-process.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "eventloom-cli-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const at = (name: string) => join(folder, name);
const compileWith = (...options: string[]) =>
  run(["compile", "synthetic:6,8@0.5", "--out", at("a.loom"), ...options]);

describe("compile --explain, --floor-plan and --graph", () => {
  it("print a page and write whole files", async () => {
    const { code, stdout, stderr } = await compileWith(
      "--explain",
      "--floor-plan",
      at("plan.svg"),
      "--graph",
      at("graph.graphml"),
    );
    expect(code).toBe(0);
    expect(stdout).toContain("What limits\n");
    expect(stderr).toContain(`wrote ${at("plan.svg")}\n`);
    expect(parseXml(readFileSync(at("plan.svg"), "utf8")).name).toBe("svg");
    expect(elementsNamed(parseXml(readFileSync(at("graph.graphml"), "utf8")), "node")).toHaveLength(2);
    expect(readdirSync(folder).sort()).toEqual(["a.loom", "graph.graphml", "plan.svg"]);
  });

  it("change no byte of the program, and are the same each time", async () => {
    await compileWith();
    const plain = readFileSync(at("a.loom"));
    const first = await compileWith("--explain", "--graph", at("graph.dot"));
    const dot = readFileSync(at("graph.dot"), "utf8");
    const second = await compileWith("--explain", "--graph", at("graph.dot"));
    expect(readFileSync(at("a.loom")).equals(plain)).toBe(true);
    expect(second.stdout).toBe(first.stdout);
    expect(readFileSync(at("graph.dot"), "utf8")).toBe(dot);
    expect(dot).toMatch(/^digraph /);
  });

  it("refuse one file for two things, before anything is written", async () => {
    const same = await compileWith("--floor-plan", at("./a.loom"));
    expect(same).toMatchObject({ code: 2, stdout: "" });
    expect(same.stderr).toBe("error: --out and --floor-plan name the same file.\nhint: Name two files.\n");
    const { code, stderr } = await run([
      "compile",
      "synthetic:6,8@0.5",
      "--out",
      at("a.loom"),
      "--floor-plan",
      at("x.svg"),
      "--graph",
      at("x.svg"),
    ]);
    expect(code).toBe(2);
    expect(stderr).toContain("--floor-plan and --graph name the same file.");
    expect(readdirSync(folder)).toEqual([]);
  });

  it("refuse names that do not say the kind of file", async () => {
    const plan = await compileWith("--floor-plan", at("plan.png"));
    expect(plan.code).toBe(2);
    expect(plan.stderr).toBe(
      `error: --floor-plan ${at("plan.png")} is not named as an SVG picture.\nhint: Give it a name that ends in .svg.\n`,
    );
    const graph = await compileWith("--graph", at("graph.txt"));
    expect(graph.code).toBe(2);
    expect(graph.stderr).toContain("hint: Give it a name that ends in .dot or .graphml.\n");
  });

  it("refuse to share standard output, and to show what was never made", async () => {
    const json = await compileWith("--explain", "--json");
    expect(json.code).toBe(2);
    expect(json.stderr).toContain("--json and --explain both write to standard output.");
    const stopped = await compileWith("--stop-after", "lower", "--floor-plan", at("plan.svg"));
    expect(stopped.code).toBe(2);
    expect(stopped.stderr).toContain("--stop-after leaves nothing for --floor-plan to show.");
    const missing = await compileWith("--floor-plan", at("none/plan.svg"));
    expect(missing.code).toBe(1);
    expect(missing.stderr).toContain("cannot be written");
  });
});
