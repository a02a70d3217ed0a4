import { hangingItem, PLAIN_STYLE, type Style, shorten, wrap } from "./layout.ts";
import { plural } from "./quantities.ts";
import type { RefusalJson, ResultJson, RunJson } from "./result-schema.ts";
import { formatAccuracy } from "./text-accuracy.ts";
import { formatComparison, formatDense, formatSensitivity } from "./text-comparison.ts";
import { formatReadings } from "./text-cost.ts";
import { formatProgramFacts } from "./text-facts.ts";
import { formatNetworkUse } from "./text-network.ts";
import { formatOverview, overviewRows } from "./text-overview.ts";
import { formatBusiestPes } from "./text-pes.ts";
import { formatRepeats } from "./text-repeats.ts";
import { formatActivity, formatHost, formatMetrics, formatTraffic, formatWork } from "./text-work.ts";

/**
 * A result as a person reads it in a terminal of 100 columns: for each run what ran, whether it fits, what
 * happened and what it cost at each operating point. Every figure comes from the result as it stands.
 */
export function formatResult(result: ResultJson, style: Style = PLAIN_STYLE): string {
  const common = commonAssumptions(result);
  const blocks = result.runs.map((run) =>
    run.verdict === "fits"
      ? formatRun(run, common, style)
      : run.verdict === "roofline"
        ? formatDense(run, style)
        : formatRefusal(run, style),
  );
  if (overviewRows(result) > 1) blocks.push(formatOverview(result, style));
  if ((result.comparison?.length ?? 0) > 1) blocks.push(formatComparison(result.comparison!, style));
  if (result.runs.length > 1) {
    const accuracy = formatAccuracy(result, style);
    if (accuracy.length > 0) blocks.push(accuracy);
  }
  if (result.repeats !== undefined) blocks.push(formatRepeats(result.repeats, style));
  for (const sensitivity of result.sensitivity ?? []) blocks.push(formatSensitivity(sensitivity, style));
  if (common.size > 0) blocks.push(formatAssumptions("What all these figures rest on", [...common], style));
  return `${blocks.map((lines) => lines.join("\n")).join("\n\n\n")}\n`;
}

/** What several runs rest on alike is said once, at the end. */
function commonAssumptions({ runs }: ResultJson): ReadonlySet<string> {
  const [first, ...others] = runs.filter((run) => run.verdict === "fits");
  if (first === undefined || others.length === 0) return new Set();
  return new Set(first.assumptions.filter((line) => others.every((run) => run.assumptions.includes(line))));
}

function formatRun(run: RunJson, common: ReadonlySet<string>, style: Style): string[] {
  const own = run.assumptions.filter((line) => !common.has(line));
  const sections = [
    formatProgramFacts(run, style),
    formatActivity(run, style),
    formatWork(run, style),
    formatTraffic(run, style),
    formatBusiestPes(run, style),
    formatReadings(run, style),
    formatNetworkUse(run, style),
    formatHost(run, style),
    formatMetrics(run, style),
    ...(own.length > 0 ? [formatAssumptions("What these figures rest on", own, style)] : []),
  ];
  return [
    style.strong(titleOf(run)),
    ...(run.input.synthetic ? formatSyntheticWarning(run.input, style) : []),
    ...formatClampWarning(run, style),
    ...sections.filter((lines) => lines.length > 0).flatMap((lines) => ["", ...lines]),
  ];
}

const titleOf = ({ model, chip }: Pick<RunJson, "model" | "chip">): string =>
  `${shorten(model.name, 46)} on ${shorten(chip.title, 46)}`;

const formatSyntheticWarning = ({ ratesGiven }: RunJson["input"], style: Style): string[] => [
  "",
  ...(ratesGiven
    ? [
        style.warning("RANDOM SPIKES: the input was drawn by seed at the rates that were given."),
        style.warning(
          "Activity, work, time and energy are those at these rates; what the model puts out means nothing.",
        ),
      ]
    : [
        style.warning("SYNTHETIC INPUT: nobody gave an input, so it was made up by seed."),
        style.warning("Activity, work, time and energy are those of noise, not of the model at its task."),
      ]),
];

/** What was clamped on its way into a sum is missing there; sums that saturate are told among the traffic. */
function formatClampWarning({ traffic: { saturations }, program }: RunJson, style: Style): string[] {
  const { input, scaledPayload } = saturations;
  if (input + scaledPayload === 0) return [];
  const wider =
    program.format === "int8"
      ? "Use --format int16, or in its place compile --calibrate SAMPLE --budget 1%, which gives int16 to the projections that need it."
      : "Use --format float32, or scale the model's values down.";
  const causes = [
    ...(input > 0 ? [`${plural(input, "input")} beyond what a payload holds. Scale the input down.`] : []),
    ...(scaledPayload > 0
      ? [`${plural(scaledPayload, "event")} too large for ${program.format} rows of such weights. ${wider}`]
      : []),
  ];
  return [
    "",
    style.warning("CLAMPED VALUES: what the model puts out may be far off."),
    ...causes.flatMap((cause) => wrap(cause, "  ")),
  ];
}

const formatAssumptions = (heading: string, assumptions: readonly string[], style: Style): string[] => [
  style.heading(heading),
  ...assumptions.flatMap(hangingItem),
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
