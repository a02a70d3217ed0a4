import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { run } from "./run-in-process.ts";

const SMALL = "synthetic:6,8@0.5";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "eventloom-cli-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);

/** What a command says on stderr. */
const talkOf = async (...commandLine: string[]): Promise<string> => (await run(commandLine)).stderr;

describe("options without effect", () => {
  const scales = "note: --scales has no effect on float32 weights, which have no scales.\n";
  const pes = "note: --pes 400 has no effect, as spinnaker2 has 152 usable PEs.\n";

  it.each([["simulate"], ["compare"]])("of %s are named", async (command) => {
    const said = await talkOf(command, SMALL, "--steps", "2", "--scales", "row", "--pes", "400");
    expect(said).toContain(scales);
    expect(said).toContain(pes);
    const silent = await talkOf(
      command,
      SMALL,
      "--steps",
      "2",
      "--format",
      "int8",
      "--scales",
      "row",
      "--pes",
      "4",
    );
    expect(silent).not.toContain("note:");
  });

  it("of compile are named, an operating point too", async () => {
    const chip = ["--chip", "spinnaker2@300MHz", "--out", at("a.loom")];
    const said = await talkOf("compile", SMALL, "--scales", "matrix", "--pes", "400", ...chip);
    expect(said).toContain(scales);
    expect(said).toContain(pes);
    expect(said).toContain(
      "note: a program is the same at every operating point; choose 300MHz when it is simulated.\n",
    );
    expect(await talkOf("compile", SMALL, "--out", at("a.loom"))).not.toContain("note:");
  });

  it.each([
    ["simulate", "--chip"],
    ["compare", "--chips"],
  ])("of a run of %s are named", async (command, option) => {
    const start = [command, SMALL, "--steps", "4", option, "spinnaker2@300MHz", "--dvfs", "queue:2"];
    const said = await talkOf(...start, "--workers", "2");
    expect(said).toContain("note: --workers 2 has no effect on one stream;");
    expect(said).toContain("note: @300MHz has no effect on --dvfs,");
    const silent = await talkOf(...start, "--dvfs", "fixed", "--workers", "2", "--streams", "2");
    expect(silent).not.toContain("note:");
  });

  it("is --array for a file that holds no arrays by name", async () => {
    writeFileSync(at("v.csv"), "0,0,0,0,0,1\n");
    const said = await talkOf("simulate", SMALL, "--input", at("v.csv"), "--array", "x");
    expect(said).toContain(`note: --array has no effect, as ${at("v.csv")} holds no arrays by name.\n`);
  });
});

describe("long work", () => {
  it("is announced: compiling always, reading and making where there is much of it", async () => {
    expect(await talkOf("compile", SMALL, "--out", at("a.loom"))).toMatch(
      /^compiling synthetic:6,8@0\.5 for spinnaker2\n/,
    );
    expect(await talkOf("inspect", "synthetic:1000000x16,4@0.5")).toBe("making synthetic:1000000x16,4@0.5\n");
    expect(await talkOf("inspect", SMALL)).toBe("");
    writeFileSync(at("large.pt"), "");
    truncateSync(at("large.pt"), 40 * 2 ** 20);
    expect(await talkOf("inspect", at("large.pt"))).toMatch(/^reading .*large\.pt \(40\.0 MiB\)\nerror: /);
  });
});

describe("words that the vocabulary lacks", () => {
  const model = join(import.meta.dirname, "../../../examples/egru-wt2-small");
  const talkOfText = (text: string) => {
    writeFileSync(at("my.txt"), text);
    return talkOf("simulate", model, "--text", at("my.txt"));
  };

  it("are counted among the tokens that are read", async () => {
    expect(await talkOfText("the zzyzx of the\n")).toContain(
      "note: 1 of 4 tokens (25 %) are <unk> to the vocabulary.\n",
    );
  });

  it("are nothing to speak of where there are none", async () => {
    expect(await talkOfText("the king of the\n")).not.toContain("<unk>");
  });
});
