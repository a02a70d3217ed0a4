import { InputError } from "../core/errors.ts";
import { isOnnx } from "../formats/onnx.ts";
import { isSafetensors } from "../formats/safetensors.ts";
import { isTorchFile } from "../formats/torch.ts";

export type ModelFileKind = "safetensors" | "torch" | "onnx";

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
    "no model file of a known kind: torch checkpoint, safetensors, ONNX",
    "Name a file of torch.save(model.state_dict(), path), of safetensors or of torch.onnx.export.",
  );
}

function kindByContent(bytes: Uint8Array): ModelFileKind | undefined {
  if (isSafetensors(bytes)) return "safetensors";
  if (isTorchFile(bytes)) return "torch";
  return isOnnx(bytes) ? "onnx" : undefined;
}

function kindByName(bytes: Uint8Array, fileName: string): ModelFileKind | undefined {
  if (/\.safetensors$/i.test(fileName) || beginsAsHeader(bytes)) return "safetensors";
  if (/\.onnx$/i.test(fileName)) return "onnx";
  return /\.(cpt|pt|pth)$/i.test(fileName) ? "torch" : undefined;
}

/** The JSON object of a safetensors header, behind a length that may be damaged. */
const beginsAsHeader = (bytes: Uint8Array): boolean => bytes[8] === 0x7b && bytes[9] === 0x22;
