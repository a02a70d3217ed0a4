import { describe, expect, it } from "vitest";
import { explain } from "../../../compiler/explain.ts";
import { compile } from "../../../compiler/pipeline.ts";
import { dataBytesOfPe } from "../../../src/core/program.ts";
import { formatExplanation } from "../../../src/report/explain-text.ts";
import { PLAIN_STYLE, REPORT_WIDTH } from "../../../src/report/layout.ts";
import { formatBytes, formatCount } from "../../../src/report/quantities.ts";
import { tinyChip } from "../../support/tiny-chip.ts";
import { tinyModel } from "../../support/tiny-model.ts";
import { tinyBoard } from "../../support/tiny-networks.ts";

const model = tinyModel({ inputs: 5, layers: [14, 9], density: 0.6 });
const chip = tinyChip();
const compilation = compile(model, chip);
const { program } = compilation;
const page = formatExplanation(explain(compilation, chip), PLAIN_STYLE);

describe("the page that explains a mapping", () => {
  it("holds the figures of the program", () => {
    const synapses = program.pes.map(({ sources }) => sources.reduce((sum, own) => sum + own.synapses, 0));
    const bytes = program.pes.map(dataBytesOfPe);
    const [most, fullest] = [Math.max(...synapses), Math.max(...bytes)];
    expect(page).toContain(`busiest  ${formatCount(most)}, `);
    expect(page).toMatch(new RegExp(`SRAM of a PE, most  ${formatBytes(fullest).replace(".", "\\.")} of`));
    const busiest = program.pes.find((_, index) => synapses[index] === most)!;
    expect(page).toMatch(
      new RegExp(`PE ${busiest.pe} +${busiest.population}\\[${busiest.firstNeuron}\\.\\.\\d+\\] +${most} `),
    );
    expect(page).toContain(`longest  ${program.routing[0]!.entries.length} of ${chip.eventRouter.entries}\n`);
    expect(page).toContain("rows in DRAM        none");
  });

  it("says what each pass changed, and fits the width of a report", () => {
    for (const { name, remarks } of compilation.passes) {
      expect(page).toContain(name);
      for (const remark of remarks) expect(page.replace(/\s+/g, " ")).toContain(remark);
    }
    for (const line of page.split("\n")) expect(line.length).toBeLessThanOrEqual(REPORT_WIDTH);
  });

  it("tells events between chips on a board only", () => {
    const board = tinyBoard();
    expect(formatExplanation(explain(compile(model, board), board), PLAIN_STYLE)).toMatch(
      /event-hops +[\d,]+, of them [\d,]+ between chips/,
    );
    expect(page).not.toContain("between chips");
  });
});
