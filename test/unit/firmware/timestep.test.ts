import { describe, expect, it } from "vitest";
import { type CompileOptions, compile } from "../../../compiler/pipeline.ts";
import { loadChip } from "../../../src/cli/load-chip.ts";
import { NUMBER_FORMATS } from "../../../src/core/number-format.ts";
import { randomNumbers } from "../../../src/core/random.ts";
import { ROW_FORMS } from "../../../src/core/row-form.ts";
import type { Stimulus } from "../../../src/core/stimulus.ts";
import {
  emulated,
  expectedOf,
  firmwareWith,
  hasFirmwareTools,
  packetsTo,
  simulatedSteps,
  sayWhyNoFirmware,
} from "../../support/firmware.ts";
import { tinyModel } from "../../support/tiny-model.ts";

sayWhyNoFirmware();

const STEPS = 4;
const INPUTS = 9;
const { profile } = loadChip("spinnaker2");

const stimulus: Stimulus = (() => {
  const random = randomNumbers(3);
  const values = Float32Array.from({ length: INPUTS * STEPS }, () => 3 * random() - 1.5);
  return { kind: "dense", width: INPUTS, values, origin: "seeded", synthetic: true };
})();

/** Compiles a small model and holds each of its PEs against the simulator, word by word. */
function expectEqualWords(
  options: CompileOptions,
  layers: readonly number[],
  density: number,
  window?: number,
): void {
  const model = tinyModel({ inputs: INPUTS, layers, density, seed: 11, weightScale: 0.7 });
  const { program } = compile(model, profile, { order: "model", pes: layers.length, ...options });
  const steps = simulatedSteps(program, profile, stimulus, window);
  let sent = 0;
  if (options.rows === "dram") expect(program.pes.every(({ dramImage }) => dramImage.length > 0)).toBe(true);
  for (const pe of program.pes) {
    const packets = packetsTo(pe, program, steps);
    const found = emulated(firmwareWith("exact"), pe, program, profile, packets, window);
    const expected = expectedOf(pe, program, steps);
    expect(found, `PE ${pe.pe} of ${pe.population}`).toEqual(expected);
    sent += found.flatMap((step) => step.sent).length;
  }
  expect(sent).toBeGreaterThan(0);
}

describe.skipIf(!hasFirmwareTools)("the firmware's timestep equals the simulator's in every word", () => {
  const forms = NUMBER_FORMATS.flatMap((format) => ROW_FORMS.map((rowForms) => [format, rowForms] as const));
  it.each(forms)("%s weights in %s rows", (format, rowForms) => {
    expectEqualWords({ format, rowForms }, [23, 70], 0.4);
  });

  it.each(forms)("%s weights in %s rows that come from DRAM", (format, rowForms) => {
    expectEqualWords({ format, rowForms, rows: "dram" }, [31], 0.5);
  });

  it.each(NUMBER_FORMATS)("%s sums that other PEs add up", (format) => {
    expectEqualWords({ format, partitionBy: "sources", parts: 2, pes: 8 }, [23, 12], 0.6);
  });

  it.each(["matrix", "power-of-two"] as const)("a scale for a whole %s", (scales) => {
    expectEqualWords({ format: "int8", scales }, [23], 0.5);
  });

  it("int16 rows among int8 ones", () => {
    const formats = new Map([["input -> egru0", "int16" as const]]);
    expectEqualWords({ format: "int8", formats }, [23], 0.5);
  });

  it("a state that restarts", () => {
    expectEqualWords({ format: "int16" }, [23], 0.5, 2);
  });

  it("layers on several PEs, some rows of theirs empty", () => {
    expectEqualWords({ format: "int8", rowForms: "csr", pes: 4 }, [23, 40], 0.05);
  });
});
