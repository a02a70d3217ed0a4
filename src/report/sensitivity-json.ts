import type { Sensitivity } from "../compare/sensitivity.ts";
import { chipLabel } from "./comparison-json.ts";
import type { SensitivityJson } from "./comparison-schema.ts";

export function sensitivityJson({ model, chip, reading, ...rest }: Sensitivity): SensitivityJson {
  const { name } = chip.profile;
  return {
    model,
    chip: chipLabel({ name, ...(chip.variant !== undefined && { variant: chip.variant }) }),
    operatingPoint: reading.timing.dvfs ?? reading.point.name,
    estimatedUncertainty: rest.estimatedUncertainty,
    derivatives: rest.derivatives.map(({ path, basis, latency, energy }) => ({
      path,
      basis,
      ...(latency !== undefined && { latencyPercentPerPercent: latency }),
      energyPercentPerPercent: energy,
    })),
    ...(rest.latencySeconds && { latencySeconds: { ...rest.latencySeconds } }),
    energyJoules: { ...rest.energyJoules },
  };
}
