import type { Command } from "commander";
import { type HardwareProfile, usablePes } from "../core/profile.ts";
import { counted } from "../core/wording.ts";
import { type CommandIo, say } from "./command-io.ts";
import type { PricingOptions, ProgramOptions } from "./shared-options.ts";

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

/** Detailed times know neither barriers nor ticks nor changing operating points. */
export function noteOnlyFast({ fidelity, sync = [], dvfs = [] }: PricingOptions, io: CommandIo): void {
  if (!fidelity.includes("detailed")) return;
  const wishes = [
    ...(sync.some(({ kind }) => kind !== "data-flow") ? ["--sync"] : []),
    ...(dvfs.some(({ kind }) => kind !== "fixed") ? ["--dvfs"] : []),
  ];
  if (wishes.length === 0) return;
  say(
    io,
    `note: ${wishes.join(" and ")} ${wishes.length === 1 ? "applies" : "apply"} to fast times only; detailed ones are by data flow at fixed operating points.`,
  );
}
