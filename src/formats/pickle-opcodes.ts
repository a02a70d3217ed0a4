import {
  countObject,
  fail,
  isKind,
  MARK,
  type Machine,
  type PickleDict,
  type PickleGlobal,
  type PickleSequence,
  type PickleValue,
  pop,
  popToMark,
  type StackItem,
  top,
} from "./pickle-machine.ts";

const list = (items: PickleValue[]): PickleSequence => ({ kind: "list", items });
const tuple = (items: PickleValue[]): PickleSequence => ({ kind: "tuple", items });

function popTuple(machine: Machine, count: number): PickleSequence {
  const items: PickleValue[] = [];
  for (let i = 0; i < count; i += 1) items.unshift(pop(machine));
  return tuple(items);
}

function dictOf(machine: Machine, pairs: readonly PickleValue[]): PickleDict {
  const dict: PickleDict = { kind: "dict", entries: new Map() };
  setItems(machine, dict, pairs);
  return dict;
}

function setItems(machine: Machine, target: PickleValue, pairs: readonly PickleValue[]): void {
  if (!isKind(target, "dict")) fail(machine, "the pickle sets an item of something that is no dictionary");
  if (pairs.length % 2 !== 0) fail(machine, "the pickle sets a key without a value");
  for (let i = 0; i < pairs.length; i += 2) target.entries.set(pairs[i]!, pairs[i + 1]!);
}

function extend(machine: Machine, kind: "list" | "set", items: readonly PickleValue[]): void {
  const target = top(machine);
  if (!isKind(target, kind)) fail(machine, `the pickle extends something that is no ${kind}`);
  for (const item of items) target.items.push(item);
}

function global(machine: Machine, module: string, name: string): PickleGlobal {
  const full = `${module}.${name}`;
  machine.hooks.global(full, machine.offset);
  return { kind: "global", name: full };
}

function globalFromStack(machine: Machine): PickleGlobal {
  const name = pop(machine);
  const module = pop(machine);
  if (typeof name !== "string" || typeof module !== "string") {
    return fail(machine, "the pickle names a function by something that is no text");
  }
  return global(machine, module, name);
}

function call(machine: Machine, callable: PickleValue, args: PickleValue): PickleValue {
  if (!isKind(callable, "global")) return fail(machine, "the pickle calls something that is no function");
  if (!isKind(args, "tuple"))
    return fail(machine, `the pickle calls ${callable.name} without a tuple of arguments`);
  return machine.hooks.call(callable, args.items, machine.offset);
}

/** `_metadata` and other attributes that are set on a dictionary mean nothing to us; on anything else they are refused. */
function build(machine: Machine): void {
  pop(machine);
  const target = top(machine);
  if (!isKind(target, "dict")) fail(machine, "the pickle sets attributes on an object");
}

/** Bytes of the longest whole number that is read; the longest that torch itself writes has ten. */
const MAX_INTEGER_BYTES = 1024;

/** Two's complement, little-endian. */
function integerOf(machine: Machine, count: number): number | bigint {
  if (count > MAX_INTEGER_BYTES) return fail(machine, `a whole number of ${count} bytes is not read`);
  let value = 0n;
  const raw = machine.cursor.bytes(count);
  for (let i = count - 1; i >= 0; i -= 1) value = (value << 8n) | BigInt(raw[i]!);
  return shortInteger(count === 0 ? 0n : BigInt.asIntN(8 * count, value));
}

const shortInteger = (value: bigint): number | bigint =>
  Number.isSafeInteger(Number(value)) ? Number(value) : value;

function integerLine(machine: Machine): PickleValue {
  const text = machine.cursor.line();
  if (text === "01" || text === "00") return text === "01";
  if (!/^[+-]?\d{1,300}L?$/.test(text)) return fail(machine, "a whole number is malformed");
  return shortInteger(BigInt(text.replace("L", "").replace("+", "")));
}

function floatLine(machine: Machine): number {
  const text = machine.cursor.line();
  return text === "" || Number.isNaN(Number(text)) ? fail(machine, "a number is malformed") : Number(text);
}

