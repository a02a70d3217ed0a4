import { shorten } from "../report/layout.ts";
import type { CommandIo } from "./command-io.ts";

/** Short work stays silent. */
const SILENT_MS = 2_000;
const TERMINAL_INTERVAL_MS = 200;
/** Logs and pipes keep every line, so they get few. */
const LOG_INTERVAL_MS = 10_000;
/** A line that renews itself must not wrap; the last column stays free for the cursor. */
const TERMINAL_WIDTH = 79;
const SHORTEST_LABEL = 12;

export interface Progress {
  /** Told as often as one likes; says something only now and then. */
  readonly advance: (done: number, total: number) => void;
  /** Clears a line that is still open. Call it in every case. */
  readonly end: () => void;
}

/**
 * Shows on stderr how far long work is: "simulate: 640 of 2,000 steps, 310 a second, 5 s left".
 * A terminal sees one line that renews itself; anything else a line every few seconds.
 */
export function showProgress(io: CommandIo, label: string, noun: string): Progress {
  const { isTerminal } = io.stderr;
  const started = io.now();
  let last = started + SILENT_MS - (isTerminal ? TERMINAL_INTERVAL_MS : LOG_INTERVAL_MS);
  let openWidth = 0;

  const advance = (done: number, total: number): void => {
    const now = io.now();
    const interval = isTerminal ? TERMINAL_INTERVAL_MS : LOG_INTERVAL_MS;
    if (now - started < SILENT_MS || now - last < interval || done === 0) return;
    last = now;
    const rate = (1000 * done) / (now - started);
    const figures =
      `${count(done)} of ${count(total)} ${noun}, ` +
      `${count(rate)} a second, ${describeSeconds((total - done) / rate)} left`;
    const room = isTerminal ? TERMINAL_WIDTH - ": ".length - figures.length : label.length;
    const line = `${shorten(label, Math.max(room, SHORTEST_LABEL))}: ${figures}`;
    io.stderr.write(isTerminal ? `\r${line.padEnd(openWidth)}` : `${line}\n`);
    openWidth = line.length;
  };

  const end = (): void => {
    if (isTerminal && openWidth > 0) io.stderr.write(`\r${" ".repeat(openWidth)}\r`);
    openWidth = 0;
  };
  return { advance, end };
}

const count = (n: number): string =>
  n < 10 ? String(Number(n.toPrecision(2))) : Math.round(n).toLocaleString("en-US");

/** "40 s", "3 min 20 s", "2 h 5 min". */
export function describeSeconds(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
