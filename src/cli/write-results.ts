import type { ComparisonRow } from "../compare/compare.ts";
import type { Repeated } from "../compare/repeats.ts";
import type { Sensitivity } from "../compare/sensitivity.ts";
import { formatJson, resultJsonOf } from "../report/result-json.ts";
import { formatResult } from "../report/text.ts";
import { requireWritable, writeFileWhole } from "../runtime/files.ts";
import { ownPackage } from "../runtime/package-root.ts";
import { type CommandIo, say } from "./command-io.ts";
import { UsageError } from "./failures.ts";
import type { OutputOptions } from "./shared-options.ts";
import { styleFor } from "./terminal-style.ts";

/** Before long work: whether the results can be written where they should. */
export function checkOutput({ out, json }: OutputOptions): void {
  if (out === "-" && json) {
    throw new UsageError("--out - and --json both write to standard output.", "Give one of them.");
  }
  if (out !== undefined && out !== "-") requireWritable(out);
}

/** The report, or JSON, to standard output; JSON to the file where one was named. */
export function writeResults(
  rows: readonly ComparisonRow[],
  { out, json }: OutputOptions,
  io: CommandIo,
  sensitivities: readonly Sensitivity[] = [],
  repeats: readonly Repeated[] = [],
): void {
  const result = resultJsonOf(rows, `eventloom ${ownPackage().version}`, sensitivities, repeats);
  const text = formatJson(result);
  const isJsonWanted = json === true || out === "-";
  io.stdout.write(isJsonWanted ? text : formatResult(result, styleFor(io.stdout, io)));
  if (out === undefined || out === "-") return;
  writeFileWhole(out, text);
  say(io, `wrote ${out}`);
}
