import { Command } from "commander";
import { InputError } from "../core/errors.ts";
import type { HardwareProfile } from "../core/profile.ts";
import { checkProfile } from "../profiles/check-profile.ts";
import { parseChipSpec } from "../profiles/chip-spec.ts";
import { ProfileError, type ProfileFinding } from "../profiles/profile-finding.ts";
import { readProfile } from "../profiles/read-profile.ts";
import { formatTable, printable, shorten } from "../report/layout.ts";
import { formatCount, plural } from "../report/quantities.ts";
import { formatJson } from "../report/result-json.ts";
import { formatProfile } from "../report/text-profile.ts";
import { bundledProfiles, loadBaseText, loadProfileText } from "../runtime/profile-files.ts";
import { type CommandIo, say } from "./command-io.ts";
import { loadChip } from "./load-chip.ts";
import { diffProfilesCommand } from "./profile-diff.ts";
import { newProfileCommand } from "./profile-new.ts";
import { loadBaseline } from "./load-target.ts";
import { wholeNumber } from "./parse-values.ts";
import { jsonOption, type ProfileOptions, withExample, withProfileOptions } from "./shared-options.ts";
import { styleFor } from "./terminal-style.ts";

const PROFILE_ARGUMENT = "profile name, or path to a .json";

interface Options extends ProfileOptions {
  readonly json?: true;
  readonly neurons?: number;
}

/** `eventloom profile`: the chips that eventloom knows, their figures and where these come from. */
export function profileCommand(io: CommandIo): Command {
  const list = new Command("list")
    .summary("list the bundled profiles")
    .description("Lists the hardware profiles that come with eventloom.")
    .addOption(jsonOption())
    .action((options: Options) => listProfiles(options, io));
  const show = withProfileOptions(new Command("show"))
    .summary("show a profile's figures and their sources")
    .description("Shows every figure of a profile with its unit, its basis and its source.")
    .argument("<profile>", PROFILE_ARGUMENT)
    .addOption(jsonOption())
    .action((name: string, options: Options) => showProfile(name, options, io));
  const check = withProfileOptions(new Command("check"))
    .summary("check that a profile is sound")
    .description("Checks a profile: its form, and that its figures fit each other.")
    .argument("<profile>", PROFILE_ARGUMENT)
    .option(
      "--neurons <n>",
      "also check that keys are wide enough for so many neurons",
      wholeNumber(1, 2 ** 32),
    )
    .addOption(jsonOption())
    .action((name: string, options: Options) => checkOneProfile(name, options, io));
  const command = new Command("profile")
    .summary("list, show, check, begin and compare hardware profiles")
    .description("Lists, shows, checks, begins and compares hardware profiles.")
    .helpCommand(false)
    .addCommand(withExample(list, "profile list"))
    .addCommand(withExample(show, "profile show spinnaker2 --set pe.whileWaiting=spin"))
    .addCommand(withExample(check, "profile check my-chip.json"))
    .addCommand(newProfileCommand(io))
    .addCommand(diffProfilesCommand(io));
  return withExample(command, "profile show spinnaker2");
}

function listProfiles({ json }: Options, io: CommandIo): void {
  const entries = bundledProfiles().map(entryOf);
  if (json) {
    io.stdout.write(formatJson({ profiles: entries }));
    return;
  }
  const rows = entries.map(({ name, title, pes, operatingPoints }) => [
    name,
    shorten(title, 52),
    pes === undefined ? "dense" : formatCount(pes),
    operatingPoints?.join(", ") ?? "",
  ]);
  const header = ["name", "chip", "PEs", "operating points"];
  const lines = formatTable(header, rows, ["left", "left", "right", "left"], styleFor(io.stdout, io));
  io.stdout.write(`${lines.join("\n")}\n`);
}

/** A dense baseline has neither PEs nor operating points. */
function entryOf(bundled: string): ProfileEntry {
  const baseline = loadBaseline(bundled);
  if (baseline !== undefined) return { name: baseline.profile.name, title: baseline.profile.title };
  const { name, title, pe, operatingPoints } = loadChip(bundled).profile;
  return { name, title, pes: pe.count, operatingPoints: operatingPoints.map((point) => point.name) };
}

interface ProfileEntry {
  readonly name: string;
  readonly title: string;
  readonly pes?: number;
  readonly operatingPoints?: readonly string[];
}

function showProfile(name: string, { set, json }: Options, io: CommandIo): void {
  const loaded = loadBaseline(name, set) ?? loadChip(name, set);
  if (json) {
    io.stdout.write(formatJson(loaded.json));
    return;
  }
  io.stdout.write(formatProfile(loaded, styleFor(io.stdout, io)));
}

function checkOneProfile(name: string, options: Options, io: CommandIo): void {
  const { neurons, json } = options;
  const baseline = loadBaseline(name, options.set);
  if (baseline !== undefined) {
    const { name: own, sha256 } = baseline.profile;
    if (json) io.stdout.write(formatJson({ name: own, sha256, findings: [] }));
    say(io, `${own} is sound`);
    return;
  }
  const profile = soundProfile(name, options, io);
  const findings = checkProfile(profile, neurons === undefined ? {} : { neurons });
  if (json) io.stdout.write(formatJson({ name: profile.name, sha256: profile.sha256, findings }));
  else for (const finding of findings) io.stdout.write(`${describeFinding(finding)}\n`);
  const errors = findings.filter(({ severity }) => severity === "error").length;
  if (errors > 0) {
    throw new InputError(
      { file: name },
      `the profile has ${plural(errors, "error")}`,
      "Correct the figures that are named above.",
    );
  }
  say(
    io,
    `${profile.name} is sound${findings.length > 0 ? `, with ${plural(findings.length, "warning")}` : ""}`,
  );
}

/** The profile; one that cannot be read is an answer too, which `--json` gives as findings before it is thrown. */
function soundProfile(name: string, { set, json }: Options, io: CommandIo): HardwareProfile {
  const { name: profileName } = parseChipSpec(name);
  // What cannot be found or read at all is no finding.
  const { text, fileName } = loadProfileText(profileName);
  try {
    return readProfile(text, fileName, set, loadBaseText).profile;
  } catch (fault) {
    if (json && fault instanceof InputError) {
      io.stdout.write(formatJson({ name, findings: findingsOf(fault) }));
    }
    throw fault;
  }
}

const findingsOf = (fault: InputError): readonly ProfileFinding[] =>
  fault instanceof ProfileError
    ? fault.findings
    : [{ severity: "error", path: fault.place.field ?? "", problem: fault.problem }];

const describeFinding = ({ severity, path, problem }: ProfileFinding): string =>
  printable(`${severity}: ${path}: ${problem}`);
