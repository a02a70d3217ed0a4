import { CapacityError } from "../../src/core/errors.ts";
import { NUMBER_FORMATS, type NumberFormat, WEIGHT_BYTES } from "../../src/core/number-format.ts";
import { dataBytesOf, usablePes } from "../../src/core/profile.ts";
import { cutFewest, type TooLarge } from "./cut.ts";
import type { PartitionProblem } from "./partition.ts";
import { describeSlice, type SliceSizer } from "./slice-bytes.ts";

/** How few slices the populations need, or the neuron that no PE can hold. */
export type Fit =
  | { readonly kind: "cut"; readonly fewest: readonly number[]; readonly slices: number }
  | ({ readonly kind: "too-large"; readonly sizer: SliceSizer } & TooLarge);

export function fitOf(sizers: readonly SliceSizer[], budget: number): Fit {
  const fewest: number[] = [];
  for (const sizer of sizers) {
    const slices = cutFewest(sizer, budget);
    if (!Array.isArray(slices)) return { kind: "too-large", sizer, ...slices };
    fewest.push(slices.length);
  }
  return { kind: "cut", fewest, slices: fewest.reduce((a, b) => a + b, 0) };
}

/** What is short, and what would help. */
export function shortageOf(
  problem: PartitionProblem,
  fit: Fit,
  fitIn: (format: NumberFormat) => Fit,
): CapacityError {
  const { graph, pes } = problem;
  if (fit.kind === "too-large") return neuronTooLarge(problem, fit);
  return new CapacityError(
    { resource: "processing elements", where: graph.name, needed: fit.slices, available: pes },
    whatWouldFit(problem, fit.slices, fitIn),
  );
}

function neuronTooLarge(
  { profile }: PartitionProblem,
  { sizer, tooLarge }: Extract<Fit, { kind: "too-large" }>,
): CapacityError {
  const { first, count } = tooLarge;
  const largest = sizer.sections(first, count).reduce((a, b) => (b.bytes > a.bytes ? b : a));
  return new CapacityError(
    {
      resource: "SRAM bytes",
      where: `One ${count === 1 ? "neuron" : "row of maps"} alone (${describeSlice(tooLarge)})`,
      needed: sizer.bytes(first, count),
      available: dataBytesOf(profile.pe.sram),
    },
    `Choose a chip with more memory a PE, or shrink what takes most of it: ${largest.kind} with ${largest.bytes.toLocaleString("en-US")} bytes` +
      (largest.kind === "scales" ? " (--scales matrix)." : "."),
  );
}

/** Looks for what is nearest at hand: PEs that were held back, then the narrower number formats on the same synapses. */
function whatWouldFit(
  { graph, profile }: PartitionProblem,
  needed: number,
  fitIn: (format: NumberFormat) => Fit,
): string {
  const usable = usablePes(profile).length;
  if (needed <= usable) return `Allow at least ${needed} PEs; the chip has ${usable} to use.`;
  const current = WEIGHT_BYTES[graph.quantisation.format];
  for (const format of NUMBER_FORMATS) {
    if (WEIGHT_BYTES[format] >= current || profile.pe.kernels[format] === undefined) continue;
    const narrower = fitIn(format);
    if (narrower.kind === "cut" && narrower.slices <= usable)
      return `Use ${format} weights, which would need ${narrower.slices} PEs.`;
  }
  return `Prune the model to about ${Math.floor((100 * usable) / needed)} % of the weights it has, or choose a chip with more memory.`;
}
