/**
 * The units that a profile may be written in, by kind of quantity, and the way from each to SI. Conversions
 * divide where the unit is a fraction, as 1e-3 is no double and 1e3 is: one rounding in place of two.
 *
 * Sizes have binary units only: "kB" means 1000 bytes to some authors and 1024 to others, so it is refused.
 * Rates are decimal, as on every data sheet.
 */
const times = (factor: number) => (value: number) => value * factor;
const over = (divisor: number) => (value: number) => value / divisor;
const same = times(1);

export const UNITS = {
  count: { count: same },
  width: { bit: same },
  size: { B: same, KiB: times(2 ** 10), MiB: times(2 ** 20), GiB: times(2 ** 30) },
  clock: { Hz: same, kHz: times(1e3), MHz: times(1e6), GHz: times(1e9) },
  cycles: { cycles: same },
  /** Of a kernel: to seconds, except for cycles; see `kernelCyclesOf` in kernel-times.ts. */
  kernelTime: { cycles: same, ns: over(1e9), us: over(1e6) },
  /** To seconds, except for cycles, which need a clock: see `cyclesOf` in latency.ts. */
  latency: { cycles: same, ns: over(1e9), us: over(1e6) },
  /** To seconds: times that no clock rounds. */
  duration: { s: same, ms: over(1e3), us: over(1e6), ns: over(1e9) },
  voltage: { V: same, mV: over(1e3) },
  power: { W: same, mW: over(1e3), uW: over(1e6) },
  energy: { J: same, uJ: over(1e6), nJ: over(1e9), pJ: over(1e12), fJ: over(1e15) },
  /** To joules a byte. */
  energyPerByte: {
    "nJ/B": over(1e9),
    "pJ/B": over(1e12),
    "pJ/bit": (value: number) => (value * 8) / 1e12,
  },
  /** To bytes a second. */
  bandwidth: {
    "MB/s": times(1e6),
    "GB/s": times(1e9),
    "Mbit/s": (value: number) => (value * 1e6) / 8,
    "Gbit/s": (value: number) => (value * 1e9) / 8,
  },
  /** To multiply-accumulates a second; a multiply and an add are two operations. */
  throughput: {
    "GMAC/s": times(1e9),
    "TMAC/s": times(1e12),
    GOPS: (value: number) => (value * 1e9) / 2,
    TOPS: (value: number) => (value * 1e12) / 2,
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, (value: number) => number>>>>;

export type QuantityKind = keyof typeof UNITS;
export type UnitOf<Kind extends QuantityKind> = keyof (typeof UNITS)[Kind] & string;

export const unitsOf = <Kind extends QuantityKind>(kind: Kind): readonly UnitOf<Kind>[] =>
  Object.keys(UNITS[kind]) as UnitOf<Kind>[];

/** The value in SI units (bytes, hertz, watts, joules, fractions of 1). */
export function toSi<Kind extends QuantityKind>(
  kind: Kind,
  figure: { readonly value: number; readonly unit: UnitOf<Kind> },
): number {
  const conversions: Readonly<Record<string, (value: number) => number>> = UNITS[kind];
  return conversions[figure.unit]!(figure.value);
}
