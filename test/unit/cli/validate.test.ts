import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runLine } from "./run-in-process.ts";

const page = readFileSync(join(import.meta.dirname, "../../../docs/validation.md"), "utf8");
/** Those that follow in closed form. */
const QUICK =
  "s2_power_states,s2_mm_int8,s2_snn_capacity,s2proto_vmm,truenorth_fig17,odin_two_points,loihi_knn," +
  "s1_stromatias,s1_sharp,s1_vanalbada,s1_rhodes,s1_vs_s2proto_kspk";

interface Row {
  readonly metric: string;
  readonly split: string;
  readonly predictions: readonly { readonly predicted: number; readonly error: number }[];
}

describe("eventloom validate", () => {
  it("says of quick entries what the page says", async () => {
    const { code, stdout } = await runLine(`validate --only ${QUICK}`);
    expect(code).toBe(0);
    const cells = (line: string) => line.trim().split(/ {2,}/);
    const rows = stdout
      .split("\n")
      .filter((line) => /^ {2}(s1|s2|s2proto|odin|loihi|truenorth)_\S+ {2,}/.test(line));
    expect(rows.length).toBe(26);
    const written = page.split("\n").map((line) =>
      line
        .split(/\s*\|\s*/)
        .filter(Boolean)
        .join("  "),
    );
    for (const row of rows) expect(written).toContain(cells(row).join("  "));
  });

  it("gives back what was fitted within the rounding of its source, the matrix product within 1 %", async () => {
    const { stdout } = await runLine(`validate --json --only ${QUICK}`);
    const { entries } = JSON.parse(stdout) as { entries: { id: string; figures: Row[] }[] };
    const fitted = entries.flatMap(({ figures }) => figures.filter(({ split }) => split === "calibrate"));
    const errors = fitted.flatMap(({ predictions }) => predictions.map(({ error }) => Math.abs(error)));
    expect(errors.length).toBe(15);
    expect(Math.max(...errors)).toBeLessThan(0.01);
  });

  it("names the entries where one is asked for that is not there", async () => {
    const { code, stderr } = await runLine("validate --only nothing");
    expect(code).toBe(1);
    expect(stderr).toContain('--only: there is no entry "nothing"');
    expect(stderr).toContain("s2_egru_lm");
  });

  it("refuses a definition that is given twice", async () => {
    const file = "examples/validation/loihi-knn.json";
    const { code, stderr } = await runLine(`validate ${file} ${file}`);
    expect(code).toBe(1);
    expect(stderr).toContain('two definitions have the id "loihi_knn"');
  });
});
