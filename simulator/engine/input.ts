import type { EmbeddingStage, HostStage, LinearStage } from "../../src/core/event-graph.ts";
import type { Stimulus } from "../../src/core/stimulus.ts";
import { lookUpToken, runLinear, sendFixedPoint, sendFloat32 } from "../functional/host-stages.ts";
import { inProgramOrder } from "../functional/neuron-order.ts";
import type { Saturations } from "../functional/saturations.ts";
import type { RunningPopulation } from "./layers.ts";
import type { Machine } from "./machine.ts";

/** The stages that compute; a check has made sure that at most the encoder's first is an embedding. */
export const linearStages = (stages: readonly HostStage[]): LinearStage[] =>
  stages.filter((stage) => stage.kind === "linear");
const embeddingOf = (stages: readonly HostStage[]): EmbeddingStage | undefined =>
  stages.find((stage) => stage.kind === "embedding");

/** Turns a timestep of the stimulus into the input's events. */
export function createEncoder(
  { program, format }: Machine,
  stimulus: Stimulus,
  input: RunningPopulation,
  saturations: Saturations,
): (step: number) => void {
  const embedding = embeddingOf(program.host.encoder);
  const linear = linearStages(program.host.encoder);
  const { payloadFractionBits: fractionBits, order, silentZeros = false } = program.populations[0]!;
  return (step) => {
    const values =
      stimulus.kind === "tokens"
        ? lookUpToken(embedding!, stimulus.ids[step]!)
        : stimulus.values.subarray(step * stimulus.width, (step + 1) * stimulus.width);
    const encoded = inProgramOrder(runLinear(linear, values), order);
    if (format === "float32") sendFloat32(encoded, silentZeros, input.now);
    else sendFixedPoint(encoded, fractionBits, silentZeros, input.now, saturations);
  };
}
