import { modelProjectionName } from "../../src/core/event-graph.ts";
import { type MapLayout, modelOrderOf } from "../../src/core/shared-convolution.ts";
import type { GraphPass } from "./pass.ts";
import { permuteNeurons } from "./permute-neurons.ts";
import type { Products } from "./use-mac-arrays.ts";

/** Puts the neurons of maps that a kernel on MAC arrays reads or writes into their layout's order. */
export const orderMaps = (products: Products): GraphPass => ({
  name: "order-maps",
  summary: "Put maps into the order in which kernels go over them on MAC arrays.",
  requires: ["well-formed"],
  establishes: [],

  run(graph) {
    const layouts = new Map<string, MapLayout>();
    for (const projection of graph.projections) {
      const form = products.get(modelProjectionName(graph, projection)) ?? "matrix";
      if (form === "matrix") continue;
      layouts.set(projection.source, form.input);
      layouts.set(projection.target, form.output);
    }
    const moved = [...layouts].filter(([, { together }]) => together > 1);
    return permuteNeurons(graph, new Map(moved.map(([name, layout]) => [name, modelOrderOf(layout)])));
  },
});
