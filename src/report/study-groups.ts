import type { PointResult } from "../study/point-result.ts";

/** Mean, smallest and largest over the seeds. */
export interface Spread {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** Points that differ in their seed alone. */
export interface Group {
  readonly first: PointResult;
  readonly points: readonly PointResult[];
}

/** In order of first appearance. */
export function groupsOf(results: readonly PointResult[]): readonly Group[] {
  const groups = new Map<string, PointResult[]>();
  for (const result of results) {
    const { cell, sparsity, weightDecay } = result;
    const key = JSON.stringify([cell, sparsity, weightDecay.weights, weightDecay.biases]);
    groups.set(key, [...(groups.get(key) ?? []), result]);
  }
  return [...groups.values()].map((points) => ({ first: points[0]!, points }));
}

/** Over the points that have the figure; undefined where none has. */
export function spreadOf(
  { points }: Group,
  figure: (point: PointResult) => number | undefined,
): Spread | undefined {
  const values = points.map(figure).filter((value) => value !== undefined);
  if (values.length === 0) return undefined;
  return {
    mean: values.reduce((sum, value) => sum + value, 0) / values.length,
    low: values.reduce((a, b) => Math.min(a, b)),
    high: values.reduce((a, b) => Math.max(a, b)),
  };
}

/** Share of units that sent an event, over all layers alike. */
export const activityOf = ({ evaluation: { activity } }: PointResult): number =>
  activity.reduce((sum, share) => sum + share, 0) / activity.length;

export const latencyOf = ({ chip }: PointResult): number | undefined =>
  chip && "latencySeconds" in chip ? chip.latencySeconds : undefined;
export const energyOf = ({ chip }: PointResult): number | undefined =>
  chip && "energyJoules" in chip ? chip.energyJoules : undefined;
