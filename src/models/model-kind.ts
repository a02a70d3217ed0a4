import { InputError } from "../core/errors.ts";
import { isHdf5 } from "../formats/hdf5.ts";
import { isOnnx } from "../formats/onnx.ts";
import { isSafetensors } from "../formats/safetensors.ts";
import { isTorchFile } from "../formats/torch.ts";
import { isKerasArchive, weightsInKerasArchive } from "./keras/keras-files.ts";

export type ModelFileKind = "safetensors" | "torch" | "onnx" | "hdf5" | "keras" | "json";

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
    "no model file of a known kind: torch checkpoint, safetensors, ONNX, NIR, Keras, TensorFlow.js",
    "Name a file of torch.save(model.state_dict(), path), of safetensors, of torch.onnx.export, nir.write, Keras's model.save, or a model.json of TensorFlow.js.",
  );
}

function kindByContent(bytes: Uint8Array): ModelFileKind | undefined {
  if (isSafetensors(bytes)) return "safetensors";
  if (isKerasArchive(bytes)) return "keras";
  if (isTorchFile(bytes)) return "torch";
  if (isHdf5(bytes)) return "hdf5";
  if (beginsAsJson(bytes)) return "json";
  return isOnnx(bytes) ? "onnx" : undefined;
}

/** A brace behind nothing but white space or a byte order mark. */
function beginsAsJson(bytes: Uint8Array): boolean {
  const at = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  const first = bytes.subarray(at, at + 64).find((byte) => ![0x20, 0x09, 0x0a, 0x0d].includes(byte));
  return first === 0x7b;
}

function kindByName(bytes: Uint8Array, fileName: string): ModelFileKind | undefined {
  if (/\.safetensors$/i.test(fileName) || beginsAsHeader(bytes)) return "safetensors";
  if (/\.onnx$/i.test(fileName)) return "onnx";
  if (/\.(nir|h5|hdf5)$/i.test(fileName)) return "hdf5";
  if (/\.json$/i.test(fileName)) return "json";
  return /\.(cpt|pt|pth)$/i.test(fileName) ? "torch" : undefined;
}

/** The JSON object of a safetensors header, behind a length that may be damaged. */
const beginsAsHeader = (bytes: Uint8Array): boolean => bytes[8] === 0x7b && bytes[9] === 0x22;

/** The part of a model file that is HDF5: the whole, the weights in a .keras file, or nothing. */
export function hdf5BytesIn(bytes: Uint8Array): Uint8Array | undefined {
  if (isHdf5(bytes)) return bytes;
  return isKerasArchive(bytes) ? weightsInKerasArchive(bytes) : undefined;
}
