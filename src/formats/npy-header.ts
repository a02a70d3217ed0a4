import { InputError, UnsupportedError } from "../core/errors.ts";
import type { Dtype } from "./tensors.ts";

export interface NpyHeader {
  readonly dtype: Dtype;
  readonly littleEndian: boolean;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
}

const HINT = "Write the array again with numpy.save.";

/** numpy's kind and width, without the byte order. */
const DTYPES: ReadonlyMap<string, Dtype> = new Map([
  ["b1", "bool"],
  ["u1", "uint8"],
  ["i1", "int8"],
  ["u2", "uint16"],
  ["i2", "int16"],
  ["f2", "float16"],
  ["u4", "uint32"],
  ["i4", "int32"],
  ["f4", "float32"],
  ["u8", "uint64"],
  ["i8", "int64"],
  ["f8", "float64"],
]);

/** Texts, True and False, whole numbers, and punctuation: all that the header's Python dictionary is made of. */
const TOKEN = /\s*(?:'([^'\\]*)'|"([^"\\]*)"|(True|False)|(\d{1,16})L?|([{}()[\]:,]))/y;

/** Parses the dictionary `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`. */
export function parseNpyHeader(text: string): NpyHeader {
  const header = /^\s*\{([\s\S]*)\}\s*$/.exec(text);
  if (header === null) fail("the header is not a dictionary");
  const entries = new Map<string, string | boolean | readonly number[]>();
  const tokens = tokensOf(header[1]!);
  while (tokens.length > 0) {
    const key = tokens.shift();
    if (typeof key !== "object" || tokens.shift() !== ":") return fail("the header is not a dictionary");
    entries.set(key.text, headerValue(key.text, tokens));
    if (tokens.length > 0 && tokens.shift() !== ",") fail("the header's entries are not separated by commas");
  }
  const descr = entries.get("descr");
  const fortranOrder = entries.get("fortran_order");
  const shape = entries.get("shape");
  if (typeof descr !== "string") return fail("the header has no descr");
  if (typeof fortranOrder !== "boolean") return fail("the header has no fortran_order");
  if (typeof shape !== "object") return fail("the header has no shape");
  return { ...elementType(descr), fortranOrder, shape };
}

type Token = { readonly text: string } | boolean | number | string;

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  let at = 0;
  while (text.slice(at).trim() !== "") {
    const match = TOKEN.exec(text);
    if (match === null) return fail(`the header cannot be read from "${text.slice(at).trim().slice(0, 20)}"`);
    const [, single, double, truth, digits, sign] = match;
    if (sign !== undefined) tokens.push(sign);
    else if (digits !== undefined) tokens.push(Number(digits));
    else if (truth !== undefined) tokens.push(truth === "True");
    else tokens.push({ text: single ?? double ?? "" });
    at = TOKEN.lastIndex;
  }
  return tokens;
}

function headerValue(key: string, tokens: Token[]): string | boolean | readonly number[] {
  const first = tokens.shift();
  if (typeof first === "boolean") return first;
  if (typeof first === "object") return first.text;
  if (first === "[" && key === "descr") {
    throw new UnsupportedError("arrays of records are not read", "Save one plain array of numbers.");
  }
  if (first !== "(") return fail(`the header's ${key} cannot be read`);
  const numbers: number[] = [];
  for (;;) {
    const token = tokens.shift();
    if (token === ")") return numbers;
    if (typeof token !== "number") return fail(`the header's ${key} cannot be read`);
    numbers.push(token);
    const next = tokens[0];
    if (next === ",") tokens.shift();
    else if (next !== ")") return fail(`the header's ${key} cannot be read`);
  }
}

function elementType(descr: string): { dtype: Dtype; littleEndian: boolean } {
  const match = /^([<>|=]?)(\w+)$/.exec(descr);
  const dtype = DTYPES.get(match?.[2] ?? "");
  if (match === null || dtype === undefined) {
    throw new UnsupportedError(
      `arrays of element type "${descr}" are not read`,
      "Convert the array first, for example with array.astype('float32').",
    );
  }
  return { dtype, littleEndian: match[1] !== ">" };
}

function fail(problem: string): never {
  throw new InputError({ offset: 10 }, problem, HINT);
}
