import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { run } from "./run-in-process.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "eventloom-cli-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const compileWith = (...options: string[]) =>
  run(["compile", "synthetic:6,8@0.5", "--out", join(folder, "a.loom"), ...options]);

interface Storage {
  readonly name: string;
  readonly bytes: number;
  readonly cycles: number;
  readonly forms: readonly { form: string; pes: number; bytes: number; cycles: number }[];
}

describe("--row-forms", () => {
  it("is said in a remark and in the table of forms, with what others would have cost", async () => {
    const { code, stdout, stderr } = await compileWith("--row-forms", "bitmap", "--explain");
    expect(code).toBe(0);
    expect(stderr).toMatch(/^egru0 -> egru0 \(recurrent\): rows as bitmap on \d+ PEs?$/m);
    expect(stdout).toContain("Synaptic rows: forms, on all PEs together\n");
    expect(stdout).toMatch(/^ {2}input -> egru0, float32 +bitmap +\d+ /m);
    expect(stdout).toMatch(/^ +csr instead /m);
  });

  it("carries the same in the JSON", async () => {
    const { stdout } = await compileWith("--row-forms", "dense", "--json");
    const { storage, program } = JSON.parse(stdout) as {
      storage: Storage[];
      program: { options: Record<string, string> };
    };
    expect(program.options["rowForms"]).toBe("dense");
    expect(storage.map(({ name }) => name)).toEqual(["input -> egru0", "egru0 -> egru0 (recurrent)"]);
    for (const { forms, bytes, cycles } of storage) {
      expect(forms.filter(({ pes }) => pes > 0)).toEqual([
        expect.objectContaining({ form: "dense", bytes, cycles }),
      ]);
      // Rows of 6 or 8 sources by 3 gates of 8 neurons in float32.
      expect([6 * 24 * 4, 8 * 24 * 4]).toContain(bytes);
    }
  });

  it("knows no other forms", async () => {
    const { code, stderr } = await compileWith("--row-forms", "coo");
    expect(code).toBe(2);
    expect(stderr).toContain("auto, csr, delta-csr, bitmap, block, dense");
  });
});

describe("--mac", () => {
  it("is said in a remark, in the table with what rows would have cost, and in the program's text", async () => {
    const { code, stdout, stderr } = await compileWith(
      "--format",
      "int8",
      "--mac",
      "input:egru0",
      "--explain",
    );
    expect(code).toBe(0);
    expect(stderr).toMatch(/^input -> egru0: a product a timestep on the MAC arrays of \d+ PEs?$/m);
    expect(stdout).toMatch(/^ {2}input -> egru0, int8 +mac-array +\d+ /m);
    expect(stdout).toMatch(/^ +dense instead /m);
    const { stdout: text } = await run(["disassemble", join(folder, "a.loom"), "--rows"]);
    expect(text).toMatch(/from input: .* synapses, mac-array int8( in \d+ slots)?, scale by matrix >> \d+/);
    expect(text).toMatch(/^ +0x[0-9a-f]{8} +\d+ +mac-buffer input$/m);
    const options = ["--format", "int8", "--mac", "egru0:egru1"];
    const unknown = await compileWith(...options);
    expect(unknown.code).toBe(1);
    expect(unknown.stderr).toContain('has no projection "egru0 -> egru1" on the chip.');
  });

  it("says where it changes nothing, and refuses float32", async () => {
    const auto = await compileWith("--mac", "auto");
    expect(auto.code).toBe(0);
    expect(auto.stderr).toContain(
      "note: --mac auto has no effect on float32 weights; MAC arrays multiply int8.\n",
    );
    const without = await compileWith("--chip", "spinnaker1", "--format", "int8", "--mac", "auto");
    expect(without.stderr).toMatch(/^note: --mac auto has no effect, as .* has no MAC arrays for layers\.$/m);
    const all = await compileWith("--mac", "all");
    expect(all.code).toBe(1);
    expect(all.stderr).toContain("MAC arrays multiply int8 weights, and the program's are float32.");
  });

  it("runs and prices what the arrays do", async () => {
    const { code, stdout } = await run([
      "simulate",
      "synthetic:6,8@0.5",
      "--format",
      "int8",
      "--mac",
      "all",
      "--steps",
      "3",
      "--fidelity",
      "fast,detailed",
      "--json",
    ]);
    expect(code).toBe(0);
    const { runs } = JSON.parse(stdout) as {
      runs: { counts: { perPe: { macArray: { mac: number[] } } } }[];
    };
    const { counts } = runs[0]!;
    expect(counts.perPe.macArray.mac.reduce((a, b) => a + b)).toBe(3 * 24 * (6 + 8));
  });
});
