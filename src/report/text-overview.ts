import {
  type Alignment,
  alignColumns,
  namesThatFit,
  printable,
  REPORT_WIDTH,
  type Style,
  shorten,
  wrap,
} from "./layout.ts";
import { formatMean, formatSi } from "./quantities.ts";
import type { ReadingJson, ResultJson, RunJson } from "./result-schema.ts";
import { chipLabel, isPriced } from "./comparison-json.ts";
import { formatTime } from "./text-cost.ts";
import { briefly, wayOf } from "./text-policies.ts";

const COLUMNS = [
  "model",
  "chip",
  "format",
  "point",
  "schedule",
  "latency",
  "rate",
  "energy",
  "power",
  "perplexity",
] as const;
type Column = (typeof COLUMNS)[number];
type Row = Readonly<Record<Column, string>>;

/** What can stand in the caption where all rows share it, in the order in which it goes there. */
const SHAREABLE = ["model", "chip", "schedule", "format"] as const satisfies readonly Column[];
/** Names of any length; the longest is cut first. */
const NAMES = ["model", "chip", "point", "schedule"] as const satisfies readonly Column[];

/** Lines that the overview would have: one for each operating point and schedule of each run. */
export const overviewRows = ({ runs }: ResultJson): number =>
  runs.reduce((sum, run) => sum + (run.verdict === "fits" ? run.readings.length : 1), 0);

/** All runs in one table, a line for each operating point and schedule. */
export function formatOverview(result: ResultJson, style: Style): string[] {
  const rows = result.runs.flatMap((run) =>
    run.verdict === "fits" ? run.readings.map((reading) => rowOf(run, reading)) : [otherRow(run)],
  );
  const header = headerOf(result);
  const hasQuality = rows.some(({ perplexity }) => !["", "-"].includes(perplexity));
  const { columns, shared } = columnsThatFit(
    COLUMNS.filter((column) => column !== "perplexity" || hasQuality),
    [header, ...rows],
  );
  const cells = cellsThatFit(columns, [header, ...rows]);
  const [head = "", ...body] = alignColumns(cells, columns.map(alignmentOf)).map((line) => `  ${line}`);
  const isBound = rows.some(({ energy, latency }) => [energy, latency].some((cell) => cell.startsWith("≥")));
  const isDense = rows.some(({ energy }) => energy.startsWith("~"));
  const per = header.rate === "steps/s" ? "token or input vector" : header.rate.slice(0, -"s/s".length);
  return [
    style.strong(shared.length === 0 ? "All runs" : `All runs (${shared.join(", ")})`),
    style.faint(head),
    ...body,
    `  Latency and energy per ${per}.${isBound ? " ≥: some costs are unknown." : ""}`,
    ...(isDense
      ? wrap(
          "A roofline is a limit, not a prediction: such a machine takes at least that time. ~: its full power over that time, so neither limit nor prediction.",
          "  ",
        )
      : []),
  ];
}

const NO_ROW = Object.fromEntries(COLUMNS.map((column) => [column, ""])) as Row;

/** Of a dense baseline, or a chip that refused. */
const otherRow = (run: Exclude<ResultJson["runs"][number], RunJson>): Row => ({
  ...NO_ROW,
  model: printable(run.model.name),
  chip: printable(chipLabel(run.chip)),
  ...(run.verdict === "roofline"
    ? {
        format: run.format,
        point: "roofline",
        latency: `≥ ${formatSi(run.secondsPerTokenAtLeast, "s")}`,
        rate: formatMean(1 / run.secondsPerTokenAtLeast),
        energy: `~ ${formatSi(run.joulesPerTokenAtActivePower, "J")}`,
        perplexity: "-",
      }
    : { point: run.problem.code === "capacity" ? "does not fit" : "cannot run" }),
});

const rowOf = (run: RunJson, reading: ReadingJson): Row => {
  const bound = reading.energyIsLowerBound ? "≥ " : "";
  return {
    model: printable(run.model.name),
    chip: printable(chipLabel(run.chip)),
    format: run.program.format,
    point: printable(reading.operatingPoint),
    schedule: briefly(wayOf(reading)),
    latency: formatTime(reading, reading.latencySecondsPerToken),
    rate: reading.untimed ? "-" : formatMean(reading.tokensPerSecond),
    energy: isPriced(reading) ? bound + formatSi(reading.energyJoulesPerToken, "J") : "unknown",
    power: reading.untimed || !isPriced(reading) ? "-" : bound + formatSi(reading.meanPowerWatts, "W"),
    perplexity: run.quality === undefined ? "-" : run.quality.perplexity.toPrecision(4),
  };
};

/** The columns' names; the rate's says what it counts. */
function headerOf({ runs }: ResultJson): Row {
  const kinds = new Set(runs.flatMap((run) => (run.verdict === "fits" ? [run.input.stepIs] : [])));
  const names = Object.fromEntries(COLUMNS.map((column) => [column, column])) as Record<Column, string>;
  return { ...names, rate: kinds.size === 1 ? `${[...kinds][0]}s/s` : "steps/s" };
}

const alignmentOf = (column: Column): Alignment =>
  ["model", "chip", "format", "point", "schedule"].includes(column) ? "left" : "right";

const widthOf = (column: Column, rows: readonly Row[]): number =>
  Math.max(...rows.map((row) => row[column].length));

/** Indent, columns, and two spaces between them. */
const lineWidth = (columns: readonly Column[], rows: readonly Row[]): number =>
  2 + columns.reduce((sum, column) => sum + widthOf(column, rows) + 2, -2);

/** Where the table would be too wide, what all rows share stands above it once. `rows[0]` is the header. */
function columnsThatFit(columns: readonly Column[], rows: readonly Row[]) {
  let left = columns;
  const shared: string[] = [];
  for (const column of SHAREABLE) {
    const values = new Set(rows.slice(1).map((row) => row[column]));
    if (lineWidth(left, rows) <= REPORT_WIDTH || values.size !== 1) continue;
    left = left.filter((name) => name !== column);
    const value = shorten([...values][0]!, column === "model" ? 40 : 20);
    shared.push(column === "model" || column === "chip" ? `${column} ${value}` : value);
  }
  return { columns: left, shared };
}

/** The cells, names cut in their middle as far as the width demands. */
function cellsThatFit(columns: readonly Column[], rows: readonly Row[]): string[][] {
  const names = NAMES.filter((column) => columns.includes(column));
  const others = columns.filter((column) => !names.some((name) => name === column));
  const room = REPORT_WIDTH - lineWidth(others, rows) - 2 * names.length;
  const cut = namesThatFit(
    names.map((column) => rows.map((row) => row[column])),
    room,
  );
  return rows.map((row, index) =>
    columns.map((column) => cut[names.findIndex((name) => name === column)]?.[index] ?? row[column]),
  );
}
