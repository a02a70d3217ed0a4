import type { ComparisonEntryJson, DenseJson, SensitivityJson } from "./comparison-schema.ts";
import {
  formatNamed,
  formatPairs,
  formatTable,
  hangingItem,
  printable,
  type Style,
  shorten,
  wrap,
} from "./layout.ts";
import { formatBytes, formatCount, formatShare, formatSi } from "./quantities.ts";
import { briefly } from "./text-policies.ts";

/** Energy-delay products side by side, with what memory and PEs did for them. */
export function formatComparison(entries: readonly ComparisonEntryJson[], style: Style): string[] {
  const names = [
    entries.map(({ model }) => model),
    entries.map(({ chip }) => chip),
    entries.map(({ operatingPoint }) => briefly(operatingPoint)),
  ];
  const figures = entries.map((entry) => [
    entry.pesUsed === undefined ? "-" : formatCount(entry.pesUsed),
    formatProduct(entry),
    formatRank(entry),
    formatMemory(entry),
    entry.utilisation === undefined ? "-" : formatShare(entry.utilisation),
  ]);
  const header = ["model", "chip", "point", "PEs", "EDP", "rank", "SRAM + DRAM", "use"];
  const isBound = entries.some(({ energyDelayBound }) => energyDelayBound !== "exact");
  return [
    style.strong("Energy-delay product, memory traffic and utilisation, per token or input vector"),
    ...formatNamed(
      header,
      names,
      figures,
      header.slice(names.length).map(() => "right"),
      style,
    ),
    ...(isBound
      ? wrap(
          "A rank in brackets rests on bounds: what is unknown may make it worse, and a roofline is no measurement.",
          "  ",
        )
      : []),
  ];
}

const formatProduct = ({
  energyDelayJouleSeconds: product,
  energyDelayBound,
}: ComparisonEntryJson): string => {
  if (product === undefined) return "unknown";
  return `${{ exact: "", "at least": "≥ ", roofline: "~ " }[energyDelayBound]}${formatSi(product, "J·s")}`;
};

const formatRank = ({ energyDelayRank: rank, energyDelayBound }: ComparisonEntryJson): string => {
  if (rank === undefined) return "-";
  return energyDelayBound === "exact" ? String(rank) : `(${rank})`;
};

const formatMemory = ({ sramBytesPerToken, dramBytesPerToken }: ComparisonEntryJson): string =>
  sramBytesPerToken === undefined && dramBytesPerToken === 0
    ? "-"
    : `${sramBytesPerToken === undefined ? "-" : formatBytes(sramBytesPerToken)} + ${formatBytes(dramBytesPerToken)}`;

/** A dense baseline by itself. */
export function formatDense(run: DenseJson, style: Style): string[] {
  const idle = run.joulesPerTokenAtIdlePower;
  const pairs: (readonly [string, string])[] = [
    ["work", `${formatCount(run.macsPerToken)} MACs a step in ${run.format}, dense, batch 1`],
    [
      "weights",
      `${formatBytes(run.weightBytes)}, ` +
        (run.memoryBytesPerToken === 0 ? "kept on the chip" : "fetched from memory in every step"),
    ],
    [
      "time",
      `at least ${formatSi(run.secondsPerTokenAtLeast, "s")}: computing ${formatSi(run.computeSecondsPerToken, "s")}, ` +
        `weights ${formatSi(run.memorySecondsPerToken, "s")}, starting ${run.layers} layers ` +
        (run.launchSecondsPerToken === undefined ? "unknown" : formatSi(run.launchSecondsPerToken, "s")),
    ],
    [
      "energy",
      `${formatSi(run.joulesPerTokenAtActivePower, "J")} at full power for that time` +
        (idle === undefined ? "; idle power unknown" : `, ${formatSi(idle, "J")} idle`),
    ],
  ];
  return [
    style.strong(`${shorten(printable(run.model.name), 46)} on ${shorten(run.chip.title, 46)}`),
    "",
    style.heading("By roofline"),
    ...formatPairs(pairs),
    ...(run.measurements.length === 0
      ? []
      : ["", style.heading("Published runs of this machine, of whatever model; not used here")]),
    ...run.measurements.flatMap(({ workload, seconds, watts, joules, source }) =>
      hangingItem(
        `${workload}: ${formatSi(seconds, "s")}, ${formatSi(watts, "W")}, ${formatSi(joules, "J")} (${source})`,
      ),
    ),
  ];
}

const MOST_SHOWN = 12;

/** Which figures of a profile matter most. */
export function formatSensitivity(sensitivity: SensitivityJson, style: Style): string[] {
  const { derivatives, latencySeconds, energyJoules, estimatedUncertainty } = sensitivity;
  const shown = derivatives.slice(0, MOST_SHOWN);
  const rows = shown.map(({ path, basis, latencyPercentPerPercent: latency, energyPercentPerPercent }) => [
    shorten(path, 56),
    basis,
    latency === undefined ? "unknown" : slope(latency),
    slope(energyPercentPerPercent),
  ]);
  const range = ({ low, high }: { readonly low: number; readonly high: number }, unit: string) =>
    `${formatSi(low, unit)} to ${formatSi(high, unit)}`;
  return [
    style.strong(
      `Which figures matter: ${shorten(printable(sensitivity.model), 30)} on ${shorten(printable(sensitivity.chip), 30)} at ${sensitivity.operatingPoint}`,
    ),
    ...formatTable(["figure", "basis", "latency", "energy"], rows, ["left", "left", "right", "right"], style),
    ...wrap(
      `Percent of change for one percent of the figure, the mapping kept` +
        (derivatives.length > shown.length
          ? `; ${derivatives.length - shown.length} smaller ones are in the JSON`
          : "") +
        `. With ±${100 * estimatedUncertainty} % on every estimated figure, as if independent: ` +
        (latencySeconds === undefined ? "" : `latency ${range(latencySeconds, "s")}, `) +
        `energy ${range(energyJoules, "J")}.`,
      "  ",
    ),
  ];
}

const slope = (value: number): string => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(3)}`;
