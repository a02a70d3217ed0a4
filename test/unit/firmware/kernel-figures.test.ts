import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { compilerVersion } from "../../../firmware/cycles/emulator.ts";
import { countKernels, wholeCycles } from "../../../firmware/cycles/kernel-figures.ts";
import { compilerIn, figureAt, sourceOf, withFigures } from "../../../firmware/cycles/profile-text.ts";
import { EXPONENTIALS, FORMAT_ACTIONS } from "../../../src/core/counts.ts";
import { loadChip } from "../../../src/cli/load-chip.ts";
import { hasFirmwareTools } from "../../support/firmware.ts";

const ROOT = join(import.meta.dirname, "../../..");
const text = readFileSync(join(ROOT, "hw-profiles/spinnaker2.json"), "utf8");
const { profile, figures: provenance } = loadChip("spinnaker2");
const kernels = provenance.filter(({ path }) => /^pe\.(kernels|updatesInSoftware)\./.test(path));

describe("the profile's kernel cycles", () => {
  it("all name the compiler of one counting", () => {
    expect(kernels).toHaveLength(3 * (FORMAT_ACTIONS.length + 4 * 4) + Object.keys(EXPONENTIALS).length);
    expect(new Set(kernels.map(({ basis }) => basis))).toEqual(new Set(["counted"]));
    expect(new Set(kernels.map(({ source }) => compilerIn(source ?? ""))).size).toBe(1);
  });

  it("are written without touching anything else", () => {
    const figure = {
      path: ["kernels", "int8", "forms", "block", "synop"],
      best: 1,
      nominal: 41.6,
      worst: 50,
      worstResidual: 0,
    };
    const changed = withFigures(text, [figure], "arm-none-eabi-gcc 99.1.0");
    expect(figureAt(changed, figure.path)).toBe(42);
    expect(figureAt(changed, ["kernels", "int8", "synop"])).toBe(
      figureAt(text, ["kernels", "int8", "synop"]),
    );
    const differing = changed.split("\n").filter((line, i) => line !== text.split("\n")[i]);
    expect(differing.map((line) => line.trim())).toEqual([
      '"value": 42,',
      `"source": "${sourceOf("arm-none-eabi-gcc 99.1.0")}"`,
    ]);
  });
});

describe.skipIf(!hasFirmwareTools)("the profile's kernel cycles", () => {
  it("are what the firmware takes", () => {
    const recorded = compilerIn(kernels[0]!.source ?? "");
    const folder = mkdtempSync(join(tmpdir(), "eventloom-build-"));
    try {
      const counted = countKernels(ROOT, folder, profile);
      const differing = counted.filter((figure) => figureAt(text, figure.path) !== wholeCycles(figure));
      if (compilerVersion() === recorded) expect(differing.map(({ path }) => path.join("."))).toEqual([]);
      else
        process.stderr.write(
          `kernel cycles were counted with ${recorded}; ${compilerVersion()} gives ${differing.length} of ${counted.length} others\n`,
        );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
