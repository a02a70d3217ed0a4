import { formatTable, PLAIN_STYLE, REPORT_WIDTH, type Style } from "./layout.ts";
import type { ReadingJson, RunJson } from "./result-schema.ts";
import { labelOf } from "./text-policies.ts";

type Direction = ReadingJson["network"]["links"][number];

/** For how much of the time links and event router were occupied, mean and busiest of each direction. */
export function formatNetworkUse(run: RunJson, style: Style): string[] {
  // Shares of a time that is not known would say nothing.
  const readings = run.readings.filter(({ untimed }) => untimed === undefined);
  if (readings.length === 0) return [];
  const lines = [style.heading("Links and event router, share of the chip's time occupied")];
  for (let first = 0; first < readings.length;) {
    const shown = sideBySide(readings.slice(first));
    if (first > 0) lines.push("");
    lines.push(...tableOf(shown, style));
    first += shown.length;
  }
  return lines;
}

/** As many of the readings as fit in the width of a report, at least one. */
function sideBySide(readings: readonly ReadingJson[]): readonly ReadingJson[] {
  const isNarrow = (shown: readonly ReadingJson[]) =>
    tableOf(shown, PLAIN_STYLE).every((line) => line.length <= REPORT_WIDTH);
  let shown = readings;
  while (shown.length > 1 && !isNarrow(shown)) shown = shown.slice(0, -1);
  return shown;
}

const tableOf = (readings: readonly ReadingJson[], style: Style): string[] =>
  formatTable(
    ["mean / busiest", ...readings.map(labelOf)],
    rowsOf(readings),
    ["left", ...readings.map(() => "right" as const)],
    style,
  );

function rowsOf(readings: readonly ReadingJson[]): string[][] {
  const first = readings[0]!.network;
  return [
    ...first.links.map((link, index) => [
      nameOf(link),
      ...readings.map(({ network }) => {
        const { meanUtilisation, maxUtilisation } = network.links[index]!;
        return `${percent(meanUtilisation)} / ${percent(maxUtilisation)}`;
      }),
    ]),
    ...(first.busiestLink
      ? [[`busiest: ${describeLink(first.busiestLink)}`, ...readings.map(busiestCell)]]
      : []),
    ["event router", ...readings.map(({ network }) => percent(network.eventRouterUtilisation))],
  ];
}

const nameOf = ({ direction, isBetweenChips, links }: Direction): string =>
  `${isBetweenChips ? "chips, " : ""}${direction} (${links} link${links === 1 ? "" : "s"})`;

type Link = Pick<
  NonNullable<ReadingJson["network"]["busiestLink"]>,
  "isBetweenChips" | "chip" | "from" | "to"
>;

/** "(1, 1) -> (2, 1) on chip 3"; the first chip, which may be the only one, goes without saying. */
export const describeLink = ({ isBetweenChips, chip, from, to }: Link): string => {
  const where = isBetweenChips ? " between chips" : chip > 0 ? ` on chip ${chip}` : "";
  return `(${from.join(", ")}) -> (${to.join(", ")})${where}`;
};

const busiestCell = ({ network }: ReadingJson): string => percent(network.busiestLink?.utilisation ?? 0);

/** Shares of a whole run are small: three significant digits. */
const percent = (share: number): string =>
  share === 0 ? "0 %" : `${Number((100 * share).toPrecision(3))} %`;
