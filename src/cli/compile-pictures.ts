import { resolve } from "node:path";
import type { Compilation } from "../../compiler/pipeline.ts";
import { explain } from "../../compiler/explain.ts";
import type { Chip } from "../compare/chips.ts";
import { formatDot, formatGraphMl } from "../report/event-graph-files.ts";
import { formatExplanation } from "../report/explain-text.ts";
import { formatFloorPlanSvg } from "../report/floor-plan-svg.ts";
import { requireWritable, writeFileWhole } from "../runtime/files.ts";
import { printable } from "../report/layout.ts";
import { type CommandIo, say } from "./command-io.ts";
import { UsageError } from "./failures.ts";
import { styleFor } from "./terminal-style.ts";

/** What `compile` tells about a mapping beside writing its program. */
export interface PictureOptions {
  readonly explain?: true;
  readonly floorPlan?: string;
  readonly graph?: string;
}

const KINDS = {
  "--floor-plan": { ends: [".svg"], what: "an SVG picture" },
  "--graph": { ends: [".dot", ".graphml"], what: "a DOT or GraphML file" },
} as const;

/** Before long work: whether each file has a name of its own that says its kind, and can be written. */
export function checkPictures(
  options: PictureOptions & { readonly out: string; readonly stopAfter?: string },
): void {
  const { floorPlan, graph, out, stopAfter } = options;
  const taken: (readonly [option: string, path: string])[] = out === "-" ? [] : [["--out", out]];
  for (const [option, path] of [
    ["--floor-plan", floorPlan],
    ["--graph", graph],
  ] as const) {
    if (path === undefined) continue;
    if (stopAfter !== undefined) {
      throw new UsageError(`--stop-after leaves nothing for ${option} to show.`, "Give one of them.");
    }
    const same = taken.find(([, other]) => resolve(other) === resolve(path));
    if (same) throw new UsageError(`${same[0]} and ${option} name the same file.`, "Name two files.");
    taken.push([option, path]);
    const { ends, what } = KINDS[option];
    if (!ends.some((end) => path.toLowerCase().endsWith(end))) {
      throw new UsageError(
        `${option} ${path} is not named as ${what}.`,
        `Give it a name that ends in ${ends.join(" or ")}.`,
      );
    }
  }
  for (const path of [floorPlan, graph]) if (path !== undefined) requireWritable(path);
}

/** Writes and prints what was asked for. */
export function showMapping(
  compilation: Compilation,
  { profile }: Chip,
  options: PictureOptions,
  io: CommandIo,
): void {
  const { floorPlan, graph } = options;
  const write = (path: string, text: string) => {
    writeFileWhole(path, text);
    say(io, printable(`wrote ${path}`));
  };
  if (graph !== undefined) {
    const isDot = graph.toLowerCase().endsWith(".dot");
    write(graph, isDot ? formatDot(compilation.graph) : formatGraphMl(compilation.graph));
  }
  if (floorPlan === undefined && !options.explain) return;
  const facts = explain(compilation, profile);
  if (floorPlan !== undefined) write(floorPlan, formatFloorPlanSvg(facts, profile));
  if (options.explain) io.stdout.write(formatExplanation(facts, styleFor(io.stdout, io)));
}
