import type { NumberFormat } from "./number-format.ts";
import type { Cost } from "./profile.ts";
import type { BytesPerSecond, Seconds, Watts } from "./units.ts";

/**
 * A machine that computes models densely, as its data sheet describes it: it takes every weight in every timestep. SI units.
 */
export interface RooflineProfile {
  readonly kind: "roofline";
  readonly name: string;
  readonly title: string;
  /** SHA-256 in hex of the profile as written. */
  readonly sha256: string;
  /** Multiply-accumulates a second by number format; one that is missing is not supported. */
  readonly peak: Readonly<Partial<Record<NumberFormat, number>>>;
  readonly memory: {
    /** Bytes of all memory that weights can lie in. */
    readonly capacity: number;
    readonly bandwidth: BytesPerSecond;
    /** Bytes beside the arithmetic that keep weights from one timestep to the next, and how fast they are read there. */
    readonly onChip: number;
    readonly onChipBandwidth?: BytesPerSecond;
  };
  readonly power: {
    /** At work at full load: a rating, or as the figure's note says. */
    readonly active: Watts;
    readonly idle: Cost<Watts>;
  };
  /** For starting one layer's work. */
  readonly launch: Cost<Seconds>;
  /** Runs that were published for it. */
  readonly measurements: readonly RooflineMeasurement[];
}

export interface RooflineMeasurement {
  readonly workload: string;
  readonly seconds: Seconds;
  readonly watts: Watts;
  readonly joules: number;
  readonly source: string;
}
