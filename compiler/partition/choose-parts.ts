import { CapacityError, UnsupportedError } from "../../src/core/errors.ts";
import type { EventGraph } from "../../src/core/event-graph.ts";
import type { Quantisation } from "../../src/core/number-format.ts";
import type { HardwareProfile } from "../../src/core/profile.ts";
import { splittable } from "../passes/split-fan-in.ts";

/** Into how many parts the fan-in of populations is divided; none where it is whole. */
export type FanInParts = ReadonlyMap<string, number>;

/** Parts that are tried where a neuron's fan-in alone does not fit a PE. */
const TRIED = [2, 4, 8, 16];

/**
 * Divides the fan-in as asked; where nothing is asked, only if a neuron with all its fan-in does not fit a PE, into the fewest of
 * `TRIED` parts that fit.
 *
 * @param whole Populations whose fan-in is not divided, whatever is asked.
 * @param cut Cuts the populations into slices. @throws CapacityError where they do not fit.
 */
export function chooseParts<Cut>(
  graph: EventGraph,
  profile: HardwareProfile,
  { format }: Pick<Quantisation, "format">,
  { partitionBy = "auto", parts = 2 }: { readonly partitionBy?: string; readonly parts?: number },
  whole: ReadonlySet<string>,
  cut: (parts: FanInParts) => Cut,
): Cut {
  const into = (count: number): FanInParts =>
    new Map(splittable(graph).flatMap((name) => (whole.has(name) ? [] : [[name, count]])));
  if (partitionBy === "sources" || partitionBy === "both") {
    verifyKernels(profile, format);
    return cut(into(parts));
  }
  try {
    return cut(new Map());
  } catch (error) {
    const isNeuron = error instanceof CapacityError && error.shortage.resource === "SRAM bytes";
    if (partitionBy === "neurons" || !isNeuron) throw error;
    verifyKernels(profile, format);
    for (const count of TRIED) {
      const found = fitting(() => cut(into(count)));
      if (found !== undefined) return found;
    }
    throw error;
  }
}

function fitting<Cut>(cut: () => Cut): Cut | undefined {
  try {
    return cut();
  } catch (error) {
    if (error instanceof CapacityError) return undefined;
    throw error;
  }
}

/** Weights of 1 in int16 bring integer sums on without a rounding of their own. */
function verifyKernels({ title, pe }: HardwareProfile, format: Quantisation["format"]): void {
  if (format === "float32" || pe.kernels.int16) return;
  throw new UnsupportedError(
    `${title} has no int16 kernels, which partial sums of integer programs need.`,
    "Divide populations by neurons (--partition-by neurons), or choose another chip.",
  );
}
