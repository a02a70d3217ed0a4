import { type Static, Type } from "typebox";
import { NUMBER_FORMATS } from "../core/number-format.ts";
import { AgainstFloat32 } from "./quality-schema.ts";
import { amount, closed, count, interval, oneOf, share, text } from "./schema-forms.ts";

/** A dense baseline: a bound by roofline, no simulation. */
export const DenseEntry = closed({
  verdict: Type.Literal("roofline"),
  model: closed({ name: text() }),
  chip: closed({
    name: text("Profile name"),
    title: text(),
    profileSha256: text(),
    overrides: Type.Array(text("path=value, as given")),
    figures: closed({
      measured: count(),
      published: count(),
      counted: count(),
      estimated: count(),
      unknown: count(),
    }),
    variant: Type.Optional(text("What --sweep set, where it set something")),
  }),
  format: oneOf(NUMBER_FORMATS),
  layers: count("Recurrent layers"),
  macsPerToken: count("Of the recurrent layers, pruned weights included"),
  weightBytes: count(),
  memoryBytesPerToken: count("Weights fetched from memory beside the chip; 0 where they stay on it"),
  computeSecondsPerToken: amount("At the dense peak"),
  memorySecondsPerToken: amount("At the bandwidth of the memory that holds the weights"),
  launchSecondsPerToken: Type.Optional(amount("For starting the layers; absent where unknown")),
  secondsPerTokenAtLeast: amount("The longer of computing and fetching, and starting"),
  joulesPerTokenAtActivePower: amount(
    "Active power for that time; what is really drawn lies between idle and active",
  ),
  joulesPerTokenAtIdlePower: Type.Optional(amount("Absent where the idle power is unknown")),
  utilisation: share("Of the arithmetic peak"),
  measurements: Type.Array(
    closed({ workload: text(), seconds: amount(), watts: amount(), joules: amount(), source: text() }),
    { description: "Published runs, not used by the estimate" },
  ),
});
export type DenseJson = Static<typeof DenseEntry>;

const bound = oneOf(["exact", "at least", "roofline"]);

/** One model on one chip at one operating point, beside the others. Absent figures are unknown. */
const ComparisonEntry = closed({
  model: text(),
  chip: text(),
  operatingPoint: text("And schedule and synchronisation, where several were asked for"),
  format: oneOf(NUMBER_FORMATS),
  pesUsed: Type.Optional(count()),
  latencySecondsPerToken: Type.Optional(amount()),
  tokensPerSecond: Type.Optional(amount()),
  timeBound: bound,
  energyJoulesPerToken: amount(),
  energyBound: bound,
  energyDelayJouleSeconds: Type.Optional(
    amount("Energy x latency of a token; absent where the time is unknown"),
  ),
  energyDelayBound: bound,
  energyDelayRank: Type.Optional(
    count("1 is least, among the rows of all models; of a bound, the best rank that it can have"),
  ),
  sramBytesPerToken: Type.Optional(amount("Read and written in SRAM of PEs")),
  dramBytesPerToken: amount("Read and written in memory beside the chip"),
  utilisation: Type.Optional(share("Busy time of the PEs in use, or share of the arithmetic peak")),
  perplexity: Type.Optional(amount("As computed in this number format")),
  perplexityInterval: Type.Optional(interval("95 %, by batch means over the tokens")),
  againstFloat32: Type.Optional(AgainstFloat32),
});
export type ComparisonEntryJson = Static<typeof ComparisonEntry>;

export const Comparison = Type.Array(ComparisonEntry, {
  description: "All runs beside one another; without those that a chip cannot hold or run",
});

const repeated = (description?: string) =>
  closed(
    {
      mean: amount(),
      halfWidth: Type.Optional(amount("Of the 95 % interval, by Student's t; absent for a single value")),
    },
    description,
  );

/** One reading over several seeds of models and input. */
export const Repeats = Type.Array(
  closed({
    model: text(),
    chip: text(),
    operatingPoint: text("And schedule and synchronisation, where several were asked for"),
    seeds: count("Under which it ran"),
    activity: repeated("Share of the neurons on the chip that send in a timestep"),
    latencySecondsPerToken: Type.Optional(repeated("Absent where times are unknown")),
    energyJoulesPerToken: repeated("At least, where some costs are unknown"),
    meanPowerWatts: repeated(),
    energyIsLowerBound: Type.Boolean(),
  }),
  { description: "Over several seeds (--seeds), taken as independent" },
);
export type RepeatJson = Static<typeof Repeats>[number];

const Derivative = closed({
  path: text("Of the figure, as in --set"),
  basis: oneOf(["measured", "published", "counted", "estimated"]),
  latencyPercentPerPercent: Type.Optional(Type.Number({ description: "Absent where the time is unknown" })),
  energyPercentPerPercent: Type.Number(),
});

/** How time and energy of one reading depend on single figures of the profile. */
export const Sensitivity = closed({
  model: text(),
  chip: text(),
  operatingPoint: text(),
  estimatedUncertainty: amount("Relative uncertainty that estimated figures are taken to have"),
  derivatives: Type.Array(Derivative, { description: "Local and relative, largest first" }),
  latencySeconds: Type.Optional(interval("Estimated figures' uncertainties carried on, as if independent")),
  energyJoules: interval("The same; at least where some costs are unknown"),
});
export type SensitivityJson = Static<typeof Sensitivity>;
