/**
 * Physical quantities as branded numbers in SI units, so that a power cannot be
 * added to an energy. Constructors are the only way in; arithmetic yields plain
 * numbers, which the caller names again.
 */
declare const unit: unique symbol;
type Quantity<Unit extends string> = number & { readonly [unit]?: Unit };

export type Seconds = Quantity<"s">;
export type Hertz = Quantity<"Hz">;
export type Joules = Quantity<"J">;
export type Watts = Quantity<"W">;
/** Time of one clock domain, in its own cycles; integral wherever it is counted. */
export type Cycles = Quantity<"cycles">;
export type BytesPerSecond = Quantity<"B/s">;

export const seconds = (value: number): Seconds => value as Seconds;
export const hertz = (value: number): Hertz => value as Hertz;
export const joules = (value: number): Joules => value as Joules;
export const watts = (value: number): Watts => value as Watts;
export const cycles = (value: number): Cycles => value as Cycles;

/** Leaves a clock domain: so many cycles of a clock of that frequency, in seconds. */
export const secondsOf = (count: Cycles, clock: Hertz): Seconds => seconds(count / clock);
