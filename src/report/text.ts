import { hangingItem, PLAIN_STYLE, type Style, shorten, wrap } from "./layout.ts";
import type { RefusalJson, ResultJson, RunJson } from "./result-schema.ts";
import { formatReadings } from "./text-cost.ts";
import { formatProgramFacts } from "./text-facts.ts";
import { formatOverview } from "./text-overview.ts";
import { formatActivity, formatHost, formatMetrics, formatTraffic, formatWork } from "./text-work.ts";

/**
 * A result as a person reads it in a terminal of 100 columns: for each run what ran, whether it fits, what
 * happened and what it cost at each operating point. Every figure comes from the result as it stands.
 */
export function formatResult(result: ResultJson, style: Style = PLAIN_STYLE): string {
  const blocks = result.runs.map((run) =>
    run.verdict === "fits" ? formatRun(run, style) : formatRefusal(run, style),
  );
  if (result.runs.length > 1) blocks.push(formatOverview(result, style));
  return `${blocks.map((lines) => lines.join("\n")).join("\n\n\n")}\n`;
}

function formatRun(run: RunJson, style: Style): string[] {
  const sections = [
    formatProgramFacts(run, style),
    formatActivity(run, style),
    formatWork(run, style),
    formatTraffic(run, style),
    formatReadings(run, style),
    formatHost(run, style),
    formatMetrics(run, style),
    formatAssumptions(run, style),
  ];
  return [
    style.strong(titleOf(run)),
    ...(run.input.synthetic ? formatSyntheticWarning(style) : []),
    ...sections.flatMap((lines) => ["", ...lines]),
  ];
}

const titleOf = ({ model, chip }: Pick<RunJson, "model" | "chip">): string =>
  `${shorten(model.name, 46)} on ${shorten(chip.title, 46)}`;

const formatSyntheticWarning = (style: Style): string[] => [
  "",
  style.warning("SYNTHETIC INPUT: nobody gave an input, so it was made up by seed."),
  style.warning("Activity, work, time and energy are those of noise, not of the model at its task."),
];

const formatAssumptions = (run: RunJson, style: Style): string[] => [
  style.heading("What these figures rest on"),
  ...run.assumptions.flatMap(hangingItem),
];

function formatRefusal({ model, chip, problem }: RefusalJson, style: Style): string[] {
  return [
    style.strong(titleOf({ model, chip })),
    "",
    style.warning(problem.code === "capacity" ? "  does not fit" : "  cannot run"),
    ...wrap(problem.message, "  "),
    ...wrap(`hint: ${problem.hint}`, "  "),
  ];
}
