import { beforeAll, describe, expect, it } from "vitest";
import { readSafetensors } from "../../../src/formats/safetensors.ts";
import { float32Of, tensorNamed } from "../../../src/formats/tensors.ts";
import { readModel } from "../../../src/models/read-model.ts";
import { openTensorBackend } from "../../../src/runtime/tensor-backend.ts";
import { evaluateTokens } from "../../../src/training/evaluate.ts";
import { parametersOf } from "../../../src/training/model-tensors.ts";
import { exchangeBytes, expectOutputs } from "../models/exchange/fixtures.ts";

beforeAll(() => openTensorBackend("wasm"));

/** Models that were trained here, with the logits that torch computed after loading them strictly. */
describe.each(["lstm", "gru"])("a trained %s in torch", (cell) => {
  const bytes = exchangeBytes(`trained-${cell}.safetensors`);

  it("computes what the reference executor does", () => {
    expectOutputs(readModel({ name: "m", fileName: "m", bytes }), `trained-${cell}`);
  });

  it("has the loss that evaluation finds", () => {
    const { tensors } = readSafetensors(exchangeBytes(`trained-${cell}.expected.safetensors`));
    const ids = float32Of(tensorNamed(tensors, "tokens"));
    const logits = tensorNamed(tensors, "output");
    const { tensors: own, metadata } = readSafetensors(bytes);
    const { loss } = evaluateTokens(parametersOf(own, metadata), ids, {
      streams: 1,
      window: 7,
      state: "streaming",
    });
    expect(loss).toBeCloseTo(meanLoss(float32Of(logits), logits.shape[1]!, ids), 5);
  });
});

/** Of predicting each token's successor. */
function meanLoss(logits: Float32Array, outputs: number, ids: Float32Array): number {
  let sum = 0;
  for (let step = 0; step + 1 < ids.length; step += 1) {
    const row = logits.subarray(step * outputs, (step + 1) * outputs);
    const total = row.reduce((all, logit) => all + Math.exp(logit), 0);
    sum += Math.log(total) - row[ids[step + 1]!]!;
  }
  return sum / (ids.length - 1);
}
