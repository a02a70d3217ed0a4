import type { Distribution } from "../study/distribution.ts";
import type { PointResult } from "../study/point-result.ts";
import type { Study } from "../study/study-schema.ts";
import type { Axis } from "./chart-scale.ts";
import { formatLineChart, type Series } from "./line-chart.ts";
import { activityOf, energyOf, type Group, groupsOf, latencyOf, spreadOf } from "./study-groups.ts";

export interface NamedChart {
  /** File name without extension. */
  readonly name: string;
  readonly svg: string;
}

type Figure = (point: PointResult) => number | undefined;
type Place = (point: PointResult) => number;

/** The charts of a study, each an SVG of its own. */
export const studyCharts = (study: Study, results: readonly PointResult[]): readonly NamedChart[] =>
  study.kind === "sparsity" ? sparsityCharts(results) : decayCharts(study, results);

const SPARSITY: Axis = {
  label: "connection sparsity (share of zero weights; evenly in the logarithm of what is left)",
  scale: "sparsity",
};
const sparsityAt: Place = (point) => point.measuredSparsity;

function sparsityCharts(results: readonly PointResult[]): NamedChart[] {
  const groups = groupsOf(results);
  const over = (name: string, title: string, y: Axis, figure: Figure) =>
    chart(name, title, SPARSITY, y, bySeries(groups, sparsityAt, figure));
  return [
    over(
      "perplexity",
      "Perplexity over connection sparsity",
      { label: "perplexity", scale: "log" },
      (point) => point.evaluation.perplexity,
    ),
    chart(
      "activity",
      "Activity over connection sparsity",
      SPARSITY,
      { label: "share of units with an event", min: 0 },
      activities(
        groups.filter(({ first }) => hasEvents(first)),
        sparsityAt,
      ),
    ),
    over(
      "macs",
      "Effective MACs over connection sparsity",
      { label: "MACs a step, recurrent layers", scale: "log" },
      (point) => point.evaluation.macs.effective,
    ),
    chart(
      "perplexity-macs",
      "Perplexity over effective MACs",
      { label: "effective MACs a step, recurrent layers", scale: "log" },
      { label: "perplexity", scale: "log" },
      bySeries(
        groups,
        (point) => point.evaluation.macs.effective,
        (point) => point.evaluation.perplexity,
      ),
    ),
    chart(
      "product-law",
      "Measured work (whole lines) beside λ_a·λ_w (dashed)",
      SPARSITY,
      { label: "share of the dense MACs", scale: "log" },
      [
        ...bySeries(groups, sparsityAt, (point) => point.measured, " measured"),
        ...asDashed(bySeries(groups, sparsityAt, (point) => point.lambdaA * point.lambdaW, " λ_a·λ_w")),
      ],
    ),
    ...chipCharts(groups, SPARSITY, sparsityAt),
  ].filter((made) => made !== undefined);
}

function decayCharts(
  study: Extract<Study, { kind: "weight-decay" }>,
  results: readonly PointResult[],
): NamedChart[] {
  const groups = groupsOf(results);
  const sweeps = [
    { of: "weights", fixed: (point: PointResult) => point.weightDecay.biases === study.fixedBiases },
    { of: "biases", fixed: (point: PointResult) => point.weightDecay.weights === study.fixedWeights },
  ] as const;
  return sweeps
    .flatMap(({ of, fixed }) => {
      const own = groups.filter(({ first }) => fixed(first));
      const isLog = own.every(({ first }) => first.weightDecay[of] > 0);
      const x: Axis = { label: `weight decay of the ${of}`, scale: isLog ? "log" : "linear" };
      const at: Place = (point) => point.weightDecay[of];
      const over = (name: string, title: string, y: Axis, series: readonly Series[]) =>
        chart(`${name}-${of}`, `${title}, decay of the ${of}`, x, y, series);
      return [
        over(
          "perplexity",
          "Perplexity",
          { label: "perplexity" },
          bySeries(own, at, (point) => point.evaluation.perplexity),
        ),
        over(
          "activity",
          "Activity",
          { label: "share of units with an event", min: 0 },
          activities(
            own.filter(({ first }) => hasEvents(first)),
            at,
          ),
        ),
        ...(["weights", "biases"] as const).map((drawn) =>
          chart(
            `distribution-${drawn}-${of}`,
            `Distribution of the ${drawn}, decay of the ${of}`,
            { label: drawn === "weights" ? "weight, where not pruned" : "bias" },
            { label: "density", min: 0 },
            densities(own, drawn, at),
          ),
        ),
        ...chipCharts(own, x, at, `-${of}`),
      ];
    })
    .filter((made) => made !== undefined);
}

