import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { ownPackage } from "../../../src/runtime/package-root.ts";

const { root, version } = ownPackage();
const MAIN = join(root, "dist/src/cli/main.js");

const start = (...commandLine: string[]) =>
  spawnSync(process.execPath, [MAIN, ...commandLine], { encoding: "utf8", cwd: join(root, "..") });

/** The command as it is installed: built, in a process of its own, started from elsewhere. */
describe("the built command", () => {
  beforeAll(() => {
    if (!existsSync(MAIN)) throw new Error("there is no build: `npm run build` makes one");
  });

  it("answers on stdout with exit 0", () => {
    expect(start("--version")).toMatchObject({ status: 0, stdout: `${version}\n`, stderr: "" });
  });

  it("finds its profiles wherever it is started from", () => {
    expect(start("profile", "list").stdout).toMatch(/^ *name [^]*\n +spinnaker2 /);
  });

  it("exits with 1 for the user's fault and 2 for a wrong command line", () => {
    expect(start("inspect", "/none")).toMatchObject({ status: 1, stdout: "" });
    expect(start("inspect")).toMatchObject({ status: 2, stdout: "" });
  });

  it.runIf(existsSync("/dev/full"))("says that its output has no room, and that this is no bug", () => {
    const command = `"${process.execPath}" "${MAIN}" profile show spinnaker2 > /dev/full`;
    const { status, stderr } = spawnSync("/bin/sh", ["-c", command], { encoding: "utf8" });
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr:
        "error: standard output: cannot be written: no space is left on the device\n" +
        "hint: Send it somewhere else, or write to a file with --out where the command has it.\n",
    });
    const silent = `"${process.execPath}" "${MAIN}" inspect /none 2> /dev/full`;
    expect(spawnSync("/bin/sh", ["-c", silent], { encoding: "utf8" })).toMatchObject({
      status: 1,
      stdout: "",
    });
  });

  it.runIf(existsSync("/bin/sh"))("ends quietly when its reader has seen enough", () => {
    const command = `"${process.execPath}" "${MAIN}" profile show spinnaker2 --json | head -n 1`;
    const { stdout, stderr } = spawnSync("/bin/sh", ["-c", command], { encoding: "utf8" });
    expect({ stdout, stderr }).toEqual({ stdout: "{\n", stderr: "" });
  });
});
