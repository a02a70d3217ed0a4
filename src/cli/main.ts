#!/usr/bin/env node
import { writeSync } from "node:fs";
import { InputError } from "../core/errors.ts";
import { reasonOf, systemCodeOf } from "../runtime/system-errors.ts";
import type { Output } from "./command-io.ts";
import { runCli } from "./run-cli.ts";

/** Writes at once and in full, so that nothing is lost when the process ends. */
const stdout: Output = {
  isTerminal: process.stdout.isTTY === true,
  write(content) {
    try {
      writeFully(1, content);
    } catch (error) {
      // Whoever read our output has seen enough, as `head` does: no fault of anybody.
      if (systemCodeOf(error) === "EPIPE") process.exit(0);
      const reason = reasonOf(error);
      if (reason === undefined) throw error;
      throw new InputError(
        { file: "standard output" },
        `cannot be written: ${reason}`,
        "Send it somewhere else, or write to a file with --out where the command has it.",
      );
    }
  },
};

const stderr: Output = {
  isTerminal: process.stderr.isTTY === true,
  write(content) {
    try {
      writeFully(2, content);
    } catch {
      // Nobody can be told; the exit code still says how it ended.
    }
  },
};

function writeFully(descriptor: number, content: string | Uint8Array): void {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  for (let written = 0; written < bytes.length;) {
    try {
      written += writeSync(descriptor, bytes, written);
    } catch (error) {
      // A pipe that is full for the moment.
      if (systemCodeOf(error) !== "EAGAIN") throw error;
    }
  }
}

process.exitCode = await runCli(process.argv.slice(2), {
  stdout,
  stderr,
  environment: process.env,
  now: () => performance.now(),
});
