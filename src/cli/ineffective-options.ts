import type { Command } from "commander";
import { annealing } from "../../compiler/place/annealing.ts";
import { defaultPlacer } from "../../compiler/place/place.ts";
import { type HardwareProfile, usablePes } from "../core/profile.ts";
import { hasLinks, routerGraphOf } from "../core/router-graph.ts";
import { counted } from "../core/wording.ts";
import { type CommandIo, say } from "./command-io.ts";
import type { PricingOptions, ProgramOptions } from "./shared-options.ts";

/** Says which of the options that were given change nothing, so that nobody reads an effect into a result. */
export function noteIneffective(
  command: Command,
  { format, mac, partitionBy, parts, pes, placer, effort, router }: ProgramOptions,
  profile: HardwareProfile,
  io: CommandIo,
): void {
  if (format === "float32" && command.getOptionValueSource("scales") === "cli") {
    say(io, "note: --scales has no effect on float32 weights, which have no scales.");
  }
  if (format === "float32" && mac === "auto") {
    say(io, "note: --mac auto has no effect on float32 weights; MAC arrays multiply int8.");
  } else if (mac === "auto" && profile.pe.macArray?.kernel === undefined) {
    say(io, `note: --mac auto has no effect, as ${profile.name} has no MAC arrays for layers.`);
  }
  const placing = placer ?? defaultPlacer(profile).name;
  if (effort !== undefined && placing !== annealing.name) {
    say(
      io,
      `note: --effort has no effect on the placer ${placing}, which does not search; ${annealing.name} does.`,
    );
  }
  if (parts !== undefined && partitionBy !== "sources" && partitionBy !== "both") {
    say(
      io,
      `note: --parts ${parts} has no effect on --partition-by ${partitionBy}; sources and both take it.`,
    );
  }
  if (router !== undefined && !hasLinks(routerGraphOf(profile))) {
    say(io, `note: --router ${router} has no effect, as ${profile.name} has no links between routers.`);
  }
  const usable = usablePes(profile).length;
  if (pes !== undefined && pes > usable) {
    say(io, `note: --pes ${pes} has no effect, as ${profile.name} has ${counted(usable, "usable PE")}.`);
  }
}

/** The same of options of a run. `points` are operating points that were named with the chip. */
export function noteIneffectiveRun(
  { workers, streams, dvfs }: PricingOptions,
  points: readonly (string | undefined)[],
  io: CommandIo,
): void {
  if (workers > 1 && streams === 1) {
    say(io, `note: --workers ${workers} has no effect on one stream; --streams cuts the input into several.`);
  }
  const named = points.filter((point) => point !== undefined);
  if (named.length > 0 && dvfs?.every(({ kind }) => kind !== "fixed")) {
    say(
      io,
      `note: @${named.join(", @")} has no effect on --dvfs, which names its own operating points; --dvfs fixed adds a run there.`,
    );
  }
}
