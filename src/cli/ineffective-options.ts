import type { Command } from "commander";
import { type HardwareProfile, usablePes } from "../core/profile.ts";
import { counted } from "../core/wording.ts";
import { type CommandIo, say } from "./command-io.ts";
import type { ProgramOptions } from "./shared-options.ts";

/** Says which of the options that were given change nothing, so that nobody reads an effect into a result. */
export function noteIneffective(
  command: Command,
  { format, pes }: ProgramOptions,
  profile: HardwareProfile,
  io: CommandIo,
): void {
  if (format === "float32" && command.getOptionValueSource("scales") === "cli") {
    say(io, "note: --scales has no effect on float32 weights, which have no scales.");
  }
  const usable = usablePes(profile).length;
  if (pes !== undefined && pes > usable) {
    say(io, `note: --pes ${pes} has no effect, as ${profile.name} has ${counted(usable, "usable PE")}.`);
  }
}
