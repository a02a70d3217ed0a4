import { describe, expect, it } from "vitest";
import { EXPONENTIALS, FORMAT_ACTIONS, PRODUCT_ACTIONS, ROW_ACTIONS } from "../../../src/core/counts.ts";
import type { CentralEventRouterNoc } from "../../../src/core/profile.ts";
import { NUMBER_FORMATS } from "../../../src/core/number-format.ts";
import { ROW_FORMS } from "../../../src/core/row-form.ts";
import { fileText, shipped } from "./shipped.ts";

const { profile, figures, json } = shipped();

/** Rows of a Markdown table under a heading: first cell, then numbers. */
function tableUnder(heading: string, text: string): [string, number[]][] {
  const section = text.split(/^#+ /m).find((part) => part.startsWith(`${heading}\n`))!;
  const rows = section
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .slice(2);
  return rows.map((row) => {
    const [name, ...cells] = row
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.replaceAll("*", "").trim());
    return [name!, cells.map(Number)];
  });
}

describe("the shipped SpiNNaker2 profile", () => {
  const doc = fileText("docs/kernel-cycles.md");

  it("has the kernel cycles that docs/kernel-cycles.md comes to", () => {
    const documented = Object.fromEntries(tableUnder("Cycles of the PE kernels", doc));
    expect(Object.keys(documented)).toEqual([...FORMAT_ACTIONS]);
    for (const action of FORMAT_ACTIONS) {
      const inProfile = NUMBER_FORMATS.map((format) => profile.pe.kernels[format]![action]);
      expect(inProfile, action).toEqual(documented[action]);
    }
  });

  it.each(FORMAT_ACTIONS)("%s: the instructions add up to its sum", (action) => {
    const rows = tableUnder(action, doc);
    const [name, sums] = rows.at(-1)!;
    const added = [0, 1, 2].map((format) =>
      rows.slice(0, -1).reduce((sum, [, cells]) => sum + cells[format]!, 0),
    );
    expect([name, added]).toEqual(["Sum", sums]);
    expect(sums).toEqual(Object.fromEntries(tableUnder("Cycles of the PE kernels", doc))[action]);
  });

  const forms = ROW_FORMS.filter((form) => form !== "csr").flatMap((form) =>
    ROW_ACTIONS.map((action) => ({ form, action, name: `${form} ${action}` })),
  );
  const ofForms = Object.fromEntries(tableUnder("Forms of rows", doc));

  it.each(forms)("$name: the cycles that docs/kernel-cycles.md comes to", ({ form, action, name }) => {
    const inProfile = NUMBER_FORMATS.map((format) => profile.pe.rowForms[format]![form]![action]);
    expect(inProfile).toEqual(ofForms[name]);
  });

  // A zero of a bitmap, block or dense row is worked like any weight; dense rows and gaps have no words.
  const counted = forms.filter(({ name }) => doc.includes(`### ${name}\n`));

  it.each(counted)("$name: the instructions add up to its sum", ({ form, action, name }) => {
    const rows = tableUnder(name, doc);
    const [, sums] = rows.at(-1)!;
    const added = [0, 1, 2].map((format) =>
      rows.slice(0, -1).reduce((sum, [, cells]) => sum + cells[format]!, 0),
    );
    expect(added).toEqual(sums);
    const columns = action === "synop" && (form === "block" || form === "dense") ? 4 : 1;
    expect(sums.map((sum) => Math.ceil(sum / columns))).toEqual(ofForms[name]);
  });

  it("has the same cycles for what has no table of its own: zeros like weights, and no words", () => {
    for (const { form, action, name } of forms.filter((entry) => !counted.includes(entry))) {
      const same = action === "emptySlot" ? ofForms[`${form} synop`] : [0, 0, 0];
      expect(ofForms[name], name).toEqual(same);
    }
  });

  it.each(PRODUCT_ACTIONS)("%s: the instructions add up to its sum, which the profile has", (action) => {
    const rows = tableUnder(action, doc);
    const [name, [sum]] = rows.at(-1)!;
    expect([name, rows.slice(0, -1).reduce((added, [, [cycles]]) => added + cycles!, 0)]).toEqual([
      "Sum",
      sum,
    ]);
    expect(profile.pe.macArray!.kernel![action]).toBe(sum);
  });

  it("has the update without the accelerator that its instructions add up to", () => {
    const cyclesUnder = (heading: string) => tableUnder(heading, doc).map(([, [cycles]]) => cycles!);
    const software = cyclesUnder("An exponential in software");
    const accelerator = cyclesUnder("An exponential with the accelerator");
    for (const cycles of [software, accelerator]) {
      expect(cycles.at(-1)).toBe(cycles.slice(0, -1).reduce((sum, count) => sum + count, 0));
    }
    const longer = software.at(-1)! - accelerator.at(-1)!;
    for (const [update, exponentials] of Object.entries(EXPONENTIALS)) {
      const own = update as keyof typeof EXPONENTIALS;
      expect(json.pe.updatesInSoftware![own]!.float32!.value).toBe(
        profile.pe.kernels.float32![own] + exponentials * longer,
      );
    }
  });

  it("cites the chip paper, and no figure comes from a measurement of a whole model", () => {
    const published = figures.filter(({ basis }) => basis === "published");
    const cited = published.filter(({ source }) =>
      /DOI 10\.1109\/OJCAS\.2026\.3714974|SpiNNMachine|1 014002|1903\.08941|NIR-demo-repo/.test(source!),
    );
    expect(cited).toEqual(published);
    expect(figures.filter(({ source }) => source?.includes("2312.09084"))).toEqual([]);
  });

  it("places event router, host and DRAM in the places that the quads leave free", () => {
    const { nodes, routerNodes, hostNode, dramNode } = profile.noc as CentralEventRouterNoc;
    const places = new Set([...nodes, ...routerNodes, hostNode, dramNode!].map(({ x, y }) => `${x},${y}`));
    expect(places.size).toBe(7 * 6);
  });
});
