import type { EventGraph } from "../../src/core/event-graph.ts";
import { WEIGHT_LIMIT } from "../../src/core/number-format.ts";
import type { Program } from "../../src/core/program.ts";
import { fault } from "./fault.ts";

/** A decoder on the chip holds the graph's one decoder layer, quantised as `docs/model.md` defines. */
export function verifyChipDecoder({ chipDecoder }: Program, { host, populations }: EventGraph): void {
  if (!chipDecoder) return;
  const [stage] = host.decoder;
  if (host.decoder.length !== 1 || stage?.kind !== "linear") fault("the graph has no single decoder layer");
  const { inputs, outputs, weights, scale, bias } = chipDecoder;
  const { order } = populations.at(-1)!;
  if (inputs !== stage.inputs || outputs !== stage.outputs) fault("the decoder's shape is not the graph's");
  const limit = WEIGHT_LIMIT.int8;
  for (let output = 0; output < outputs; output += 1) {
    const row = stage.weights.subarray(output * inputs, (output + 1) * inputs);
    const stored = weights.subarray(output * inputs, (output + 1) * inputs);
    const step = Math.fround(row.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0) / limit);
    if (scale[output] !== step) fault(`the scale of the decoder's output ${output} is wrong`);
    if (!Object.is(bias[output], stage.bias[output]))
      fault(`the bias of the decoder's output ${output} is wrong`);
    for (let i = 0; i < inputs; i += 1) {
      const value = step === 0 ? 0 : Math.floor(row[order ? order[i]! : i]! / step + 0.5);
      if (stored[i] !== Math.min(Math.max(value, -limit), limit))
        fault(`weight ${i} of the decoder's output ${output} is wrong`);
    }
  }
}
