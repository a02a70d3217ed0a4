/** What a workload can be asked for, and the unit that its value has. */
export const QUANTITIES = {
  /** From a timestep's input to its result, or from one to the next where `throughput` is meant: mean over the run. */
  "time-per-step": "s",
  "time-per-window": "s",
  power: "W",
  /** Power beyond what the idle chip draws. */
  "power-above-idle": "W",
  "energy-per-step": "J",
  "energy-per-window": "J",
  /** Energy of the workload's actions, idle chip left out, over how often one of them happens. */
  "energy-per-action": "J",
  /** The same, with the idle chip. */
  "energy-per-action-in-all": "J",
  /** Two operations a multiply-accumulate. */
  operations: "op/s",
  "synops-per-pe": "1/s",
  synops: "1/s",
  /** PE cycles of a dense layer on the MAC array, without the array's set-up. */
  "cycles-beyond-setup": "cycles",
} as const;
export type Quantity = keyof typeof QUANTITIES;
export type BaseUnit = (typeof QUANTITIES)[Quantity];

/** Units in which publications give figures: the base unit and its size in it. */
export const UNITS: Readonly<Record<string, readonly [BaseUnit, number]>> = {
  s: ["s", 1],
  ms: ["s", 1e-3],
  us: ["s", 1e-6],
  W: ["W", 1],
  mW: ["W", 1e-3],
  uW: ["W", 1e-6],
  J: ["J", 1],
  mJ: ["J", 1e-3],
  uJ: ["J", 1e-6],
  nJ: ["J", 1e-9],
  pJ: ["J", 1e-12],
  TOPS: ["op/s", 1e12],
  "1/s": ["1/s", 1],
  cycles: ["cycles", 1],
};

/** Of errors that are summed up together. */
export const KINDS: Readonly<Record<BaseUnit, string>> = {
  s: "time",
  W: "power",
  J: "energy",
  "op/s": "throughput",
  "1/s": "throughput",
  cycles: "time",
};

/** What a prediction is held against: the figure, or the middle of a range. */
export const middleOf = (value: number | readonly number[]): number =>
  typeof value === "number" ? value : (value[0]! + value[1]!) / 2;
