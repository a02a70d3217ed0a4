import { InputError, UnsupportedError } from "../../core/errors.ts";
import type { Hdf5Entry, Hdf5Group } from "../../formats/hdf5.ts";
import { float64Of, formatShape, type Tensor } from "../../formats/tensors.ts";

/** Nodes with state: each becomes a population. */
export const NEURONS = ["CubaLIF", "CubaLI", "LIF", "LI", "IF", "I"] as const;
export type NeuronType = (typeof NEURONS)[number];

/** Nodes that are weights, bias or shape on the way to the next neurons. */
const STATELESS = [
  "Input",
  "Output",
  "Affine",
  "Linear",
  "Scale",
  "Conv1d",
  "Conv2d",
  "SumPool2d",
  "AvgPool2d",
  "Flatten",
  "Delay",
] as const;
const KNOWN: ReadonlySet<string> = new Set([...NEURONS, ...STATELESS]);
export const isNeuron = (type: string): type is NeuronType => (NEURONS as readonly string[]).includes(type);

export const NIR_HINT = `Read are ${[...NEURONS, ...STATELESS].join(", ")} and nested NIRGraph nodes.`;

/** One node, with its names in nested graphs joined by dots. */
export interface NirNode {
  readonly id: string;
  readonly type: string;
  readonly group: Hdf5Group;
  /** Nodes whose output it receives, each once, in the order of the edges. */
  readonly sources: readonly string[];
}

/** A graph without nested ones: their inputs and outputs have become nodes that pass on what they receive. */
export interface NirGraph {
  readonly nodes: ReadonlyMap<string, NirNode>;
  readonly input: string;
  readonly output: string;
  readonly group: Hdf5Group;
}

/** Whether a file holds a NIR graph: its root is a group `node` with a type. */
export const isNir = (root: Hdf5Group): boolean => groupIn(root, "node")?.entries.has("type") === true;

const groupIn = ({ entries }: Hdf5Group, name: string): Hdf5Group | undefined => {
  const entry = entries.get(name);
  return entry?.kind === "group" ? entry : undefined;
};

/** @throws InputError or UnsupportedError naming nodes by their place in the file. */
export function nirGraph(root: Hdf5Group): NirGraph {
  const group = groupIn(root, "node")!;
  if (typeOf(group) !== "NIRGraph")
    fail(group, `is a single node of the type ${typeOf(group)}, not a NIRGraph`);
  const nodes = new Map<string, { id: string; type: string; group: Hdf5Group; sources: string[] }>();
  flatten(group, "", nodes);
  refuseUnknown([...nodes.values()]);
  const ends = (type: string): string[] =>
    [...nodes.values()].filter((node) => node.type === type && !node.id.includes("\0")).map(({ id }) => id);
  return {
    nodes: renamed(nodes),
    input: only(ends("Input"), "Input", group),
    output: only(ends("Output"), "Output", group),
    group,
  };
}

/** Names of nested graphs are kept apart by a character that no name has, until all edges are known. */
type Open = Map<string, { id: string; type: string; group: Hdf5Group; sources: string[] }>;

const shown = (id: string): string => id.replaceAll("\0", ".");

function renamed(nodes: Open): ReadonlyMap<string, NirNode> {
  const result = new Map<string, NirNode>();
  for (const node of nodes.values()) {
    const id = shown(node.id);
    if (result.has(id)) fail(node.group, `has the same name as another node, ${id}`);
    result.set(id, { ...node, id, sources: [...new Set(node.sources.map(shown))] });
  }
  return result;
}

