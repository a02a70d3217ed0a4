#!/usr/bin/env node
import { writeSync } from "node:fs";
import type { Output } from "./command-io.ts";
import { runCli } from "./run-cli.ts";

/** Writes at once and in full, so that nothing is lost when the process ends. */
function outputTo(stream: NodeJS.WriteStream, descriptor: number): Output {
  return { isTerminal: stream.isTTY === true, write: (content) => writeFully(descriptor, content) };
}

function writeFully(descriptor: number, content: string | Uint8Array): void {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  for (let written = 0; written < bytes.length;) {
    try {
      written += writeSync(descriptor, bytes, written);
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      // Whoever read our output has seen enough, as `head` does: no fault of anybody.
      if (code === "EPIPE") process.exit(0);
      // A pipe that is full for the moment.
      if (code !== "EAGAIN") throw error;
    }
  }
}

process.exitCode = await runCli(process.argv.slice(2), {
  stdout: outputTo(process.stdout, 1),
  stderr: outputTo(process.stderr, 2),
  environment: process.env,
  now: () => performance.now(),
});
