import { Command, Option } from "commander";
import { InputError } from "../core/errors.ts";
import type { HardwareProfile } from "../core/profile.ts";
import { readProfile } from "../profiles/read-profile.ts";
import { formatJson } from "../report/result-json.ts";
import { validationJsonOf } from "../report/validation-json.ts";
import { validationPage } from "../report/validation-page.ts";
import { formatValidation } from "../report/validation-text.ts";
import { requireWritable, writeFileWhole } from "../runtime/files.ts";
import { ownPackage } from "../runtime/package-root.ts";
import { loadBaseText, loadProfileText } from "../runtime/profile-files.ts";
import { loadValidationTexts } from "../runtime/validation-files.ts";
import { judge, statisticsOf } from "../validation/judge.ts";
import { type Entry, readEntry } from "../validation/read-entry.ts";
import { validateEntries } from "../validation/validate.ts";
import { type CommandIo, say } from "./command-io.ts";
import { filePath } from "./parse-values.ts";
import { type Progress, showProgress } from "./progress.ts";
import { jsonOption, outOption, withExample } from "./shared-options.ts";
import { styleFor } from "./terminal-style.ts";
import { checkOutput } from "./write-results.ts";

interface Options {
  readonly only?: string;
  readonly page?: string;
  readonly out?: string;
  readonly json?: true;
}

/** `eventloom validate`: published measurements beside what eventloom predicts of them. */
export function validateCommand(io: CommandIo): Command {
  const command = new Command("validate")
    .summary("hold predictions against published measurements of real chips")
    .description(
      "Predicts what publications measured, prints predicted, measured and error, and says why where it cannot.\n" +
        "Takes definitions (examples/validation/), all that come with eventloom where none is named.",
    )
    .argument("[files...]", "definitions, .json")
    .addOption(new Option("--only <ids>", "entries by their ids, separated by commas"))
    .addOption(new Option("--page <file>", "write the page there, as Markdown").argParser(filePath))
    .addOption(outOption("write the results there as JSON"))
    .addOption(jsonOption())
    .action((files: string[], options: Options) => validate(files, options, io));
  return withExample(command, "validate", "validate --only s2_egru_lm", "validate --page docs/validation.md");
}

function validate(files: readonly string[], options: Options, io: CommandIo): void {
  checkOutput(options);
  if (options.page !== undefined) requireWritable(options.page);
  const entries = chosen(
    loadValidationTexts(files).map(({ text, fileName }) => readEntry(text, fileName)),
    options.only,
  );
  const judgements = run(entries, io).map(judge);
  const statistics = statisticsOf(judgements);
  const json = formatJson(validationJsonOf(judgements, statistics, `eventloom ${ownPackage().version}`));
  const isJsonWanted = options.json === true || options.out === "-";
  io.stdout.write(isJsonWanted ? json : formatValidation(judgements, statistics, styleFor(io.stdout, io)));
  const write = (path: string, content: string): void => {
    writeFileWhole(path, content);
    say(io, `wrote ${path}`);
  };
  if (options.out !== undefined && options.out !== "-") write(options.out, json);
  if (options.page !== undefined) write(options.page, validationPage(judgements, statistics));
}

function chosen(entries: readonly Entry[], only: string | undefined): readonly Entry[] {
  checkIds(entries);
  if (only === undefined) return entries;
  const wanted = only.split(",").map((id) => id.trim());
  const missing = wanted.find((id) => !entries.some((entry) => entry.id === id));
  if (missing !== undefined)
    throw new InputError(
      { field: "--only" },
      `there is no entry "${missing}"`,
      `Choose among ${entries.map(({ id }) => id).join(", ")}.`,
    );
  return entries.filter(({ id }) => wanted.includes(id));
}

/** An entry that is there twice would count twice. */
function checkIds(entries: readonly Entry[]): void {
  const twice = entries.find(({ id }, index) => entries.findIndex((other) => other.id === id) < index);
  if (twice !== undefined)
    throw new InputError(
      { field: "id" },
      `two definitions have the id "${twice.id}"`,
      "Name each file once.",
    );
}

function run(entries: readonly Entry[], io: CommandIo) {
  let progress: Progress | undefined;
  let label = "";
  const profiles = new Map<string, HardwareProfile>();
  try {
    return validateEntries(entries, {
      chipOf: (name, overrides) => {
        const key = JSON.stringify([name, overrides]);
        const known = profiles.get(key) ?? profileOf(name, overrides);
        profiles.set(key, known);
        return known;
      },
      onCase: (entry, name, workload) => {
        progress?.end();
        progress = undefined;
        if (workload.kind !== "network") return;
        say(io, `${entry.id}: ${name}`);
        label = entry.id;
      },
      // Begun with the first step, so that compiling is in no rate.
      onSteps: (done, steps) => (progress ??= showProgress(io, label, "steps")).advance(done, steps),
    });
  } finally {
    progress?.end();
  }
}

function profileOf(name: string, overrides: readonly string[]): HardwareProfile {
  const { text, fileName } = loadProfileText(name);
  return readProfile(text, fileName, overrides, loadBaseText).profile;
}
