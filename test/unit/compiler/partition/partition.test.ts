import { describe, expect, it } from "vitest";
import { busiestOf, cutEvenly, cutWithin } from "../../../../compiler/partition/cut.ts";
import { NEURON_ORDERS } from "../../../../compiler/partition/order.ts";
import { expectedActivity } from "../../../../compiler/expected-activity.ts";
import { layersOf, PARTITION_STRATEGIES, sharesOf } from "../../../../compiler/partition/partition.ts";
import { explain } from "../../../../compiler/explain.ts";
import { workOf } from "../../../../compiler/partition/work.ts";
import { type CompileOptions, compile } from "../../../../compiler/pipeline.ts";
import { inGraphOrder } from "../../../../compiler/passes/permute-neurons.ts";
import type { Activity } from "../../../../compiler/place/problem.ts";
import { CapacityError } from "../../../../src/core/errors.ts";
import type { Slice } from "../../../../src/core/mapping.ts";
import type { ModelIr } from "../../../../src/core/model-ir.ts";
import { NUMBER_FORMATS } from "../../../../src/core/number-format.ts";
import { readModel } from "../../../../src/models/read-model.ts";
import { readProfile } from "../../../../src/profiles/read-profile.ts";
import { loadModelFiles } from "../../../../src/runtime/model-files.ts";
import { loadProfileText } from "../../../../src/runtime/profile-files.ts";
import { tinyChip } from "../../../support/tiny-chip.ts";
import { skewedModel } from "../../../support/skewed-model.ts";

const chip = tinyChip({ pesPerNode: 4, sramBytes: 65_536 });
const sizes = { inputs: 60, layers: [240, 160] };

/** A tenth of the neurons has most of the fan-in, spread over the layer or side by side at its end. */
const manyInputs = (place: (target: number) => boolean): ModelIr =>
  skewedModel({ ...sizes, density: (_, target) => (place(target) ? 0.6 : 0.04) });
const scattered = manyInputs((target) => Math.round(target * 240) % 11 === 3);
const gathered = manyInputs((target) => target >= 0.9);

/** All neurons have the same fan-in, but every tenth source is hot, and aims at the first sixth of the targets. */
const isHot = (source: number, size: number) => Math.round(source * size) % 10 === 0;
const hot = skewedModel({
  ...sizes,
  density: (source, target) =>
    isHot(source, 240) ? (target < 1 / 6 ? 0.5 : 0.02) : target < 1 / 6 ? 0.06 : 0.11,
});
const hotActivity: Activity = new Map(
  ["egru0", "egru1"].map((name, layer) => [
    name,
    Float64Array.from({ length: sizes.layers[layer]! }, (_, i) =>
      isHot(i / sizes.layers[layer]!, 240) ? 0.9 : 0.02,
    ),
  ]),
);

/** Expected cycles of the busiest slice over the mean, by layer. */
function imbalances(model: ModelIr, options: CompileOptions, cutBySynapses = false): number[] {
  const { graph, mapping } = compile(model, chip, options);
  const measured = new Map(
    graph.populations.flatMap((own) => {
      const values = options.activity?.get(own.name);
      return values ? [[own.name, inGraphOrder(own, values)] as const] : [];
    }),
  );
  const activity = expectedActivity(graph, measured);
  return ["egru0", "egru1"].map((name) => {
    const work = workOf({ graph, profile: chip, activity }, name);
    const own = mapping.partition.filter(({ population }) => population === name);
    const slices = cutBySynapses ? equalSynapses(model, name, own.length) : own;
    const cycles = slices.map(({ first, count }) => work.cycles(first, count));
    return (Math.max(...cycles) * cycles.length) / cycles.reduce((a, b) => a + b, 0);
  });
}

/** So many slices that hold equally many synapses and neurons, as far as neurons stay whole. */
function equalSynapses(model: ModelIr, population: string, slices: number): Slice[] {
  const { graph } = compile(model, chip, { order: "model" });
  const size = graph.populations.find(({ name }) => name === population)!.size;
  const held = new Float64Array(size).fill(4);
  for (const { target, synapses } of graph.projections)
    if (target === population) for (const index of synapses.target) held[index % size]! += 1;
  const all = held.reduce((a, b) => a + b, 0);
  const cut: Slice[] = [];
  for (let first = 0, sum = 0, neuron = 0; neuron < size; neuron += 1) {
    sum += held[neuron]!;
    if (sum < ((cut.length + 1) * all) / slices && neuron + 1 < size) continue;
    cut.push({ population, first, count: neuron + 1 - first });
    first = neuron + 1;
  }
  return cut;
}