/** Python's repr of a string; escapes other than the quote's are left as they stand. */
function quotedLine(machine: Machine): string {
  const text = machine.cursor.line();
  const quoted = /^(['"])(.*)\1$/s.exec(text);
  return quoted ? quoted[2]! : fail(machine, "a text is not quoted");
}

const latin1 = (raw: Uint8Array): string => Array.from(raw, (code) => String.fromCharCode(code)).join("");

function memoGet(machine: Machine, index: number): PickleValue {
  const value = machine.memo.get(index);
  return value === undefined ? fail(machine, `the pickle recalls memo ${index}, which was never set`) : value;
}

export type Step = (machine: Machine) => void;
const pushing =
  (value: (machine: Machine) => StackItem): Step =>
  (machine) => {
    const item = value(machine);
    if (typeof item === "object") countObject(machine);
    machine.stack.push(item);
  };

/** Opcode characters as Python's pickletools names them. */
export const OPCODES: ReadonlyMap<string, Step> = new Map<string, Step>([
  // PROTO, FRAME
  ["\x80", protocol],
  ["\x95", ({ cursor }) => void cursor.length8()],
  // MARK, POP, POP_MARK, DUP
  ["(", pushing(() => MARK)],
  ["0", ({ stack }) => void stack.pop()],
  ["1", (m) => void popToMark(m)],
  ["2", pushing(top)],
  // NONE, NEWTRUE, NEWFALSE
  ["N", pushing(() => null)],
  ["\x88", pushing(() => true)],
  ["\x89", pushing(() => false)],
  // INT, LONG, BININT, BININT1, BININT2, LONG1, LONG4
  ["I", pushing(integerLine)],
  ["L", pushing(integerLine)],
  ["J", pushing(({ cursor }) => cursor.int32())],
  ["K", pushing(({ cursor }) => cursor.byte())],
  ["M", pushing(({ cursor }) => cursor.uint16())],
  ["\x8a", pushing((m) => integerOf(m, m.cursor.byte()))],
  ["\x8b", pushing((m) => integerOf(m, m.cursor.uint32()))],
  // FLOAT, BINFLOAT
  ["F", pushing(floatLine)],
  ["G", pushing(({ cursor }) => cursor.float64())],
  // STRING, BINSTRING, SHORT_BINSTRING, UNICODE, BINUNICODE, SHORT_BINUNICODE, BINUNICODE8
  ["S", pushing(quotedLine)],
  ["T", pushing(({ cursor }) => latin1(cursor.bytes(cursor.uint32())))],
  ["U", pushing(({ cursor }) => latin1(cursor.bytes(cursor.byte())))],
  ["V", pushing(({ cursor }) => cursor.line())],
  ["X", pushing(({ cursor }) => cursor.utf8(cursor.uint32()))],
  ["\x8c", pushing(({ cursor }) => cursor.utf8(cursor.byte()))],
  ["\x8d", pushing(({ cursor }) => cursor.utf8(cursor.length8()))],
  // BINBYTES, SHORT_BINBYTES, BINBYTES8, BYTEARRAY8
  ["B", pushing(({ cursor }) => cursor.bytes(cursor.uint32()))],
  ["C", pushing(({ cursor }) => cursor.bytes(cursor.byte()))],
  ["\x8e", pushing(({ cursor }) => cursor.bytes(cursor.length8()))],
  ["\x96", pushing(({ cursor }) => cursor.bytes(cursor.length8()))],
  // EMPTY_TUPLE, TUPLE1, TUPLE2, TUPLE3, TUPLE
  [")", pushing(() => tuple([]))],
  ["\x85", pushing((m) => popTuple(m, 1))],
  ["\x86", pushing((m) => popTuple(m, 2))],
  ["\x87", pushing((m) => popTuple(m, 3))],
  ["t", pushing((m) => tuple(popToMark(m)))],
  // EMPTY_LIST, LIST, APPEND, APPENDS
  ["]", pushing(() => list([]))],
  ["l", pushing((m) => list(popToMark(m)))],
  ["a", (m) => extend(m, "list", [pop(m)].reverse())],
  ["e", (m) => appendMarked(m, "list")],
  // EMPTY_SET, FROZENSET, ADDITEMS
  ["\x8f", pushing(() => ({ kind: "set", items: [] }))],
  ["\x91", pushing((m) => ({ kind: "set", items: popToMark(m) }))],
  ["\x90", (m) => appendMarked(m, "set")],
  // EMPTY_DICT, DICT, SETITEM, SETITEMS
  ["}", pushing(() => ({ kind: "dict", entries: new Map() }))],
  ["d", pushing((m) => dictOf(m, popToMark(m)))],
  ["s", setOneItem],
  ["u", setMarkedItems],
  // PUT, BINPUT, LONG_BINPUT, MEMOIZE, GET, BINGET, LONG_BINGET
  ["p", (m) => void m.memo.set(Number(integerLine(m)), top(m))],
  ["q", (m) => void m.memo.set(m.cursor.byte(), top(m))],
  ["r", (m) => void m.memo.set(m.cursor.uint32(), top(m))],
  ["\x94", (m) => void m.memo.set(m.memo.size, top(m))],
  ["g", pushing((m) => memoGet(m, Number(integerLine(m))))],
  ["h", pushing((m) => memoGet(m, m.cursor.byte()))],
  ["j", pushing((m) => memoGet(m, m.cursor.uint32()))],
  // GLOBAL, STACK_GLOBAL, INST, OBJ, REDUCE, NEWOBJ, NEWOBJ_EX, BUILD, PERSID, BINPERSID
  ["c", pushing((m) => global(m, m.cursor.line(), m.cursor.line()))],
  ["\x93", pushing(globalFromStack)],
  ["i", pushing((m) => call(m, global(m, m.cursor.line(), m.cursor.line()), tuple(popToMark(m))))],
  ["o", pushing(callMarked)],
  ["R", pushing(callPopped)],
  ["\x81", pushing(callPopped)],
  ["\x92", pushing(callWithKeywords)],
  ["b", build],
  ["P", pushing((m) => m.hooks.persistentId(m.cursor.line(), m.offset))],
  ["Q", pushing((m) => m.hooks.persistentId(pop(m), m.offset))],
]);

function protocol(machine: Machine): void {
  const version = machine.cursor.byte();
  if (version > 5) fail(machine, `pickle protocol ${version} is not read`);
}

function callPopped(machine: Machine): PickleValue {
  const args = pop(machine);
  return call(machine, pop(machine), args);
}

function callWithKeywords(machine: Machine): PickleValue {
  const keywords = pop(machine);
  if (!isKind(keywords, "dict") || keywords.entries.size > 0) fail(machine, "the pickle calls with keywords");
  return callPopped(machine);
}

function callMarked(machine: Machine): PickleValue {
  const [callable, ...args] = popToMark(machine);
  return call(machine, callable ?? null, tuple(args));
}

function appendMarked(machine: Machine, kind: "list" | "set"): void {
  const items = popToMark(machine);
  extend(machine, kind, items);
}

function setOneItem(machine: Machine): void {
  const value = pop(machine);
  const key = pop(machine);
  setItems(machine, top(machine), [key, value]);
}

function setMarkedItems(machine: Machine): void {
  const pairs = popToMark(machine);
  setItems(machine, top(machine), pairs);
}
