import { Command, Option } from "commander";
import type { ScaleGranularity } from "../core/number-format.ts";
import type { BackendWish } from "../runtime/backend-wish.ts";
import type { CommandIo } from "./command-io.ts";
import { filePath, wholeNumber } from "./parse-values.ts";
import { jsonOption, scalesOption, vocabularyOption, withExample } from "./shared-options.ts";
import { backendOption } from "./train.ts";

export interface EvaluateOptions {
  readonly text?: string;
  readonly config?: string;
  readonly vocab?: string;
  readonly window?: number;
  readonly streams: number;
  readonly format: "float32" | "int8" | "int16";
  readonly scales: ScaleGranularity;
  readonly chip?: string;
  readonly backend: BackendWish;
  readonly json?: true;
}

/** `eventloom evaluate`: how well a model does, and how active and sparse it is, in batches on TensorFlow.js. */
export function evaluateCommand(io: CommandIo): Command {
  const command = new Command("evaluate")
    .summary("perplexity, accuracy, activity and work of a trained model")
    .description(
      "Runs a trained model over a text, or over the validation data of a configuration, without a chip: perplexity,\n" +
        "accuracy, activity by layer, and the multiply-accumulates that sparsity and silence leave.",
    )
    .argument("<model>", "model file, or a folder that holds one")
    .addOption(new Option("--text <file>", "text to read").argParser(filePath).conflicts("config"))
    .addOption(
      new Option("--config <file>", "a training's settings, whose validation data are used").argParser(
        filePath,
      ),
    )
    .addOption(vocabularyOption())
    .addOption(
      new Option("--window <n>", "restart the hidden state every n steps; else it is carried on").argParser(
        wholeNumber(1, 100_000),
      ),
    )
    .addOption(
      new Option("--streams <n>", "cut the text into n equal streams")
        .argParser(wholeNumber(1, 65_536))
        .default(10),
    )
    .addOption(
      new Option("--format <format>", "round the recurrent layers' weights as the compiler does")
        .choices(["float32", "int16", "int8"])
        .default("float32"),
    )
    .addOption(scalesOption())
    .addOption(
      new Option(
        "-c, --chip <chip>",
        "with --config, of sequences: compile the model for this chip in --format as well, and simulate them there",
      ).conflicts("text"),
    )
    .addOption(backendOption())
    .addOption(jsonOption())
    .action(async (model: string, options: EvaluateOptions) => {
      const { evaluateModel } = await import("./evaluate-run.ts");
      await evaluateModel(model, options, io);
    });
  return withExample(command, "evaluate examples/egru-wt2-small --text my.txt --window 70 --streams 20");
}
