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
const facts = explain(compilation, chip);
const page = formatExplanation(facts, PLAIN_STYLE);

describe("the page that explains a mapping", () => {
  it("holds the figures of the program", () => {
    const fullest = Math.max(...program.pes.map(dataBytesOfPe));
    expect(page).toMatch(new RegExp(`SRAM of a PE, most  ${formatBytes(fullest).replace(".", "\\.")} of`));
    for (const { population, pes, meanCycles, maxCycles } of facts.load.layers) {
      const [mean, most] = [meanCycles, maxCycles].map(formatCount);
      expect(page).toMatch(new RegExp(`${population} +${pes} +${mean} +${most} +[\\d.]+ ×\n`));
    }
    const [busiest] = facts.pes.toSorted((a, b) => b.cycles - a.cycles || a.pe - b.pe);
    const { pe, population, firstNeuron, synapses, cycles } = busiest!;
    expect(page).toMatch(
      new RegExp(
        `PE ${pe} +${population}\\[${firstNeuron}\\.\\.\\d+\\] +${formatCount(synapses)} +${formatCount(cycles)} `,
      ),
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

  it("says what placement and routing chose, and what that is worth", () => {
    expect(page).toContain(`- partition: least-latency, ${program.pes.length} slices of 2 layers\n`);
    expect(page).not.toContain("- route:");
    const board = tinyBoard();
    const pageOf = (placer: string) =>
      formatExplanation(explain(compile(model, board, { placer }), board), PLAIN_STYLE);
    expect(pageOf("sequential").replace(/\s+/g, " ")).toContain(
      "place: sequential, as many event-hops as with slices in order on PEs in order - route: neighbour-exploring",
    );
    expect(pageOf("annealing")).toMatch(/place: annealing, [\d.]+ % fewer event-hops than/);
  });

  it("says which events were measured and which assumed", () => {
    const text = page.replace(/\s+/g, " ");
    expect(text).toContain(
      "nobody measured those of egru0, egru1, taken to be 0.2 a neuron (--calibrate measures them)",
    );
    const activity = new Map(
      ["egru0", "egru1"].map((name, i) => [name, new Float64Array([14, 9][i]!).fill(0.1)]),
    );
    const measured = formatExplanation(explain(compile(model, chip, { activity }), chip), PLAIN_STYLE);
    expect(measured.replace(/\s+/g, " ")).toContain("as measured on the sample, inputs one a timestep");
  });

  it("tells events between chips on a board only", () => {
    const board = tinyBoard();
    expect(formatExplanation(explain(compile(model, board), board), PLAIN_STYLE)).toMatch(
      /event-hops +[\d,]+, of them [\d,]+ between chips/,
    );
    expect(page).not.toContain("between chips");
  });
});
