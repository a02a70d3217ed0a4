import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { TokenStimulus } from "../../../../src/core/stimulus.ts";
import { inputPortOf } from "../../../../src/inputs/input-port.ts";
import { limitSteps } from "../../../../src/inputs/limit-steps.ts";
import { readStimulus } from "../../../../src/inputs/read-stimulus.ts";
import { readModel } from "../../../../src/models/read-model.ts";
import { createReference } from "../../../../src/models/reference/dense-executor.ts";
import { evaluate, evaluateWith, negativeLogLikelihood } from "../../../../src/models/reference/evaluate.ts";
import { createQuantisedReference } from "../../../../src/models/reference/quantised-executor.ts";
import { fixtureModel, fixtureText } from "./fixtures.ts";

const EXAMPLE = join(import.meta.dirname, "../../../../examples/egru-wt2-small");
const exampleFile = (name: string) => readFileSync(join(EXAMPLE, name));

describe("the example model over 2,000 tokens of text", () => {
  const model = readModel({
    name: "egru-wt2-small",
    fileName: "EGRU_best_model.cpt",
    bytes: exampleFile("checkpoints/EGRU_best_model.cpt"),
    vocabulary: { fileName: "vocab.txt", text: exampleFile("vocab.txt").toString("utf8") },
  });
  const fileName = "wikitext-2-test-slice.txt";
  const stimulus = limitSteps(
    readStimulus({ kind: "file", fileName, bytes: exampleFile(fileName) }, inputPortOf(model)),
    2000,
  );
  const expected = JSON.parse(exampleFile("expected.json").toString("utf8"));

  it("streams in float64 to the reference's figures: perplexity to 6 digits, events and synops exactly", () => {
    const result = evaluate(model, stimulus, { precision: "float64" });
    const { perplexity, nll_sum, events_per_layer, synops, tokens } = expected.streaming_float64;
    expect(result.tokens).toBe(tokens);
    expect(result.perplexity!.toPrecision(6)).toBe(perplexity.toPrecision(6));
    expect(result.negativeLogLikelihood).toBeCloseTo(nll_sum, 6);
    expect(result.eventsPerLayer).toEqual(events_per_layer);
    const recurrentPart = result.synopsPerProjection.slice(0, 6);
    expect(recurrentPart.map(({ delay, synops, synapses }) => [delay, synops, synapses])).toEqual(
      ["l0", "l1", "l2"].flatMap((layer) => [
        [0, synops[layer].input_synops, synops[layer].nnz_input],
        [1, synops[layer].recurrent_synops, synops[layer].nnz_recurrent],
      ]),
    );
  });

  it("runs windows of 70 in float32: perplexity to 4 digits, events within 0.1 %", () => {
    const result = evaluate(model, stimulus, { precision: "float32", window: 70 });
    const { perplexity, events_per_layer, events_first_50_steps } = expected.windowed;
    expect(result.perplexity!.toPrecision(4)).toBe(perplexity.toPrecision(4));
    for (const [layer, events] of events_per_layer.entries())
      expect(Math.abs(result.eventsPerLayer[layer]! / events - 1)).toBeLessThan(1e-3);
    expect(result.eventsPerStep.map((counts) => [...counts.subarray(0, 50)])).toEqual(events_first_50_steps);
  });

  it.each(["int16", "int8"] as const)("stays near the float perplexity in %s", (format) => {
    const executor = createQuantisedReference(model, { format, scales: "row", accumulatorBits: 24 });
    const { perplexity, events_per_layer } = expected.streaming_float64;
    const result = evaluateWith(executor, stimulus);
    expect(Math.abs(result.perplexity! / perplexity - 1)).toBeLessThan(1e-3);
    for (const [layer, events] of events_per_layer.entries())
      expect(Math.abs(result.eventsPerLayer[layer]! / events - 1)).toBeLessThan(1e-3);
  });
});

describe("evaluate", () => {
  const golden = JSON.parse(fixtureText("lm_dense/golden.json"));

  it("gives the reference's loss and events over two streams in windows of 12", () => {
    const runs = [0, 1].map((stream) =>
      evaluate(fixtureModel("lm_dense"), tokens(golden.tokens[stream], golden.targets[stream]), {
        precision: "float32",
        window: 12,
      }),
    );
    const loss = runs.reduce((sum, { negativeLogLikelihood }) => sum + negativeLogLikelihood!, 0) / 48;
    expect(loss).toBeCloseTo(golden.loss_chunked, 6);
    expect(
      [0, 1, 2].map((layer) => runs[0]!.eventsPerLayer[layer]! + runs[1]!.eventsPerLayer[layer]!),
    ).toEqual(golden.events_per_layer);
  });

  it("says nothing of perplexity where there are no targets", () => {
    const result = evaluate(fixtureModel("lm_dense"), tokens([1, 2, 3]), { precision: "float64" });
    expect(result).not.toHaveProperty("perplexity");
    expect(result.steps).toBe(3);
  });

  it("refuses targets that are not one for each step", () => {
    expect(() => evaluate(fixtureModel("lm_dense"), tokens([1, 2], [2]), { precision: "float64" })).toThrow(
      "The stimulus has 2 steps, but 1 targets.",
    );
  });

  it("runs vectors too", () => {
    const values = Float32Array.from({ length: 24 }, (_, i) => Math.sin(i));
    const result = evaluate(
      fixtureModel("egru2"),
      { kind: "dense", width: 8, values, origin: "", synthetic: true },
      { precision: "float64" },
    );
    const reference = createReference(fixtureModel("egru2"), { precision: "float64" });
    const events = [0, 8, 16].map(
      (from) => reference.step(values.subarray(from, from + 8)).layers[0]!.events.length,
    );
    expect([...result.eventsPerStep[0]!]).toEqual(events);
    expect(result.synopsPerProjection[0]).toMatchObject({ delay: 0, synapses: 384, synops: 3 * 384 });
  });
});

describe("negativeLogLikelihood", () => {
  it("is ln n for n equal logits, however large", () => {
    expect(negativeLogLikelihood(Float64Array.of(0, 0, 0, 0), 2)).toBeCloseTo(Math.log(4), 15);
    expect(negativeLogLikelihood(Float32Array.of(3e38, 3e38), 0)).toBeCloseTo(Math.log(2), 15);
    expect(negativeLogLikelihood(Float64Array.of(-1e300, 0), 0)).toBe(1e300);
  });

  it("refuses a target that is no output", () => {
    expect(() => negativeLogLikelihood(Float64Array.of(0, 0), 2)).toThrow(
      "target: target 2 is not one of the 2 outputs",
    );
  });
});

function tokens(ids: readonly number[], targets?: readonly number[]): TokenStimulus {
  return {
    kind: "tokens",
    ids: Uint32Array.from(ids),
    ...(targets && { targets: Uint32Array.from(targets) }),
    origin: "test",
    synthetic: false,
  };
}
