import { extname } from "node:path";
import { Command } from "commander";
import { UnsupportedError } from "../core/errors.ts";
import type { ModelIr } from "../core/model-ir.ts";
import { loadHdf5 } from "../formats/hdf5.ts";
import { nirTreeOf } from "../models/nir/write-nir-model.ts";
import { writeModel } from "../models/write-model.ts";
import { printable } from "../report/layout.ts";
import { formatBytes } from "../report/quantities.ts";
import { requireWritable, writeFileWhole } from "../runtime/files.ts";
import { type CommandIo, say } from "./command-io.ts";
import { loadModel, MODEL_ARGUMENT } from "./load-model.ts";
import { filePath } from "./parse-values.ts";
import { seedOption, timestepOption, vocabularyOption, withExample } from "./shared-options.ts";

interface Options {
  readonly out: string;
  readonly vocab?: string;
  readonly dt?: number;
  readonly seed: number;
}

/** `eventloom convert`: a model file of one format as one of another. */
export function convertCommand(io: CommandIo): Command {
  const command = new Command("convert")
    .summary("write a model in another format")
    .description(
      "Writes a model as .safetensors, which holds everything, or as .nir, which holds spiking models.",
    )
    .argument("<model>", MODEL_ARGUMENT)
    .requiredOption("-o, --out <file>", "file to write, .safetensors or .nir", filePath)
    .addOption(vocabularyOption())
    .addOption(timestepOption())
    .addOption(seedOption())
    .action(async (argument: string, options: Options) => {
      const write = writerFor(options.out);
      requireWritable(options.out);
      const bytes = await write(await loadModel(argument, options, io));
      writeFileWhole(options.out, bytes);
      say(io, printable(`${options.out}: ${formatBytes(bytes.length)}`));
    });
  return withExample(command, "convert spiking.nir -o spiking.safetensors");
}

function writerFor(file: string): (model: ModelIr) => Promise<Uint8Array> {
  const extension = extname(file).toLowerCase();
  if (extension === ".safetensors") return (model) => Promise.resolve(writeModel(model));
  if (extension === ".nir") return async (model) => (await loadHdf5()).write(nirTreeOf(model));
  throw new UnsupportedError(
    `${file}: files with the ending ${extension || '""'} are not written`,
    "End the name with .safetensors or .nir.",
  );
}
