import fc from "fast-check";
import { expect, it } from "vitest";
import { ROW_PLACES } from "../../compiler/partition/dram-rows.ts";
import { NEURON_ORDERS } from "../../compiler/partition/order.ts";
import { PARTITION_STRATEGIES } from "../../compiler/partition/partition.ts";
import { type CompileOptions, compile } from "../../compiler/pipeline.ts";
import { PLACERS } from "../../compiler/place/place.ts";
import { ROUTERS } from "../../compiler/route/route.ts";
import { simulate } from "../../simulator/simulate.ts";
import type { ModelIr } from "../../src/core/model-ir.ts";
import { NUMBER_FORMATS } from "../../src/core/number-format.ts";
import type { HardwareProfile } from "../../src/core/profile.ts";
import { randomNumbers } from "../../src/core/random.ts";
import type { Stimulus } from "../../src/core/stimulus.ts";
import { tinyChip } from "../support/tiny-chip.ts";
import { tinyModel } from "../support/tiny-model.ts";
import { tinyBoard, tinyMulticast, tinyUnicast } from "../support/tiny-networks.ts";

const STEPS = 6;
const INPUTS = 5;

function stimulusOf(seed: number): Stimulus {
  const random = randomNumbers(seed);
  const values = Float32Array.from({ length: INPUTS * STEPS }, () => 3 * random() - 1.5);
  return { kind: "dense", width: INPUTS, values, origin: "seeded", synthetic: true };
}

/** What each layer sends in each step, and the synops in all. */
function computed(model: ModelIr, profile: HardwareProfile, options: CompileOptions, stimulus: Stimulus) {
  const { program } = compile(model, profile, options);
  const outputs: number[][] = [];
  const result = simulate(program, profile, stimulus, {
    observe: (_, view) => {
      for (const { name, kind } of program.populations)
        if (kind === "egru") outputs.push([...Array.from(view.population(name).output)]);
    },
  });
  return { outputs, synops: result.projections.map(({ synops }) => synops) };
}

const names = (list: readonly { readonly name: string }[]) =>
  fc.constantFrom(...list.map(({ name }) => name));

it("where a model runs and where its rows lie changes nothing of what it computes", () => {
  const plain = tinyChip();
  const profiles = fc.constantFrom<HardwareProfile>(plain, tinyBoard(), tinyMulticast(), tinyUnicast());
  const options = fc.record({
    rows: fc.constantFrom(...ROW_PLACES),
    partition: names(PARTITION_STRATEGIES),
    order: fc.constantFrom(...NEURON_ORDERS),
    placer: names(PLACERS),
    router: names(ROUTERS),
  });
  fc.assert(
    fc.property(
      profiles,
      options,
      fc.constantFrom(...NUMBER_FORMATS),
      fc.nat(1000),
      (profile, chosen, format, seed) => {
        const model = tinyModel({ inputs: INPUTS, layers: [14, 9], density: 0.5, seed });
        const stimulus = stimulusOf(seed);
        const expected = computed(model, plain, { format, partition: "compact", order: "model" }, stimulus);
        // Sums of float32 depend on the order in which their parts are added.
        const order = format === "float32" ? "model" : chosen.order;
        expect(computed(model, profile, { format, ...chosen, order }, stimulus)).toEqual(expected);
        expect(expected.synops.reduce((a, b) => a + b)).toBeGreaterThan(0);
      },
    ),
    { numRuns: 60 },
  );
});
