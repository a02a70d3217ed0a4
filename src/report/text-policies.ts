import { type Style, shorten, wrap } from "./layout.ts";
import { formatCount, formatShare, formatSi, plural } from "./quantities.ts";
import type { ReadingJson, RunJson } from "./result-schema.ts";

const INDENT = "  ";
const LONGEST_LABEL = 24;

/** Names a reading among those of a run: "300MHz pipelined timer 1.00 ms". */
export const labelOf = (reading: ReadingJson): string =>
  `${shorten(reading.operatingPoint, LONGEST_LABEL)} ${wayOf(reading)}`;

/** Schedule and fidelity, as far as they must be said, and the synchronisation where it is more than the data's own. */
export function wayOf({
  schedule,
  fidelity,
  synchronisation,
}: Pick<ReadingJson, "schedule" | "fidelity" | "synchronisation">): string {
  const way = [
    ...(fidelity === "detailed" ? ["detailed"] : []),
    ...(fidelity === "fast" || schedule === "pipelined" ? [schedule] : []),
  ].join(" ");
  const { kind, barrierSeconds, periodSeconds } = synchronisation;
  return kind === "data-flow" ? way : `${way} ${kind} ${formatSi(barrierSeconds ?? periodSeconds ?? 0, "s")}`;
}

/** In narrow tables: a timer or a barrier says enough of a schedule that is sequential. */
export const briefly = (way: string): string => way.replace(/sequential (?=timer|barrier)/, "");

/** Clocks and supplies: one operating point's, or those that a policy moves between. */
export function describePoint({ peClockHertz, voltageVolts, dvfs }: ReadingJson): string {
  const points = dvfs?.points ?? [{ peClockHertz, voltageVolts }];
  return points
    .map(
      (point) => formatSi(point.peClockHertz, "Hz") + (point.voltageVolts ? `, ${point.voltageVolts} V` : ""),
    )
    .join(" / ");
}

/** What barriers and ticks cost; nothing where all readings run by data flow. */
export function synchronisationRows(readings: readonly ReadingJson[]): string[][] {
  if (readings.every(({ synchronisation }) => synchronisation.kind === "data-flow")) return [];
  return [
    [
      `${INDENT}in barriers, before ticks`,
      ...readings.map(({ synchronisation }) => formatSi(synchronisation.secondsPerToken, "s")),
    ],
  ];
}

/** How much of their work PEs did at which point; nothing where all keep theirs. */
export function dvfsRows(readings: readonly ReadingJson[]): string[][] {
  if (readings.every(({ dvfs }) => dvfs === undefined)) return [];
  const names = [
    ...new Set(readings.flatMap(({ dvfs }) => dvfs?.points ?? []).map((point) => point.operatingPoint)),
  ];
  return [
    ...names.map((name) => [
      `${INDENT}of it at ${shorten(name, 16)}`,
      ...readings.map(({ dvfs }) => {
        const own = dvfs?.points.find(({ operatingPoint }) => operatingPoint === name);
        const working = dvfs?.points.reduce((sum, { workingSeconds }) => sum + workingSeconds, 0) ?? 0;
        return own === undefined ? "-" : formatShare(working === 0 ? 0 : own.workingSeconds / working);
      }),
    ]),
    [
      `${INDENT}changes of point in all`,
      ...readings.map(({ dvfs }) => (dvfs === undefined ? "-" : formatCount(dvfs.switches))),
    ],
  ];
}

/** Work that ticks did not wait for: what a real chip would lose or do late. */
export function formatOverruns({ readings, input }: RunJson, style: Style): string[] {
  return readings.flatMap((reading) => {
    const { overruns } = reading.synchronisation;
    if (overruns === undefined) return [];
    return wrap(
      `WARNING: ${labelOf(reading)}: work took longer than a tick in ` +
        `${formatCount(overruns.steps)} of ${plural(input.steps, input.stepIs)}, at worst by ` +
        `${formatSi(overruns.worstSeconds, "s")}; a tick of ${formatSi(overruns.shortestTickSeconds, "s")} would do. ` +
        "Results assume that the late work was done.",
      INDENT,
    ).map(style.warning);
  });
}
