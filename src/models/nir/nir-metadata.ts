import type { ModelIr } from "../../core/model-ir.ts";
import type { Hdf5Group } from "../../formats/hdf5.ts";
import { parseJsonText } from "../../formats/json.ts";
import { isOwnKey } from "../own-metadata.ts";
import { isNeuron, type NirGraph, numbersOf, textOf } from "./nir-graph.ts";
import { OWN_NIR_METADATA, USUAL_TIMESTEP } from "./own-nir-metadata.ts";

const MAX_ORDER_LENGTH = 64_000_000;

export const metadataGroup = (group: Hdf5Group): Hdf5Group | undefined => {
  const metadata = group.entries.get("metadata");
  return metadata?.kind === "group" ? metadata : undefined;
};

export interface Order {
  readonly populations: readonly string[];
  readonly projections: readonly (readonly [string, string, number])[];
}

/** The order in which our own writer had populations and projections; a hint that may be wrong. */
export function orderOf(group: Hdf5Group): Order | undefined {
  const text = metadataGroup(group) && textOf(metadataGroup(group)!, OWN_NIR_METADATA.order);
  if (text === undefined) return undefined;
  const json = parseJsonText(text, MAX_ORDER_LENGTH) as Partial<Order> | null;
  const { populations, projections } = json ?? {};
  const isSound =
    Array.isArray(populations) &&
    Array.isArray(projections) &&
    populations.every((name) => typeof name === "string") &&
    projections.every((ends) => Array.isArray(ends) && ends.length === 3);
  return isSound ? { populations, projections } : undefined;
}

/** The same parts in another order, where it names exactly them. */
export function inOrder(parts: Pick<ModelIr, "populations" | "projections">, order: Order | undefined) {
  if (order === undefined) return parts;
  const populations = arranged(parts.populations, order.populations, ({ name }) => name);
  const projections = arranged(
    parts.projections,
    order.projections.map((ends) => JSON.stringify(ends)),
    ({ source, target, delay }) => JSON.stringify([source, target, delay]),
  );
  return { populations: populations ?? parts.populations, projections: projections ?? parts.projections };
}

function arranged<Item>(
  items: readonly Item[],
  keys: readonly string[],
  keyOf: (item: Item) => string,
): readonly Item[] | undefined {
  const byKey = new Map(items.map((item) => [keyOf(item), item]));
  const found = [...new Set(keys)].flatMap((key) => byKey.get(key) ?? []);
  return found.length === items.length && byKey.size === items.length ? found : undefined;
}

/** Seconds a timestep: what the graph says, or is usual; 1 where nothing in it has a time. */
export function timestepOf({ nodes, group }: NirGraph): number {
  const metadata = metadataGroup(group);
  const key = ["dt", OWN_NIR_METADATA.dt].find((name) => metadata?.entries.get(name)?.kind === "array");
  if (metadata !== undefined && key !== undefined) return numbersOf(metadata, key).values[0] ?? Number.NaN;
  const hasTimes = [...nodes.values()].some(
    ({ type }) => type === "Delay" || (isNeuron(type) && type !== "IF" && type !== "I"),
  );
  return hasTimes ? USUAL_TIMESTEP : 1;
}

/** Texts that the graph brings along. */
export function metadataOf(group: Hdf5Group): Record<string, string> {
  const metadata = metadataGroup(group);
  const texts = [...(metadata?.entries.keys() ?? [])].flatMap((key) => {
    const text = textOf(metadata!, key);
    return text === undefined || isOwnKey(key) ? [] : [[key, text]];
  });
  return Object.fromEntries(texts) as Record<string, string>;
}
