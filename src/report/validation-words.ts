import type { Comparison, Judgement, Verdict } from "../validation/judge.ts";
import { formatSi } from "./quantities.ts";

/** Words that the page and the terminal share. */

/** "−38.2 %", "+4.0 %", "0.0 %"; large ratios as "÷ 113", as a percentage would hide how far off they are. */
export function formatError({
  error,
  predicted,
  measured,
}: Pick<Comparison, "error" | "predicted" | "measured">): string {
  const factor = predicted / measured;
  if (factor >= 10) return `× ${factor.toPrecision(3)}`;
  if (factor > 0 && factor <= 0.1) return `÷ ${(1 / factor).toPrecision(3)}`;
  const percent = Math.abs(100 * error).toFixed(1);
  const sign = Number(percent) === 0 ? "" : error < 0 ? "−" : "+";
  return `${sign}${percent} %`;
}

export const formatPredicted = ({ predicted, unit, isLowerBound }: Comparison): string =>
  `${isLowerBound ? "≥ " : ""}${formatSi(predicted, unit.replace(/^1(?=\/)/, ""))}`;

export function formatMeasured({ measured: { value, unit } }: Verdict): string {
  const number = (figure: number) =>
    figure >= 1e5 ? figure.toExponential().replace("e+", "e") : String(figure);
  const text =
    typeof value === "string"
      ? value
      : typeof value === "number"
        ? number(value)
        : `${number(value[0]!)} … ${number(value[1]!)}`;
  return unit === "-" ? text : `${text} ${unit}`;
}

export const formatErrorShare = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** One row a prediction, of the verdicts of one split. */
export function predictedRows(judgements: readonly Judgement[], split: "calibrate" | "test"): string[][] {
  return judgements.flatMap(({ entry, verdicts }) =>
    verdicts
      .filter(({ measured }) => measured.split === split)
      .flatMap((verdict) =>
        verdict.comparisons.map((comparison, index) => [
          entry.id,
          verdict.measured.metric,
          (comparison.reading ?? "") + (index > 0 ? " (not counted)" : ""),
          formatMeasured(verdict),
          formatPredicted(comparison),
          formatError(comparison),
        ]),
      ),
  );
}

export const PREDICTED_COLUMNS = ["entry", "figure", "reading", "measured", "predicted", "error"];
