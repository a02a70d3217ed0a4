import { Composer, type CST, Parser } from "yaml";
import { InputError, UnsupportedError } from "../core/errors.ts";
import type { ModelIr, Population } from "../core/model-ir.ts";

const MAX_CONFIG_LENGTH = 1_000_000;
const MAX_ALIASES = 16;
const MAX_DEPTH = 16;

/** Settings by dotted path, as text: `model.hidden_dim` is "192". */
export type Config = Readonly<Record<string, string>>;

/** Reads the settings that were saved beside a model, YAML or JSON. Tags of the file have no effect. */
export function parseConfig(fileName: string, text: string): Config {
  const settings = parseSettings(fileName, text);
  const flat: [string, string][] = [];
  const keep = (path: string, value: string) => flat.push([path, value]);
  flatten("", settings, 0, keep, (problem) => refuse(fileName, problem));
  return Object.fromEntries(flat);
}

/** The same as values: an object of what the file says, bounded in size and depth. */
export function parseSettings(fileName: string, text: string): object {
  const fail = (problem: string): never => refuse(fileName, problem);
  if (text.length > MAX_CONFIG_LENGTH) {
    fail(`has ${text.length} characters; ${MAX_CONFIG_LENGTH} is the limit`);
  }
  let settings: unknown;
  const tokens = [...new Parser().parse(text)];
  if (depthOf(tokens) > MAX_DEPTH) fail(`nests settings deeper than ${MAX_DEPTH} levels`);
  try {
    const [document, another] = [...new Composer().compose(tokens)];
    const error = document?.errors[0];
    if (error !== undefined) throw error;
    if (another !== undefined) throw new Error("holds several documents");
    settings = document?.toJS({ maxAliasCount: MAX_ALIASES });
  } catch (error) {
    fail(`is not valid YAML: ${error instanceof Error ? error.message.split("\n")[0] : error}`);
  }
  if (settings === null || settings === undefined) return {};
  if (typeof settings !== "object" || Array.isArray(settings)) return fail("does not hold settings by name");
  return settings;
}

function refuse(file: string, problem: string): never {
  throw new InputError({ file }, problem, "Write plain settings, one `name: value` a line.");
}

/**
 * Nesting of a file's syntax, found without recursion: composing values is recursive, and deep enough text
 * would end the process instead of throwing.
 */
function depthOf(tokens: readonly CST.Token[]): number {
  let deepest = 0;
  const open: { readonly token: CST.Token; readonly depth: number }[] = tokens.map((token) => ({
    token,
    depth: 0,
  }));
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { token, depth } = next;
    deepest = Math.max(deepest, depth);
    if ("value" in token && typeof token.value === "object") open.push({ token: token.value, depth });
    if (!("items" in token)) continue;
    for (const { key, value } of token.items) {
      for (const inner of [key, value]) if (inner) open.push({ token: inner, depth: depth + 1 });
    }
  }
  return deepest;
}

function flatten(
  prefix: string,
  value: unknown,
  depth: number,
  keep: (path: string, value: string) => void,
  fail: (problem: string) => never,
): void {
  if (depth > MAX_DEPTH) fail(`nests settings deeper than ${MAX_DEPTH} levels`);
  if (value === null || typeof value !== "object") {
    keep(prefix, String(value));
    return;
  }
  for (const [key, inner] of Object.entries(value)) {
    flatten(prefix === "" ? key : `${prefix}.${key}`, inner, depth + 1, keep, fail);
  }
}

/** Holds the settings against what the tensors say. @throws InputError or UnsupportedError naming both. */
export function checkConfig(fileName: string, config: Config, model: ModelIr): void {
  const zoneout = numberIn(config, "zoneout");
  if (zoneout !== undefined && zoneout.value > 0) {
    throw new UnsupportedError(
      `${fileName}: ${zoneout.key}: ${zoneout.value} changes how states are updated, which is not supported`,
      "Train without zoneout, or remove the entry where it was not used.",
    );
  }
  const contradict = (key: string, value: string, tensors: string): never => {
    throw new InputError(
      { file: fileName, field: key },
      `says ${value}, but the tensors say ${tensors}`,
      "Put the config.yaml beside the model that it was saved with, or remove it.",
    );
  };
  const type = settingIn(config, "rnn_type");
  const kinds = [...new Set(recurrentOf(model).map(({ kind }) => kind))];
  if (type !== undefined && kinds.length > 0 && !kinds.every((kind) => kind === type.value.toLowerCase()))
    contradict(type.key, type.value, kinds.join(" and "));
  for (const { key, sizes } of expectedSizes(model)) {
    const stated = numberIn(config, key);
    if (stated !== undefined && sizes.length > 0 && !sizes.every((size) => size.includes(stated.value))) {
      contradict(stated.key, String(stated.value), sizes.map((size) => size[0]).join(", "));
    }
  }
}

const recurrentOf = (model: ModelIr): readonly Population[] =>
  model.populations.filter(({ kind }) => kind === "egru" || kind === "lstm" || kind === "gru");

/** Per setting, one list for each layer that it speaks of: what the layer has, then what else would do. */
function expectedSizes(model: ModelIr): readonly { key: string; sizes: readonly (readonly number[])[] }[] {
  const ofKind = (kind: Population["kind"]) =>
    model.populations.filter((population) => population.kind === kind);
  const tokens = ofKind("token-input").map(({ size }) => [size]);
  const widths = ofKind("embedding").map(({ size }) => [size]);
  const recurrent = recurrentOf(model).map(({ size }) => size);
  return [
    { key: "vocab_size", sizes: tokens },
    { key: "emb_dim", sizes: widths },
    { key: "nlayers", sizes: [[recurrent.length]] },
    { key: "layers", sizes: [[recurrent.length]] },
    { key: "hidden_dim", sizes: hiddenSizes(recurrent, widths[0]?.[0]) },
  ];
}

/** Without a projection, the reference's last layer is as wide as the embedding, to which its decoder is tied. */
function hiddenSizes(recurrent: readonly number[], embedding: number | undefined): (readonly number[])[] {
  const inner = recurrent.slice(0, -1).map((size) => [size]);
  const last = recurrent.at(-1)!;
  return last === embedding ? inner : [...inner, [last]];
}

/** The setting of that name, at the top or, if there is just one, deeper. */
function settingIn(config: Config, name: string): { key: string; value: string } | undefined {
  const keys = Object.keys(config).filter((key) => key === name || key.endsWith(`.${name}`));
  const key = keys.includes(name) ? name : keys.length === 1 ? keys[0] : undefined;
  return key === undefined ? undefined : { key, value: config[key]! };
}

function numberIn(config: Config, name: string): { key: string; value: number } | undefined {
  const found = settingIn(config, name);
  if (found === undefined || found.value.trim() === "" || !Number.isFinite(Number(found.value)))
    return undefined;
  return { key: found.key, value: Number(found.value) };
}
