import { describe, expect, it } from "vitest";
import { compile } from "../../../compiler/pipeline.ts";
import { simulate } from "../../../simulator/simulate.ts";
import { timeOf } from "../../../simulator/time-of.ts";
import type { ModelIr } from "../../../src/core/model-ir.ts";
import { SYNTHETIC_KINDS, syntheticModel } from "../../../src/models/synthetic.ts";
import { neuroBenchMetrics } from "../../../simulator/metrics.ts";
import { mixedModel } from "../../support/mixed-model.ts";
import { tinyChip } from "../../support/tiny-chip.ts";

const chip = tinyChip();
const spikes = (width: number, steps: number, value = 1) =>
  ({
    kind: "dense",
    width,
    values: Float32Array.from({ length: width * steps }, (_, i) => (i % 3 === 0 ? value : 0)),
    origin: "spikes",
    synthetic: true,
  }) as const;

describe("layers of all kinds", () => {
  it("are on the chip from the first recurrent or spiking one to the last", () => {
    const { program } = compile(
      mixedModel({ inputs: 3, seed: 1, layers: ["relu", "gru", "tanh", "lif", "linear"].map(layer) }),
      chip,
    );
    expect(program.populations.map(({ kind }) => kind)).toEqual(["input", "gru", "tanh", "lif"]);
    expect(program.host.encoder).toMatchObject([{ name: "layer0", activation: "relu" }]);
    expect(program.host.decoder).toMatchObject([{ name: "layer4" }]);
  });

  it("all are where none is recurrent or spiking", () => {
    const { program } = compile(
      mixedModel({ inputs: 3, seed: 1, layers: ["relu", "linear"].map(layer) }),
      chip,
    );
    expect(program.populations.map(({ kind }) => kind)).toEqual(["input", "relu", "linear"]);
    expect([program.host.encoder, program.host.decoder]).toEqual([[], []]);
  });

  it("are refused in a pipeline where a connection skips one", () => {
    const model = mixedModel({ inputs: 3, seed: 1, skip: true, layers: ["lstm", "gru"].map(layer) });
    const { program } = compile(model, chip);
    const point = chip.operatingPoints[0]!;
    const result = simulate(program, chip, spikes(3, 6));
    expect(() => timeOf(result, chip, point, "pipelined")).toThrow("layer1 reads events across layers");
    const replays = [{ point, schedule: "pipelined" as const }];
    expect(() => simulate(program, chip, spikes(3, 6), { replays })).toThrow("reads events across layers");
    expect(timeOf(result, chip, point, "sequential").secondsPerStep).toBeGreaterThan(0);
  });

  it("accumulate spikes and multiply values", () => {
    const model = mixedModel({
      inputs: 9,
      seed: 2,
      silentZeros: true,
      layers: ["lif", "lstm"].map(layer),
    });
    const { program } = compile(model, chip, { format: "int8" });
    const operations = (value: number) => {
      const result = simulate(program, chip, spikes(9, 9, value));
      const { total, metrics } = {
        total: result.projections.reduce((sum, { synops }) => sum + synops, 0) / 9,
        metrics: neuroBenchMetrics(result, program).synapticOperations,
      };
      expect(metrics.effectiveAcs + metrics.effectiveMacs).toBeCloseTo(total, 9);
      return metrics;
    };
    const [unit, graded] = [operations(1), operations(0.5)];
    expect(unit.effectiveAcs).toBeGreaterThan(0);
    expect(unit.effectiveMacs, "the LSTM's own events").toBeGreaterThan(0);
    expect(graded.effectiveAcs).toBeLessThan(unit.effectiveAcs);
  });

  it("need gains that integers can hold", () => {
    const model = mixedModel({ inputs: 3, seed: 1, layers: [layer("lif")] });
    const populations = model.populations.map((own) =>
      own.kind === "lif" ? { ...own, gain: own.gain.map(() => 64) } : own,
    );
    const strong: ModelIr = { ...model, populations };
    expect(() => compile(strong, chip, { format: "int8" })).toThrow(
      "layer0.gain of neuron 0 is 64; integer formats hold values below 64.",
    );
    expect(compile(strong, chip).program.manifest.quantisation.format).toBe("float32");
  });

  it.each(SYNTHETIC_KINDS)("are about as active as trained ones where they are made up: %s", (kind) => {
    const model = syntheticModel({ kind, inputs: 150, layers: [120, 90], density: 0.2, seed: 3 });
    const { program } = compile(model, {
      ...chip,
      pe: { ...chip.pe, sram: { ...chip.pe.sram, bytes: 2 ** 19 } },
    });
    const wide = { ...chip, pe: { ...chip.pe, sram: { ...chip.pe.sram, bytes: 2 ** 19 } } };
    const values = Float32Array.from({ length: 150 * 60 }, (_, i) => 1.4 * Math.sin(i * i));
    const stimulus = { kind: "dense", width: 150, values, origin: "noise", synthetic: true } as const;
    const { populations } = simulate(program, wide, stimulus);
    const [low, high] = { egru: [0.08, 0.25], lif: [0.005, 0.15], linear: [0.4, 0.6] }[kind as "egru"] ?? [
      1, 1,
    ];
    for (const { name, events, size } of populations.slice(1)) {
      expect(events / (size * 60), name).toBeGreaterThanOrEqual(low!);
      expect(events / (size * 60), name).toBeLessThanOrEqual(high!);
    }
  });
});

const layer = <Kind extends string>(kind: Kind) => ({ kind: kind as "lif", size: 6 });
