import { carriesPartialSums, type EventGraph, modelProjectionName } from "../../src/core/event-graph.ts";
import { describeConvolution, type SharedConvolution } from "../../src/core/shared-convolution.ts";
import { type GraphPass, mapProjections } from "./pass.ts";

/**
 * Projections of the model that are products, by `modelProjectionName`: a convolution by its kernel, with the layouts that its
 * populations' maps are to have, all others as matrices.
 */
export type Products = ReadonlyMap<string, SharedConvolution | "matrix">;

/**
 * Marks projections that PEs work off on their MAC arrays: as one product a timestep instead of row by row. What is
 * computed changes with it (docs/model.md, 2), so this is before quantisation and never done unasked. All parts of a
 * matrix are marked.
 */
export const useMacArrays = (products: Products): GraphPass => ({
  name: "use-mac-arrays",
  summary: "Have dense projections multiplied on MAC arrays.",
  requires: ["well-formed"],
  establishes: [],

  run(graph, context) {
    for (const [name, form] of products)
      context.remark(
        `${name}: a product a timestep on MAC arrays${form === "matrix" ? "" : `, by its kernel: ${describeConvolution(form)}`}`,
      );
    return mapProjections(graph, (projection) => {
      const form = products.get(modelProjectionName(graph, projection));
      if (form === undefined || carriesPartialSums(graph, projection)) return projection;
      if (form === "matrix") return { ...projection, onMacArray: true };
      if (projection.sources || projection.part)
        throw new Error(`${modelProjectionName(graph, projection)}: a kernel cannot be divided by sources`);
      return { ...projection, onMacArray: true, convolution: form };
    });
  },
});

/** Populations that a kernel writes. Their fan-in is not to be divided by sources before. */
export const targetsOfKernels = (graph: EventGraph, products: Products): ReadonlySet<string> =>
  new Set(
    graph.projections
      .filter((projection) => (products.get(modelProjectionName(graph, projection)) ?? "matrix") !== "matrix")
      .map(({ target }) => target),
  );
