import { shorten } from "../report/layout.ts";
import { formatCount, plural } from "../report/quantities.ts";
import { type CommandIo, say } from "./command-io.ts";
import { describeSeconds, showProgress } from "./progress.ts";

/** What stderr hears of one simulation. */
export interface SimulationTalk {
  readonly advance: (stepsDone: number) => void;
  /** Says how long it took, if it got to its end; clears the progress in any case. */
  readonly end: () => void;
}

/** Announces a simulation of `name`, "model on chip", and follows it. */
export function talkOfSimulation(name: string, steps: number, io: CommandIo): SimulationTalk {
  // Short enough for progress to stay on one line of a terminal.
  const what = `simulating ${shorten(name, 36)}`;
  say(io, `${what}: ${plural(steps, "step")}`);
  const progress = showProgress(io, what, "steps");
  const started = io.now();
  let stepsDone = 0;
  return {
    advance(done) {
      stepsDone = done;
      progress.advance(done, steps);
    },
    end() {
      progress.end();
      if (stepsDone < steps) return;
      const seconds = (io.now() - started) / 1000;
      const rate = seconds > 0 ? `, ${formatCount(steps / seconds)} steps a second` : "";
      say(io, `  done in ${seconds < 60 ? `${seconds.toFixed(1)} s` : describeSeconds(seconds)}${rate}`);
    },
  };
}
