import { describe, expect, it } from "vitest";
import { compile } from "../../../../../compiler/pipeline.ts";
import { planReceptions } from "../../../../../simulator/detailed/pes/receptions.ts";
import { loadMachine } from "../../../../../simulator/engine/machine.ts";
import type { HardwareProfile } from "../../../../../src/core/profile.ts";
import { cycles } from "../../../../../src/core/units.ts";
import { csrOnly, tinyChip } from "../../../../support/tiny-chip.ts";
import { tinyModel } from "../../../../support/tiny-model.ts";

const model = tinyModel({ inputs: 6, layers: [10, 8], density: 0.5 });

/** All PEs at one node, so that an entry is a pair of a route and a slice. */
function worksOf(chip: HardwareProfile, tableValues?: number) {
  const machine = loadMachine(compile(model, chip).program, chip);
  const receptions = planReceptions(machine, 1, () => 0, tableValues);
  const { routeOf, start, workAt } = receptions;
  const works = [...routeOf].map((route, neuron) =>
    Array.from({ length: start[route + 1]! - start[route]! }, (_, i) => workAt(neuron, start[route]! + i)),
  );
  return { machine, receptions, works };
}

describe("the work of receptions", () => {
  it("is, over all targets of a neuron, its receptions, lookups, rows and synops", () => {
    const chip = tinyChip();
    const { machine, receptions, works } = worksOf(chip);
    const k = chip.pe.kernels.float32!;
    for (const [neuron, work] of works.entries()) {
      const population = receptions.populationOf[neuron]!;
      const source = neuron - receptions.firstNeuron[population]!;
      let rows = 0;
      let synops = 0;
      for (const { source: from, slotsOf, slices } of machine.projections) {
        if (from !== population) continue;
        const counts = [...slotsOf.slice(source * slices.length, (source + 1) * slices.length)];
        rows += counts.filter((count) => count > 0).length;
        synops += counts.reduce((sum, count) => sum + count, 0);
      }
      const lookups = machine.projections.reduce(
        (sum, { source: from, slices }) => sum + (from === population ? slices.length : 0),
        0,
      );
      const expected =
        work.length * k.packetReceive + lookups * k.rowLookup + rows * k.rowFetch + synops * k.synop;
      expect(work.reduce((sum, value) => sum + value, 0)).toBe(expected);
    }
  });

  it("is the same where the table has no room, and where a cost is no whole number", () => {
    const chip = tinyChip();
    const kernel = { ...chip.pe.kernels.float32!, synop: cycles(1.3) };
    const rowForms = csrOnly({ float32: kernel });
    const odd = { ...chip, pe: { ...chip.pe, kernels: { ...chip.pe.kernels, float32: kernel }, rowForms } };
    for (const each of [chip, odd]) {
      const { works } = worksOf(each);
      expect(works.flat().length).toBeGreaterThan(20);
      expect(worksOf(each, 0).works).toEqual(works);
      expect(worksOf(each, 17).works).toEqual(works);
    }
    expect(
      worksOf(odd)
        .works.flat()
        .some((value) => !Number.isInteger(value)),
    ).toBe(true);
  });
});
