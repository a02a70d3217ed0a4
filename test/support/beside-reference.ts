import { expect } from "vitest";
import { type CompileOptions, compile } from "../../compiler/pipeline.ts";
import { simulate } from "../../simulator/simulate.ts";
import { modelProjectionName } from "../../src/core/event-graph.ts";
import type { ModelIr } from "../../src/core/model-ir.ts";
import type { HardwareProfile } from "../../src/core/profile.ts";
import { randomNumbers } from "../../src/core/random.ts";
import type { DenseStimulus } from "../../src/core/stimulus.ts";
import { createQuantisedReference } from "../../src/models/reference/quantised-executor.ts";

/** Timesteps of `stimulusOf`. */
export const STEPS = 6;

/** @param silent Share of components that are 0. */
export function stimulusOf(seed: number, scale: number, width: number, silent = 0): DenseStimulus {
  const random = randomNumbers(seed);
  const values = Float32Array.from({ length: width * STEPS }, () =>
    random() < silent ? 0 : scale * (2 * random() - 1),
  );
  return { kind: "dense", width, values, origin: "seeded", synthetic: true };
}

export const withBits = <P extends HardwareProfile>(
  chip: P,
  accumulatorBits: 24 | 32,
  arrayBits: 24 | 32,
): P => ({
  ...chip,
  hash: `${chip.hash} ${accumulatorBits} ${arrayBits}`,
  pe: { ...chip.pe, accumulatorBits, macArray: { ...chip.pe.macArray!, accumulatorBits: arrayBits } },
});

/** Runs a program beside the reference; every state, payload and synop must be equal. Returns events that were sent. */
export function expectEqual(
  model: ModelIr,
  chip: HardwareProfile,
  options: CompileOptions & { readonly scales: "row" | "matrix" | "power-of-two" },
  stimulus: DenseStimulus,
  window?: number,
): number {
  const { format = "int8", scales, formats } = options;
  const { program, graph } = compile(model, chip, { ...options, format });
  const products = new Set(
    graph.projections
      .filter(({ onMacArray }) => onMacArray)
      .map((projection) => modelProjectionName(graph, projection)),
  );
  const { accumulatorBits } = chip.pe;
  const quantisation = { format, scales, accumulatorBits };
  const arrayAccumulatorBits = chip.pe.macArray!.accumulatorBits;
  const reference = createQuantisedReference(model, quantisation, {
    products,
    formats,
    arrayAccumulatorBits,
    window,
  });
  const { width, values } = stimulus;
  const synops = reference.projections.map(() => 0);
  let events = 0;
  const result = simulate(program, chip, stimulus, {
    window,
    observe: (step, view) => {
      const expected = reference.step(values.subarray(step * width, (step + 1) * width));
      for (const { name, h, y } of expected.layers) {
        expect([...view.population(name).state], `h of ${name} in step ${step}`).toEqual([...h]);
        expect([...view.population(name).output], `y of ${name} in step ${step}`).toEqual([...y]);
        events += y.filter((payload) => payload !== 0).length;
      }
      for (const [index, count] of expected.synops.entries()) synops[index]! += count;
    },
  });
  const onChip = new Set(program.populations.slice(1).map(({ name }) => name));
  for (const [index, { source, target, delay }] of reference.projections.entries()) {
    if (!onChip.has(target)) continue;
    const own = result.projections.find(
      (other) => other.source === source && other.target === target && other.delay === delay,
    );
    expect(own?.synops, `synops of ${source} -> ${target}`).toBe(synops[index]);
  }
  return events;
}
