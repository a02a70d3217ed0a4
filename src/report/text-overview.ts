import { formatTable, type Style, shorten } from "./layout.ts";
import { formatSi } from "./quantities.ts";
import type { ResultJson, RunJson } from "./result-schema.ts";

/** All runs in one table, a line for each operating point and schedule. */
export function formatOverview(result: ResultJson, style: Style): string[] {
  const rows = result.runs.flatMap((run) =>
    run.verdict === "fits"
      ? rowsOf(run)
      : [
          [
            shorten(run.model.name, 22),
            shorten(run.chip.name, 18),
            verdictOf(run.problem.code),
            "",
            "",
            "",
            "",
          ],
        ],
  );
  return [
    style.strong("All runs"),
    ...formatTable(
      ["model", "chip", "point", "latency", "energy", "power", "perplexity"],
      rows,
      ["left", "left", "left", "right", "right", "right", "right"],
      style,
    ),
    "  Latency and energy per token or input vector. ≥: some costs are unknown.",
  ];
}

const verdictOf = (code: string): string => (code === "capacity" ? "does not fit" : "cannot run");

const rowsOf = (run: RunJson): string[][] =>
  run.readings.map((reading) => {
    const bound = reading.energyIsLowerBound ? "≥ " : "";
    return [
      shorten(run.model.name, 22),
      shorten(run.chip.name, 18),
      reading.operatingPoint + (reading.schedule === "pipelined" ? " pipelined" : ""),
      formatSi(reading.latencySecondsPerToken, "s"),
      bound + formatSi(reading.energyJoulesPerToken, "J"),
      bound + formatSi(reading.meanPowerWatts, "W"),
      run.quality === undefined ? "-" : run.quality.perplexity.toPrecision(4),
    ];
  });
