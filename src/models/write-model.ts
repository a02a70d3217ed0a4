import type { ModelIr } from "../core/model-ir.ts";
import { writeSafetensors } from "../formats/safetensors.ts";
import { EVALUATION_ORDER, OWN_METADATA } from "./own-metadata.ts";
import { referenceTensors } from "./reference-names.ts";
import { describeModel } from "./write-description.ts";

/**
 * Writes a model as safetensors, so that `readModel` returns an equal one. A stack of EGRU layers that the reference could
 * have made keeps the reference's names, and torch can load it: pruned weights are zeros then, thresholds `thr`, and tied
 * matrices stand twice, as the format demands. Any other model is described in the file's metadata. Foreign metadata travel along.
 */
export function writeModel(model: ModelIr): Uint8Array {
  const named = referenceTensors(model);
  if (named === undefined) {
    const { description, tensors } = describeModel(model);
    return writeSafetensors(tensors, {
      ...model.metadata,
      [OWN_METADATA.model]: JSON.stringify(description),
    });
  }
  const { metadata, vocabulary } = model;
  return writeSafetensors(named, {
    ...metadata,
    [OWN_METADATA.order]: EVALUATION_ORDER,
    ...(vocabulary === undefined ? {} : { [OWN_METADATA.vocabulary]: vocabulary.join("\n") }),
  });
}
