import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ROW_PLACES } from "../../compiler/partition/dram-rows.ts";
import { compile } from "../../compiler/pipeline.ts";
import {
  type ConvolutionMatrix,
  type ModelIr,
  type Population,
  verifyModel,
} from "../../src/core/model-ir.ts";
import type { HardwareProfile } from "../../src/core/profile.ts";
import { randomNumbers } from "../../src/core/random.ts";
import { convolution } from "../../src/models/convolutions.ts";
import { expectEqual, stimulusOf, withBits } from "../support/beside-reference.ts";
import { tinyChip, withForms } from "../support/tiny-chip.ts";
import { tinyMulticast, tinyUnicast } from "../support/tiny-networks.ts";

/** One convolution's kernel and how it is laid over its input. */
const layers = fc.record({
  perGroup: fc.integer({ min: 1, max: 4 }),
  groups: fc.constantFrom(1, 1, 2),
  kernel: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
  stride: fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 2 })),
  dilation: fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 2 })),
  padding: fc.tuple(
    ...([0, 1, 2, 3].map(() => fc.integer({ min: 0, max: 2 })) as Four<fc.Arbitrary<number>>),
  ),
});
type Four<T> = [T, T, T, T];
type Layer = typeof layers extends fc.Arbitrary<infer T> ? T : never;

interface NetShape {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly layers: readonly Layer[];
  readonly spiking: boolean;
  readonly recurrent: boolean;
  readonly pruned: number;
  readonly seed: number;
}

/** Convolutions one after the other, then a dense layer; undefined where a kernel does not fit its maps. */
function convolutionNet(shape: NetShape): ModelIr | undefined {
  const random = randomNumbers(shape.seed);
  const drawn = (length: number) =>
    Float32Array.from({ length }, () => (random() < shape.pruned ? 0 : 2 * random() - 1));
  let maps = { channels: 2 * shape.channels, height: shape.height, width: shape.width };
  const populations: Population[] = [
    { kind: "dense-input", name: "input", size: maps.channels * maps.height * maps.width },
  ];
  const projections: ModelIr["projections"][number][] = [];
  const joined = (source: string, target: string, delay: 0 | 1, weights: ConvolutionMatrix) =>
    projections.push({ source, target, delay, weights });
  for (const [index, { perGroup, groups, kernel, ...options }] of shape.layers.entries()) {
    const outputs = 2 * perGroup;
    const dims = [outputs, maps.channels / groups, ...kernel];
    const values = drawn(dims.reduce((a, b) => a * b, 1));
    const own = convolution(maps, { values, shape: dims }, { ...options, groups });
    if (typeof own === "string" || values.every((value) => value === 0)) return undefined;
    const name = `maps${index}`;
    populations.push(neuronsOf(name, own.targets, shape.spiking));
    joined(populations.at(-2)!.name, name, 0, own);
    maps = own.output;
    if (!shape.recurrent || !shape.spiking) continue;
    const again = convolution(
      maps,
      { values: drawn(9 * outputs * outputs), shape: [outputs, outputs, 3, 3] },
      { padding: [1, 1, 1, 1] },
    );
    if (typeof again !== "string" && again.values.some((value) => value !== 0)) joined(name, name, 1, again);
  }
  const last = populations.at(-1)!;
  const values = drawn(3 * last.size);
  populations.push({ kind: "linear", name: "output", size: 3, bias: drawn(3) });
  projections.push({
    source: last.name,
    target: "output",
    delay: 0,
    weights: { kind: "dense", layout: "target-major", sources: last.size, targets: 3, values },
  });
  return verifyModel({ version: 1, name: "net", metadata: {}, populations, projections });
}

const neuronsOf = (name: string, size: number, spiking: boolean): Population => {
  const all = (value: number) => new Float32Array(size).fill(value);
  if (!spiking) return { kind: "linear", name, size, bias: all(0.1), activation: "relu" };
  return {
    ...{ kind: "lif", name, size, bias: all(0.05), currentDecay: all(0.5), gain: all(1) },
    ...{ potentialDecay: all(0.9), leak: all(0), threshold: all(0.4) },
  };
};

const nets = fc.record({
  channels: fc.integer({ min: 1, max: 3 }),
  height: fc.integer({ min: 1, max: 7 }),
  width: fc.integer({ min: 1, max: 7 }),
  layers: fc.array(layers, { minLength: 1, maxLength: 2 }),
  spiking: fc.boolean(),
  recurrent: fc.boolean(),
  pruned: fc.constantFrom(0, 0.5, 0.9),
  seed: fc.nat(1000),
});

describe("convolutions by their kernels", () => {
  it("compute what the reference computes, in every integer, however they are laid over their maps", () => {
    let [events, kernels] = [0, 0];
    const settings = fc.record({
      net: nets,
      chip: fc.constantFrom<HardwareProfile>(
        withForms(tinyChip()),
        withForms(tinyChip({ sramBytes: 6_000 })),
        withForms(tinyMulticast()),
        withForms(tinyUnicast()),
      ),
      rows: fc.constantFrom(...ROW_PLACES),
      scales: fc.constantFrom("row" as const, "matrix" as const, "power-of-two" as const),
      mac: fc.constantFrom("all" as const, "auto" as const),
      arrayBits: fc.constantFrom(24 as const, 32 as const),
      inputScale: fc.constantFrom(0.01, 1),
      window: fc.constantFrom(undefined, 2),
    });
    fc.assert(
      fc.property(settings, ({ net, chip, rows, scales, mac, arrayBits, inputScale, window }) => {
        const model = convolutionNet(net);
        fc.pre(model !== undefined);
        const profile = withBits(chip, 32, arrayBits);
        const stimulus = stimulusOf(net.seed, inputScale, model.populations[0]!.size, 0.4);
        const options = { scales, rows, mac };
        const compiled = fits(() => compile(model, profile, { format: "int8", ...options }));
        fc.pre(compiled !== undefined);
        // Parts of a divided product have shifts of their own, which the reference does not know.
        fc.pre(compiled.program.populations.every(({ kind }) => kind !== "partial-sum"));
        events += expectEqual(model, profile, options, stimulus, window);
        for (const { sources } of compiled.program.pes)
          for (const { form } of sources) kernels += form === "mac-convolution" ? 1 : 0;
      }),
      { numRuns: 60 },
    );
    expect(events).toBeGreaterThan(1000);
    expect(kernels).toBeGreaterThan(50);
  }, 120_000);
});

function fits<Value>(run: () => Value): Value | undefined {
  try {
    return run();
  } catch (error) {
    if ((error as { code?: string }).code === "capacity") return undefined;
    throw error;
  }
}
