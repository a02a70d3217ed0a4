import type { EventGraph, GraphProjection } from "../core/event-graph.ts";
import { formatCount } from "./quantities.ts";
import { printable } from "./layout.ts";
import { element, textElement } from "./xml.ts";

/** The event graph as Graphviz reads it: populations are nodes, projections edges, those of the last timestep dashed. */
export function formatDot({ name, populations, projections }: EventGraph): string {
  const lines = [
    `digraph ${quoted(name)} {`,
    "  rankdir=LR;",
    '  node [fontname="sans-serif"];',
    '  edge [fontname="sans-serif", fontsize=10];',
    ...populations.map(
      ({ name: population, kind, size }) =>
        `  ${quoted(population)} [shape=${kind === "input" ? "ellipse" : "box"}, ` +
        `label=${quoted(`${population}\n${formatCount(size)} ${kind === "input" ? "inputs" : "neurons"}`)}, size_neurons=${size}];`,
    ),
    ...projections.map((projection) => {
      const { source, target, delay } = projection;
      const synapses = synapsesOf(projection);
      const label = `${formatCount(synapses)} synapses\ndelay ${delay}`;
      return (
        `  ${quoted(source)} -> ${quoted(target)} [label=${quoted(label)}, synapses=${synapses}, ` +
        `delay_timesteps=${delay}, style=${delay === 0 ? "solid" : "dashed"}];`
      );
    }),
    "}",
  ];
  return `${lines.join("\n")}\n`;
}

const KEYS = [
  ["kind", "node", "string"],
  ["size", "node", "int"],
  ["synapses", "edge", "long"],
  ["delay", "edge", "int"],
] as const;

/** The event graph as GraphML: sizes in neurons, delays in timesteps. */
export function formatGraphMl({ name, populations, projections }: EventGraph): string {
  const data = (key: string, value: string | number) => textElement("data", { key }, String(value));
  const ids = new Map(populations.map((population, index) => [population.name, `n${index}`]));
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">',
    element("key", { id: "name", for: "node", "attr.name": "name", "attr.type": "string" }),
    ...KEYS.map(([id, of, type]) => element("key", { id, for: of, "attr.name": id, "attr.type": type })),
    element("key", { id: "title", for: "graph", "attr.name": "title", "attr.type": "string" }),
    '<graph id="G" edgedefault="directed">',
    data("title", name),
    ...populations.map(({ name: population, kind, size }, index) =>
      element("node", { id: `n${index}` }, data("name", population), data("kind", kind), data("size", size)),
    ),
    ...projections.map((projection) =>
      element(
        "edge",
        { source: ids.get(projection.source)!, target: ids.get(projection.target)! },
        data("synapses", synapsesOf(projection)),
        data("delay", projection.delay),
      ),
    ),
    "</graph>",
    "</graphml>",
  ];
  return `${lines.join("\n")}\n`;
}

const synapsesOf = ({ synapses }: GraphProjection): number => synapses.target.length;

/** A quoted DOT string; a line break within it is the label's. */
const quoted = (text: string): string =>
  `"${text
    .split("\n")
    .map((line) => printable(line).replaceAll("\\", "\\\\").replaceAll('"', '\\"'))
    .join("\\n")}"`;
