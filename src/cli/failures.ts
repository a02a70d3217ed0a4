import { CommanderError } from "commander";
import { UserError } from "../core/errors.ts";
import { printable } from "../report/layout.ts";
import { type CommandIo, say } from "./command-io.ts";

export const EXIT_OK = 0;
/** The user's files or wishes are at fault, or eventloom has a bug. */
export const EXIT_FAULT = 1;
/** The command line itself makes no sense. */
export const EXIT_USAGE = 2;

/** A fault of the command line that commander cannot see, such as two options that exclude each other. */
export class UsageError extends UserError {
  readonly code = "usage";

  constructor(
    message: string,
    readonly hint: string,
  ) {
    super(message);
  }
}

/** Says what went wrong, on stderr, and what the process should exit with. */
export function reportFailure(error: unknown, io: CommandIo): number {
  // Commander has said its part already; help and version are no failures.
  if (error instanceof CommanderError) {
    return ["commander.helpDisplayed", "commander.version"].includes(error.code) ? EXIT_OK : EXIT_USAGE;
  }
  if (error instanceof UserError) {
    say(io, `error: ${printableLines(error.message)}`);
    say(io, `hint: ${printableLines(error.hint)}`);
    return error instanceof UsageError ? EXIT_USAGE : EXIT_FAULT;
  }
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const firstLine = printable(message.split("\n", 1)[0] ?? "");
  say(io, `error: this is a bug in eventloom, please report it with the command you ran: ${firstLine}`);
  if (io.environment.EVENTLOOM_DEBUG === "1" && error instanceof Error) say(io, error.stack ?? message);
  return EXIT_FAULT;
}

/** Line breaks stay, with what follows them indented, so that a name in a message cannot pose as a line of ours. */
const printableLines = (message: string): string => message.split("\n").map(printable).join("\n  ");
