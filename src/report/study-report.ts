import type { PointResult } from "../study/point-result.ts";
import type { Study } from "../study/study-schema.ts";
import { formatCount, formatShare, formatSi } from "./quantities.ts";
import type { NamedChart } from "./study-charts.ts";
import {
  activityOf,
  energyOf,
  type Group,
  groupsOf,
  latencyOf,
  type Spread,
  spreadOf,
} from "./study-groups.ts";
import { escapeXml } from "./xml.ts";

/** Every point a line, with all its figures and their units. */
export function studyCsv(results: readonly PointResult[]): string {
  const header =
    "id,cell,seed,sparsity,weight_decay_weights,weight_decay_biases,evaluated_on,perplexity,loss_nats,activity,measured_sparsity," +
    "dense_macs,effective_macs,decoder_macs,lambda_a,lambda_w,measured_share,product_law_residual,chip,latency_s,energy_j,energy_is_lower_bound,refused";
  const rows = results.map((point) => {
    const { evaluation, chip } = point;
    const { macs } = evaluation;
    const onChip = chip && "latencySeconds" in chip ? chip : undefined;
    return [
      point.id,
      point.cell,
      point.seed,
      point.sparsity,
      point.weightDecay.weights,
      point.weightDecay.biases,
      point.evaluatedOn,
      evaluation.perplexity,
      evaluation.loss,
      activityOf(point),
      point.measuredSparsity,
      macs.dense,
      macs.effective,
      macs.decoder,
      point.lambdaA,
      point.lambdaW,
      point.measured,
      point.residual,
      onChip ? `${onChip.profile}@${onChip.operatingPoint}` : (chip?.profile ?? ""),
      onChip?.latencySeconds ?? "",
      onChip?.energyJoules ?? "",
      onChip?.isLowerBound ?? "",
      chip && "refused" in chip ? `"${chip.refused.replaceAll('"', '""')}"` : "",
    ].join(",");
  });
  return `${[header, ...rows].join("\n")}\n`;
}

/** A page with tables and charts: one file, no scripts, no links. */
export function studyHtml(
  study: Study,
  results: readonly PointResult[],
  charts: readonly NamedChart[],
): string {
  const title = escapeXml(study.title ?? `Study: ${study.kind}`);
  const groups = groupsOf(results);
  const pictures = charts.map(({ svg }) => `<figure>${svg.replace(/^<\?xml[^>]*\?>\n/, "")}</figure>`);
  return [
    "<!doctype html>",
    `<html lang="en"><head><meta charset="utf-8"><title>${title}</title><style>${STYLE}</style></head><body>`,
    `<h1>${title}</h1>`,
    `<p>${escapeXml(introduction(results))}</p>`,
    table(groups),
    ...refusals(results),
    ...pictures,
    "</body></html>",
    "",
  ].join("\n");
}

const STYLE =
  "body{font:15px system-ui,sans-serif;max-width:78rem;margin:2rem auto;padding:0 1rem;color:#222}" +
  "table{border-collapse:collapse;font-variant-numeric:tabular-nums}th,td{padding:.3rem .6rem;border-bottom:1px solid #ddd;text-align:right}" +
  "th:first-child,td:first-child{text-align:left}figure{display:inline-block;margin:1rem .5rem 0 0}";

function introduction(results: readonly PointResult[]): string {
  const seeds = new Set(results.map(({ seed }) => seed)).size;
  const where = new Set(results.map(({ evaluatedOn }) => evaluatedOn));
  return (
    `${formatCount(results.length)} trainings, ${formatCount(seeds)} seed${seeds === 1 ? "" : "s"}, judged on the ${[...where].join(" and ")} text. ` +
    "Each figure is the mean over the seeds, in brackets the smallest and the largest. MACs are a step's, of the recurrent layers alone; " +
    "the decoder's stand apart. λ_a is the share of the dense MACs that silence alone leaves, λ_w that pruning alone leaves; the residual is the " +
    "measured share over their product, less one. Latency and energy are the simulated chip's, a token; an energy is a lower bound (≥) where " +
    "the profile does not know what everything costs."
  );
}

const COLUMNS = [
  "model",
  "sparsity",
  "decay weights / biases",
  "perplexity",
  "activity",
  "effective MACs",
  "decoder MACs",
  "λ_a",
  "λ_w",
  "measured",
  "residual",
  "latency",
  "energy",
];

function table(groups: readonly Group[]): string {
  const head = COLUMNS.map((name) => `<th>${name}</th>`).join("");
  return `<table><thead><tr>${head}</tr></thead><tbody>\n${groups.map(row).join("\n")}\n</tbody></table>`;
}

function row(group: Group): string {
  const { first, points } = group;
  const of = (figure: (point: PointResult) => number | undefined, format: (value: number) => string) =>
    told(spreadOf(group, figure), format);
  const isBound = points.some(({ chip }) => chip && "isLowerBound" in chip && chip.isLowerBound);
  const energy = of(energyOf, (value) => formatSi(value, "J"));
  const cells = [
    first.cell.toUpperCase(),
    formatShare(first.sparsity),
    `${first.weightDecay.weights} / ${first.weightDecay.biases}`,
    of(
      (point) => point.evaluation.perplexity,
      (value) => value.toFixed(2),
    ),
    of(activityOf, formatShare),
    of((point) => point.evaluation.macs.effective, formatCount),
    formatCount(first.evaluation.macs.decoder),
    of((point) => point.lambdaA, formatShare),
    of((point) => point.lambdaW, formatShare),
    of((point) => point.measured, formatShare),
    of(
      (point) => point.residual,
      (value) => `${(100 * value).toFixed(1)} %`,
    ),
    of(latencyOf, (value) => formatSi(value, "s")),
    energy === "–" ? energy : `${isBound ? "≥ " : ""}${energy}`,
  ];
  return `<tr>${cells.map((cell) => `<td>${escapeXml(cell)}</td>`).join("")}</tr>`;
}

const told = (spread: Spread | undefined, format: (value: number) => string): string => {
  if (spread === undefined) return "–";
  const { mean, low, high } = spread;
  return low === high ? format(mean) : `${format(mean)} (${format(low)} … ${format(high)})`;
};

function refusals(results: readonly PointResult[]): string[] {
  const reasons = new Set(
    results.flatMap(({ cell, chip }) =>
      chip && "refused" in chip ? [`${cell.toUpperCase()} on ${chip.profile}: ${chip.refused}`] : [],
    ),
  );
  if (reasons.size === 0) return [];
  return [
    "<p>Without figures of the chip, as it was refused there:</p><ul>",
    ...[...reasons].map((reason) => `<li>${escapeXml(reason)}</li>`),
    "</ul>",
  ];
}
