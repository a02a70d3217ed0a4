import type { RunOptions } from "../compare/run.ts";
import type {
  InputOptions,
  OutputOptions,
  PricingOptions,
  ProfileOptions,
  ProgramOptions,
} from "./shared-options.ts";

/** Options of the commands that simulate. */
export interface SimulationOptions
  extends ProfileOptions, ProgramOptions, InputOptions, PricingOptions, OutputOptions {}

export const pricingOf = ({
  window,
  streams,
  schedule,
  fidelity,
  sync,
  dvfs,
  waiting,
  unused,
}: PricingOptions): RunOptions => ({
  schedules: schedule,
  fidelities: fidelity,
  ...(streams > 1 && { streams }),
  ...(window !== undefined && { window }),
  ...(sync && { synchronisations: sync }),
  ...(dvfs && { dvfs }),
  ...(waiting !== undefined && { whileWaiting: waiting }),
  ...(unused !== undefined && { whileUnused: unused }),
});
