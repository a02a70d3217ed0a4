import { InputError, UnsupportedError } from "../core/errors.ts";
import { readPickle } from "./pickle.ts";
import { PICKLE_HINT } from "./pickle-cursor.ts";
import { isKind, type PickleDict, type PickleValue } from "./pickle-machine.ts";
import type { NamedTensors, Tensor } from "./tensors.ts";
import { TORCH_HOOKS, TorchTensor } from "./torch-pickle.ts";
import { type TorchStorages, torchStorages } from "./torch-storage.ts";
import { isZip, openZip, readZipEntry, type ZipArchive, type ZipEntry } from "./zip.ts";

/** The magic number that files of torch before 1.6 begin with, pickled. */
const LEGACY_MAGIC = [0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];
const MAX_PICKLE_BYTES = 16 * 2 ** 20;
/** Keys under which checkpoints commonly hold the model's state_dict, in order of preference. */
const WRAPPERS = ["state_dict", "model_state_dict", "model"] as const;
const MAX_WRAPPERS = 4;

/** Whether the bytes are of any kind that torch.save has ever written. */
export const isTorchFile = (bytes: Uint8Array): boolean => isZip(bytes) || isBarePickle(bytes);

/** Protocols 2 to 5 begin so; torch.save never writes an older one. */
const isBarePickle = (bytes: Uint8Array): boolean =>
  bytes.length >= 2 && bytes[0] === 0x80 && bytes[1]! >= 2 && bytes[1]! <= 5;

/**
 * Reads the tensors of a file that torch.save wrote: a state_dict, bare or under one of the usual keys of a
 * training checkpoint. The pickle is read as data; it may name the few torch calls that rebuild tensors and
 * nothing else. Values that are no tensors (epoch numbers, names) are passed over.
 */
export function readTorchCheckpoint(bytes: Uint8Array): NamedTensors {
  if (!isZip(bytes)) return refuseUnzipped(bytes);
  const archive = openZip(bytes);
  const pickleEntry = findPickle(archive);
  const root = readRoot(archive, pickleEntry);
  const folder = pickleEntry.name.slice(0, -"data.pkl".length);
  return tensorsOf(findStateDict(root), torchStorages(archive, folder));
}

function refuseUnzipped(bytes: Uint8Array): never {
  if (LEGACY_MAGIC.every((byte, i) => bytes[i] === byte)) {
    throw new UnsupportedError(
      "the file is in the format of torch before 1.6, which is not read",
      "Load it in a current torch and save it again: torch.save(model.state_dict(), path).",
    );
  }
  throw new InputError(
    { offset: 0 },
    isBarePickle(bytes)
      ? "a bare pickle, not a file of torch.save"
      : "not a file of torch.save (a zip archive)",
    PICKLE_HINT,
  );
}

function findPickle({ entries }: ZipArchive): ZipEntry {
  const found = [...entries.values()].filter(({ name }) => /^([^/]+\/)?data\.pkl$/.test(name));
  if ([...entries.keys()].some((name) => /^[^/]+\/(constants\.pkl|code\/)/.test(name))) {
    throw new UnsupportedError("the file is a TorchScript module, which is not read", PICKLE_HINT);
  }
  if (found.length === 1) return found[0]!;
  const problem =
    found.length === 0 ? "holds no data.pkl: it was not made by torch.save" : "holds several data.pkl";
  throw new InputError({}, `the archive ${problem}`, PICKLE_HINT);
}

/** The pickled value; faults name the record, so that byte offsets count from its start. */
function readRoot(archive: ZipArchive, entry: ZipEntry): PickleValue {
  const field = entry.name;
  if (entry.size > MAX_PICKLE_BYTES) {
    const problem = `the pickle has ${entry.size} bytes; ${MAX_PICKLE_BYTES} is the limit`;
    throw new InputError({ field }, problem, PICKLE_HINT);
  }
  const bytes = readZipEntry(archive, entry);
  try {
    return readPickle(bytes, TORCH_HOOKS);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError({ ...error.place, field }, error.problem, error.hint);
  }
}

const holdsTensor = ({ entries }: PickleDict): boolean =>
  [...entries.values()].some((value) => tensorIn(value) !== undefined);

const tensorIn = (value: PickleValue): TorchTensor | undefined =>
  isKind(value, "foreign") && value.value instanceof TorchTensor ? value.value : undefined;

/** The dictionary that holds the model's tensors, looked for under the usual keys first. */
function findStateDict(root: PickleValue): PickleDict {
  let found = root;
  for (let depth = 0; depth < MAX_WRAPPERS && isKind(found, "dict"); depth += 1) {
    const { entries } = found;
    const inner = WRAPPERS.map((key) => entries.get(key)).find(
      (value) =>
        isKind(value, "dict") && (holdsTensor(value) || WRAPPERS.some((key) => value.entries.has(key))),
    );
    if (inner === undefined) break;
    found = inner;
  }
  if (isKind(found, "dict") && holdsTensor(found)) return found;
  throw new InputError(
    {},
    isKind(found, "dict")
      ? `the file holds no tensors, neither directly nor under ${WRAPPERS.join(", ")}`
      : "the file does not hold a dictionary of tensors",
    PICKLE_HINT,
  );
}

function tensorsOf(stateDict: PickleDict, storages: TorchStorages): NamedTensors {
  const tensors = new Map<string, Tensor>();
  for (const [name, value] of stateDict.entries) {
    const found = tensorIn(value);
    if (found === undefined) continue;
    if (typeof name !== "string") throw new InputError({}, "a tensor's name is not a text", PICKLE_HINT);
    const { dtype, shape } = found;
    tensors.set(name, { name, dtype, shape, data: storages.elements(name, found) });
  }
  return tensors;
}
