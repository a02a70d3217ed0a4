import { compile } from "../../compiler/pipeline.ts";
import { runProgram } from "../compare/run.ts";
import { CapacityError, UnsupportedError } from "../core/errors.ts";
import { tokenStimulus } from "../inputs/token-ids.ts";
import { readModel } from "../models/read-model.ts";
import { operatingPointOf, parseChipSpec } from "../profiles/chip-spec.ts";
import { readProfile } from "../profiles/read-profile.ts";
import { loadBaseText, loadProfileText } from "../runtime/profile-files.ts";
import type { ChipFigures } from "./point-result.ts";
import type { Study } from "./study-schema.ts";

/**
 * Compiles a trained model for the study's chip and simulates it on the first tokens of the text that it was judged on, one
 * stream. What the compiler or the chip cannot take is a result, too.
 *
 * @param window Steps after which the hidden state restarts, as in training; carried on where absent.
 */
export function runOnChip(
  model: Uint8Array,
  ids: Int32Array,
  { profile: spec, format, steps }: NonNullable<Study["chip"]>,
  window: number | undefined,
): ChipFigures {
  const { name, operatingPoint } = parseChipSpec(spec);
  const source = loadProfileText(name);
  const loaded = readProfile(source.text, source.fileName, [], loadBaseText);
  const point = operatingPointOf(
    loaded.profile,
    operatingPoint ?? loaded.profile.operatingPoints[0]!.name,
  ).name;
  try {
    const ir = readModel({ name: "point", fileName: "model.safetensors", bytes: model });
    const { program } = compile(ir, loaded.profile, { format });
    const stimulus = tokenStimulus(Uint32Array.from(ids.subarray(0, steps + 1)), "the study's text");
    const chip = { ...loaded, operatingPoint: point, overrides: [] };
    const report = runProgram(program, chip, stimulus, {
      operatingPoints: [point],
      ...(window !== undefined && { window }),
    });
    const { timing, energy } = report.readings[0]!;
    const synops = report.result.projections.reduce((sum, projection) => sum + projection.synops, 0);
    return {
      profile: name,
      operatingPoint: point,
      format,
      steps: report.result.steps,
      pes: report.result.usedPes.length,
      latencySeconds: timing.latencyPerStep,
      energyJoules: energy.perStep,
      isLowerBound: energy.isLowerBound,
      synopsPerToken: synops / report.result.steps,
    };
  } catch (error) {
    if (error instanceof UnsupportedError || error instanceof CapacityError)
      return { profile: name, refused: error.message };
    throw error;
  }
}
