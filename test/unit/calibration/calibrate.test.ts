import { describe, expect, it } from "vitest";
import { compile, type CompileOptions } from "../../../compiler/pipeline.ts";
import { simulate } from "../../../simulator/simulate.ts";
import { calibrate } from "../../../src/calibration/calibrate.ts";
import { roomyChip } from "../../../src/calibration/roomy-chip.ts";
import { compileTrial, type Sample } from "../../../src/calibration/trial.ts";
import { CapacityError, UnsupportedError } from "../../../src/core/errors.ts";
import { encodeProgram } from "../../../src/core/program-codec.ts";
import { randomNumbers } from "../../../src/core/random.ts";
import { tinyChip } from "../../support/tiny-chip.ts";
import { tinyModel } from "../../support/tiny-model.ts";

const chip = tinyChip();
const words = tinyModel({ inputs: 6, layers: [20, 15, 6], vocabulary: 12, seed: 9 });
const vectors = tinyModel({ inputs: 5, layers: [12, 9], density: 0.4 });

function tokens(steps: number): Sample {
  const random = randomNumbers(3);
  const draw = () => Uint32Array.from({ length: steps }, () => Math.floor(random() * 12));
  return { stimulus: { kind: "tokens", ids: draw(), targets: draw(), origin: "seeded", synthetic: true } };
}

function dense(steps: number, scale = 1): Sample {
  const random = randomNumbers(11);
  const values = Float32Array.from({ length: 5 * steps }, () => scale * (2 * random() - 1));
  return { stimulus: { kind: "dense", width: 5, values, origin: "seeded", synthetic: true } };
}

describe("calibrating a float32 program", () => {
  it("shows what the program does anyway, and passes its activity on", () => {
    const sample = { ...tokens(60), window: 7 };
    const { compilation, float32, program, sensitivity } = calibrate({
      model: words,
      profile: chip,
      options: { order: "model" },
      sample,
    });
    const result = simulate(compilation.program, chip, sample.stimulus, { window: 7 });
    expect(float32.quality).toEqual({ kind: "perplexity", ...result.evaluation });
    expect(program).toMatchObject({ quality: float32.quality, loss: 0 });
    program.layers.forEach(({ name, activity, agreement }) => {
      const { events, size } = result.populations.find((population) => population.name === name)!;
      expect([activity, agreement]).toEqual([events / (60 * size), 1]);
    });
    expect(program.oneStep).toBeUndefined();
    expect(sensitivity).toBeUndefined();
    expect(compilation.program.manifest.options["activity"]).toMatch(/^[0-9a-f]{64}$/);
  });

  it("changes no number that the program computes, and is the same each time", () => {
    const request = {
      model: words,
      profile: chip,
      options: { format: "int16" as const },
      sample: tokens(30),
    };
    const [first, again] = [calibrate(request), calibrate(request)];
    expect(encodeProgram(first.compilation.program)).toEqual(encodeProgram(again.compilation.program));
    expect(again.program).toEqual(first.program);
    const plain = compile(words, chip, { format: "int16" }).program;
    expect(simulate(plain, chip, request.sample.stimulus).evaluation).toEqual(
      simulate(first.compilation.program, chip, request.sample.stimulus).evaluation,
    );
  });
});

