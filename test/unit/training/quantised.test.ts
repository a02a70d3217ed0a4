import type * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { lower } from "../../../compiler/lower/lower.ts";
import { quantiseWeights } from "../../../compiler/passes/quantise-weights.ts";
import { compile } from "../../../compiler/pipeline.ts";
import { simulate } from "../../../simulator/simulate.ts";
import { type GraphProjection, graphPopulationNamed, multiplierOf } from "../../../src/core/event-graph.ts";
import {
  ACCUMULATOR_FRACTION_BITS,
  PRODUCT_SHIFT,
  SCALE_GRANULARITIES,
  type ScaleGranularity,
} from "../../../src/core/number-format.ts";
import { readSafetensors } from "../../../src/formats/safetensors.ts";
import { tokensOfText } from "../../../src/inputs/text.ts";
import { tokenStimulus } from "../../../src/inputs/token-ids.ts";
import { readModel } from "../../../src/models/read-model.ts";
import { openTensorBackend } from "../../../src/runtime/tensor-backend.ts";
import { evaluateTokens } from "../../../src/training/evaluate.ts";
import { parametersOf, type TrainedModel } from "../../../src/training/model-tensors.ts";
import { asQuantised } from "../../../src/training/quantise.ts";
import { runTraining } from "../../../src/training/run.ts";
import { tinyChip } from "../../support/tiny-chip.ts";
import { memoryFolder, prepareTiny, TINY_CONFIG, tinyText } from "../../support/tiny-training.ts";

const LEARNING = { ...TINY_CONFIG.training, epochs: 4, learningRate: 0.03, dropout: {} };
const OFF = { scales: "row", accumulatorBits: 32 } as const;

let floats: Uint8Array;

beforeAll(async () => {
  await openTensorBackend("wasm");
  floats = trained({ training: LEARNING });
}, 120_000);

function trained(changes: object, from?: Uint8Array): Uint8Array {
  const folder = memoryFolder();
  const start = from && { parameters: loaded(from).parameters, masks: new Map<string, Uint8Array>() };
  runTraining(prepareTiny(changes), folder, {}, start);
  return folder.files.get("model.safetensors")!;
}

function loaded(bytes: Uint8Array): TrainedModel {
  const { tensors, metadata } = readSafetensors(bytes);
  return parametersOf(tensors, metadata);
}

const irOf = (bytes: Uint8Array) => readModel({ name: "tiny", fileName: "tiny.safetensors", bytes });

/** Weights as a program's integers stand for them, [sources, gates · units] as training holds them. */
function compilerWeights(bytes: Uint8Array, scales: ScaleGranularity): Map<string, Float64Array> {
  const pass = quantiseWeights({ ...OFF, format: "int8", scales });
  const graph = pass.run(lower(irOf(bytes)), { seed: 1, remark: () => {} });
  const valuesOf = ({ source, target, delay, synapses }: GraphProjection): [string, Float64Array] => {
    const { size } = graphPopulationNamed(graph, target);
    const { payloadFractionBits } = graphPopulationNamed(graph, source);
    const sources = synapses.rowStart.length - 1;
    const values = new Float64Array(sources * 3 * size);
    const step =
      2 **
      -(synapses.scale!.shift + ACCUMULATOR_FRACTION_BITS[32] + PRODUCT_SHIFT.int8 - payloadFractionBits);
    for (let row = 0; row < sources; row += 1) {
      for (let i = synapses.rowStart[row]!; i < synapses.rowStart[row + 1]!; i += 1) {
        // Accumulators z, r, the input's g, the recurrent g.
        const place = synapses.target[i]!;
        const gate = Math.min(2, Math.floor(place / size));
        const scale = multiplierOf(synapses.scale!, row) * step;
        values[row * 3 * size + gate * size + (place % size)] = synapses.weight[i]! * scale;
      }
    }
    return [`rnns.${target.slice("egru".length)}.${delay === 1 ? "recurrent_kernel" : "kernel"}`, values];
  };
  return new Map(graph.projections.map(valuesOf));
}

const TEXT = tinyText(9, 60);

/** Perplexity of the compiled program in the simulator. */
function onChip(bytes: Uint8Array, format: "int8" | "float32", scales: ScaleGranularity): number {
  const ir = irOf(bytes);
  const chip = tinyChip();
  const { program } = compile(ir, chip, { format, scales, verify: false });
  const ids = Uint32Array.from(tokensOfText(TEXT, ir.vocabulary!));
  return simulate(program, chip, tokenStimulus(ids, "a text", true)).evaluation!.perplexity;
}

/** The same in training's evaluation. */
function inTraining(bytes: Uint8Array, scales: ScaleGranularity): number {
  const { shape, parameters } = loaded(bytes);
  const ids = tokensOfText(TEXT, irOf(bytes).vocabulary!);
  const network = { shape, parameters, weightFormat: { format: "int8", scales } } as const;
  return evaluateTokens(network, ids, { streams: 1, window: 20, state: "streaming" }).perplexity;
}

describe("weights rounded in training", () => {
  it.each(SCALE_GRANULARITIES)("are those of the compiled program: scales by %s", (scales) => {
    const { parameters } = loaded(floats);
    const compiled = compilerWeights(floats, scales);
    expect([...compiled.keys()].sort()).toEqual([
      "rnns.0.kernel",
      "rnns.0.recurrent_kernel",
      "rnns.1.kernel",
      "rnns.1.recurrent_kernel",
    ]);
    for (const [name, values] of compiled) {
      const rounded = asQuantised(parameters.get(name) as tf.Tensor2D, { format: "int8", scales });
      const ours = rounded.dataSync() as Float32Array;
      rounded.dispose();
      const largest = ours.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      expect(ours.length).toBe(values.length);
      // A weight off by one step would be off by a 127th of the largest, or more.
      ours.forEach((value, i) => expect(Math.abs(value - values[i]!)).toBeLessThan(1e-6 * largest));
    }
  });

  it("make the perplexity of the compiled int8 program known beforehand, and fine-tuning on them lowers it", () => {
    const scales = "power-of-two";
    const quantise = { format: "int8", scales } as const;
    const tuned = trained({ training: { ...LEARNING, epochs: 2, learningRate: 0.005, quantise } }, floats);
    for (const bytes of [floats, tuned]) {
      const [chip, training] = [onChip(bytes, "int8", scales), inTraining(bytes, scales)];
      // What is left is the rounding of payloads, states and gates, which training computes in float32.
      expect(Math.abs(chip / training - 1)).toBeLessThan(2e-3);
    }
    expect(onChip(tuned, "int8", scales)).toBeLessThan(onChip(floats, "int8", scales));
  });
});
