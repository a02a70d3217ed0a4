import { Command } from "commander";
import type { Program } from "../core/program.ts";
import { formatProgram } from "../core/program-text.ts";
import { formatJson, programJson } from "../report/result-json.ts";
import type { CommandIo } from "./command-io.ts";
import { loadProgram } from "./load-program.ts";
import { jsonOption, withExample } from "./shared-options.ts";

interface Options {
  readonly rows?: true;
  readonly json?: true;
}

/** `eventloom disassemble`: a program file as text. */
export function disassembleCommand(io: CommandIo): Command {
  const command = new Command("disassemble")
    .summary("print a program file as text")
    .description(
      "Prints a program: manifest, keys, router table, and each PE's memory map and source blocks.",
    )
    .argument("<program>", "program file (.loom)")
    .option("--rows", "print every synapse too")
    .addOption(jsonOption())
    .action((path: string, { rows, json }: Options) => {
      const program = loadProgram(path);
      io.stdout.write(
        json ? formatJson(outlineOf(program)) : formatProgram(program, { rows: rows === true }),
      );
    });
  return withExample(command, "disassemble model.loom --rows");
}

/** A program without its memory images and the host's parameters. */
function outlineOf(program: Program) {
  const { manifest, populations, pes, routing, host, chipDecoder } = program;
  const decoder = chipDecoder && {
    name: chipDecoder.name,
    inputs: chipDecoder.inputs,
    outputs: chipDecoder.outputs,
    pes: chipDecoder.pes,
    bufferBytes: chipDecoder.bufferBytes,
  };
  return {
    manifest: { ...manifest, ...programJson(program) },
    populations,
    routing,
    pes: pes.map(({ image, ...pe }) => ({ ...pe, imageBytes: image.length })),
    host: {
      encoder: host.encoder.map(({ kind, name }) => ({ kind, name })),
      decoder: host.decoder.map(({ kind, name }) => ({ kind, name })),
    },
    ...(decoder && { chipDecoder: decoder }),
  };
}
