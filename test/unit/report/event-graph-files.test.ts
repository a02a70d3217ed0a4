import { describe, expect, it } from "vitest";
import { lower } from "../../../compiler/lower/lower.ts";
import { formatDot, formatGraphMl } from "../../../src/report/event-graph-files.ts";
import { tinyModel } from "../../support/tiny-model.ts";
import { elementsNamed, parseXml } from "../../support/xml-check.ts";

const graph = lower(tinyModel({ inputs: 5, layers: [14, 9], density: 0.6 }));
const counts = graph.projections.map(({ synapses }) => synapses.weight.length);

describe("the event graph as a file", () => {
  it("has, as GraphML, a node a population with its size and an edge a projection with synapses and delay", () => {
    const root = parseXml(formatGraphMl(graph));
    const dataOf = (of: "node" | "edge", key: string) =>
      elementsNamed(root, of).map(
        ({ children }) => children.find(({ attributes }) => attributes.key === key)?.text,
      );
    expect(dataOf("node", "name")).toEqual(["input", "egru0", "egru1"]);
    expect(dataOf("node", "size")).toEqual(["5", "14", "9"]);
    expect(dataOf("edge", "synapses")).toEqual(counts.map(String));
    expect(dataOf("edge", "delay")).toEqual(graph.projections.map(({ delay }) => String(delay)));
    const declared = new Set(elementsNamed(root, "key").map(({ attributes }) => attributes.id));
    for (const { attributes } of elementsNamed(root, "data")) expect(declared).toContain(attributes.key);
    const ids = elementsNamed(root, "node").map(({ attributes }) => attributes.id);
    for (const { attributes } of elementsNamed(root, "edge")) {
      expect(ids).toContain(attributes.source);
      expect(ids).toContain(attributes.target);
    }
  });

  it("has, as DOT, as many lines with the same figures", () => {
    const dot = formatDot(graph);
    expect([...dot.matchAll(/size_neurons=(\d+)/g)].map(([, size]) => Number(size))).toEqual([5, 14, 9]);
    expect([...dot.matchAll(/ -> .* synapses=(\d+)/g)].map(([, own]) => Number(own))).toEqual(counts);
    expect(dot).toContain("9 neurons");
  });

  it("escapes names", () => {
    const name = `a"];\n<b>&\\`;
    const renamed = { ...graph, name };
    expect(formatDot(renamed).split("\n")[0]).toBe('digraph "a\\"];\\n<b>&\\\\" {');
    const [title] = elementsNamed(parseXml(formatGraphMl(renamed)), "data");
    expect(title!.text).toBe(`a"];\ufffd<b>&\\`);
  });
});