describe("balance of expected work", () => {
  it.each([
    ["scattered fan-in", scattered],
    ["gathered fan-in", gathered],
  ])("keeps the busiest slice of each layer near the mean: %s", (_title, model) => {
    for (const imbalance of imbalances(model, {})) expect(imbalance).toBeLessThan(1.05);
  });

  it("follows measured activity where hot sources aim at some of the targets", () => {
    for (const imbalance of imbalances(hot, { activity: hotActivity })) expect(imbalance).toBeLessThan(1.05);
    // Equal synapses are unequal work then; without activity that cannot be seen.
    for (const imbalance of imbalances(hot, { activity: hotActivity }, true))
      expect(imbalance).toBeGreaterThan(1.3);
    const blind = compile(hot, chip, {}).mapping.partition;
    const seeing = compile(hot, chip, { activity: hotActivity, order: "model" }).mapping.partition;
    const inFirstSixth = (slices: readonly Slice[]) =>
      slices.filter(({ population, first }) => population === "egru0" && first < 40).length;
    const share = (slices: readonly Slice[]) =>
      inFirstSixth(slices) / slices.filter(({ population }) => population === "egru0").length;
    expect(share(seeing)).toBeGreaterThan(1.5 * share(blind));
  });

  it("balances no worse than contiguous slices do, and not at all where it is told not to", () => {
    const [auto, model, balanced] = NEURON_ORDERS.map((order) => imbalances(scattered, { order }));
    for (const layer of [0, 1]) {
      expect(balanced![layer]).toBeLessThan(1.02);
      expect(auto![layer]).toBeLessThanOrEqual(model![layer]! + 1e-9);
    }
    const { graph } = compile(scattered, chip, { order: "model" });
    expect(graph.populations.every(({ order }) => order === undefined)).toBe(true);
  });
});

describe("a model with few neurons a PE", () => {
  const example = readModel(loadModelFiles("examples/egru-wt2-small"));
  const { text, fileName } = loadProfileText("spinnaker2");
  const { profile } = readProfile(text, fileName);
  const wishes = NUMBER_FORMATS.flatMap((format) =>
    PARTITION_STRATEGIES.map(({ name }) => [format, name] as const),
  );

  it.each(wishes)("is cut evenly all the same: %s, %s", (format, partition) => {
    const { load } = explain(compile(example, profile, { format, partition, verify: false }), profile);
    for (const { maxCycles, meanCycles } of load.layers) expect(maxCycles / meanCycles).toBeLessThan(1.051);
  });
});

describe("scarce memory", () => {
  it.each(["float32", "int8"] as const)(
    "never makes a balanced order fail where the model's own fits: %s",
    (format) => {
      let fitted = 0;
      for (let sramBytes = 8_000; sramBytes <= 14_000; sramBytes += 500) {
        const tight = tinyChip({ sramBytes });
        for (const partition of ["least-latency", "compact"]) {
          const options: CompileOptions = { format, partition, rows: "auto" };
          const slicesIn = (order: CompileOptions["order"]) => {
            try {
              return compile(scattered, tight, { ...options, ...(order && { order }) }).mapping.partition
                .length;
            } catch (error) {
              if (error instanceof CapacityError) return 0;
              throw error;
            }
          };
          const slices = slicesIn("model");
          if (slices > 0) fitted += 1;
          expect(slicesIn("balanced") > 0, `${sramBytes} bytes, ${partition}`).toBe(slices > 0);
        }
      }
      expect(fitted).toBeGreaterThan(10);
    },
  );
});

describe("cutEvenly", () => {
  it("finds the least that the busiest of so many slices can work", () => {
    const { graph } = compile(scattered, chip, { order: "model" });
    const [layer] = layersOf({ graph, profile: chip, pes: 31, activity: expectedActivity(graph) });
    for (const pes of [layer!.fewest, 5, 9, 17]) {
      const slices = cutEvenly(layer!, pes);
      const busiest = busiestOf(slices, layer!.work);
      expect(slices.length).toBeLessThanOrEqual(pes);
      expect(cutWithin(layer!, busiest, pes)).toEqual(slices);
      expect(cutWithin(layer!, busiest * 0.999, pes)).toBeUndefined();
    }
  });
});

describe("strategies", () => {
  const { graph } = compile(gathered, chip, { order: "model" });
  const layers = layersOf({ graph, profile: chip, pes: 31, activity: expectedActivity(graph) });
  /** Busiest slice of each layer, by its PEs. */
  const cycles = layers.map((layer) =>
    Array.from({ length: 31 }, (_, pes) =>
      pes < layer.fewest ? Infinity : busiestOf(cutEvenly(layer, pes), layer.work),
    ),
  );
  const found = (name: string) => {
    const strategy = PARTITION_STRATEGIES.find((own) => own.name === name)!;
    const shares = sharesOf(layers, 31, strategy);
    expect(shares.reduce((a, b) => a + b)).toBeLessThanOrEqual(31);
    return shares.map((pes, layer) => cycles[layer]![pes]!);
  };
  /** By trying every way to share 31 PEs between two layers. */
  const best = (of: (...layers: number[]) => number) =>
    Math.min(...Array.from({ length: 29 }, (_, i) => of(cycles[0]![i + 1]!, cycles[1]![30 - i]!)));
  const sum = (...values: number[]) => values.reduce((a, b) => a + b);

  it("least-latency comes to within 1 % of the least sum that there is", () => {
    expect(sum(...found("least-latency")) / best(sum)).toBeLessThan(1.01);
  });

  it("spread comes to within 1 % of the fastest slowest layer", () => {
    expect(Math.max(...found("spread")) / best(Math.max)).toBeLessThan(1.01);
    expect(sum(...found("spread"))).toBeGreaterThanOrEqual(sum(...found("least-latency")));
  });

  it("compact takes as few PEs as memory allows", () => {
    const { mapping } = compile(gathered, chip, { partition: "compact", order: "model" });
    expect(mapping.partition).toHaveLength(layers.reduce((all, { fewest }) => all + fewest, 0));
  });
});
