import { counted } from "../../src/core/wording.ts";
import { type GraphPass, mapProjections, synapsesWhere } from "./pass.ts";

/**
 * Drops synapses whose quantised weight is zero: pruning left them, quantisation
 * made more of them, and each would cost a memory read and a synop for nothing.
 * Rows stay in place, so neuron numbers keep their meaning.
 */
export const dropZeroSynapses: GraphPass = {
  name: "drop-zero-synapses",
  summary: "Remove synapses that cannot change any state.",
  requires: ["well-formed", "quantised"],
  establishes: ["no-zero-weight"],

  run(graph, context) {
    return mapProjections(graph, (projection) => {
      const { source, target, synapses } = projection;
      if (!synapses.weight.includes(0)) return projection;
      const kept = synapsesWhere(synapses, (i) => synapses.weight[i] !== 0);
      const dropped = synapses.target.length - kept.target.length;
      context.remark(
        `${source} -> ${target}: dropped ${dropped.toLocaleString("en-US")} of ${counted(synapses.target.length, "synapse")}`,
      );
      return { ...projection, synapses: kept };
    });
  },
};
