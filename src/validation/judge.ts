import { type CaseOutcome, isRefused } from "./case-outcome.ts";
import type { Measured, Prediction } from "./entry-schema.ts";
import { type BaseUnit, KINDS, middleOf, QUANTITIES, UNITS } from "./quantities.ts";
import { type ErrorSummary, type Pair, pearson, relativeError, summariseErrors } from "./statistics.ts";
import type { EntryOutcome } from "./validate.ts";

/** A measurement beside one prediction of it, in SI units. */
export interface Comparison extends Pair {
  readonly reading?: string;
  readonly case: string;
  readonly unit: BaseUnit;
  readonly error: number;
  /** Something that happened has no known cost or time: the prediction is "at least". */
  readonly isLowerBound: boolean;
}

export interface Unpredicted {
  readonly why: string;
}

/** What is said of one measured figure: its predictions, the first of which counts, or why there are none. */
export interface Verdict {
  readonly measured: Measured;
  readonly comparisons: readonly Comparison[];
  readonly why?: string;
}

/** A case that varies another, beside it: what an assumption is worth. */
export interface Sensitivity {
  readonly name: string;
  readonly says: string;
  readonly comparisons: readonly (Comparison & { readonly metric: string })[];
  readonly why?: string;
}

export interface Judgement extends EntryOutcome {
  readonly verdicts: readonly Verdict[];
  readonly sensitivities: readonly Sensitivity[];
}

export const judge = (outcome: EntryOutcome): Judgement => ({
  ...outcome,
  verdicts: outcome.entry.measured.map((measured) => verdictOn(measured, outcome)),
  sensitivities: sensitivitiesOf(outcome),
});

function verdictOn(measured: Measured, { entry, cases }: EntryOutcome): Verdict {
  const { predictions } = measured;
  if (predictions === undefined) return { measured, comparisons: [], why: measured.why ?? entry.why! };
  const results = predictions.map((prediction) => compared(measured, prediction, prediction.case, cases));
  const comparisons = results.filter(isComparison);
  const lacking = results.find((result) => "why" in result);
  return { measured, comparisons, ...(lacking && comparisons.length < results.length && lacking) };
}

const isComparison = (result: Comparison | Unpredicted): result is Comparison => !("why" in result);

function compared(
  { value, unit: written }: Measured,
  { quantity, reading }: Prediction,
  name: string,
  cases: EntryOutcome["cases"],
): Comparison | Unpredicted {
  const { outcome } = cases.find((one) => one.name === name)!;
  if (isRefused(outcome)) return { why: outcome.refused };
  const predicted = outcome.values[quantity];
  if (predicted === undefined) return { why: `the case "${name}" has no ${quantity}` };
  const unit = QUANTITIES[quantity];
  const pair = { predicted, measured: middleOf(value as number | number[]) * UNITS[written]![1] };
  return {
    ...pair,
    ...(reading !== undefined && { reading }),
    case: name,
    unit,
    error: relativeError(pair),
    isLowerBound: lacksIn(outcome, unit),
  };
}

/** Times lack actions without a time, energies actions without a cost; a power is one over the other. */
function lacksIn({ unpriced, untimed }: CaseOutcome, unit: BaseUnit): boolean {
  if (unit === "J" || unit === "W") return unpriced.length > 0;
  return untimed.length > 0;
}

function sensitivitiesOf({ entry, cases }: EntryOutcome): Sensitivity[] {
  return entry.cases.flatMap(({ name, says, variantOf }) => {
    if (variantOf === undefined) return [];
    const results = entry.measured.flatMap((measured) =>
      (measured.predictions ?? [])
        .filter((prediction) => prediction.case === variantOf)
        .map((prediction) => ({
          metric: measured.metric,
          result: compared(measured, prediction, name, cases),
        })),
    );
    const comparisons = results.flatMap(({ metric, result }) =>
      isComparison(result) ? [{ metric, ...result }] : [],
    );
    const refusal = results.find(({ result }) => !isComparison(result))?.result;
    return [{ name, says, comparisons, ...(refusal && "why" in refusal && { why: refusal.why }) }];
  });
}

/** Errors of the test split, of one chip or kind of figure or all together. */
export interface GroupSummary {
  readonly group: string;
  readonly errors: ErrorSummary;
  /** Absent for too few figures, or figures of several kinds. */
  readonly pearson?: number;
}

export interface Statistics {
  /** Of totals without a gap. */
  readonly complete: readonly GroupSummary[];
  /** Of totals that lack something: an error above 0 is too much for certain, one below may be the gap. */
  readonly lowerBounds: readonly GroupSummary[];
  readonly counts: {
    readonly entries: number;
    readonly predictedEntries: number;
    readonly figures: number;
    readonly tested: number;
    readonly calibrated: number;
    /** Of the fitted ones those that are given back. */
    readonly given: number;
    /** Of the others those without a prediction. */
    readonly unpredicted: number;
  };
}

interface Tested {
  readonly chip: string;
  readonly kind: string;
  readonly comparison: Comparison;
}

/** The first prediction of each tested figure counts; simulations by others are no measurements and count nowhere. */
export function statisticsOf(judgements: readonly Judgement[]): Statistics {
  const verdicts = judgements.flatMap(({ verdicts }) => verdicts);
  const tested = judgements.flatMap(({ entry, verdicts: all }) =>
    all.flatMap(({ measured, comparisons: [comparison] }): Tested[] =>
      measured.split === "test" && comparison !== undefined && entry.origin !== "simulation"
        ? [{ chip: entry.chip, kind: KINDS[comparison.unit], comparison }]
        : [],
    ),
  );
  const predicted = ({ comparisons }: Verdict) => comparisons.length > 0;
  return {
    complete: summarise(tested.filter(({ comparison }) => !comparison.isLowerBound)),
    lowerBounds: summarise(tested.filter(({ comparison }) => comparison.isLowerBound)),
    counts: {
      entries: judgements.length,
      predictedEntries: judgements.filter(({ verdicts: all }) => all.some(predicted)).length,
      figures: verdicts.length,
      tested: tested.length,
      calibrated: verdicts.filter((verdict) => verdict.measured.split === "calibrate").length,
      given: verdicts.filter((verdict) => verdict.measured.split === "calibrate" && predicted(verdict))
        .length,
      unpredicted: verdicts.filter((verdict) => verdict.measured.split === "test" && !predicted(verdict))
        .length,
    },
  };
}

function summarise(tested: readonly Tested[]): GroupSummary[] {
  const by = (of: (one: Tested) => string, word: string) =>
    [...new Set(tested.map(of))].map((group) => ({
      group: `${word} ${group}`,
      members: tested.filter((one) => of(one) === group),
    }));
  return [
    { group: "all", members: tested },
    ...by(({ kind }) => kind, "kind:"),
    ...by(({ chip }) => chip, "chip:"),
  ].flatMap(({ group, members }) => {
    const pairs = members.map(({ comparison }) => comparison);
    const errors = summariseErrors(pairs);
    if (errors === undefined) return [];
    // Joules beside seconds would correlate by their units.
    const correlation = new Set(members.map(({ kind }) => kind)).size === 1 ? pearson(pairs) : undefined;
    return [{ group, errors, ...(correlation !== undefined && { pearson: correlation }) }];
  });
}
