import { Command } from "commander";
import { differencesOf, type FigureDifference } from "../profiles/profile-changes.ts";
import type { Provenance } from "../profiles/provenance.ts";
import { formatTable, shorten } from "../report/layout.ts";
import { plural } from "../report/quantities.ts";
import { formatJson } from "../report/result-json.ts";
import { type CommandIo, say } from "./command-io.ts";
import { loadChip } from "./load-chip.ts";
import { loadBaseline } from "./load-target.ts";
import { jsonOption, withExample } from "./shared-options.ts";
import { styleFor } from "./terminal-style.ts";

/** `eventloom profile diff`: which figures two profiles do not share. */
export function diffProfilesCommand(io: CommandIo): Command {
  const command = new Command("diff")
    .summary("show the figures in which two profiles differ")
    .description("Shows each figure whose value, basis or source differs between two profiles.")
    .argument("<profile>", "profile name, or path to a .json")
    .argument("<other>", "the same")
    .option("--values", "leave out figures of which only basis, source or note differ")
    .addOption(jsonOption())
    .action((first: string, second: string, options: { readonly json?: true; readonly values?: true }) =>
      diffProfiles(first, second, options, io),
    );
  return withExample(command, "profile diff loihi1 loihi1-silicon --values");
}

function diffProfiles(
  first: string,
  second: string,
  { json, values }: { readonly json?: true; readonly values?: true },
  io: CommandIo,
): void {
  const [a, b] = [first, second].map((name) => loadBaseline(name) ?? loadChip(name)) as [Loaded, Loaded];
  const differences = differencesOf(a.figures, b.figures).filter(
    ({ isOnlyOrigin }) => !(values && isOnlyOrigin),
  );
  if (json) {
    io.stdout.write(formatJson({ from: a.profile.name, to: b.profile.name, differences }));
    return;
  }
  if (differences.length > 0) {
    const header = ["figure", a.profile.name, b.profile.name];
    const lines = formatTable(
      header,
      differences.map(rowOf),
      ["left", "left", "left"],
      styleFor(io.stdout, io),
    );
    io.stdout.write(`${lines.join("\n")}\n`);
  }
  say(io, differences.length === 0 ? "no figure differs" : `${plural(differences.length, "figure")} differ`);
}

type Loaded = ReturnType<typeof loadChip>;

const rowOf = ({ path, from, to }: FigureDifference): string[] => [
  shorten(path, 44),
  shorten(describe(from), 24),
  shorten(describe(to), 24),
];

function describe(figure: Provenance | undefined): string {
  if (figure === undefined) return "-";
  const { value, unit, basis } = figure;
  if (value === undefined) return "unknown";
  const shown =
    typeof value === "number"
      ? Number(value.toPrecision(6))
      : typeof value === "string"
        ? value
        : JSON.stringify(value);
  return `${shown}${unit === undefined ? "" : ` ${unit}`} (${basis.slice(0, 4)}.)`;
}
