import { stepsInStreams } from "../../simulator/streams.ts";
import { type Stimulus, stepsOf } from "../core/stimulus.ts";
import { shorten } from "../report/layout.ts";
import { formatCount, formatMean, plural } from "../report/quantities.ts";
import { type CommandIo, say } from "./command-io.ts";
import { describeSeconds, showProgress } from "./progress.ts";

/** What stderr hears of one simulation. */
export interface SimulationTalk {
  readonly advance: (stepsDone: number) => void;
  /** Says how long it took, if it got to its end; clears the progress in any case. */
  readonly end: () => void;
}

/** Says how an input is cut, and what its end is not used for. Returns the steps that are left. */
export function talkOfStreams(stimulus: Stimulus, streams: number, io: CommandIo): number {
  const steps = stepsInStreams(stimulus, streams);
  if (streams > 1) {
    const dropped = stepsOf(stimulus) - steps;
    const rest =
      dropped > 0 ? `; ${plural(dropped, "step")} of ${formatCount(stepsOf(stimulus))} not run` : "";
    say(io, `${formatCount(streams)} streams of ${plural(steps / streams, "step")}${rest}`);
  }
  return steps;
}

/** Slow work has a fraction of a step a second. */
const formatRate = (rate: number): string => (rate < 10 ? formatMean(rate) : formatCount(rate));

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
      const rate = seconds > 0 ? `, ${formatRate(steps / seconds)} steps a second` : "";
      say(io, `  done in ${seconds < 60 ? `${seconds.toFixed(1)} s` : describeSeconds(seconds)}${rate}`);
    },
  };
}
