import { InputError } from "../core/errors.ts";
import { PICKLE_HINT } from "./pickle-cursor.ts";
import { isKind, type PickleGlobal, type PickleHooks, type PickleValue } from "./pickle-machine.ts";
import { type Dtype, elementsOf } from "./tensors.ts";

/** A storage as the pickle names it: where in the archive, and how many elements or bytes. */
export class TorchStorage {
  constructor(
    readonly key: string,
    /** Undefined for an UntypedStorage, which counts bytes. */
    readonly dtype: Dtype | undefined,
    /** Elements, or bytes where untyped. */
    readonly size: number,
  ) {}
}

/** A view of a storage. `offset` and `strides` count elements. */
export class TorchTensor {
  constructor(
    readonly storage: TorchStorage,
    readonly dtype: Dtype,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {}
}

const STORAGES: ReadonlyMap<string, Dtype | undefined> = new Map([
  ["torch.FloatStorage", "float32"],
  ["torch.DoubleStorage", "float64"],
  ["torch.HalfStorage", "float16"],
  ["torch.BFloat16Storage", "bfloat16"],
  ["torch.LongStorage", "int64"],
  ["torch.IntStorage", "int32"],
  ["torch.ShortStorage", "int16"],
  ["torch.CharStorage", "int8"],
  ["torch.ByteStorage", "uint8"],
  ["torch.BoolStorage", "bool"],
  ["torch.storage.UntypedStorage", undefined],
]);

const DTYPES: ReadonlyMap<string, Dtype> = new Map([
  ["torch.float32", "float32"],
  ["torch.float64", "float64"],
  ["torch.float16", "float16"],
  ["torch.bfloat16", "bfloat16"],
  ["torch.int64", "int64"],
  ["torch.int32", "int32"],
  ["torch.int16", "int16"],
  ["torch.int8", "int8"],
  ["torch.uint64", "uint64"],
  ["torch.uint32", "uint32"],
  ["torch.uint16", "uint16"],
  ["torch.uint8", "uint8"],
  ["torch.bool", "bool"],
]);

type Rebuild = (args: readonly PickleValue[], offset: number) => PickleValue;

const parameterData: Rebuild = ([data], offset) => data ?? fail(offset, "a parameter without data");

/** The only calls that a checkpoint may ask for; each is answered with plain data. */
const CALLS: ReadonlyMap<string, Rebuild> = new Map<string, Rebuild>([
  ["collections.OrderedDict", rebuildDict],
  ["torch._utils._rebuild_tensor", rebuildTensor],
  ["torch._utils._rebuild_tensor_v2", rebuildTensor],
  ["torch._utils._rebuild_tensor_v3", (args, offset) => rebuildTensor(args, offset, args[6])],
  ["torch._utils._rebuild_parameter", parameterData],
  ["torch._utils._rebuild_parameter_with_state", parameterData],
  ["torch.Size", ([sizes]) => sizes ?? { kind: "tuple", items: [] }],
  ["torch.device", () => null],
  ["__builtin__.set", ([items]) => items ?? { kind: "set", items: [] }],
  ["builtins.set", ([items]) => items ?? { kind: "set", items: [] }],
  // Bytes in protocol 2: a text and its encoding.
  ["_codecs.encode", ([text]) => text ?? null],
]);

export const TORCH_HOOKS: PickleHooks = {
  global(name, offset) {
    if (!CALLS.has(name) && !STORAGES.has(name) && !DTYPES.has(name)) refuse(name, offset);
  },

  call({ name }: PickleGlobal, args, offset) {
    const rebuild = CALLS.get(name) ?? fail(offset, `the pickle calls ${name}, which is no function`);
    return rebuild(args, offset);
  },

  /** ("storage", type, key, location, size); the location, such as cuda:0, means nothing here. */
  persistentId(id, offset) {
    const [tag, type, key, , size] = isKind(id, "tuple") ? id.items : [];
    if (tag !== "storage" || !isKind(type, "global") || !STORAGES.has(type.name)) {
      return fail(offset, "the pickle refers to something outside that is no storage of numbers");
    }
    if (typeof key !== "string" || !isCount(size))
      return fail(offset, "the reference to a storage is malformed");
    return { kind: "foreign", value: new TorchStorage(key, STORAGES.get(type.name), size) };
  },
};

function refuse(name: string, offset: number): never {
  const problem = name.startsWith("torch.nn.modules.")
    ? `the file holds a pickled module ("${name}") rather than its weights; its code is never run`
    : `the pickle asks for "${name}", which no file of weights needs; it was not run`;
  throw new InputError({ offset }, problem, PICKLE_HINT);
}

function fail(offset: number, problem: string): never {
  throw new InputError({ offset }, problem, PICKLE_HINT);
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** OrderedDict(), or OrderedDict of a list of pairs. */
function rebuildDict([pairs]: readonly PickleValue[], offset: number): PickleValue {
  const entries = new Map<PickleValue, PickleValue>();
  if (pairs === undefined) return { kind: "dict", entries };
  if (!isKind(pairs, "list")) return fail(offset, "an OrderedDict is made of something that is no list");
  for (const pair of pairs.items) {
    if (!(isKind(pair, "list") || isKind(pair, "tuple")) || pair.items.length !== 2) {
      return fail(offset, "an OrderedDict is made of something that is no pair");
    }
    entries.set(pair.items[0]!, pair.items[1]!);
  }
  return { kind: "dict", entries };
}

/** (storage, storage offset, size, strides, …); the dtype is the storage's where none is given. */
function rebuildTensor(args: readonly PickleValue[], offset: number, dtypeName?: PickleValue): PickleValue {
  const [storage, first, size, strides] = args;
  const value = isKind(storage, "foreign") ? storage.value : undefined;
  if (!(value instanceof TorchStorage)) return fail(offset, "a tensor without a storage");
  const dtype = isKind(dtypeName, "global") ? DTYPES.get(dtypeName.name) : value.dtype;
  if (dtype === undefined) return fail(offset, "a tensor without an element type");
  const shape = isKind(size, "tuple") ? size.items : [];
  const steps = isKind(strides, "tuple") ? strides.items : [];
  const isSound =
    isCount(first) &&
    isKind(size, "tuple") &&
    isKind(strides, "tuple") &&
    shape.length === steps.length &&
    elementsOf(shape) !== undefined &&
    steps.every(isCount);
  if (!isSound) return fail(offset, "a tensor with an impossible offset, shape or stride");
  return {
    kind: "foreign",
    value: new TorchTensor(value, dtype, first, shape as number[], steps as number[]),
  };
}