const hasEvents = ({ cell }: PointResult): boolean => cell.endsWith("egru");

function chipCharts(groups: readonly Group[], x: Axis, at: Place, suffix = ""): (NamedChart | undefined)[] {
  const isBound = groups.some(({ points }) =>
    points.some(({ chip }) => chip && "isLowerBound" in chip && chip.isLowerBound),
  );
  return [
    chart(
      `latency${suffix}`,
      "Latency a token on the chip",
      x,
      { label: "µs a token", min: 0 },
      bySeries(groups, at, (point) => scaled(latencyOf(point))),
    ),
    chart(
      `energy${suffix}`,
      `Energy a token on the chip${isBound ? ", at least" : ""}`,
      x,
      { label: "µJ a token", min: 0 },
      bySeries(groups, at, (point) => scaled(energyOf(point))),
    ),
  ];
}

const scaled = (value: number | undefined): number | undefined =>
  value === undefined ? undefined : value * 1e6;

/** Nothing where there is nothing to draw. */
function chart(
  name: string,
  title: string,
  x: Axis,
  y: Axis,
  series: readonly Series[],
): NamedChart | undefined {
  const drawn = series.filter(({ points }) => points.length > 0);
  if (drawn.length === 0) return undefined;
  const isSpread = drawn.some(({ points }) => points.some(({ low, high }) => low !== high));
  const subtitle = isSpread ? "means over the seeds; bars from the smallest to the largest" : "";
  return { name, svg: formatLineChart({ title, subtitle, x, y, series: drawn }) };
}

function bySeries(groups: readonly Group[], at: Place, figure: Figure, suffix = ""): Series[] {
  const cells = [...new Set(groups.map(({ first }) => first.cell))];
  return cells.map((cell) => ({
    name: `${cell.toUpperCase()}${suffix}`,
    points: groups
      .filter(({ first }) => first.cell === cell)
      .flatMap((group) => {
        const x = spreadOf(group, at);
        const y = spreadOf(group, figure);
        return x && y ? [{ x: x.mean, y: y.mean, low: y.low, high: y.high }] : [];
      }),
  }));
}

/** Over all layers, and dashed by layer where there are some. */
function activities(groups: readonly Group[], at: Place): Series[] {
  const layers = Math.min(MOST_LAYERS, groups[0]?.first.evaluation.activity.length ?? 0);
  if (layers < 2) return bySeries(groups, at, activityOf);
  const byLayer = Array.from({ length: layers }, (_, layer) =>
    bySeries(groups, at, ({ evaluation }) => evaluation.activity[layer], `, layer ${layer + 1}`),
  );
  const cells = bySeries(groups, at, activityOf, ", all layers");
  return [
    ...cells,
    ...byLayer.flatMap((series, layer) =>
      series.map((one, cell) => ({ ...one, dashed: true, colour: cells.length * (layer + 1) + cell })),
    ),
  ];
}

/** More lines could not be told apart. */
const MOST_LAYERS = 4;

/** In the colours of the lines that they belong to. */
const asDashed = (series: readonly Series[]): Series[] =>
  series.map((one, colour) => ({ ...one, dashed: true, colour }));

/** One line a degree of decay, ascending, of the first seed. */
const densities = (groups: readonly Group[], drawn: "weights" | "biases", at: Place): Series[] =>
  [...groups]
    .sort((a, b) => at(a.first) - at(b.first))
    .map(({ first }) => ({
      name: `${first.cell.toUpperCase()}, decay ${at(first)}`,
      points: densityOf(first[drawn]),
    }));

function densityOf({ count, min, max, bins }: Distribution): Series["points"] {
  const width = max > min ? (max - min) / bins.length : 1;
  return bins.map((inBin, bin) => ({
    x: min + (bin + 0.5) * width,
    y: count === 0 ? 0 : inBin / (count * width),
  }));
}