describe("the roomy chip", () => {
  it.each([
    { format: "float32" },
    { format: "int8" },
    { format: "int16", scales: "power-of-two" },
    { format: "int8", formats: new Map([["egru0 -> egru1", "int16"]]) },
    { format: "int8", decoder: "chip" },
  ] satisfies CompileOptions[])("computes what the real one does: %o", (options) => {
    const { stimulus } = tokens(40);
    const roomy = roomyChip(chip);
    const real = simulate(compile(words, chip, { ...options, order: "model" }).program, chip, stimulus);
    const trial = simulate(compileTrial(words, roomy, options).program, roomy, stimulus);
    expect(trial.evaluation).toEqual(real.evaluation);
    expect(trial.populations).toEqual(real.populations);
    expect(trial.counts.saturations).toEqual(real.counts.saturations);
  });

  it("holds what the real one is too small for", () => {
    const model = tinyModel({ inputs: 6, layers: [60, 40, 6], density: 1, vocabulary: 12 });
    const profile = tinyChip({ pesPerNode: 1 });
    const inSram = { rows: "sram" } as const;
    expect(() => compile(model, profile, inSram)).toThrow(CapacityError);
    const options = { format: "int8", ...inSram } as const;
    const { float32, program } = calibrate({ model, profile, options, sample: tokens(20) });
    expect(program.quality).not.toEqual(float32.quality);
  });

  it("computes in formats that the real one has no kernels for", () => {
    const { kernels, rowForms } = chip.pe;
    const pe = { ...chip.pe, kernels: { int8: kernels.int8! }, rowForms: { int8: rowForms.int8! } };
    const profile = { ...chip, pe };
    expect(() => compile(words, profile)).toThrow("Tiny chip has no float32 kernels.");
    const calibration = calibrate({ model: words, profile, options: { format: "int8" }, sample: tokens(20) });
    expect(calibration.float32.quality.kind).toBe("perplexity");
    expect(calibration.sensitivity, "without int16 there is nothing to compare").toBeUndefined();
  });
});

describe("calibrating an integer program", () => {
  const { sensitivity, program, float32 } = calibrate({
    model: vectors,
    profile: chip,
    options: { format: "int8" },
    sample: dense(50),
  });

  it("measures each projection alone in int8", () => {
    const { wide, narrow, projections } = sensitivity!;
    expect(projections.map(({ name }) => name)).toEqual([
      "input -> egru0",
      "egru0 -> egru0 (recurrent)",
      "egru0 -> egru1",
      "egru1 -> egru1 (recurrent)",
    ]);
    for (const { name, synapses, wideBytes, narrowBytes, alone, loss, harm } of projections) {
      expect([wideBytes, narrowBytes <= synapses]).toEqual([2 * synapses, true]);
      expect(harm).toBe(loss - wide.loss);
      const others = projections.map((other) => other.name).filter((other) => other !== name);
      const formats = new Map(others.map((other) => [other, "int16" as const]));
      const by = calibrate({
        model: vectors,
        profile: chip,
        options: { format: "int8", formats },
        sample: dense(50),
      });
      expect(by.program.quality).toEqual(alone);
    }
    expect(narrow.measurement.quality).toEqual(program.quality);
    expect(wide.loss).toBeLessThan(narrow.loss);
  });

  it("has the error of its outputs where there are no tokens to predict, and fewer errors in one step", () => {
    expect(float32.quality).toEqual({ kind: "output-error", rms: 0, max: 0 });
    expect(program.loss).toBeGreaterThan(0);
    expect(program.loss).toBeLessThan(0.2);
    for (const { name, agreement } of program.layers) {
      expect(program.oneStep!.get(name)).toBeGreaterThanOrEqual(agreement);
    }
  });
});

describe("agreement in one step", () => {
  it("is agreement where there is one step only, in each stream", () => {
    const random = randomNumbers(4);
    const values = Float32Array.from({ length: 5 * 60 }, () => 6 * random() - 3);
    const stimulus = { kind: "dense", width: 5, values, origin: "seeded", synthetic: true } as const;
    const { program } = calibrate({
      model: vectors,
      profile: chip,
      options: { format: "int8", scales: "power-of-two" },
      sample: { stimulus, streams: 60 },
    });
    expect(program.layers.some(({ agreement }) => agreement < 1)).toBe(true);
    for (const { name, agreement } of program.layers) expect(program.oneStep!.get(name)).toBe(agreement);
  });
});

