/**
 * What a command sees of the outside world beside files: three streams' worth of talk and a clock. Handed in,
 * so that tests run commands in-process and read what they said.
 */
export interface CommandIo {
  /** Data only. */
  readonly stdout: Output;
  /** Talk: progress, remarks, errors. */
  readonly stderr: Output;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Milliseconds since some moment; for progress and wall times on stderr only. */
  readonly now: () => number;
}

export interface Output {
  readonly write: (content: string | Uint8Array) => void;
  readonly isTerminal: boolean;
}

/** One line of talk. */
export const say = (io: CommandIo, line: string): void => io.stderr.write(`${line}\n`);
