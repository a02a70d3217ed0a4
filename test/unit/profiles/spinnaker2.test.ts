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

  it("has the kernel cycles of docs/kernel-cycles.md", () => {
    const documented = Object.fromEntries(tableUnder("Cycles of the PE kernels", doc));
    expect(Object.keys(documented)).toEqual([...FORMAT_ACTIONS]);
    for (const action of FORMAT_ACTIONS) {
      const inProfile = NUMBER_FORMATS.map((format) => profile.pe.kernels[format]![action]);
      expect(inProfile, action).toEqual(documented[action]!.slice(0, 3));
    }
  });

  const forms = ROW_FORMS.filter((form) => form !== "csr").flatMap((form) =>
    ROW_ACTIONS.map((action) => ({ form, action, name: `${form} ${action}` })),
  );
  const ofForms = Object.fromEntries(tableUnder("Forms of rows", doc));

  it.each(forms)("$name: the cycles of docs/kernel-cycles.md", ({ form, action, name }) => {
    const inProfile = NUMBER_FORMATS.map((format) => profile.pe.rowForms[format]![form]![action]);
    expect(inProfile).toEqual(ofForms[name]!.slice(0, 3));
  });

  it("has the cycles of products that the document has", () => {
    const documented = tableUnder("Products on the MAC array", doc).map(([action, [cycles]]) => [
      action,
      cycles,
    ]);
    expect(documented).toEqual(
      PRODUCT_ACTIONS.map((action) => [action, profile.pe.macArray!.kernel![action]]),
    );
  });

  it("has the updates without the accelerator that the document has", () => {
    const documented = Object.fromEntries(tableUnder("Exponentials in software", doc));
    expect(Object.keys(documented)).toEqual(Object.keys(EXPONENTIALS));
    for (const update of Object.keys(EXPONENTIALS) as (keyof typeof EXPONENTIALS)[])
      expect(json.pe.updatesInSoftware![update]!.float32!.value, update).toBe(documented[update]![0]);
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