describe("a budget", () => {
  const withBudget = (budget: number) =>
    calibrate({ model: vectors, profile: chip, options: {}, sample: dense(50), budget });

  it("chooses formats that keep to it, and compiles them", () => {
    const generous = withBudget(10);
    expect(generous.budget).toMatchObject({ wide: [] });
    const { narrow, wide } = generous.sensitivity!;
    const between = withBudget((narrow.loss + 3 * wide.loss) / 4);
    const { wide: chosen, loss, weightBytes, narrowBytes, wideBytes } = between.budget!;
    expect(loss).toBeLessThanOrEqual(between.budget!.budget);
    expect(between.program.loss).toBe(loss);
    expect(chosen.length).toBeGreaterThan(0);
    expect([narrowBytes < weightBytes, weightBytes <= wideBytes]).toEqual([true, true]);
    const { formats, format } = between.compilation.program.manifest.options;
    if (chosen.length < 4) {
      expect(format).toBe("int8");
      expect(formats).toBe(chosen.map((name) => `${name}=int16`).join(", "));
    } else expect([format, formats]).toEqual(["int16", undefined]);
  });

  it("says how near it came where it is out of reach", () => {
    expect(() => withBudget(0)).toThrow(
      /^No choice of int8 and int16 that was tried keeps to the budget of 0 %: the best is an output error of [\d.e-]+ %, with /,
    );
    expect(() => withBudget(0)).toThrow(UnsupportedError);
  });

  it("needs both integer formats", () => {
    const { int16: _, ...kernels } = chip.pe.kernels;
    const profile = { ...chip, pe: { ...chip.pe, kernels } };
    expect(() => calibrate({ model: vectors, profile, options: {}, sample: dense(5), budget: 1 })).toThrow(
      "Tiny chip has not both int8 and int16 kernels, between which a budget would choose.",
    );
  });
});

describe("what no sample can mend", () => {
  it.each([
    [{ format: "int8", formats: new Map([["egru0 -> egru7", "int16"]]) }, 'no projection "egru0 -> egru7"'],
    [{ format: "int16" }, "Tiny chip has no int16 kernels."],
    [{ decoder: "chip" }, "tiny has 0 layers after its recurrent ones"],
  ] satisfies [CompileOptions, string][])("is said before the first run: %o", (options, problem) => {
    const { int16: _, ...kernels } = chip.pe.kernels;
    const profile = { ...chip, pe: { ...chip.pe, kernels } };
    let runs = 0;
    const talk = () => {
      runs += 1;
      return { advance() {}, end() {} };
    };
    const given = "formats" in options ? chip : profile;
    expect(() => calibrate({ model: vectors, profile: given, options, sample: dense(5), talk })).toThrow(
      problem,
    );
    expect(runs).toBe(0);
  });
});

describe("a sample", () => {
  it("must make the model send events", () => {
    const { populations } = vectors;
    const silent = {
      ...vectors,
      populations: populations.map((population) =>
        population.kind === "egru"
          ? { ...population, threshold: population.threshold.map(() => 1) }
          : population,
      ),
    };
    expect(() => calibrate({ model: silent, profile: chip, options: {}, sample: dense(5, 0) })).toThrow(
      "the float32 model sends no event on the sample (seeded), so there is nothing to compare with",
    );
  });

  it("must be long enough for its streams", () => {
    expect(() =>
      calibrate({ model: vectors, profile: chip, options: {}, sample: { ...dense(3), streams: 4 } }),
    ).toThrow("the input holds 3 timesteps, too few for 4 streams (seeded)");
  });

  it("may be cut into streams, each of which begins anew", () => {
    const { program } = calibrate({
      model: vectors,
      profile: chip,
      options: { format: "int16" },
      sample: { ...dense(40), streams: 4, window: 3 },
    });
    expect(program.loss).toBeGreaterThan(0);
    for (const [, agreement] of program.oneStep!) expect(agreement).toBeGreaterThan(0.95);
  });
});
