import { CapacityError, UnsupportedError } from "../core/errors.ts";
import type { ModelIr } from "../core/model-ir.ts";
import { NUMBER_FORMATS, type NumberFormat, WEIGHT_BYTES } from "../core/number-format.ts";
import type { RooflineProfile } from "../core/roofline.ts";
import { type Seconds, seconds } from "../core/units.ts";
import { type MatrixSummary, summariseModel } from "../models/summary.ts";
import type { LoadedRoofline } from "../profiles/roofline.ts";

/** A dense baseline as asked for. */
export interface Baseline extends Pick<LoadedRoofline, "profile" | "figures"> {
  readonly overrides: readonly string[];
  readonly variant?: string;
}

/** A model's recurrent layers, dense, one timestep at a time (batch 1). */
export interface RooflineReport {
  readonly model: ModelIr;
  readonly baseline: Baseline;
  readonly format: NumberFormat;
  readonly layers: number;
  readonly macsPerStep: number;
  readonly weightBytes: number;
  /** Bytes of weights from memory beside the chip in each timestep; 0 where they stay on it. */
  readonly memoryBytesPerStep: number;
  readonly computeSeconds: Seconds;
  readonly memorySeconds: Seconds;
  /** For starting the layers; absent where that is unknown. */
  readonly launchSeconds?: Seconds;
  /** The longer of computing and fetching, and starting: no machine of this kind is faster. */
  readonly secondsPerStep: Seconds;
  /** At the active power. */
  readonly joulesPerStep: number;
  /** At the idle power; absent where that is unknown. */
  readonly idleJoulesPerStep?: number;
  /** Share of peak arithmetic. */
  readonly utilisation: number;
}

export const isRooflineReport = (row: object): row is RooflineReport => "baseline" in row;

const RECURRENT = new Set(["egru", "lstm", "gru", "lif"]);

/**
 * Time and energy of a model by roofline. Its scope is that of a chip: the recurrent layers, without what runs on the host. All
 * weights count, pruned ones too, as dense libraries multiply them. Activations are small beside weights and count nothing.
 *
 * @throws UnsupportedError where the machine lacks the number format, CapacityError where its memory is too small.
 */
export function rooflineOf(model: ModelIr, baseline: Baseline, format: NumberFormat): RooflineReport {
  const { profile } = baseline;
  const { memory, power, launch } = profile;
  const peak = profile.peak[format] ?? lacksFormat(profile, format);
  const layers = summariseModel(model).layers.filter(({ kind }) => RECURRENT.has(kind));
  const macs = layers.reduce((sum, { matrices }) => sum + weightsIn(matrices), 0);
  const weightBytes = macs * WEIGHT_BYTES[format];
  if (weightBytes > memory.capacity) {
    throw new CapacityError(
      {
        resource: "memory bytes",
        where: `${model.name} on ${profile.title}`,
        needed: weightBytes,
        available: memory.capacity,
      },
      "Use a narrower --format, or a machine with more memory.",
    );
  }
  const isOnChip = weightBytes <= memory.onChip;
  const computeSeconds = seconds(macs / peak);
  const memorySeconds = seconds(
    isOnChip
      ? memory.onChipBandwidth === undefined
        ? 0
        : weightBytes / memory.onChipBandwidth
      : weightBytes / memory.bandwidth,
  );
  const launchSeconds = launch === undefined ? undefined : seconds(launch * layers.length);
  const secondsPerStep = seconds(Math.max(computeSeconds, memorySeconds) + (launchSeconds ?? 0));
  return {
    model,
    baseline,
    format,
    layers: layers.length,
    macsPerStep: macs,
    weightBytes,
    memoryBytesPerStep: isOnChip ? 0 : weightBytes,
    computeSeconds,
    memorySeconds,
    ...(launchSeconds !== undefined && { launchSeconds }),
    secondsPerStep,
    joulesPerStep: power.active * secondsPerStep,
    ...(power.idle !== undefined && { idleJoulesPerStep: power.idle * secondsPerStep }),
    utilisation: computeSeconds / secondsPerStep,
  };
}

const weightsIn = (matrices: readonly MatrixSummary[]): number =>
  matrices.reduce((sum, { weights }) => sum + weights, 0);

function lacksFormat({ title, peak }: RooflineProfile, format: NumberFormat): never {
  const known = NUMBER_FORMATS.filter((name) => peak[name] !== undefined);
  throw new UnsupportedError(`${title} has no peak for ${format}.`, `Use --format ${known.join(" or ")}.`);
}
