import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { NumberFormat } from "../src/core/number-format.ts";
import { ownPackage } from "../src/runtime/package-root.ts";
import type { KernelInputs } from "./kernel-inputs.ts";

export interface NativeTime {
  readonly nanoseconds: number;
  readonly checksum: number;
}

/** Compiles the kernel for this machine. Undefined where that compiler is missing. */
export function compileNative(compiler: string, folder: string): string | undefined {
  const source = join(ownPackage().root, "bench/native-kernel.c");
  const program = join(folder, `native-${compiler}`);
  try {
    execFileSync(compiler, ["-O3", "-ffp-contract=off", "-o", program, source, "-lm"], { stdio: "pipe" });
    return program;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

export function timeNative(
  program: string,
  format: NumberFormat,
  inputs: KernelInputs,
  rounds: number,
  passes: number,
): NativeTime {
  const { rowStart, target, weight, multiplier, neurons, payloads, shift, accumulators } = inputs;
  const arrays = [
    rowStart,
    target,
    weight,
    multiplier,
    neurons,
    payloads,
    Uint32Array.of(shift, accumulators),
  ];
  const file = `${program}.in`;
  writeFileSync(
    file,
    Buffer.concat(
      arrays.flatMap((array) => [
        Buffer.from(Uint32Array.of(array.byteLength).buffer),
        Buffer.from(array.buffer, array.byteOffset, array.byteLength),
      ]),
    ),
  );
  const said = execFileSync(program, [file, format, String(rounds), String(passes)], { encoding: "utf8" });
  const [nanoseconds, checksum] = said.trim().split(" ").map(Number);
  return { nanoseconds: nanoseconds!, checksum: checksum! };
}

/** Gives a folder that is gone afterwards. */
export function inFolder<Result>(work: (folder: string) => Result): Result {
  const folder = mkdtempSync(join(tmpdir(), "eventloom-bench-"));
  try {
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
