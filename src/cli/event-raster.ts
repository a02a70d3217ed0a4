import { resolve } from "node:path";
import type { StepView } from "../../simulator/simulate.ts";
import type { Program } from "../core/program.ts";
import type { Stimulus } from "../core/stimulus.ts";
import { requireWritable } from "../runtime/files.ts";
import { growFile } from "../runtime/growing-file.ts";
import { ownPackage } from "../runtime/package-root.ts";
import { type CommandIo, say } from "./command-io.ts";
import { UsageError } from "./failures.ts";

export interface EventRasterOptions {
  readonly events?: string;
  readonly out?: string;
  readonly outputs?: string;
}

/** Before long work: whether events can be written where they should. */
export function checkEvents({ events, out, outputs }: EventRasterOptions): void {
  if (events === undefined) return;
  for (const [option, path] of [
    ["--out", out],
    ["--outputs", outputs],
  ] as const) {
    if (path !== undefined && resolve(path) === resolve(events)) {
      throw new UsageError(`${option} and --events name the same file.`, "Name two files.");
    }
  }
  if (!events.toLowerCase().endsWith(".parquet")) {
    throw new UsageError(`--events ${events} is no Parquet file.`, "Give it a name that ends in .parquet.");
  }
  requireWritable(events);
}

export interface EventRecord {
  readonly observe: (step: number, view: StepView) => void;
  /** Completes the file, which only then takes its name. */
  readonly finish: () => void;
  /** Removes what a failed run has written. Does nothing once the file is complete. */
  readonly discard: () => void;
  readonly tell: (io: CommandIo) => void;
}

/** Writes every event of a run to a Parquet file, as it happens. */
export async function recordEvents(
  path: string,
  program: Program,
  { kind, origin }: Stimulus,
  run: { readonly steps: number; readonly streams: number; readonly window?: number },
): Promise<EventRecord> {
  // Loaded here, as the Parquet writer would slow the start of every command.
  const { startEventRaster } = await import("../report/event-raster.ts");
  const file = growFile(path);
  const raster = startEventRaster(
    {
      program,
      stepIs: kind === "tokens" ? "token" : "vector",
      ...run,
      input: origin,
      writtenBy: `eventloom version ${ownPackage().version}`,
    },
    file.append,
  );
  return {
    observe: raster.record,
    finish() {
      raster.finish();
      file.finish();
    },
    discard: file.discard,
    tell: (io) => say(io, `wrote ${path}`),
  };
}
