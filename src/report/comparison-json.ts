import type { RooflineReport } from "../compare/roofline.ts";
import type { ComparisonEntryJson, DenseJson } from "./comparison-schema.ts";
import { figureBases } from "./figure-bases.ts";
import type { ReadingJson, ResultJson, RunJson } from "./result-schema.ts";
import { wayOf } from "./text-policies.ts";

export function denseJson(report: RooflineReport): DenseJson {
  const { model, baseline, launchSeconds, idleJoulesPerStep } = report;
  const { profile, overrides, variant } = baseline;
  return {
    verdict: "roofline",
    model: { name: model.name },
    chip: {
      name: profile.name,
      title: profile.title,
      profileSha256: profile.sha256,
      overrides: [...overrides],
      figures: figureBases(baseline),
      ...(variant !== undefined && { variant }),
    },
    format: report.format,
    layers: report.layers,
    macsPerToken: report.macsPerStep,
    weightBytes: report.weightBytes,
    memoryBytesPerToken: report.memoryBytesPerStep,
    computeSecondsPerToken: report.computeSeconds,
    memorySecondsPerToken: report.memorySeconds,
    ...(launchSeconds !== undefined && { launchSecondsPerToken: launchSeconds }),
    secondsPerTokenAtLeast: report.secondsPerStep,
    joulesPerTokenAtActivePower: report.joulesPerStep,
    ...(idleJoulesPerStep !== undefined && { joulesPerTokenAtIdlePower: idleJoulesPerStep }),
    utilisation: report.utilisation,
    measurements: profile.measurements.map((measurement) => ({ ...measurement })),
  };
}

/** All runs beside one another, ranked by energy-delay product. */
export function comparisonOf(runs: ResultJson["runs"]): ComparisonEntryJson[] {
  return ranked(
    runs.flatMap((run) => {
      if (run.verdict === "refused") return [];
      return run.verdict === "roofline"
        ? denseEntry(run)
        : run.readings.map((reading) => runEntry(run, reading));
    }),
  );
}

/** A chip's name, and what a sweep set on it. */
export const chipLabel = ({ name, variant }: { readonly name: string; readonly variant?: string }): string =>
  variant === undefined ? name : `${name} ${variant}`;

/** Whether anything that happened has a known cost; where nothing has, a sum of 0 says nothing. */
export const isPriced = ({
  energyIsLowerBound,
  energyJoulesPerToken,
}: Pick<ReadingJson, "energyIsLowerBound" | "energyJoulesPerToken">): boolean =>
  !energyIsLowerBound || energyJoulesPerToken > 0;

function runEntry(run: RunJson, reading: ReadingJson): ComparisonEntryJson {
  const isTimed = reading.untimed === undefined || reading.synchronisation.kind === "timer";
  const energyBound = reading.energyIsLowerBound ? "at least" : "exact";
  const { traffic } = run;
  return {
    model: run.model.name,
    chip: chipLabel(run.chip),
    operatingPoint: `${reading.operatingPoint} ${wayOf(reading)}`,
    format: run.program.format,
    pesUsed: run.fit.pesUsed,
    ...(isTimed && {
      latencySecondsPerToken: reading.latencySecondsPerToken,
      tokensPerSecond: reading.tokensPerSecond,
      ...(isPriced(reading) && {
        energyDelayJouleSeconds: reading.energyJoulesPerToken * reading.latencySecondsPerToken,
      }),
      utilisation: reading.peBusyShare,
    }),
    timeBound: isTimed ? "exact" : "at least",
    energyJoulesPerToken: reading.energyJoulesPerToken,
    energyBound,
    energyDelayBound: isTimed ? energyBound : "at least",
    sramBytesPerToken: traffic.sramBytesReadPerToken + traffic.sramBytesWrittenPerToken,
    dramBytesPerToken: traffic.dramBytesReadPerToken + traffic.dramBytesWrittenPerToken,
    ...(run.quality && { perplexity: run.quality.perplexity }),
    ...(run.quality?.perplexityInterval && { perplexityInterval: run.quality.perplexityInterval }),
    ...(run.againstFloat32 && { againstFloat32: run.againstFloat32 }),
  };
}

const denseEntry = (run: DenseJson): ComparisonEntryJson => ({
  model: run.model.name,
  chip: chipLabel(run.chip),
  operatingPoint: "roofline",
  format: run.format,
  latencySecondsPerToken: run.secondsPerTokenAtLeast,
  tokensPerSecond: 1 / run.secondsPerTokenAtLeast,
  timeBound: "roofline",
  energyJoulesPerToken: run.joulesPerTokenAtActivePower,
  energyBound: "roofline",
  energyDelayJouleSeconds: run.joulesPerTokenAtActivePower * run.secondsPerTokenAtLeast,
  energyDelayBound: "roofline",
  dramBytesPerToken: run.memoryBytesPerToken,
  utilisation: run.utilisation,
});

/** Equal products share a rank. */
function ranked(entries: readonly ComparisonEntryJson[]): ComparisonEntryJson[] {
  const products = entries.flatMap(({ energyDelayJouleSeconds: product }) => product ?? []);
  return entries.map((entry) => {
    const { energyDelayJouleSeconds: own } = entry;
    if (own === undefined) return entry;
    return { ...entry, energyDelayRank: 1 + products.filter((product) => product < own).length };
  });
}
