import { InputError } from "../core/errors.ts";
import { suggestion } from "../core/did-you-mean.ts";
import { listOf } from "./list-text.ts";
import { unitsOf } from "./units.ts";

const HINT =
  'Write path=value with a figure\'s path, as in "pe.sram.bytes=256KiB"; `eventloom profile show` lists the paths. What a profile leaves out can be added in one that extends it.';
const MOST_OVERRIDES = 1000;

type JsonObject = Record<string, unknown>;

/** What is broken differs from chip to chip, so that these figures need not stand in the profile to be set. */
const FAULTS: ReadonlySet<string> = new Set([
  "pe.dead",
  "noc.deadLinks",
  "noc.deadNodes",
  "board.deadLinks",
  "board.deadChips",
]);
const NONE_BROKEN = { basis: "estimated", value: [], source: "override" };

/**
 * The profile's JSON with figures replaced, each by a text `path=value`:
 *
 *     pe.sram.bytes=256KiB              a number and its unit; without one the figure's own unit stays
 *     pe.sram=256kB                     the same as pe.sram.bytes=256KiB
 *     pe.whileWaiting=spin              a choice
 *     pe.reserved=0,1                   a list, or as JSON: [0,1]
 *     noc.deadLinks=(0,0)-(1,0)         the link between two places
 *     operatingPoints[0].energy.base=80mW, operatingPoints.150MHz.energy.base=80mW
 *     noc.energy.costs.flitHop=2pJ      a cost; `unknown` makes it unknown
 *
 * A figure that was overridden is `estimated`, its source is "override". The JSON that comes in is left as
 * it is; what comes out still has to be validated.
 */
export function applyOverrides(json: unknown, overrides: readonly string[]): unknown {
  if (overrides.length > MOST_OVERRIDES) {
    throw new InputError({}, `${overrides.length} overrides; at most ${MOST_OVERRIDES} are taken`, HINT);
  }
  return overrides.reduce(applyOverride, json);
}

function applyOverride(json: unknown, override: string): unknown {
  const equals = override.indexOf("=");
  const path = override.slice(0, Math.max(equals, 0)).trim();
  const value = override.slice(equals + 1).trim();
  if (path === "" || value === "") throw fault(override, "is not of the form path=value");
  return replaced(json, segmentsOf(path), value, path, "");
}

const fault = (path: string, problem: string): InputError =>
  new InputError({ field: `override ${path}` }, problem, HINT);

/** "operatingPoints[0].energy.base" → ["operatingPoints", "0", "energy", "base"]. */
function segmentsOf(path: string): string[] {
  const segments = path.match(/[^.[\]]+|\[[^\]]+\]/g) ?? [];
  return segments.map((segment) => segment.replace(/^\[(.*)\]$/, "$1"));
}

/** A copy of `node` in which the figure that `segments` lead to has the new value. */
function replaced(
  node: unknown,
  segments: readonly string[],
  value: string,
  path: string,
  seen: string,
): unknown {
  const [segment, ...rest] = segments;
  if (segment === undefined) return overridden(node, value, path);
  if (Array.isArray(node)) {
    const index = node.findIndex((item, i) => String(i) === segment || nameOf(item) === segment);
    if (index < 0) throw unknownSegment(path, segment, seen, node.map(nameOf));
    return node.with(index, replaced(node[index], rest, value, path, join(seen, segment)));
  }
  if (isObject(node) && !Object.hasOwn(node, segment) && FAULTS.has(join(seen, segment))) {
    return { ...node, [segment]: replaced(NONE_BROKEN, rest, value, path, join(seen, segment)) };
  }
  if (!isObject(node) || !Object.hasOwn(node, segment)) {
    throw unknownSegment(path, segment, seen, isObject(node) ? Object.keys(node) : []);
  }
  return { ...node, [segment]: replaced(node[segment], rest, value, path, join(seen, segment)) };
}

const join = (seen: string, segment: string): string => (seen === "" ? segment : `${seen}.${segment}`);

const isObject = (value: unknown): value is JsonObject =>
  value !== null && typeof value === "object" && !Array.isArray(value);

const nameOf = (value: unknown): string =>
  isObject(value) && typeof value.name === "string" ? value.name : "";

function unknownSegment(path: string, segment: string, seen: string, known: readonly string[]): InputError {
  const where = seen === "" ? "the profile" : seen;
  return fault(path, `${where} has no "${segment}"${suggestion(segment, known.filter(Boolean))}`);
}

/** The figure with a new value, no longer published by anyone. */
function overridden(figure: unknown, value: string, path: string): JsonObject {
  if (isObject(figure) && isObject(figure.bytes) && isFigure(figure.bytes)) {
    return { ...figure, bytes: overridden(figure.bytes, value, path) };
  }
  if (!isObject(figure) || !isFigure(figure)) {
    const inner = isObject(figure) ? Object.keys(figure) : [];
    throw fault(path, inner.length > 0 ? `is a block; name one of ${inner.join(", ")}` : "is not a figure");
  }
  const origin = { basis: "estimated", source: "override" };
  const isSetting = "value" in figure && !("unit" in figure);
  if (isSetting) {
    if (!Array.isArray(figure.value)) return { ...origin, value: settingOf(value, path) };
    return { ...origin, value: listOf(value) ?? wordsOf(value) ?? settingOf(value, path) };
  }
  if (value === "unknown") return { basis: "unknown", note: "override" };
  const [, number, unit] = /^([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(.*)$/.exec(value) ?? [];
  if (number === undefined) throw fault(path, `"${value}" is not a number`);
  if (unit === "" && figure.unit === undefined) throw fault(path, `"${value}" needs a unit`);
  const { [unit!]: binary } = isSize(figure.unit) ? DECIMAL_SIZES : {};
  if (binary !== undefined) {
    return { ...origin, value: Number(number), unit: binary, note: `${unit} is read as ${binary}` };
  }
  return { ...origin, value: Number(number), unit: unit === "" ? figure.unit : unit };
}

/** A profile's file has to say which it means; what is typed for one run means memory, which comes in powers of two. */
const DECIMAL_SIZES: Readonly<Record<string, string>> = { kB: "KiB", KB: "KiB", MB: "MiB", GB: "GiB" };
const isSize = (unit: unknown): boolean =>
  typeof unit === "string" && (unitsOf("size") as readonly string[]).includes(unit);

/** "egru,lif" as a list of names; undefined where it is none. */
const wordsOf = (text: string): string[] | undefined =>
  /^[A-Za-z][\w-]*(?:,[A-Za-z][\w-]*)*$/.test(text) ? text.split(",") : undefined;

const isFigure = (value: JsonObject): boolean =>
  ("value" in value && "source" in value) || value.basis === "unknown";

/** JSON where it looks like it (true and false do), else the text itself: a choice's name. */
function settingOf(text: string, path: string): unknown {
  if (!/^(?:[[{"\d-]|true$|false$)/.test(text)) return text;
  try {
    return JSON.parse(text);
  } catch {
    throw fault(path, `"${text}" is not valid JSON`);
  }
}
