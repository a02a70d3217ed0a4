import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { compile } from "../../../compiler/pipeline.ts";
import { buildFirmware } from "../../../firmware/cycles/emulator.ts";
import { benchOf, measureMaxRows } from "../../../firmware/cycles/measure.ts";
import { loadChip } from "../../../src/cli/load-chip.ts";
import { NUMBER_FORMATS } from "../../../src/core/number-format.ts";
import { randomNumbers } from "../../../src/core/random.ts";
import { ROW_FORMS } from "../../../src/core/row-form.ts";
import type { Stimulus } from "../../../src/core/stimulus.ts";
import { ownPackage } from "../../../src/runtime/package-root.ts";
import {
  emulated,
  expectedOf,
  firmwareWith,
  hasFirmwareTools,
  packetsTo,
  sayWhyNoFirmware,
  simulatedSteps,
} from "../../support/firmware.ts";
import { mixedModel } from "../../support/mixed-model.ts";

sayWhyNoFirmware();

const { profile } = loadChip("spinnaker2");
const STEPS = 4;
const INPUTS = 24;

/** A third of the components silent, the others of either sign. */
const stimulus: Stimulus = (() => {
  const random = randomNumbers(3);
  const draw = () => (random() < 0.33 ? 0 : 3 * random() - 2);
  const values = Float32Array.from({ length: INPUTS * STEPS }, draw);
  return { kind: "dense", width: INPUTS, values, origin: "seeded", synthetic: true };
})();

describe.skipIf(!hasFirmwareTools)("max pooling in the firmware", () => {
  // 300 neurons: indices of 16 bits, gaps of more than 4 and 8 bits.
  it.each(NUMBER_FORMATS.flatMap((format) => ROW_FORMS.map((form) => [format, form] as const)))(
    "%s rows as %s: every word is the simulator's",
    (format, rowForms) => {
      for (const size of [5, 300]) {
        const layers = [{ kind: "max-pool", size }] as const;
        const model = mixedModel({ inputs: INPUTS, layers, seed: 4, silentZeros: true });
        const { program } = compile(model, profile, { format, rowForms, order: "model", pes: 1 });
        const steps = simulatedSteps(program, profile, stimulus);
        for (const pe of program.pes) {
          const packets = packetsTo(pe, program, steps);
          const found = emulated(firmwareWith("exact"), pe, program, profile, packets);
          expect(found, `${size} neurons`).toEqual(expectedOf(pe, program, steps));
          expect(found.some(({ sent }) => sent.length > 0)).toBe(true);
        }
      }
    },
  );

  it("compares in the cycles that docs/kernel-cycles.md says", () => {
    const folder = mkdtempSync(join(tmpdir(), "eventloom-build-"));
    try {
      const bench = benchOf(buildFirmware(ownPackage().root, "accelerator", folder), profile);
      const figures = NUMBER_FORMATS.map((format) =>
        measureMaxRows(bench, format).map(({ nominal }) => Math.round(nominal)),
      );
      expect(figures).toEqual([
        [69, 23],
        [78, 18],
        [78, 18],
      ]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
