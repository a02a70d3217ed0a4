import type { ModelIr } from "../../core/model-ir.ts";
import { sourceMajor } from "../matrix-layout.ts";

/** The first population or projection that differs, or the metadata. Full and sparse forms of one matrix are equal. */
export function differenceOf(
  a: Pick<ModelIr, "populations" | "projections" | "metadata">,
  b: Pick<ModelIr, "populations" | "projections" | "metadata">,
): string | undefined {
  for (const [i, population] of a.populations.entries())
    if (!isSame(population, b.populations[i])) return population.name;
  for (const [i, projection] of a.projections.entries()) {
    const { weights: own, ...ends } = projection;
    const { weights: other, ...otherEnds } = b.projections[i] ?? projection;
    const isAlike =
      own.kind === "convolution" || other.kind === "convolution"
        ? isSame(own, other)
        : isSame(sourceMajor(own), sourceMajor(other));
    if (!isSame(ends, otherEnds) || !isAlike) return `${projection.source} -> ${projection.target}`;
  }
  if (a.populations.length !== b.populations.length || a.projections.length !== b.projections.length)
    return "the model";
  return isSame(a.metadata, b.metadata) ? undefined : "the metadata";
}

function isSame(a: unknown, b: unknown): boolean {
  if (a instanceof Float32Array)
    return b instanceof Float32Array && a.length === b.length && a.every((value, i) => value === b[i]);
  if (a === null || b === null || typeof a !== "object" || typeof b !== "object") return Object.is(a, b);
  const [first, second] = [Object.entries(a), b as Record<string, unknown>];
  return (
    first.length === Object.keys(second).length && first.every(([key, value]) => isSame(value, second[key]))
  );
}
