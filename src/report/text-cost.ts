import { isPriced } from "./comparison-json.ts";
import { alignColumns, REPORT_WIDTH, type Style, shorten, wrap } from "./layout.ts";
import { formatCount, formatMean, formatPercent, formatShare, formatSi, plural } from "./quantities.ts";
import type { ComponentEnergyJson, ReadingJson, RunJson } from "./result-schema.ts";
import { describePoint, dvfsRows, formatOverruns, labelOf, synchronisationRows } from "./text-policies.ts";

const INDENT = "  ";

/** Time, energy and power, operating points and schedules side by side. */
export function formatReadings(run: RunJson, style: Style): string[] {
  const lines = [style.heading(`Time and energy of the chip, per ${run.input.stepIs}`)];
  for (let first = 0; first < run.readings.length;) {
    const { block, shown } = formatSideBySide(run, run.readings.slice(first), style);
    if (first > 0) lines.push("");
    lines.push(...block);
    first += shown;
  }
  return [...lines, ...formatOverruns(run, style), ...formatUnpriced(run), ...formatExtrapolation(run)];
}

/** As many of the readings as fit in the width of a report, at least one. */
function formatSideBySide(
  run: RunJson,
  readings: readonly ReadingJson[],
  style: Style,
): { readonly block: string[]; readonly shown: number } {
  for (let shown = readings.length; ; shown -= 1) {
    const rows = rowsOf(run, readings.slice(0, shown));
    const alignments = ["left" as const, ...Array.from({ length: shown }, () => "right" as const)];
    const [head = "", ...body] = alignColumns(rows, alignments).map((line) => INDENT + line);
    const width = Math.max(head.length, ...body.map((line) => line.length));
    if (width > REPORT_WIDTH && shown > 1) continue;
    const strong = new Set(["latency", "energy", "mean power"]);
    const block = body.map((line, index) => (strong.has(rows[index + 1]![0]!) ? style.strong(line) : line));
    return { block: [style.faint(head), ...block], shown };
  }
}

function rowsOf(run: RunJson, readings: readonly ReadingJson[]): string[][] {
  const row = (label: string, cell: (reading: ReadingJson) => string) => [label, ...readings.map(cell)];
  const { windowSteps, stepIs } = run.input;
  const rows = [
    row("", labelOf),
    row("PE clock", describePoint),
    row("latency", (reading) => formatTime(reading, reading.latencySecondsPerToken)),
    ...phaseRows(readings),
    ...synchronisationRows(readings),
    row("time between results", (reading) => formatTime(reading, reading.secondsBetweenTokens)),
    ...replayRows(readings, run.readings),
    row(`${stepIs}s a second`, ({ tokensPerSecond, untimed }) =>
      untimed ? "-" : formatMean(tokensPerSecond),
    ),
    row("PEs in use busy", ({ peBusyShare, untimed }) => (untimed ? "-" : formatShare(peBusyShare))),
    ...dvfsRows(readings),
    row("energy", (reading) => formatEnergy(reading, reading.energyJoulesPerToken)),
    ...energyRows(readings),
    row("mean power", (reading) =>
      reading.untimed || !isPriced(reading) ? "-" : atLeast(reading) + formatSi(reading.meanPowerWatts, "W"),
    ),
  ];
  if (windowSteps === undefined) return rows;
  return [
    ...rows,
    row(`latency of a window (${plural(windowSteps, stepIs)})`, (reading) =>
      formatSi(reading.latencySecondsPerWindow ?? 0, "s"),
    ),
    row("energy of a window", (reading) => formatEnergy(reading, reading.energyJoulesPerWindow ?? 0)),
  ];
}

/**
 * What a packet-by-packet replay saw beside time, and how far it lies from the closed form of the same schedule and
 * synchronisation.
 */
function replayRows(readings: readonly ReadingJson[], all: readonly ReadingJson[]): string[][] {
  if (readings.every(({ replay }) => replay === undefined)) return [];
  const cell = (of: (reading: ReadingJson) => string) => (reading: ReadingJson) =>
    reading.replay === undefined ? "-" : of(reading);
  const row = (label: string, of: (reading: ReadingJson) => string) => [label, ...readings.map(cell(of))];
  return [
    row(`${INDENT}against fast`, (reading) => {
      const fast = all.find(
        ({ fidelity, schedule, operatingPoint, synchronisation }) =>
          fidelity === "fast" &&
          schedule === reading.schedule &&
          operatingPoint === reading.operatingPoint &&
          isSameSynchronisation(synchronisation, reading.synchronisation),
      );
      if (fast === undefined) return "-";
      const change = 100 * (reading.latencySecondsPerToken / fast.latencySecondsPerToken - 1);
      return `${change < 0 ? "−" : "+"}${Math.abs(change).toFixed(1)} %`;
    }),
    row(`${INDENT}fullest FIFO`, ({ replay }) => plural(replay!.largestFifo, "packet")),
    row(`${INDENT}packets held back in all`, ({ replay }) => formatCount(replay!.refusedPackets)),
    ...(readings.some(({ replay }) => (replay?.stalledSends ?? 0) > 0)
      ? [row(`${INDENT}sends held up in all`, ({ replay }) => formatCount(replay!.stalledSends))]
      : []),
    ...(readings.some(({ replay }) => replay?.dram)
      ? [row(`${INDENT}waiting for DRAM's ports`, ({ replay }) => formatDramWait(replay!.dram))]
      : []),
    ...(readings.some(({ replay }) => (replay?.droppedPackets ?? 0) > 0)
      ? [row(`${INDENT}dropped and sent again in all`, ({ replay }) => formatCount(replay!.droppedPackets))]
      : []),
  ];
}

