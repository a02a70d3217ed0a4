import { Command, Option } from "commander";
import { type Compilation, type CompileOptions, compile, printableStages } from "../../compiler/pipeline.ts";
import { storageFacts } from "../../compiler/storage/storage-facts.ts";
import { verifyCompiled } from "../../compiler/verify/verify.ts";
import type { Calibration } from "../calibration/calibrate.ts";
import type { Chip } from "../compare/chips.ts";
import type { ModelIr } from "../core/model-ir.ts";
import { encodeProgram } from "../core/program-codec.ts";
import { calibrationJson } from "../report/calibration-json.ts";
import { fitOf } from "../report/fit-json.ts";
import { printable } from "../report/layout.ts";
import { formatBytes, formatCount, formatSi, plural } from "../report/quantities.ts";
import { formatJson, programJson } from "../report/result-json.ts";
import { requireWritable, writeFileWhole } from "../runtime/files.ts";
import {
  calibrateModel,
  type CalibrationOptions,
  checkCalibration,
  showCalibration,
  withCalibrationOptions,
} from "./calibrate.ts";
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
  timestepOption,
  vocabularyOption,
  withExample,
  withProfileOptions,
  withProgramOptions,
} from "./shared-options.ts";

interface Options extends ProfileOptions, ProgramOptions, PictureOptions, CalibrationOptions {
  readonly chip: string;
  readonly vocab?: string;
  readonly dt?: number;
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
    .addOption(timestepOption())
    .addOption(seedOption());
  withCalibrationOptions(command)
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
    "compile examples/egru-wt2-small --calibrate my.txt --window 70 --budget 1% -o small.loom",
  );
}

async function compileModel(
  argument: string,
  options: Options,
  command: Command,
  io: CommandIo,
): Promise<void> {
  checkStandardOutput(options);
  checkPictures(options);
  checkCalibration(options, command);
  const toFile = options.out !== "-" && options.stopAfter === undefined;
  if (toFile) requireWritable(options.out);
  const chip = loadChip(options.chip, options.set);
  const { budget } = options;
  noteIneffective(command, budget === undefined ? options : { ...options, format: "int8" }, chip.profile, io);
  if (chip.operatingPoint !== undefined) {
    say(
      io,
      `note: a program is the same at every operating point; choose ${chip.operatingPoint} when it is simulated.`,
    );
  }
  const model = await loadModel(argument, options, io);
  say(io, printable(`compiling ${model.name} for ${chip.profile.name}`));
  const outcome = compileUpTo(model, chip, options, io);
  if (outcome === undefined) return;
  const { compilation, calibration } = outcome;

  for (const { name, remarks } of compilation.passes) {
    for (const remark of remarks) say(io, printable(`${name}: ${remark}`));
  }
  for (const remark of compilation.remarks) say(io, printable(remark));
  if (options.verify) verifyTimed(compilation, chip, io);
  const bytes = encodeProgram(compilation.program);
  if (toFile) writeFileWhole(options.out, bytes);
  else io.stdout.write(bytes);
  showMapping(compilation, chip, options, io);
  if (calibration && !options.json)
    showCalibration(calibration, { isOutputFree: claimsOf(options).length === 0 }, io);
  const fit = fitOf(compilation.program, chip.profile);
  if (options.json) {
    const { modelName, modelHash } = compilation.program.manifest;
    io.stdout.write(
      formatJson({
        model: { name: modelName, sha256: modelHash },
        chip: { name: chip.profile.name, profileSha256: chip.profile.sha256 },
        program: { ...programJson(compilation.program), file: options.out, bytes: bytes.length },
        fit,
        storage: storageFacts(compilation, chip.profile),
        passes: compilation.passes,
        remarks: compilation.remarks,
        ...(calibration && { calibration: calibrationJson(calibration) }),
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

/** What is to go to standard output. */
const claimsOf = ({ out, json, explain, printAfter, stopAfter }: Options): string[] =>
  [
    out === "-" && stopAfter === undefined ? "--out -" : undefined,
    json ? "--json" : undefined,
    explain ? "--explain" : undefined,
    printAfter === undefined ? undefined : "--print-after",
    stopAfter === undefined ? undefined : "--stop-after",
  ].filter((claim) => claim !== undefined);

/** Only one thing can go there. */
function checkStandardOutput(options: Options): void {
  const [first, second] = claimsOf(options);
  if (second !== undefined) {
    throw new UsageError(`${first} and ${second} both write to standard output.`, "Give one of them.");
  }
}

/** Thrown from within the pipeline to leave it after a pass. */
class Stopped extends Error {}

interface Outcome {
  readonly compilation: Compilation;
  /** Where there was a sample. */
  readonly calibration?: Calibration;
}

/** Undefined where the user wanted to stop before there is a program. */
function compileUpTo(model: ModelIr, chip: Chip, options: Options, io: CommandIo): Outcome | undefined {
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
    const { calibrate: sample } = options;
    if (sample === undefined) return { compilation: compile(model, chip.profile, compileOptions) };
    const calibration = calibrateModel(model, chip, { ...options, calibrate: sample }, compileOptions, io);
    return { calibration, compilation: calibration.compilation };
  } catch (error) {
    if (error instanceof Stopped) return undefined;
    throw error;
  }
}
