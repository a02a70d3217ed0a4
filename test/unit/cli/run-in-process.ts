import type { CommandIo } from "../../../src/cli/command-io.ts";
import { runCli } from "../../../src/cli/run-cli.ts";

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stdoutBytes: Uint8Array;
  readonly stderr: string;
}

export interface World {
  readonly environment?: Readonly<Record<string, string>>;
  readonly isTerminal?: boolean;
  readonly now?: () => number;
}

/** Runs a command line within the test and keeps what it said. */
export async function run(commandLine: readonly string[], world: World = {}): Promise<Outcome> {
  const said = { stdout: [] as Uint8Array[], stderr: [] as Uint8Array[] };
  const outputTo = (chunks: Uint8Array[]) => ({
    isTerminal: world.isTerminal ?? false,
    write: (content: string | Uint8Array) =>
      void chunks.push(typeof content === "string" ? new TextEncoder().encode(content) : content),
  });
  const io: CommandIo = {
    stdout: outputTo(said.stdout),
    stderr: outputTo(said.stderr),
    environment: world.environment ?? {},
    now: world.now ?? (() => 0),
  };
  const code = await runCli(commandLine, io);
  const stdoutBytes = new Uint8Array(Buffer.concat(said.stdout));
  return {
    code,
    stdoutBytes,
    stdout: Buffer.from(stdoutBytes).toString("utf8"),
    stderr: Buffer.concat(said.stderr).toString("utf8"),
  };
}

/** `run` for a command line without spaces in its words. */
export const runLine = (line: string, world?: World): Promise<Outcome> =>
  run(line.split(" ").filter(Boolean), world);