function flatten(graph: Hdf5Group, prefix: string, nodes: Open): void {
  const inner = groupIn(graph, "nodes") ?? fail(graph, "is a NIRGraph without nodes");
  const nested = new Map<string, Hdf5Group>();
  for (const [name, entry] of inner.entries) {
    if (entry.kind !== "group") return fail(entry, "is no node");
    const type = typeOf(entry);
    const id = prefix + name;
    if (type === "NIRGraph") {
      nested.set(name, entry);
      flatten(entry, `${id}\0`, nodes);
    } else nodes.set(id, { id, type, group: entry, sources: [] });
  }
  const end = (name: string, type: "Input" | "Output"): string => {
    const within = nested.get(name);
    if (within === undefined) {
      if (!nodes.has(prefix + name)) fail(graph, `has an edge at the node ${name}, which does not exist`);
      return prefix + name;
    }
    const start = `${prefix}${name}\0`;
    const ids = [...nodes.values()].filter(
      (node) =>
        node.type === type && node.id.startsWith(start) && !node.id.slice(start.length).includes("\0"),
    );
    return only(
      ids.map(({ id }) => id),
      type,
      within,
    );
  };
  for (const [from, to] of edgesOf(graph)) nodes.get(end(to, "Input"))!.sources.push(end(from, "Output"));
}

function only(ids: readonly string[], type: string, { path }: Hdf5Group): string {
  const [id, another] = ids;
  if (id === undefined) throw new InputError({ field: path }, `the graph has no ${type} node`, NIR_HINT);
  if (another === undefined) return id;
  throw new UnsupportedError(
    `${path}: the graph has ${ids.length} ${type} nodes (${ids.map(shown).join(", ")}), of which one is supported`,
    "Join them into one, or split the graph.",
  );
}

function edgesOf(graph: Hdf5Group): readonly (readonly [string, string])[] {
  const entry = graph.entries.get("edges");
  if (entry?.kind === "array" && entry.tensor.shape[0] === 0) return [];
  if (entry?.kind !== "text" || entry.shape.length !== 2 || entry.shape[1] !== 2)
    return fail(graph, "has no edges, a list of pairs of names");
  return Array.from(
    { length: entry.shape[0]! },
    (_, i) => [entry.texts[2 * i]!, entry.texts[2 * i + 1]!] as const,
  );
}

function refuseUnknown(nodes: readonly { readonly type: string; readonly group: Hdf5Group }[]): void {
  const unknown = nodes.filter(({ type }) => !KNOWN.has(type));
  if (unknown.length === 0) return;
  const places = unknown.slice(0, 8).map(({ type, group }) => `${group.path} (${type})`);
  const rest = unknown.length > 8 ? ` and ${unknown.length - 8} more` : "";
  throw new UnsupportedError(`nodes that are not supported: ${places.join(", ")}${rest}`, NIR_HINT);
}

export function typeOf(group: Hdf5Group): string {
  return textOf(group, "type") ?? fail(group, "has no type");
}

export function textOf(group: Hdf5Group, name: string): string | undefined {
  const entry = group.entries.get(name);
  return entry?.kind === "text" && entry.texts.length === 1 ? entry.texts[0] : undefined;
}

export function tensorOf(group: Hdf5Group, name: string): Tensor | undefined {
  const entry = group.entries.get(name);
  if (entry === undefined || (entry.kind === "other" && entry.what === "an array without a shape"))
    return undefined;
  return entry.kind === "array" ? entry.tensor : fail(entry, "is no array of numbers");
}

/** Numbers of a node's parameter, as float64. */
export function numbersOf(
  group: Hdf5Group,
  name: string,
): { readonly shape: readonly number[]; readonly values: Float64Array } {
  const tensor = tensorOf(group, name) ?? fail(group, `has no ${name}`);
  const values = float64Of(tensor);
  const at = values.findIndex((value) => !Number.isFinite(value));
  if (at >= 0) fail(group.entries.get(name)!, `value ${at} is ${values[at]}`);
  return { shape: tensor.shape, values };
}

/** A whole number, or several of them. */
export function wholeNumbersOf(group: Hdf5Group, name: string, count: number): readonly number[] {
  const { shape, values } = numbersOf(group, name);
  const spread =
    values.length === 1 ? Array<number>(count).fill(values[0]!) : [...values.slice(0, count + 1)];
  if (spread.length !== count || spread.some((value) => !Number.isSafeInteger(value)))
    fail(group.entries.get(name)!, `holds ${formatShape(shape)} numbers, not ${count} whole ones`);
  return spread;
}

export function fail({ path }: Hdf5Group | Hdf5Entry, problem: string): never {
  throw new InputError({ field: path }, problem, "Write the graph again with nir.write.");
}
