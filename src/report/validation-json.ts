import type { Comparison, Judgement, Statistics } from "../validation/judge.ts";

/** What `eventloom validate` found, for machines: predicted and measured in SI units. */
export const validationJsonOf = (
  judgements: readonly Judgement[],
  statistics: Statistics,
  generator: string,
) => ({
  generator,
  statistics,
  entries: judgements.map(({ entry, cases, verdicts, sensitivities }) => ({
    id: entry.id,
    title: entry.title,
    chip: entry.chip,
    origin: entry.origin,
    source: entry.source,
    seenAs: entry.seenAs,
    figures: verdicts.map(({ measured, comparisons, why }) => ({
      metric: measured.metric,
      value: measured.value,
      unit: measured.unit,
      split: measured.split,
      predictions: comparisons.map(comparisonJsonOf),
      ...(why !== undefined && { why }),
    })),
    sensitivities: sensitivities.map(({ name, says, comparisons, why }) => ({
      name,
      says,
      predictions: comparisons.map((comparison) => ({
        metric: comparison.metric,
        ...comparisonJsonOf(comparison),
      })),
      ...(why !== undefined && { why }),
    })),
    cases: cases.map(({ name, outcome }) => ({ name, ...outcome })),
  })),
});

const comparisonJsonOf = ({
  reading,
  case: name,
  predicted,
  measured,
  unit,
  error,
  isLowerBound,
}: Comparison) => ({
  ...(reading !== undefined && { reading }),
  case: name,
  predicted,
  measured,
  unit,
  error,
  isLowerBound,
});
