import { basename, dirname, join, relative, resolve } from "node:path";
import { Command, Option } from "commander";
import { InputError } from "../core/errors.ts";
import { changesOf } from "../profiles/profile-changes.ts";
import { readProfile } from "../profiles/read-profile.ts";
import { formatJson } from "../report/result-json.ts";
import { requireWritable, statusOf, writeFileWhole } from "../runtime/files.ts";
import { ownPackage } from "../runtime/package-root.ts";
import { loadBaseText } from "../runtime/profile-files.ts";
import { type CommandIo, say } from "./command-io.ts";
import { loadChip } from "./load-chip.ts";
import { filePath } from "./parse-values.ts";
import { outOption, type ProfileOptions, withExample, withProfileOptions } from "./shared-options.ts";

interface NewOptions extends ProfileOptions {
  readonly from: string;
  readonly name?: string;
  readonly title?: string;
  readonly out?: string;
  readonly whole?: true;
}

/** `eventloom profile new`: a file of one's own that extends a profile, with what was changed. */
export function newProfileCommand(io: CommandIo): Command {
  const command = withProfileOptions(new Command("new"))
    .summary("begin a profile of your own")
    .description(
      "Writes a profile that extends another and holds what --set changes, ready to be edited: figures may be\n" +
        'written as {"basis": "estimated", "value": "150 MHz", "source": "..."}.',
    )
    .addOption(
      new Option("--from <profile>", "profile to begin from: a name, or a .json in the same folder")
        .default("spinnaker2")
        .argParser(filePath),
    )
    .option("--name <name>", "its short name (default: my-<from>)")
    .option("--title <text>", "its full name")
    .option("--whole", "write every figure instead of what differs")
    .addOption(outOption("write it there instead of <name>.json"))
    .action((options: NewOptions) => createProfile(options, io));
  return withExample(
    command,
    "profile new --from spinnaker2 --set pe.sram=256kB --set noc.hopLatency=3cycles",
  );
}

function createProfile({ from, set, whole, ...options }: NewOptions, io: CommandIo): void {
  const base = loadChip(from).json;
  const { name = `my-${base.name}`, title = `${base.title}, changed`, out = `${name}.json` } = options;
  const changed = { ...loadChip(from, set).json, name, title };
  const { $schema: _, ...all } = changed;
  const folder = out === "-" ? "." : dirname(out);
  const text = formatJson(
    whole
      ? { $schema: schemaPath(folder, "schema.json"), ...all }
      : {
          $schema: schemaPath(folder, "schema-extends.json"),
          extends: baseName(from, folder),
          ...(changesOf({ ...base, $schema: undefined }, all) as object),
          name,
          title,
        },
  );
  // What is written has to be readable as it stands.
  readProfile(text, out === "-" ? "profile.json" : out, [], loadBaseText);
  if (out === "-") {
    io.stdout.write(text);
    return;
  }
  if (statusOf(out) !== undefined)
    throw new InputError({ file: out }, "exists already", "Name another file with --out.");
  requireWritable(out);
  writeFileWhole(out, text);
  say(io, `wrote ${out}; \`eventloom profile check ${out}\` checks it after changes`);
}

/** Files can extend those beside them, not any file. */
function baseName(from: string, folder: string): string {
  if (!from.endsWith(".json")) return from;
  if (resolve(dirname(from)) === resolve(folder)) return basename(from);
  throw new InputError(
    { field: "from" },
    `${from} lies in another folder than the new profile`,
    "Write the new profile beside it with --out, or all of it with --whole.",
  );
}

/** Editors look a schema up from the file's own folder. */
const schemaPath = (folder: string, schema: string): string =>
  relative(resolve(folder), join(ownPackage().root, "hw-profiles", schema)).replaceAll("\\", "/");
