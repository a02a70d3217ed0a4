import { describe, expect, it } from "vitest";
import type { CalibrationJson } from "../../../src/report/calibration-schema.ts";
import { formatCalibration } from "../../../src/report/calibration-text.ts";
import { PLAIN_STYLE } from "../../../src/report/layout.ts";

const quality = (perplexity: number) => ({ tokens: 2000, negativeLogLikelihoodNats: 9000, perplexity });

const SENSITIVITY: NonNullable<CalibrationJson["sensitivity"]> = {
  int16: { quality: quality(100.1), lossShare: 0.001, weightBytes: 6144 },
  int8: { quality: quality(103), lossShare: 0.03, weightBytes: 3072 },
  projections: [
    {
      name: "input -> egru0",
      weights: 1024,
      int16Bytes: 2048,
      int8Bytes: 1024,
      quality: quality(99.6),
      lossShare: -0.004,
      harmShare: -0.005,
    },
    {
      name: "egru0 -> egru1",
      weights: 2048,
      int16Bytes: 4096,
      int8Bytes: 2048,
      quality: quality(102.6),
      lossShare: 0.026,
      harmShare: 0.025,
    },
  ],
};

const CALIBRATION: CalibrationJson = {
  schema: "eventloom.calibration/1",
  sample: {
    origin: "text a.txt",
    synthetic: false,
    stepIs: "token",
    steps: 2000,
    windowSteps: 70,
    streams: 4,
  },
  float32: { quality: quality(100) },
  program: {
    format: "int8",
    formats: { "egru0 -> egru1": "int16" },
    scales: "row",
    weightBytes: 5120,
    quality: quality(99.5),
    lossShare: -0.005,
    saturations: { input: 0, scaledPayload: 1, accumulator: 20 },
  },
  layers: [
    {
      name: "egru0",
      neurons: 192,
      float32Activity: 0.1442,
      activity: 0.15,
      agreement: 0.99,
      oneStepAgreement: 1,
    },
  ],
  sensitivity: SENSITIVITY,
  budget: {
    lossShare: 0.01,
    int16: ["egru0 -> egru1"],
    weightBytes: 5120,
    int8Bytes: 3072,
    int16Bytes: 6144,
    tried: [
      { int16: [], quality: quality(103), lossShare: 0.03 },
      { int16: ["egru0 -> egru1"], quality: quality(99.5), lossShare: -0.005 },
    ],
  },
};

const page = (changes: Partial<CalibrationJson> = {}) =>
  formatCalibration({ ...CALIBRATION, ...changes }, "model", PLAIN_STYLE);

describe("the page of a calibration", () => {
  it("says which sample, what came of it, and what did not fit", () => {
    expect(page()).toContain("model: 2,000 timesteps in 4 streams of text a.txt, state restarts every 70\n");
    expect(page()).toContain("  program    perplexity 99.500 over 2,000 tokens (−0.50 %)\n");
    expect(page()).toContain("  weights    int8, but egru0 -> egru1 in int16, 5.0 KiB\n");
    expect(page()).toContain("  saturated  0 inputs, 1 scaled payload, 20 accumulations\n");
    expect(page()).toMatch(/ {2}egru0 +192 +14\.42 % +15\.00 % +99\.00 % +100 %\n/);
  });

  it("shows what each projection changes by itself, with its sign", () => {
    expect(page()).toMatch(/ {2}input -> egru0 +1,024 +1\.0 KiB +2\.0 KiB +99\.600 +−0\.50 %\n/);
    expect(page()).toMatch(/ {2}egru0 -> egru1 +2,048 +2\.0 KiB +4\.0 KiB +102\.60 +\+2\.50 %\n/);
    expect(page()).toMatch(/ {2}all in int8 +3\.0 KiB +103\.00 +\+2\.90 %\n/);
  });

  it("shows how formats were chosen by a budget, and what they cost", () => {
    expect(page()).toContain("Budget: at most 1 % worse than float32\n");
    expect(page()).toContain(
      "  Chosen: int8, but egru0 -> egru1 in int16: 5.0 KiB of weights, 2.0 KiB more than in int8 (all in\n  int16: 6.0 KiB).\n",
    );
    expect(page()).toContain(
      "  - all in int8: 103.00 (+3.00 %), too much\n  - int8, but egru0 -> egru1 in int16: 99.500 (−0.50 %)\n",
    );
  });

  it("names those projections that are fewer", () => {
    const one = SENSITIVITY.projections[0]!;
    const projections = ["a", "b", "c"].map((name) => ({ ...one, name }));
    const budget = { ...CALIBRATION.budget!, int16: ["a", "c"] };
    expect(page({ budget, sensitivity: { ...SENSITIVITY, projections } })).toContain(
      "  Chosen: int16, but b in int8: ",
    );
    const formats = { a: "int8" as const, c: "int8" as const };
    expect(page({ program: { ...CALIBRATION.program, format: "int16", formats } })).toContain(
      "  weights    int16, but a, c in int8, ",
    );
  });

  it("tells errors of outputs where nothing is predicted, and of float32 only what there is", () => {
    const { sensitivity: _, budget: __, ...rest } = CALIBRATION;
    const error = { rmsError: 0.0495, largestError: 0.189 };
    const plain = formatCalibration(
      {
        ...rest,
        float32: { quality: { rmsError: 0, largestError: 0 } },
        program: { ...rest.program, format: "float32", formats: {}, quality: error, lossShare: 0.0495 },
        layers: [{ name: "egru0", neurons: 2, float32Activity: 0, activity: 0, agreement: 1 }],
      },
      "model",
      PLAIN_STYLE,
    );
    expect(plain).toContain("  program  output error 4.95 % (RMS), 18.90 % (largest) of float32\n");
    for (const absent of ["saturated", "Sensitivity", "Budget", "in one step", "perplexity"])
      expect(plain).not.toContain(absent);
  });
});
