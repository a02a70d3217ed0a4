import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LoadedFile } from "./pe-files.ts";

/** How σ and tanh of float32 neurons are computed; kernels/gates.h says what each is for. */
export type Gates = "exact" | "software" | "accelerator";

/** A firmware that was built. */
export interface Firmware {
  readonly elf: string;
  /** Disassembly of the kernels. */
  readonly disassembly: string;
}

const COMPILER = "arm-none-eabi-gcc";
const EMULATOR = "qemu-system-arm";
/** What build.sh links with of newlib. */
const LIBRARY = "nosys.specs";

/** First line of what a program says of its version; undefined where it is not installed. */
function versionOf(command: string): string | undefined {
  const { status, stdout } = spawnSync(command, ["--version"], { encoding: "utf8" });
  return status === 0 ? stdout.split("\n")[0]!.trim() : undefined;
}

/** "gcc 12.2.1" or the like; undefined where there is no compiler. */
export function compilerVersion(): string | undefined {
  const line = versionOf(COMPILER);
  return line && `${COMPILER} ${/\) (\d+\.\d+\.\d+)/.exec(line)?.[1] ?? line}`;
}

/** Whether the compiler finds a C library to link with: a file it does not find it prints by its bare name. */
function hasLibrary(): boolean {
  const { status, stdout } = spawnSync(COMPILER, [`-print-file-name=${LIBRARY}`], { encoding: "utf8" });
  return status !== 0 || stdout.trim() !== LIBRARY;
}

/** The tools that are missing; none where firmware can be built and run. */
export const missingTools = (): readonly string[] => [
  ...[COMPILER, EMULATOR].filter((command) => versionOf(command) === undefined),
  ...(hasLibrary() ? [] : [`newlib's ${LIBRARY}`]),
];

/** @param root Folder of the package, which holds `firmware`. */
export function buildFirmware(root: string, gates: Gates, folder: string): Firmware {
  execFileSync(join(root, "firmware", "build.sh"), [gates, folder], { stdio: ["ignore", "ignore", "pipe"] });
  return {
    elf: join(folder, `${gates}.elf`),
    disassembly: readFileSync(join(folder, `${gates}.txt`), "utf8"),
  };
}

export interface EmulatorRun {
  /** What memory held, as emulator/host.c writes it. */
  readonly dump: Uint8Array;
  /** Lines of qemu's log: accesses to devices, and, where it was asked for, each instruction of the kernels. */
  readonly log: readonly string[];
}

/** Why emulator/host.c ends early, by exit code. */
const ENDINGS: Readonly<Record<number, string>> = {
  2: "the core faulted",
  11: "the firmware has no kernel for neurons of this kind",
  12: "the firmware does not know this number format",
  13: "the firmware has no kernel for some of the rows",
  14: "the firmware has room for fewer source blocks",
  15: "two source blocks share some of their keys and not all",
};

/** Runs one PE's timesteps. @param traced Whether each executed instruction of the kernels is logged. */
export function runEmulator({ elf }: Firmware, files: readonly LoadedFile[], traced = false): EmulatorRun {
  const folder = mkdtempSync(join(tmpdir(), "eventloom-firmware-"));
  try {
    const loaders = files.flatMap(({ address, bytes }, index) => {
      const name = join(folder, `${index}.bin`);
      writeFileSync(name, bytes);
      return ["-device", `loader,file=${name},addr=0x${address.toString(16)},force-raw=on`];
    });
    const trace = traced
      ? ["-singlestep", "-d", "exec,nochain,unimp", "-dfilter", "0x0..0x7eff"]
      : ["-d", "unimp"];
    const machine = ["-M", "mps2-an386", "-nographic", "-monitor", "none", "-serial", "none"];
    const semihosting = ["-semihosting-config", "enable=on,target=native"];
    const { status, error, stderr } = spawnSync(
      EMULATOR,
      [...machine, ...semihosting, "-kernel", elf, ...loaders, "-D", "log.txt", ...trace],
      { cwd: folder, encoding: "utf8", timeout: 60_000 },
    );
    if (status !== 0)
      throw new Error(`${ENDINGS[status ?? -1] ?? error?.message ?? stderr} (exit ${status})`);
    return {
      dump: Uint8Array.from(readFileSync(join(folder, "dump.bin"))),
      log: readFileSync(join(folder, "log.txt"), "utf8").split("\n"),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
