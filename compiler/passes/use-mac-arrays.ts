import { carriesPartialSums, modelProjectionName } from "../../src/core/event-graph.ts";
import { type GraphPass, mapProjections } from "./pass.ts";

/**
 * Marks projections that PEs work off on their MAC arrays: as one product a timestep instead of row by row. What is
 * computed changes with it (docs/model.md, 2), so this is before quantisation and never done unasked.
 *
 * @param names As `modelProjectionName` gives them. All parts of a projection are marked.
 */
export const useMacArrays = (names: ReadonlySet<string>): GraphPass => ({
  name: "use-mac-arrays",
  summary: "Have dense projections multiplied on MAC arrays.",
  requires: ["well-formed"],
  establishes: [],

  run(graph, context) {
    for (const name of names) context.remark(`${name}: a product a timestep on MAC arrays`);
    return mapProjections(graph, (projection) =>
      names.has(modelProjectionName(graph, projection)) && !carriesPartialSums(graph, projection)
        ? { ...projection, onMacArray: true }
        : projection,
    );
  },
});