const isSameSynchronisation = (
  a: ReadingJson["synchronisation"],
  b: ReadingJson["synchronisation"],
): boolean =>
  a.kind === b.kind && a.barrierSeconds === b.barrierSeconds && a.periodSeconds === b.periodSeconds;

type Replay = NonNullable<ReadingJson["replay"]>;

/** Of a transfer, mean and at most. */
const formatDramWait = (dram: Replay["dram"]): string =>
  dram === undefined || dram.transfers === 0
    ? "-"
    : `${formatSi(dram.waitingSeconds / dram.transfers, "s")}, at most ${formatSi(dram.longestWaitSeconds, "s")}`;

/** Without the times of synapses or neurons what is left says nothing; a timer's ticks come whatever happens. */
export function formatTime({ untimed, synchronisation }: ReadingJson, seconds: number): string {
  if (untimed === undefined || synchronisation.kind === "timer") return formatSi(seconds, "s");
  const isMeaningless = untimed.some((action) => action === "synop" || action.endsWith("Update"));
  return isMeaningless ? "unknown" : `≥ ${formatSi(seconds, "s")}`;
}

const atLeast = ({ energyIsLowerBound }: ReadingJson): string => (energyIsLowerBound ? "at least " : "");

const formatEnergy = (reading: ReadingJson, energy: number): string =>
  isPriced(reading) ? atLeast(reading) + formatSi(energy, "J") : "unknown";

function phaseRows(readings: readonly ReadingJson[]): string[][] {
  const names = [...new Set(readings.flatMap(({ phases }) => phases.map(({ name }) => name)))];
  return names.map((name) => [
    `${INDENT}${shorten(name, 28)}`,
    ...readings.map((reading) => {
      const phase = reading.phases.find((candidate) => candidate.name === name);
      return phase === undefined ? "-" : formatTime(reading, phase.secondsPerToken);
    }),
  ]);
}

function energyRows(readings: readonly ReadingJson[]): string[][] {
  // What a chip has but a run did not touch is not worth a line.
  const components = CHIP_COMPONENTS.filter((name) =>
    readings.some(
      (reading) => isUnpriced(reading, name) || (componentOf(reading, name)?.joulesTotal ?? 0) > 0,
    ),
  );
  return components.flatMap((name) => {
    const causes = new Set(
      readings.flatMap((reading) => componentOf(reading, name)?.causes.map(({ cause }) => cause) ?? []),
    );
    const row = [
      INDENT + COMPONENT_LABELS[name],
      ...readings.map((reading) =>
        isUnpriced(reading, name)
          ? formatUnpricedPart(componentOf(reading, name))
          : formatPart(componentOf(reading, name)?.joulesPerToken, reading.energyJoulesPerToken),
      ),
    ];
    return [row, ...[...causes].map((cause) => causeRow(readings, name, cause))];
  });
}

function causeRow(readings: readonly ReadingJson[], component: ComponentName, name: string): string[] {
  const cells = readings.map((reading) => {
    const cause = componentOf(reading, component)?.causes.find((candidate) => candidate.cause === name);
    return formatPart(cause?.joulesPerToken, reading.energyJoulesPerToken);
  });
  return [INDENT + INDENT + shorten(name, 32), ...cells];
}

type ComponentName = ComponentEnergyJson["component"];
const COMPONENT_LABELS: Readonly<Record<ComponentName, string>> = {
  base: "base of the chip",
  board: "board beside its chips",
  pe: "PEs",
  macArray: "MAC arrays",
  noc: "NoC",
  eventRouter: "event router",
  chipLinks: "links between chips",
  dram: "DRAM",
};
/** In the order of the report. */
const CHIP_COMPONENTS = Object.keys(COMPONENT_LABELS) as readonly ComponentName[];

const componentOf = (
  { energyByComponent }: ReadingJson,
  name: ComponentName,
): ComponentEnergyJson | undefined => energyByComponent.find(({ component }) => component === name);

const isUnpriced = ({ unpriced }: ReadingJson, name: ComponentName): boolean =>
  unpriced.some(({ component }) => component === name);

const formatUnpricedPart = (part: ComponentEnergyJson | undefined): string =>
  part === undefined || part.joulesPerToken === 0
    ? "unpriced"
    : `at least ${formatSi(part.joulesPerToken, "J")}`;

function formatPart(energy: number | undefined, total: number): string {
  if (energy === undefined) return "-";
  return `${formatSi(energy, "J")} ${formatPercent(energy, total).padStart(5)}`;
}

/** A window that the run did not fill is not seen, but worked out. */
function formatExtrapolation({ input }: RunJson): string[] {
  const { windowSteps = 0, stepIs, streams = 1 } = input;
  const steps = input.steps / streams;
  if (windowSteps <= steps) return [];
  return wrap(
    `Figures of a window are means times ${formatCount(windowSteps)} (extrapolated: the run has fewer steps, ${plural(steps, stepIs)}).`,
    INDENT,
  );
}

/** Why a total is only a lower bound. */
function formatUnpriced(run: RunJson): string[] {
  const named = run.readings.flatMap(({ unpriced }) =>
    unpriced.map(
      ({ component, action, count }) =>
        `${component}.${action} (${action === "power" ? "all the time" : `${formatCount(count)} ${count === 1 ? "time" : "times"}`})`,
    ),
  );
  if (named.length === 0) return [];
  return wrap(`"at least": no cost is known for ${[...new Set(named)].join(", ")}.`, INDENT);
}
