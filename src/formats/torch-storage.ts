import { InputError } from "../core/errors.ts";
import {
  DTYPE_BYTES,
  type Dtype,
  decodeElements,
  elementsOf,
  formatShape,
  type TensorData,
} from "./tensors.ts";
import type { TorchStorage, TorchTensor } from "./torch-pickle.ts";
import { readZipEntry, type ZipArchive } from "./zip.ts";

const HINT = "Save the model again with torch.save(model.state_dict(), path), and copy the file whole.";

/** Elements that strided views may gather in all, per byte of the archive: bounds what small files can ask for. */
const GATHER_PER_BYTE = 16;

/** The storages of one archive, each read once. */
export interface TorchStorages {
  /** A tensor's elements in C order. Equal views of one storage give the same array, so ties stay visible. */
  elements(name: string, tensor: TorchTensor): TensorData;
}

/** @param folder The archive's top folder with its slash, such as `EGRU_best_model/`. */
export function torchStorages(archive: ZipArchive, folder: string): TorchStorages {
  const littleEndian = isLittleEndian(archive, folder);
  const stored = new Map<string, Uint8Array>();
  const views = new Map<string, TensorData>();
  let gatherable = GATHER_PER_BYTE * archive.bytes.length;

  function storageBytes(name: string, storage: TorchStorage): Uint8Array {
    const known = stored.get(storage.key);
    if (known !== undefined) return known;
    const path = `${folder}data/${storage.key}`;
    const entry = archive.entries.get(path);
    if (entry === undefined) throw new InputError({ field: name }, `the archive has no record ${path}`, HINT);
    const bytes = readZipEntry(archive, entry);
    stored.set(storage.key, bytes);
    return bytes;
  }

  return {
    elements(name, tensor) {
      const { storage, dtype, offset, shape, strides } = tensor;
      const key = [storage.key, dtype, offset, shape, isContiguous(tensor) ? "" : strides].join(":");
      const known = views.get(key);
      if (known !== undefined) return known;
      const bytes = storageBytes(name, storage);
      checkBounds(name, tensor, bytes.length);
      const width = DTYPE_BYTES[dtype];
      const contiguous = isContiguous(tensor);
      if (!contiguous) {
        gatherable -= elementsOf(shape)!;
        if (gatherable < 0) {
          throw new InputError(
            { field: name },
            "the file's strided views are far larger than the file",
            HINT,
          );
        }
      }
      const elements = contiguous
        ? bytes.subarray(offset * width, (offset + elementsOf(shape)!) * width)
        : gather(bytes, tensor, width);
      const data = decodeElements(elements, dtype, littleEndian);
      views.set(key, data);
      return data;
    },
  };
}

function isLittleEndian(archive: ZipArchive, folder: string): boolean {
  const entry = archive.entries.get(`${folder}byteorder`);
  if (entry === undefined) return true; // Before torch 2.1 the order was not written down.
  const order = entry.size <= 16 ? new TextDecoder().decode(readZipEntry(archive, entry)).trim() : "";
  if (order === "little" || order === "big") return order === "little";
  throw new InputError({ field: "byteorder" }, `is neither "little" nor "big"`, HINT);
}

/** Whether the elements lie in C order without gaps; dimensions of size 1 may have any stride. */
function isContiguous({ shape, strides }: TorchTensor): boolean {
  if (elementsOf(shape) === 0) return true;
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i -= 1) {
    if (shape[i] !== 1 && strides[i] !== step) return false;
    step *= shape[i]!;
  }
  return true;
}

function checkBounds(name: string, tensor: TorchTensor, bytes: number): void {
  const { storage, dtype, offset, shape, strides } = tensor;
  const declared = storage.size * storageElementBytes(storage.dtype);
  if (declared !== bytes) {
    throw new InputError({ field: name }, `its storage states ${declared} bytes, but holds ${bytes}`, HINT);
  }
  const elements = elementsOf(shape)!;
  const last = elements === 0 ? -1 : shape.reduce((sum, size, i) => sum + (size - 1) * strides[i]!, offset);
  const capacity = Math.floor(bytes / DTYPE_BYTES[dtype]);
  if (last >= capacity || offset > capacity) {
    throw new InputError(
      { field: name },
      `${formatShape(shape)} with strides ${formatShape(strides)} from ${offset} reaches past its storage of ${capacity} elements`,
      HINT,
    );
  }
}

const storageElementBytes = (dtype: Dtype | undefined): number =>
  dtype === undefined ? 1 : DTYPE_BYTES[dtype];

/** Copies a strided view into C order. */
function gather(bytes: Uint8Array, { offset, shape, strides }: TorchTensor, width: number): Uint8Array {
  const elements = elementsOf(shape)!;
  const gathered = new Uint8Array(elements * width);
  const index = new Array<number>(shape.length).fill(0);
  let from = offset;
  for (let to = 0; to < elements; to += 1) {
    for (let b = 0; b < width; b += 1) gathered[to * width + b] = bytes[from * width + b]!;
    for (let d = shape.length - 1; d >= 0; d -= 1) {
      index[d]! += 1;
      from += strides[d]!;
      if (index[d]! < shape[d]!) break;
      from -= strides[d]! * shape[d]!;
      index[d] = 0;
    }
  }
  return gathered;
}
