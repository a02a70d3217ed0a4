import { Command, InvalidArgumentError, Option } from "commander";
import type { PruningScope } from "../training/pruning.ts";
import type { CommandIo } from "./command-io.ts";
import { filePath } from "./parse-values.ts";
import { vocabularyOption, withExample } from "./shared-options.ts";

export interface PruneOptions {
  readonly sparsity: number;
  readonly scope: PruningScope;
  readonly vocab?: string;
  readonly out: string;
}

/** `eventloom prune`: the smallest recurrent weights of a model to zero, at once. */
export function pruneCommand(io: CommandIo): Command {
  const command = new Command("prune")
    .summary("set a model's smallest recurrent weights to zero")
    .description(
      "Prunes kernels and recurrent kernels by magnitude, in one shot, and writes the model as safetensors. Fine-tune it\n" +
        "with `eventloom train CONFIG --from PRUNED`, which keeps zeros; for gradual pruning see `pruning` in docs/training.md.",
    )
    .argument("<model>", "model file, or a folder that holds one")
    .addOption(
      new Option("--sparsity <share>", "share of the weights that are 0 afterwards, 0 to below 1")
        .argParser(share)
        .makeOptionMandatory(),
    )
    .addOption(
      new Option("--scope <scope>", "rank all weights together, or each matrix by itself")
        .choices(["global", "layer"])
        .default("global"),
    )
    .addOption(vocabularyOption())
    .addOption(
      new Option("-o, --out <file>", "where the pruned model goes, .safetensors")
        .argParser(filePath)
        .makeOptionMandatory(),
    )
    .action(async (model: string, options: PruneOptions) => {
      const { pruneModel } = await import("./prune-run.ts");
      await pruneModel(model, options, io);
    });
  return withExample(command, "prune runs/wt2 --sparsity 0.9 --out pruned.safetensors");
}

function share(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0 && value < 1)) {
    throw new InvalidArgumentError("It must be a number from 0 to below 1, such as 0.9.");
  }
  return value;
}
