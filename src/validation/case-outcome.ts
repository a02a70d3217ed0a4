import type { Quantity } from "./quantities.ts";

/** What a workload comes to, in SI units. */
export interface CaseOutcome {
  readonly values: Readonly<Partial<Record<Quantity, number>>>;
  /** What happened and has no known cost or time; energies and powers, or times, are then "at least". */
  readonly unpriced: readonly string[];
  readonly untimed: readonly string[];
  /** What else is worth knowing: activity, PEs used. */
  readonly facts: readonly string[];
}

/** The chip or the compiler cannot do it. */
export interface CaseRefusal {
  readonly refused: string;
}

export const isRefused = (outcome: CaseOutcome | CaseRefusal): outcome is CaseRefusal => "refused" in outcome;
