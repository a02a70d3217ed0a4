import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { run } from "./run-in-process.ts";

const fixture = (name: string) => join(import.meta.dirname, "../../fixtures/profiles", `${name}.json`);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "eventloom-cli-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("profile check", () => {
  it.each(["tiny", "tiny-board", "tiny-multicast", "tiny-unicast"])("finds %s sound", async (name) => {
    const { code, stdout, stderr } = await run(["profile", "check", fixture(name)]);
    expect([code, stdout, stderr]).toEqual([0, "", `${name} is sound\n`]);
  });

  it("warns of buffers that hold up a lone stream, and takes the profile all the same", async () => {
    const narrow = ["profile", "check", fixture("tiny"), "--set", "noc.buffers.linkFlits=3count"];
    const { code, stdout, stderr } = await run(narrow);
    expect([code, stderr]).toEqual([0, "tiny is sound, with 1 warning\n"]);
    expect(stdout).toBe(
      "warning: noc.buffers.linkFlits: 3 flits cover 3 of a round trip's 7 cycles (hop and credit); a lone stream is held up by credits\n",
    );
  });

  it("takes what is broken from the command line, and says where nothing leads round it", async () => {
    const faulty = (name: string, ...sets: string[]) =>
      run(["profile", "check", name, ...sets.flatMap((set) => ["--set", set])]);
    const board = await faulty(
      "spinnaker2-48",
      "pe.dead=7:3,9",
      "board.deadLinks=(0,0)-(1,0)",
      "board.deadChips=40",
    );
    expect([board.code, board.stderr]).toEqual([0, "spinnaker2-48 is sound\n"]);
    const chip = await faulty("spinnaker2", "pe.dead=3,17", "noc.deadLinks=(1,6)-(2,6)");
    expect(chip.code).toBe(1);
    expect(chip.stderr).toContain("packets of PEs 48, 49, 50, 51 go over (1, 6)-(2, 6), as they go x first");
    const shown = await run(["profile", "show", "spinnaker2", "--set", "pe.dead=3,17"]);
    expect(shown.stdout).toContain("152 PEs, 150 usable, 2 dead\n");
  });

  it("names both files where one extends another and is wrong", async () => {
    const file = join(folder, "mine.json");
    writeFileSync(file, JSON.stringify({ extends: "spinnaker2-48", board: { colour: "red" } }));
    const { code, stderr } = await run(["profile", "check", file]);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /mine\.json \(extends .*spinnaker2-48\.json \(extends .*spinnaker2\.json\)\), board\.colour: unknown key/,
    );
    writeFileSync(file, JSON.stringify({ extends: "../spinnaker2.json" }));
    expect((await run(["profile", "check", file])).stderr).toContain(
      `${file}, extends: there is no profile named "../spinnaker2.json"`,
    );
  });
});
