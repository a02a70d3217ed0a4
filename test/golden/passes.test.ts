import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { dropZeroSynapses } from "../../compiler/passes/drop-zero-synapses.ts";
import { quantiseWeights } from "../../compiler/passes/quantise-weights.ts";
import { formatEventGraph, parseEventGraph } from "../../src/core/event-graph-text.ts";

const GRAPH_PASSES = [
  {
    folder: "quantise-weights",
    variant: "int8-row",
    pass: quantiseWeights({ format: "int8", scales: "row", accumulatorBits: 32 }),
  },
  {
    folder: "quantise-weights",
    variant: "int16-matrix",
    pass: quantiseWeights({ format: "int16", scales: "matrix", accumulatorBits: 24 }),
  },
  {
    folder: "quantise-weights",
    variant: "int8-power-of-two",
    pass: quantiseWeights({ format: "int8", scales: "power-of-two", accumulatorBits: 32 }),
  },
  {
    folder: "quantise-weights",
    variant: "int8-recurrent-int16",
    pass: quantiseWeights(
      { format: "int8", scales: "row", accumulatorBits: 32 },
      new Map([["egru0 -> egru0 (recurrent)", "int16"]]),
    ),
  },
  { folder: "drop-zero-synapses", variant: "", pass: dropZeroSynapses },
];

/** Each `name.in.txt` is a graph; `name[.variant].out.txt` is what the pass must make of it. Accept with `vitest -u`. */
describe.each(GRAPH_PASSES)("$folder $variant", ({ folder: name, variant, pass }) => {
  const folder = join(import.meta.dirname, name);
  const cases = readdirSync(folder).filter((file) => file.endsWith(".in.txt"));

  it.each(cases)("%s", async (file) => {
    const remarks: string[] = [];
    const text = readFileSync(join(folder, file), "utf8");
    const before = parseEventGraph(text);
    const after = pass.run(before, { seed: 1, remark: (remark) => remarks.push(remark) });

    const golden = [formatEventGraph(after), ...remarks.map((remark) => `remark: ${remark}\n`)].join("");
    const out = file.replace(".in.", variant === "" ? ".out." : `.${variant}.out.`);
    await expect(golden).toMatchFileSnapshot(join(folder, out));
    expect(pass.run(after, { seed: 1, remark: () => {} }), "a second run changes nothing").toBe(after);
    expect(formatEventGraph(before), "the input is as it was, and its text parses back").toBe(text);
  });
});
