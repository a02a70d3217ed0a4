import type { RunReport } from "../compare/run.ts";
import { sumOf } from "../core/counts.ts";
import type { Timing } from "../core/result.ts";
import type { EnergyReport } from "../energy/energy-report.ts";
import type { ReadingJson } from "./result-schema.ts";

/** How a reading's timesteps are kept apart. */
export function synchronisationJson({
  synchronisation,
  synchronisingPerStep,
  overruns,
}: Timing): ReadingJson["synchronisation"] {
  return {
    kind: synchronisation.kind,
    ...(synchronisation.kind === "barrier" && { barrierSeconds: synchronisation.seconds }),
    ...(synchronisation.kind === "timer" && { periodSeconds: synchronisation.period }),
    secondsPerToken: synchronisingPerStep,
    ...(overruns && {
      overruns: {
        steps: overruns.steps,
        worstSeconds: overruns.worst,
        shortestTickSeconds: overruns.shortestTick,
      },
    }),
  };
}

/** What a policy did with the PEs' operating points; nothing where they keep them. */
export function dvfsJson(
  { dvfs: policy }: Timing,
  { peSecondsByPoint }: EnergyReport,
  { result, chip }: RunReport,
): Pick<ReadingJson, "dvfs"> {
  const run = result.dvfs?.find((candidate) => candidate.policy === policy);
  if (policy === undefined || run === undefined) return {};
  const points = peSecondsByPoint.map(({ operatingPoint, seconds }) => {
    const { peClock, voltage } = chip.profile.operatingPoints.find(({ name }) => name === operatingPoint)!;
    return {
      operatingPoint,
      peClockHertz: peClock,
      ...(voltage !== undefined && { voltageVolts: voltage }),
      workingSeconds: seconds,
    };
  });
  return { dvfs: { policy, points, switches: sumOf(run.switches) } };
}
