import { InputError } from "../core/errors.ts";
import { PICKLE_HINT, type PickleCursor } from "./pickle-cursor.ts";

/** A value that a pickle builds. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PickleSequence
  | PickleDict
  | PickleGlobal
  | PickleForeign;

/** A list, a tuple or a set. */
export interface PickleSequence {
  readonly kind: "list" | "tuple" | "set";
  readonly items: PickleValue[];
}

export interface PickleDict {
  readonly kind: "dict";
  readonly entries: Map<PickleValue, PickleValue>;
}

/** An importable Python name, such as `collections.OrderedDict`. */
export interface PickleGlobal {
  readonly kind: "global";
  readonly name: string;
}

/** What a hook made of a call or a persistent id. */
export interface PickleForeign {
  readonly kind: "foreign";
  readonly value: object;
}

/** Called for what is not plain data; each throws an InputError for what it does not allow. */
export interface PickleHooks {
  global(name: string, offset: number): void;
  call(callable: PickleGlobal, args: readonly PickleValue[], offset: number): PickleValue;
  persistentId(id: PickleValue, offset: number): PickleValue;
}

interface Kinds {
  readonly list: PickleSequence;
  readonly tuple: PickleSequence;
  readonly set: PickleSequence;
  readonly dict: PickleDict;
  readonly global: PickleGlobal;
  readonly foreign: PickleForeign;
}

export const isKind = <Kind extends keyof Kinds>(
  value: PickleValue | undefined,
  kind: Kind,
): value is Kinds[Kind] =>
  typeof value === "object" && value !== null && "kind" in value && value.kind === kind;

/** One tensor takes about ten; an empty dictionary takes one byte of pickle and some 200 of memory. */
const MAX_OBJECTS = 1_000_000;

export const MARK = Symbol("mark");
export type StackItem = PickleValue | typeof MARK;

export interface Machine {
  readonly cursor: PickleCursor;
  readonly hooks: PickleHooks;
  readonly stack: StackItem[];
  readonly memo: Map<number, PickleValue>;
  /** Lists, dictionaries and other objects pushed so far. */
  objects: number;
  /** Of the opcode being executed. */
  offset: number;
}

export function fail({ offset }: Machine, problem: string): never {
  throw new InputError({ offset }, problem, PICKLE_HINT);
}

export function pop(machine: Machine): PickleValue {
  const item = machine.stack.pop();
  if (item === undefined || item === MARK)
    return fail(machine, "the pickle takes a value that was never made");
  return item;
}

export function top(machine: Machine): PickleValue {
  const item = machine.stack.at(-1);
  if (item === undefined || item === MARK)
    return fail(machine, "the pickle uses a value that was never made");
  return item;
}

/** Everything above the last mark, which goes too. */
export function popToMark(machine: Machine): PickleValue[] {
  const mark = machine.stack.lastIndexOf(MARK);
  if (mark < 0) fail(machine, "the pickle refers to a mark that was never set");
  const items = machine.stack.splice(mark) as PickleValue[];
  items.shift();
  return items;
}

export function countObject(machine: Machine): void {
  machine.objects += 1;
  if (machine.objects > MAX_OBJECTS) fail(machine, `the pickle makes more than ${MAX_OBJECTS} objects`);
}
