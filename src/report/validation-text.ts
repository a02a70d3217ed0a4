import type { GroupSummary, Judgement, Statistics } from "../validation/judge.ts";
import { formatTable, hangingItem, type Style } from "./layout.ts";
import { plural } from "./quantities.ts";
import { formatErrorShare, PREDICTED_COLUMNS, predictedRows } from "./validation-words.ts";

/** The validation for a terminal: what was predicted, how far off it is, and why the rest was not. */
export function formatValidation(
  judgements: readonly Judgement[],
  statistics: Statistics,
  style: Style,
): string {
  const { entries, predictedEntries, figures, tested, calibrated } = statistics.counts;
  const table = (split: "test" | "calibrate") =>
    formatTable(
      PREDICTED_COLUMNS,
      predictedRows(judgements, split),
      ["left", "left", "left", "right", "right", "right"],
      style,
    );
  return [
    style.heading("Tested: nothing in a profile comes from these"),
    ...table("test"),
    "",
    style.heading("Fitted: given back, no test"),
    ...table("calibrate"),
    "",
    style.heading("Errors of the tested figures"),
    ...groupTable("complete totals", statistics.complete, style),
    ...groupTable(
      "lower bounds, as something that happened has no known cost",
      statistics.lowerBounds,
      style,
    ),
    "",
    style.heading("Not predicted"),
    ...judgements.flatMap(reasonsOf).flatMap(hangingItem),
    "",
    `${plural(entries, "entry").replace("entrys", "entries")}, ${predictedEntries} with predictions; ` +
      `${plural(figures, "figure")}, ${tested} tested, ${calibrated} fitted.`,
    "",
  ].join("\n");
}

function groupTable(title: string, groups: readonly GroupSummary[], style: Style): string[] {
  if (groups.length === 0) return [`  ${title}: none`];
  const rows = groups.map(({ group, errors, pearson }) => [
    group,
    String(errors.n),
    formatErrorShare(errors.mean),
    formatErrorShare(errors.worst),
    pearson?.toFixed(3) ?? "–",
  ]);
  return [
    `  ${title}`,
    ...formatTable(
      ["group", "n", "mean", "worst", "Pearson"],
      rows,
      ["left", "right", "right", "right", "right"],
      style,
    ),
  ];
}

/** "id: reason", or "id, figure: reason" where only some figures lack a prediction. */
export function reasonsOf({ entry, verdicts }: Judgement): string[] {
  const lacking = verdicts.filter(({ why }) => why !== undefined);
  const reasons = new Set(lacking.map(({ why }) => why));
  if (lacking.length === verdicts.length && reasons.size === 1) return [`${entry.id}: ${lacking[0]!.why}`];
  return [...reasons].map((why) => {
    const metrics = lacking.filter((one) => one.why === why).map(({ measured }) => measured.metric);
    return `${entry.id}, ${metrics.join(", ")}: ${why}`;
  });
}
