import { resolve } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import type { RunOptions, RunReport } from "../compare/run.ts";
import type { Fidelity, Schedule } from "../core/result.ts";
import type { TraceWindow } from "../core/trace.ts";
import { formatCount } from "../report/quantities.ts";
import { traceJson } from "../report/trace-json.ts";
import { tracePowerOf } from "../report/trace-power.ts";
import { requireWritable } from "../runtime/files.ts";
import { growFile } from "../runtime/growing-file.ts";
import { ownPackage } from "../runtime/package-root.ts";
import { type CommandIo, say } from "./command-io.ts";
import { UsageError } from "./failures.ts";
import { filePath, wholeNumber } from "./parse-values.ts";

export interface TraceOptions {
  readonly trace?: string;
  readonly traceWindow?: TraceWindow;
}

const DEFAULT_WINDOW: TraceWindow = { first: 0, steps: 10 };
const MOST_STEPS = 100_000_000;

export const withTraceOptions = (command: Command): Command =>
  command
    .addOption(
      new Option(
        "--trace <file>",
        "write what happens when there, for Perfetto or chrome://tracing; packets with --fidelity detailed",
      ).argParser(filePath),
    )
    .addOption(
      new Option(
        "--trace-window <first:count>",
        "timesteps that are traced, counted from 0 (default: 0:10)",
      ).argParser(windowOf),
    );

/** "500:20" is 20 timesteps from number 500 on. */
function windowOf(text: string): TraceWindow {
  const [first, steps, ...rest] = text.split(":");
  if (first === undefined || steps === undefined || rest.length > 0) {
    throw new InvalidArgumentError("It must be the first timestep and how many, as in 0:10.");
  }
  return { first: wholeNumber(0, MOST_STEPS)(first), steps: wholeNumber(1, MOST_STEPS)(steps) };
}

/** Before long work: whether a trace can be written where it should. */
export function checkTrace(
  options: TraceOptions & { readonly out?: string; readonly outputs?: string; readonly events?: string },
): void {
  const { trace, traceWindow } = options;
  if (trace === undefined) {
    if (traceWindow === undefined) return;
    throw new UsageError(
      "--trace-window is for a trace, but no trace is asked for.",
      "Give --trace <file> as well.",
    );
  }
  for (const name of ["out", "outputs", "events"] as const) {
    const path = options[name];
    if (path !== undefined && resolve(path) === resolve(trace)) {
      throw new UsageError(`--${name} and --trace name the same file.`, "Name two files.");
    }
  }
  requireWritable(trace);
}

/** Refuses a window that the run does not reach, and says which run is traced where several are asked for. */
export function noteTrace(
  {
    trace,
    traceWindow: { first } = DEFAULT_WINDOW,
    streams,
    fidelity,
    schedule,
  }: TraceOptions & {
    readonly streams: number;
    readonly fidelity: readonly Fidelity[];
    readonly schedule: readonly Schedule[];
  },
  steps: number,
  io: CommandIo,
): void {
  if (trace === undefined) return;
  const length = Math.floor(steps / streams);
  if (first >= length) {
    throw new UsageError(
      `--trace-window begins at timestep ${formatCount(first)}, but ${streams > 1 ? "a stream" : "the run"} has ${formatCount(length)}, counted from 0.`,
      "Begin the window earlier, or give a longer input.",
    );
  }
  if (fidelity.length > 1) say(io, "note: the trace is that of the detailed fidelity.");
  if (streams > 1) say(io, "note: the trace is that of the first stream.");
  if (schedule.includes("pipelined")) {
    say(io, "note: the trace is laid out in the sequential schedule.");
  }
}

export const traceWish = ({
  trace,
  traceWindow = DEFAULT_WINDOW,
}: TraceOptions): Pick<RunOptions, "trace"> => (trace === undefined ? {} : { trace: traceWindow });

/** Writes a run's trace, if one was asked for, and says so where it is not whole. */
export function writeTrace({ trace: path }: TraceOptions, report: RunReport, io: CommandIo): void {
  const [trace] = report.result.traces ?? [];
  if (path === undefined || trace === undefined) return;
  const { program, chip, result, readings } = report;
  const { profile } = chip;
  const point = profile.operatingPoints.find(({ name }) => name === trace.operatingPoint)!;
  const { whileWaiting, whileUnused } = readings[0]!;
  const file = growFile(path);
  const encoder = new TextEncoder();
  try {
    const about = {
      writtenBy: `eventloom ${ownPackage().version}`,
      model: program.manifest.modelName,
      chip: profile.name,
      input: result.origin,
      power: tracePowerOf(profile, point, result.usedPes, whileWaiting, whileUnused),
    };
    for (const text of traceJson(trace, about)) file.append(encoder.encode(text));
    file.finish();
  } finally {
    file.discard();
  }
  if (trace.isTruncated) {
    say(
      io,
      `note: the trace ends early, after ${formatCount(trace.capacity)} spans and packets; trace fewer timesteps with --trace-window.`,
    );
  }
  say(io, `wrote ${path} (trace at ${trace.operatingPoint}, ${trace.fidelity})`);
}
