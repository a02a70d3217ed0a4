import { printable } from "../report/layout.ts";
import { formatShare } from "../report/quantities.ts";
import { requireWritable, writeFileWhole } from "../runtime/files.ts";
import { openTensorBackend } from "../runtime/tensor-backend.ts";
import { writeTrainedModel } from "../training/model-tensors.ts";
import { applyMasks, magnitudeMasks, maskTensors, sparsityOf } from "../training/pruning.ts";
import { type CommandIo, say } from "./command-io.ts";
import { loadTrainedModel } from "./load-trained-model.ts";
import type { PruneOptions } from "./prune.ts";

/** What `eventloom prune` does, apart from it, so that other commands start without TensorFlow.js. */
export async function pruneModel(
  path: string,
  { sparsity, scope, vocab, out }: PruneOptions,
  io: CommandIo,
): Promise<void> {
  requireWritable(out);
  await openTensorBackend("wasm");
  const { shape, parameters, vocabulary, name } = loadTrainedModel(path, vocab);
  const before = sparsityOf(parameters);
  const masks = maskTensors(parameters, magnitudeMasks(parameters, sparsity, scope));
  applyMasks(parameters, masks);
  writeFileWhole(out, writeTrainedModel(shape, parameters, vocabulary));
  say(
    io,
    printable(
      `${name}: sparsity of the recurrent layers ${formatShare(before)} before, ${formatShare(sparsityOf(parameters))} now; wrote ${out}`,
    ),
  );
  for (const mask of masks.values()) mask.dispose();
  parameters.dispose();
}
