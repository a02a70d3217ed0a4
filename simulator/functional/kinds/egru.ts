import { collectClamped } from "../saturations.ts";
import { tableStep } from "./gates.ts";
import type { NeuronModel } from "./neuron-model.ts";

/**
 * z = σ(a_z)    r = σ(a_r)    g = tanh(a_g + r·b_g)    c = z·h + (1 − z)·g
 *
 * A neuron with c above its threshold emits an event that carries c, and keeps h = c − threshold. Both steps are functions of
 * the kernel. Accumulators a_z, a_r, a_g, b_g; state h; integers in Q23.
 */
export const EGRU: NeuronModel = {
  stepFloat32({ kernel: { run, at }, size, sums, parameters: [threshold], state }, events) {
    const { neurons, payloads } = events;
    events.count = run.updateFloat32(at(sums), at(threshold!), at(state), size, at(neurons), at(payloads));
  },

  stepInteger({ kernel, size, sums, parameters, state, tables, accumulatorBits }, events, saturations) {
    const { run, at, clamped } = kernel;
    const [threshold] = parameters;
    const { neurons, payloads } = events;
    events.count = 0;
    for (const { first, end, sigmoid, tanh } of tables) {
      events.count = run.updateInteger(
        at(sums),
        at(threshold!),
        at(state),
        size,
        at(neurons),
        at(payloads),
        events.count,
        first,
        end,
        at(sigmoid),
        at(tanh),
        tableStep(accumulatorBits),
        accumulatorBits,
        at(clamped),
      );
    }
    collectClamped(kernel, saturations);
  },
};
