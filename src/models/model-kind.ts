import { InputError } from "../core/errors.ts";
import { isHdf5 } from "../formats/hdf5.ts";
import { isOnnx } from "../formats/onnx.ts";
import { isSafetensors } from "../formats/safetensors.ts";
import { isTorchFile } from "../formats/torch.ts";

export type ModelFileKind = "safetensors" | "torch" | "onnx" | "hdf5";

/**
 * What kind of file it is, its first bytes say; where they are damaged, the name does, so that the fault is told by the
 * reader that was meant.
 */
export function kindOfModelFile(bytes: Uint8Array, fileName: string): ModelFileKind {
  if (bytes.length === 0) throw new InputError({}, "the file is empty", "Copy or save the model again.");
  const kind = kindByContent(bytes) ?? kindByName(bytes, fileName);
  if (kind !== undefined) return kind;
  throw new InputError(
    { offset: 0 },
    "no model file of a known kind: torch checkpoint, safetensors, ONNX, NIR",
    "Name a file of torch.save(model.state_dict(), path), of safetensors, of torch.onnx.export or of nir.write.",
  );
}

function kindByContent(bytes: Uint8Array): ModelFileKind | undefined {
  if (isSafetensors(bytes)) return "safetensors";
  if (isTorchFile(bytes)) return "torch";
  if (isHdf5(bytes)) return "hdf5";
  return isOnnx(bytes) ? "onnx" : undefined;
}

function kindByName(bytes: Uint8Array, fileName: string): ModelFileKind | undefined {
  if (/\.safetensors$/i.test(fileName) || beginsAsHeader(bytes)) return "safetensors";
  if (/\.onnx$/i.test(fileName)) return "onnx";
  if (/\.(nir|h5|hdf5)$/i.test(fileName)) return "hdf5";
  return /\.(cpt|pt|pth)$/i.test(fileName) ? "torch" : undefined;
}

/** The JSON object of a safetensors header, behind a length that may be damaged. */
const beginsAsHeader = (bytes: Uint8Array): boolean => bytes[8] === 0x7b && bytes[9] === 0x22;

/** The part of a model file that is HDF5: the whole, or nothing. */
export const hdf5BytesIn = (bytes: Uint8Array): Uint8Array | undefined => (isHdf5(bytes) ? bytes : undefined);
