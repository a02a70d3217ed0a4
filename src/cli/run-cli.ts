import { Command } from "commander";
import { ownPackage } from "../runtime/package-root.ts";
import type { CommandIo } from "./command-io.ts";
import { compareCommand } from "./compare.ts";
import { compileCommand } from "./compile.ts";
import { convertCommand } from "./convert.ts";
import { disassembleCommand } from "./disassemble.ts";
import { doctorCommand } from "./doctor.ts";
import { evaluateCommand } from "./evaluate.ts";
import { EXIT_OK, reportFailure } from "./failures.ts";
import { helpCommand } from "./help.ts";
import { inspectCommand } from "./inspect.ts";
import { profileCommand } from "./profile.ts";
import { pruneCommand } from "./prune.ts";
import { simulateCommand } from "./simulate.ts";
import { studyCommand } from "./study.ts";
import { trainCommand } from "./train.ts";
import { validateCommand } from "./validate.ts";

/**
 * Runs one command line, without the name of the program, and returns its exit code: 0 where all went well,
 * 1 where the user's input is at fault, 2 where the command line is.
 */
export async function runCli(commandLine: readonly string[], io: CommandIo): Promise<number> {
  try {
    await eventloomCommand(io).parseAsync([...commandLine], { from: "user" });
    return EXIT_OK;
  } catch (error) {
    return reportFailure(error, io);
  }
}

function eventloomCommand(io: CommandIo): Command {
  const root = new Command("eventloom")
    .description(
      "Compiles trained, pruned EGRU models for many-core neuromorphic chips, simulates them\n" +
        "cycle-approximately, and says what they cost in events, synaptic operations, time and energy.",
    )
    .version(ownPackage().version, "--version", "print the version")
    .helpOption("-h, --help", "show help")
    .helpCommand(false)
    .addHelpText(
      "after",
      "\nExample:\n  eventloom compare examples/egru-wt2-small --text my.txt --chips spinnaker2@150MHz,spinnaker2@300MHz" +
        "\n\nEach command has its own --help.",
    );
  for (const make of [
    inspectCommand,
    convertCommand,
    compileCommand,
    simulateCommand,
    compareCommand,
    profileCommand,
    disassembleCommand,
    trainCommand,
    pruneCommand,
    evaluateCommand,
    studyCommand,
    validateCommand,
    doctorCommand,
  ]) {
    root.addCommand(make(io));
  }
  root.addCommand(helpCommand(root));
  return connect(root, io);
}

/** Lets a command and all below it speak through `io` and throw instead of ending the process. */
function connect(command: Command, io: CommandIo): Command {
  command.exitOverride();
  command.showHelpAfterError("(see --help)");
  command.configureOutput({
    writeOut: (text) => io.stdout.write(text),
    writeErr: (text) => io.stderr.write(text),
    getOutHasColors: () => false,
    getErrHasColors: () => false,
    getOutHelpWidth: () => 100,
    getErrHelpWidth: () => 100,
  });
  for (const inner of command.commands) connect(inner, io);
  return command;
}
