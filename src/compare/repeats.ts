import { type MeanInterval, meanOfIndependent } from "../core/intervals.ts";
import type { ComparisonRow } from "./compare.ts";
import type { Chip } from "./chips.ts";
import type { Reading, RunReport } from "./run.ts";

/** One reading of one pair of model and chip over several seeds; each value a mean with its interval. */
export interface Repeated {
  readonly model: string;
  readonly chip: Chip;
  readonly reading: Reading;
  /** Seeds under which it ran. */
  readonly seeds: number;
  /** Share of the neurons on the chip that send in a timestep. */
  readonly activity: MeanInterval;
  /** Absent where times are unknown. */
  readonly latencySeconds?: MeanInterval;
  readonly energyJoules: MeanInterval;
  readonly powerWatts: MeanInterval;
}

/**
 * The same comparison under several seeds, as independent draws of models and inputs.
 *
 * @param bySeed Rows of each seed, in the same order.
 */
export function repeatsOf(bySeed: readonly (readonly ComparisonRow[])[]): Repeated[] {
  const [first = []] = bySeed;
  return first.flatMap((_, row) => {
    const reports = bySeed.flatMap((rows): RunReport[] => {
      const report = rows[row];
      return report !== undefined && "readings" in report ? [report] : [];
    });
    const [report] = reports;
    return report === undefined ? [] : report.readings.map((_, index) => repeatedReading(reports, index));
  });
}

function repeatedReading(reports: readonly RunReport[], index: number): Repeated {
  const { program, chip, readings } = reports[0]!;
  const over = (of: (reading: Reading) => number) =>
    meanOfIndependent(reports.map((report) => of(report.readings[index]!)));
  const isTimed = reports.every((report) => report.readings[index]!.timing.untimed === undefined);
  return {
    model: program.manifest.modelName,
    chip,
    reading: readings[index]!,
    seeds: reports.length,
    activity: meanOfIndependent(reports.map(({ metrics }) => 1 - metrics.activationSparsity)),
    ...(isTimed && { latencySeconds: over(({ timing }) => timing.latencyPerStep) }),
    energyJoules: over(({ energy }) => energy.perStep),
    powerWatts: over(({ energy }) => energy.meanPower),
  };
}
