import { type Cycles, cycles, type Hertz, type Seconds, seconds } from "../core/units.ts";
import type { Quantity } from "./figures.ts";
import { toSi } from "./units.ts";

/**
 * A latency in whole cycles of its component's clock. A time is rounded up, as synchronous logic does;
 * a hundredth of a cycle is taken as the figure's own rounding (16.67 ns at 300 MHz is 5 cycles).
 */
export function cyclesOf(latency: Quantity<"latency">, clock: Hertz): Cycles {
  const exact = latency.unit === "cycles" ? latency.value : toSi("latency", latency) * clock;
  return cycles(Math.max(1, Math.ceil(exact - 0.01)));
}

/** A latency as a time, unrounded. */
export const timeOf = (latency: Quantity<"latency">, clock: Hertz): Seconds =>
  seconds(latency.unit === "cycles" ? latency.value / clock : toSi("latency", latency));
