import type { Repeated } from "../compare/repeats.ts";
import { chipLabel } from "./comparison-json.ts";
import type { RepeatJson } from "./comparison-schema.ts";
import { synchronisationJson } from "./policy-json.ts";
import { wayOf } from "./text-policies.ts";

export function repeatJson({ model, chip, reading, ...values }: Repeated): RepeatJson {
  const { timing, point, energy } = reading;
  const way = wayOf({
    schedule: timing.schedule,
    fidelity: timing.replay ? "detailed" : "fast",
    synchronisation: synchronisationJson(timing),
  });
  const { name } = chip.profile;
  return {
    model,
    chip: chipLabel({ name, ...(chip.variant !== undefined && { variant: chip.variant }) }),
    operatingPoint: `${timing.dvfs ?? point.name} ${way}`,
    seeds: values.seeds,
    activity: { ...values.activity },
    ...(values.latencySeconds && { latencySecondsPerToken: { ...values.latencySeconds } }),
    energyJoulesPerToken: { ...values.energyJoules },
    meanPowerWatts: { ...values.powerWatts },
    energyIsLowerBound: energy.isLowerBound,
  };
}
