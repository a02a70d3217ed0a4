import { Command } from "commander";
import { suggestion } from "../core/did-you-mean.ts";
import { UsageError } from "./failures.ts";
import { withExample } from "./shared-options.ts";

/** `eventloom help [command...]`: the same as `--help` there. */
export function helpCommand(root: Command): Command {
  const command = new Command("help")
    .summary("show help, for a command where one is named")
    .description("Shows what a command does and takes, as its --help does.")
    .argument("[command...]", "a command, and a command of it: profile show")
    .action((names: string[]) => {
      names.reduce(commandIn, root).outputHelp();
    });
  return withExample(command, "help simulate");
}

function commandIn(parent: Command, name: string): Command {
  const found = parent.commands.find((command) => command.name() === name);
  if (found !== undefined) return found;
  const known = parent.commands.map((command) => command.name());
  const where = parent.parent === null ? "" : ` in ${parent.name()}`;
  throw new UsageError(
    `There is no command "${name}"${where}${suggestion(name, known)}`,
    known.length === 0 ? `Write eventloom help ${parent.name()}.` : `Choose one of ${known.join(", ")}.`,
  );
}
