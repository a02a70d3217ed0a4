import { shorten } from "../report/layout.ts";
import { formatBytes, formatCount } from "../report/quantities.ts";
import { tensorBytes } from "../runtime/tensor-backend.ts";
import type { EpochEntry, StepEntry } from "../training/trainer.ts";
import { type CommandIo, say } from "./command-io.ts";
import { describeSeconds } from "./progress.ts";

const TERMINAL_INTERVAL_MS = 500;
const LOG_INTERVAL_MS = 30_000;
const TERMINAL_WIDTH = 118;

/** Tells of a training while it goes on: where it is, how well it does, and how long it still takes. */
export function talkOfTraining(io: CommandIo, epochs: number) {
  const { isTerminal } = io.stderr;
  const started = io.now();
  let [epochStarted, last, stepsHere] = [started, started, 0];
  let openWidth = 0;
  const clear = () => {
    if (isTerminal && openWidth > 0) io.stderr.write(`\r${" ".repeat(openWidth)}\r`);
    openWidth = 0;
  };
  return {
    onStep(entry: StepEntry, index: number, ofEpoch: number): void {
      stepsHere += 1;
      const now = io.now();
      if (now - last < (isTerminal ? TERMINAL_INTERVAL_MS : LOG_INTERVAL_MS)) return;
      last = now;
      const secondsAStep = (now - epochStarted) / 1000 / stepsHere;
      const left = (ofEpoch - index + (epochs - entry.epoch - 1) * ofEpoch) * secondsAStep;
      const line =
        `epoch ${entry.epoch + 1} of ${epochs}: ${formatCount(index)} of ${formatCount(ofEpoch)} steps, ` +
        `loss ${entry.loss.toFixed(3)}, perplexity ${entry.perplexity.toFixed(1)}, ` +
        `activity ${activities(entry.activity)}, ${describeSeconds(left)} left`;
      const shown = isTerminal ? shorten(line, TERMINAL_WIDTH) : line;
      io.stderr.write(isTerminal ? `\r${shown.padEnd(openWidth)}` : `${shown}\n`);
      openWidth = shown.length;
    },
    onEpoch(entry: EpochEntry): void {
      clear();
      const now = io.now();
      const [took, whole] = [describeSeconds((now - epochStarted) / 1000), stepsHere];
      say(
        io,
        `epoch ${entry.epoch + 1}: training loss ${entry.trainLoss.toFixed(4)}; validation loss ${entry.loss.toFixed(4)}, ` +
          `perplexity ${entry.perplexity.toFixed(2)}, accuracy ${(100 * entry.accuracy).toFixed(1)} %, ` +
          `activity ${activities(entry.activity)}, sparsity ${(100 * entry.sparsity).toFixed(1)} %` +
          `${entry.best ? ", best so far" : ""} (${took} for ${formatCount(whole)} steps, tensors ${formatBytes(tensorBytes())})`,
      );
      [epochStarted, last, stepsHere] = [now, now, 0];
    },
    end: clear,
  };
}

const activities = (shares: readonly number[]): string => shares.map((share) => share.toFixed(3)).join(" ");
