import { Command } from "commander";
import { summariseModel } from "../models/summary.ts";
import { formatJson } from "../report/result-json.ts";
import { formatSummary } from "../report/text-summary.ts";
import type { CommandIo } from "./command-io.ts";
import { loadModel, MODEL_ARGUMENT } from "./load-model.ts";
import { jsonOption, seedOption, timestepOption, vocabularyOption, withExample } from "./shared-options.ts";
import { styleFor } from "./terminal-style.ts";

interface Options {
  readonly vocab?: string;
  readonly dt?: number;
  readonly seed: number;
  readonly json?: true;
}

/** `eventloom inspect`: what a model file holds. */
export function inspectCommand(io: CommandIo): Command {
  const command = new Command("inspect")
    .summary("show a model's layers, shapes, sparsity, thresholds and dense work")
    .description(
      "Shows what a model file holds: layers, shapes, parameters, sparsity, thresholds, dense work.",
    )
    .argument("<model>", MODEL_ARGUMENT)
    .addOption(vocabularyOption())
    .addOption(timestepOption())
    .addOption(seedOption())
    .addOption(jsonOption())
    .action(async (argument: string, options: Options) => {
      const model = await loadModel(argument, options, io);
      const summary = { ...summariseModel(model), metadata: model.metadata };
      io.stdout.write(options.json ? formatJson(summary) : formatSummary(summary, styleFor(io.stdout, io)));
    });
  return withExample(command, "inspect examples/egru-wt2-small");
}
