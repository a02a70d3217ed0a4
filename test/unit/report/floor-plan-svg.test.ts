import { describe, expect, it } from "vitest";
import { explain } from "../../../compiler/explain.ts";
import { compile } from "../../../compiler/pipeline.ts";
import type { HardwareProfile } from "../../../src/core/profile.ts";
import { formatFloorPlanSvg, fullestChip } from "../../../src/report/floor-plan-svg.ts";
import { formatCount, formatMean } from "../../../src/report/quantities.ts";
import { tinyChip } from "../../support/tiny-chip.ts";
import { tinyModel } from "../../support/tiny-model.ts";
import { tinyBoard, tinyMulticast, tinyUnicast } from "../../support/tiny-networks.ts";
import { elementsNamed, parseXml } from "../../support/xml-check.ts";

const model = tinyModel({ inputs: 5, layers: [14, 9], density: 0.6 });

function drawn(profile: HardwareProfile, name = model.name) {
  const facts = explain(compile({ ...model, name }, profile), profile);
  return { facts, source: formatFloorPlanSvg(facts, profile) };
}

describe("floor plan as SVG", () => {
  it.each([
    ["chip", tinyChip()],
    ["board", tinyBoard()],
    ["mesh of routers", tinyMulticast()],
    ["torus", tinyMulticast({ isTorus: true })],
    ["unicast", tinyUnicast()],
  ] as const)("is well-formed, has three panels and all links, and runs nothing (%s)", (_, profile) => {
    const { facts, source } = drawn(profile);
    const svg = parseXml(source);
    expect(svg.name).toBe("svg");
    const titles = elementsNamed(svg, "text").map(({ text }) => text);
    expect(titles).toEqual(expect.arrayContaining(["Load", "SRAM", "Traffic"]));
    const chip = fullestChip(facts.pes);
    const links = facts.traffic.links.filter((link) => !link.isBetweenChips && link.chip === chip);
    expect(elementsNamed(svg, "line")).toHaveLength(links.length);
    expect(source).not.toMatch(/<script|\son\w+=|href/);
    expect(source).not.toContain("NaN");
    expect(source).not.toContain("Infinity");
  });

  it("crosses dead PEs and draws dead links dashed", () => {
    const mesh = tinyMulticast({ neighbours: 4 });
    const deadLinks = [
      [
        { x: 1, y: 1 },
        { x: 2, y: 1 },
      ],
    ] as const;
    const profile = { ...mesh, pe: { ...mesh.pe, dead: [2] }, noc: { ...mesh.noc, deadLinks } };
    const { facts, source } = drawn(profile);
    const svg = parseXml(source);
    const told = elementsNamed(svg, "title").map(({ text }) => text);
    expect(told.filter((text) => text === "PE 2: dead")).toHaveLength(2);
    expect(told.filter((text) => text === "(1, 1) to (2, 1): dead")).toHaveLength(1);
    expect(elementsNamed(svg, "line")).toHaveLength(facts.traffic.links.length + 1);
    expect(source).toContain("Crossed ones are dead.");
    expect(drawn(mesh).source).not.toContain("dead");
  });

  it("tells each PE's figures, the scales' ends with their units, and grey PEs", () => {
    const profile = tinyChip();
    const { facts, source } = drawn(profile);
    const told = elementsNamed(parseXml(source), "title").map(({ text }) => text);
    for (const { pe, population, firstNeuron, neurons, cycles } of facts.pes) {
      const slice = `${population}[${firstNeuron}..${firstNeuron + neurons - 1}]`;
      expect(told).toContain(`PE ${pe}, ${slice}: ${formatCount(cycles)} cycles`);
    }
    const holders = new Set(facts.pes.map(({ pe }) => pe));
    const idle = told.filter((text) => text.endsWith("holds nothing"));
    expect(idle).toHaveLength(2 * (profile.pe.count - holders.size));
    expect(source).toContain(`>${formatCount(Math.max(...facts.pes.map(({ cycles }) => cycles)))} cycles<`);
    expect(source).toContain(`>${formatMean(facts.traffic.busiest!.events)} events<`);
  });

  it("stays within its own edges", () => {
    const svg = parseXml(drawn(tinyMulticast({ isTorus: true })).source);
    const { width = "", height = "" } = svg.attributes;
    for (const { attributes: own } of elementsNamed(svg, "rect")) {
      expect(Number(own.x ?? 0) + Number(own.width)).toBeLessThanOrEqual(Number(width));
      expect(Number(own.y ?? 0) + Number(own.height)).toBeLessThanOrEqual(Number(height));
    }
  });

  it("escapes hostile names", () => {
    const name = `</text><script>alert("1")</script>&\u0007`;
    const { source } = drawn(tinyChip(), name);
    expect(source).not.toContain("<script");
    const [title] = elementsNamed(parseXml(source), "title");
    expect(title!.text).toContain("</text><script>");
    expect(title!.text).not.toContain("\u0007");
  });

  it("has a square at both ends of each link, on chips without the host, too", () => {
    const board = tinyBoard();
    const { facts, source } = drawn(board);
    const here = facts.traffic.links.filter(
      ({ chip, isBetweenChips }) => chip === fullestChip(facts.pes) && !isBetweenChips,
    );
    const places = new Set(here.flatMap(({ from, to }) => [from.join(), to.join()]));
    const squares = elementsNamed(parseXml(source), "rect").filter(({ attributes }) => attributes.rx);
    expect(squares).toHaveLength(places.size);
  });

  it("names the fullest chip of a board", () => {
    const board = tinyBoard();
    const { facts, source } = drawn(board);
    const bytes = board.board!.chips.map((_, chip) =>
      facts.pes.filter((pe) => pe.chip === chip).reduce((sum, { dataBytes }) => sum + dataBytes, 0),
    );
    const fullest = bytes.indexOf(Math.max(...bytes));
    const { x, y } = board.board!.chips[fullest]!;
    expect(source).toContain(`Chip ${fullest} at (${x}, ${y}), the fullest of 5`);
  });
});
