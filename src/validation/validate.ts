import { CapacityError, UnsupportedError } from "../core/errors.ts";
import type { HardwareProfile } from "../core/profile.ts";
import { operatingPointOf } from "../profiles/chip-spec.ts";
import type { CaseOutcome, CaseRefusal } from "./case-outcome.ts";
import { macLayer, macProduct, powerState, rates, synopPeak } from "./closed-cases.ts";
import type { Workload } from "./entry-schema.ts";
import { networkRunner, type OnSteps } from "./network-case.ts";
import type { Case, Entry } from "./read-entry.ts";

export interface ValidationOptions {
  /** A bundled profile by its name, with figures changed. */
  readonly chipOf: (name: string, overrides: readonly string[]) => HardwareProfile;
  /** Told before each case. */
  readonly onCase?: (entry: Entry, name: string, workload: Workload) => void;
  readonly onSteps?: OnSteps;
}

/** An entry with what its cases come to, in their order. */
export interface EntryOutcome {
  readonly entry: Entry;
  readonly cases: readonly { readonly name: string; readonly outcome: CaseOutcome | CaseRefusal }[];
}

/** Runs every case of every entry. What a chip cannot do is an outcome, too. */
export function validateEntries(entries: readonly Entry[], options: ValidationOptions): EntryOutcome[] {
  const run = caseRunner(options);
  return entries.map((entry) => ({
    entry,
    cases: entry.cases.map((one) => {
      options.onCase?.(entry, one.name, one.workload);
      return { name: one.name, outcome: run(one) };
    }),
  }));
}

function caseRunner({ chipOf, onSteps }: ValidationOptions) {
  const network = networkRunner(onSteps);
  const outcomeOf = (workload: Workload): CaseOutcome => {
    const profile = chipOf(workload.chip, workload.set ?? []);
    const point = operatingPointOf(profile, workload.point);
    switch (workload.kind) {
      case "network":
        return network(workload, profile, point);
      case "power-state":
        return powerState(workload, profile, point);
      case "mac-product":
        return macProduct(workload, profile, point);
      case "mac-layer":
        return macLayer(workload, profile);
      case "rates":
        return rates(workload, profile, point);
      case "synop-peak":
        return synopPeak(workload, profile, point);
    }
  };
  return ({ workload }: Case): CaseOutcome | CaseRefusal => {
    try {
      return outcomeOf(workload);
    } catch (problem) {
      if (problem instanceof CapacityError || problem instanceof UnsupportedError)
        return { refused: problem.message };
      throw problem;
    }
  };
}
