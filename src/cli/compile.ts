import { Command, Option } from "commander";
import { type Compilation, type CompileOptions, compile, printableStages } from "../../compiler/pipeline.ts";
import { verifyCompiled } from "../../compiler/verify/verify.ts";
import type { Chip } from "../compare/chips.ts";
import type { ModelIr } from "../core/model-ir.ts";
import { encodeProgram } from "../core/program-codec.ts";
import { fitOf } from "../report/fit-json.ts";
import { printable } from "../report/layout.ts";
import { formatBytes, formatCount, formatSi, plural } from "../report/quantities.ts";
import { formatJson, programJson } from "../report/result-json.ts";
import { requireWritable, writeFileWhole } from "../runtime/files.ts";
import { type CommandIo, say } from "./command-io.ts";
import { checkPictures, type PictureOptions, showMapping } from "./compile-pictures.ts";
import { UsageError } from "./failures.ts";
import { noteIneffective } from "./ineffective-options.ts";
import { loadChip } from "./load-chip.ts";
import { loadModel, MODEL_ARGUMENT } from "./load-model.ts";
import { filePath } from "./parse-values.ts";
import {
  chipOption,
  compileOptionsOf,
  jsonOption,
  outOption,
  type ProfileOptions,
  type ProgramOptions,
  seedOption,
  vocabularyOption,
  withExample,
  withProfileOptions,
  withProgramOptions,
} from "./shared-options.ts";

interface Options extends ProfileOptions, ProgramOptions, PictureOptions {
  readonly chip: string;
  readonly vocab?: string;
  readonly seed: number;
  readonly out: string;
  readonly printAfter?: string;
  readonly stopAfter?: string;
  readonly verify: boolean;
  readonly json?: true;
}

/** `eventloom compile`: one model, one chip, one Program file. */
export function compileCommand(io: CommandIo): Command {
  const command = new Command("compile")
    .summary("compile a model for one chip into a program file")
    .description("Compiles a model for one chip and writes the program that its PEs would load.")
    .argument("<model>", MODEL_ARGUMENT)
    .addOption(chipOption().default("spinnaker2"))
    .addOption(outOption("program file").default("model.loom"));
  withProfileOptions(withProgramOptions(command))
    .addOption(vocabularyOption())
    .addOption(seedOption())
    .addOption(
      new Option("--print-after <pass>", "print the event graph after this pass").choices(printableStages()),
    )
    .addOption(
      new Option("--stop-after <pass>", "print the event graph after this pass and write no program")
        .choices(printableStages())
        .conflicts("printAfter"),
    )
    .option("--no-verify", "do not hold the finished program against model and chip")
    .option("--explain", "print why the mapping is as it is, and what limits it")
    .addOption(
      new Option("--floor-plan <file>", "draw load, memory and traffic on the chip there, .svg").argParser(
        filePath,
      ),
    )
    .addOption(
      new Option("--graph <file>", "write the event graph there, .dot or .graphml").argParser(filePath),
    )
    .addOption(jsonOption())
    .action((model: string, options: Options) => compileModel(model, options, command, io));
  return withExample(
    command,
    "compile examples/egru-wt2-small --chip spinnaker2 --format int8 -o small.loom",
  );
}

function compileModel(argument: string, options: Options, command: Command, io: CommandIo): void {
  checkStandardOutput(options);
  checkPictures(options);
  const toFile = options.out !== "-" && options.stopAfter === undefined;
  if (toFile) requireWritable(options.out);
  const chip = loadChip(options.chip, options.set);
  noteIneffective(command, options, chip.profile, io);
  if (chip.operatingPoint !== undefined) {
    say(
      io,
      `note: a program is the same at every operating point; choose ${chip.operatingPoint} when it is simulated.`,
    );
  }
  const model = loadModel(argument, options, io);
  say(io, printable(`compiling ${model.name} for ${chip.profile.name}`));
  const compilation = compileUpTo(model, chip, options, io);
  if (compilation === undefined) return;

  for (const { name, remarks } of compilation.passes) {
    for (const remark of remarks) say(io, printable(`${name}: ${remark}`));
  }
  for (const remark of compilation.remarks) say(io, printable(remark));
  if (options.verify) verifyTimed(compilation, chip, io);
  const bytes = encodeProgram(compilation.program);
  if (toFile) writeFileWhole(options.out, bytes);
  else io.stdout.write(bytes);
  showMapping(compilation, chip, options, io);
  const fit = fitOf(compilation.program, chip.profile);
  if (options.json) {
    const { modelName, modelHash } = compilation.program.manifest;
    io.stdout.write(
      formatJson({
        model: { name: modelName, sha256: modelHash },
        chip: { name: chip.profile.name, profileSha256: chip.profile.sha256 },
        program: { ...programJson(compilation.program), file: options.out, bytes: bytes.length },
        fit,
        passes: compilation.passes,
        remarks: compilation.remarks,
      }),
    );
  }
  say(
    io,
    `${printable(options.out === "-" ? model.name : options.out)}: ${plural(fit.pesUsed, "PE")} of ${formatCount(fit.pesUsable)}, ` +
      `fullest ${formatBytes(fit.fullestPe.dataBytes)} of ${formatBytes(fit.dataBytesPerPe)}, ` +
      (fit.dramBytesInAll ? `${formatBytes(fit.dramBytesInAll)} of rows in DRAM, ` : "") +
      `${fit.routingEntriesUsed === 1 ? "1 routing entry" : `${formatCount(fit.routingEntriesUsed)} routing entries`}` +
      (fit.routingTables > 1 ? ` in the longest of ${formatCount(fit.routingTables)} tables` : ""),
  );
}

function verifyTimed({ program, graph }: Compilation, { profile }: Chip, io: CommandIo): void {
  const begun = io.now();
  verifyCompiled(program, profile, graph);
  say(
    io,
    `verified: the program holds what model and chip ask for (${formatSi((io.now() - begun) / 1000, "s")})`,
  );
}

/** Only one thing can go to standard output. */
function checkStandardOutput({ out, json, explain, printAfter, stopAfter }: Options): void {
  const claims = [
    out === "-" && stopAfter === undefined ? "--out -" : undefined,
    json ? "--json" : undefined,
    explain ? "--explain" : undefined,
    printAfter === undefined ? undefined : "--print-after",
    stopAfter === undefined ? undefined : "--stop-after",
  ].filter((claim) => claim !== undefined);
  const [first, second] = claims;
  if (second !== undefined) {
    throw new UsageError(`${first} and ${second} both write to standard output.`, "Give one of them.");
  }
}

/** Thrown from within the pipeline to leave it after a pass. */
class Stopped extends Error {}

/** Undefined where the user wanted to stop before there is a program. */
function compileUpTo(model: ModelIr, chip: Chip, options: Options, io: CommandIo): Compilation | undefined {
  const { printAfter, stopAfter } = options;
  const pass = stopAfter ?? printAfter;
  const print = (text: string): void => {
    io.stdout.write(text);
    if (stopAfter !== undefined) throw new Stopped();
  };
  const compileOptions: CompileOptions = {
    ...compileOptionsOf(options),
    ...(pass !== undefined && { printAfter: { pass, print } }),
    // By `verifyTimed`, as the compiler has no clock.
    verify: false,
  };
  try {
    return compile(model, chip.profile, compileOptions);
  } catch (error) {
    if (error instanceof Stopped) return undefined;
    throw error;
  }
}
