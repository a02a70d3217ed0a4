import { formatNamed, type Style, wrap } from "./layout.ts";
import { chipLabel } from "./comparison-json.ts";
import type { AgainstFloat32Json, QualityJson } from "./quality-schema.ts";
import { formatShare } from "./quantities.ts";
import type { ResultJson, RunJson } from "./result-schema.ts";

/** "116.78 (95 %: 114.9 to 118.7)". */
export const formatPerplexity = ({ perplexity, perplexityInterval }: QualityJson): string =>
  perplexity.toPrecision(5) +
  (perplexityInterval === undefined ? "" : ` (95 %: ${formatRange(perplexityInterval, 4)})`);

const formatRange = (
  { low, high }: { readonly low: number; readonly high: number },
  digits: number,
): string => {
  // As many decimals at both ends; the higher one has the digits.
  const decimals = high > 0 ? Math.max(0, digits - 1 - Math.floor(Math.log10(high))) : digits;
  return `${low.toFixed(decimals)} to ${high.toFixed(decimals)}`;
};

/** "+0.52 % (+0.31 to +0.73 %)" of perplexity, or "RMS error 0.52 %" of the output. */
export function formatAgainst(against: AgainstFloat32Json): string {
  if ("rmsError" in against) return `RMS error ${formatShare(against.rmsError)}`;
  const { perplexityGrowth, growthInterval } = against;
  const range =
    growthInterval === undefined
      ? ""
      : ` (${signed(growthInterval.low)} to ${signed(growthInterval.high)} %)`;
  return `${signed(perplexityGrowth)} %${range}`;
}

const signed = (share: number): string => {
  const percent = Math.abs(100 * share).toFixed(2);
  return `${Number(percent) === 0 ? "" : share < 0 ? "−" : "+"}${percent}`;
};

/** Each run's output beside float32's, where there is something to say of it. */
export function formatAccuracy({ runs }: ResultJson, style: Style): string[] {
  const rows = runs.filter(
    (run): run is RunJson => run.verdict === "fits" && (run.quality ?? run.againstFloat32) !== undefined,
  );
  if (!rows.some(({ againstFloat32 }) => againstFloat32 !== undefined)) return [];
  const isPredicting = rows.some(({ quality }) => quality !== undefined);
  const names = [rows.map(({ model }) => model.name), rows.map(({ chip }) => chipLabel(chip))];
  const figures = rows.map((run) => [
    run.program.format,
    ...(isPredicting ? ofPerplexity(run) : []),
    run.againstFloat32 === undefined ? ownWord(run) : formatAgainst(run.againstFloat32),
  ]);
  const header = [
    "model",
    "chip",
    "format",
    ...(isPredicting ? ["perplexity", "95 %"] : []),
    "against float32",
  ];
  return [
    style.strong("Accuracy in each number format, beside float32 of the same model on the same input"),
    ...formatNamed(
      header,
      names,
      figures,
      header.slice(names.length).map((_, column) => (column === 0 ? "left" : "right")),
      style,
    ),
    ...wrap(
      isPredicting
        ? "Growth of the perplexity. Intervals are 95 % by batch means; of the growth, over the tokens' differences. A chip's integers differ from another's where its accumulators do."
        : "Root mean square of the output's differences over that of float32's output.",
      "  ",
    ),
  ];
}

const ownWord = ({ program, quality }: RunJson): string =>
  program.format === "float32" && quality !== undefined ? "float32" : "-";

const ofPerplexity = ({ quality }: RunJson): string[] =>
  quality === undefined
    ? ["-", "-"]
    : [
        quality.perplexity.toPrecision(5),
        quality.perplexityInterval === undefined ? "-" : formatRange(quality.perplexityInterval, 4),
      ];
