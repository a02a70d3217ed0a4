import { Command, Option } from "commander";
import { BACKEND_WISHES, type BackendWish } from "../runtime/backend-wish.ts";
import type { CommandIo } from "./command-io.ts";
import { filePath } from "./parse-values.ts";
import { withExample } from "./shared-options.ts";

export interface TrainOptions {
  readonly out: string;
  readonly from?: string;
  readonly backend: BackendWish;
}

export const backendOption = (): Option =>
  new Option("--backend <backend>", "what TensorFlow.js computes on; auto: native where it loads, else wasm")
    .choices(BACKEND_WISHES)
    .default("auto");

/** `eventloom train`: a model from one configuration, in a folder that a later call goes on in. */
export function trainCommand(io: CommandIo): Command {
  const command = new Command("train")
    .summary("train a model, prune it on the way, go on after an interruption")
    .description(
      "Trains an EGRU, LSTM or GRU model as a configuration says (docs/training.md). Called again, it goes on\n" +
        "from the folder's checkpoint and ends with the same result as if it had never stopped.",
    )
    .argument("<config>", "settings, .yaml or .json")
    .addOption(
      new Option("-o, --out <folder>", "where model, log, learning curve and checkpoint go")
        .argParser(filePath)
        .makeOptionMandatory(),
    )
    .addOption(
      new Option("--from <model>", "begin with this model; weights that are 0 stay 0").argParser(filePath),
    )
    .addOption(backendOption())
    .action(async (config: string, options: TrainOptions) => {
      const { trainFrom } = await import("./train-run.ts");
      await trainFrom(config, options, io);
    });
  return withExample(command, "train examples/training/wikitext-2.yaml --out runs/wt2");
}
