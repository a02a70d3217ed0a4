import { InputError } from "../core/errors.ts";

const LARGEST_PROFILE = 1_000_000;
const DEEPEST = 64;
const ADVICE = "Correct the file; any JSON editor shows the place.";

/** A fault of JSON text. `offset` counts UTF-16 units, as strings do. */
class JsonFault extends Error {
  constructor(
    readonly offset: number,
    message: string,
  ) {
    super(message);
  }
}

/**
 * JSON text as a value. Refuses more than a megabyte, nesting beyond 64, and keys that appear twice (the
 * language would keep the last of them in silence). A fault names line, column and byte.
 */
export function parseJson(text: string, file: string): unknown {
  if (text.length > LARGEST_PROFILE) {
    throw new InputError(
      { file },
      `is ${text.length.toLocaleString("en-US")} characters long; a profile has at most ${LARGEST_PROFILE.toLocaleString("en-US")}`,
      "Check that this is a hardware profile.",
    );
  }
  const json = text.replace(/^\uFEFF/, "");
  try {
    const end = scanValue(json, afterSpace(json, 0), 0);
    if (end < json.length) throw new JsonFault(end, "more text after the end of the value");
    return JSON.parse(json);
  } catch (fault) {
    if (!(fault instanceof JsonFault)) throw fault;
    const lines = json.slice(0, fault.offset).split("\n");
    const offset = new TextEncoder().encode(json.slice(0, fault.offset)).length;
    const where = `line ${lines.length}, column ${lines.at(-1)!.length + 1}`;
    throw new InputError({ file, offset }, `not valid JSON at ${where}: ${fault.message}`, ADVICE);
  }
}

const SPACE = /[ \t\n\r]*/y;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.+-])|(?:true|false|null)(?!\w)/y;

function matchAt(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

const afterSpace = (text: string, at: number): number => at + matchAt(SPACE, text, at)!.length;

const openText = (at: number): JsonFault =>
  new JsonFault(at, "a text that begins here is not closed, or holds a line break or an unknown escape");

function expected(what: string, text: string, at: number): JsonFault {
  const found = at >= text.length ? "the text ends" : `found ${JSON.stringify(text[at])}`;
  return new JsonFault(at, `expected ${what}, but ${found}`);
}

/** Passes one value and the space behind it. */
function scanValue(text: string, at: number, depth: number): number {
  if (depth > DEEPEST) throw new JsonFault(at, `nested deeper than ${DEEPEST} levels`);
  if (text[at] === "{") return scanMembers(text, at, depth, "}", new Set());
  if (text[at] === "[") return scanMembers(text, at, depth, "]", undefined);
  const isText = text[at] === '"';
  const scalar = matchAt(isText ? STRING : SCALAR, text, at);
  if (scalar === undefined) throw isText ? openText(at) : expected("a value", text, at);
  return afterSpace(text, at + scalar.length);
}

/** Passes an object, whose keys are gathered in `keys`, or an array. */
function scanMembers(
  text: string,
  open: number,
  depth: number,
  close: string,
  keys: Set<string> | undefined,
) {
  let at = afterSpace(text, open + 1);
  if (text[at] === close) return afterSpace(text, at + 1);
  for (;;) {
    if (keys !== undefined) at = scanKey(text, at, keys);
    at = scanValue(text, at, depth + 1);
    if (text[at] === close) return afterSpace(text, at + 1);
    if (text[at] !== ",") throw expected(`"," or "${close}"`, text, at);
    at = afterSpace(text, at + 1);
  }
}

function scanKey(text: string, at: number, keys: Set<string>): number {
  const quoted = matchAt(STRING, text, at);
  if (quoted === undefined)
    throw text[at] === '"' ? openText(at) : expected("a key in double quotes", text, at);
  const key: string = JSON.parse(quoted);
  if (keys.has(key)) throw new JsonFault(at, `the key "${key}" appears twice in one object`);
  keys.add(key);
  const colon = afterSpace(text, at + quoted.length);
  if (text[colon] !== ":") throw expected('":"', text, colon);
  return afterSpace(text, colon + 1);
}
