import { spawn } from "node:child_process";

export interface ChildEnd {
  /** Undefined where a signal ended it. */
  readonly code: number | undefined;
  readonly signal: string | undefined;
  /** What it said last on stderr. */
  readonly lastWords: string;
}

const MOST_KEPT = 4_000;

/** Runs a program to its end, without a shell. Its standard output is dropped, the end of its stderr kept. */
export const runChild = (program: string, commandLine: readonly string[]): Promise<ChildEnd> =>
  new Promise((resolve, reject) => {
    const child = spawn(program, commandLine, { stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    child.stderr.setEncoding("utf8");
    child.stderr.on("data", (text: string) => (said = (said + text).slice(-MOST_KEPT)));
    child.on("error", reject);
    child.on("close", (code, signal) =>
      resolve({ code: code ?? undefined, signal: signal ?? undefined, lastWords: said.trim() }),
    );
  });
