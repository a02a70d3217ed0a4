import type { RepeatJson } from "./comparison-schema.ts";
import { formatNamed, type Style, wrap } from "./layout.ts";
import { formatSi } from "./quantities.ts";
import { briefly } from "./text-policies.ts";

/** What chance does to a comparison: each figure over all seeds. */
export function formatRepeats(repeats: readonly RepeatJson[], style: Style): string[] {
  const names = [
    repeats.map(({ model }) => model),
    repeats.map(({ chip }) => chip),
    repeats.map(({ operatingPoint }) => briefly(operatingPoint)),
  ];
  const figures = repeats.map((repeat) => {
    const { activity, latencySecondsPerToken: latency, energyJoulesPerToken: energy } = repeat;
    return [
      String(repeat.seeds),
      withSpread(activity, "%"),
      latency === undefined ? "unknown" : withSpread(latency, "s"),
      repeat.energyIsLowerBound && energy.mean === 0
        ? "unknown"
        : (repeat.energyIsLowerBound ? "≥ " : "") + withSpread(energy, "J"),
    ];
  });
  return [
    style.strong("Over several seeds of models and input"),
    ...formatNamed(
      ["model", "chip", "point", "n", "activity", "latency", "energy"],
      names,
      figures,
      ["right", "right", "right", "right"],
      style,
    ),
    ...wrap(
      "Per token or input vector, with half of the 95 % interval (Student's t, seeds taken as independent). All else above is of the first seed.",
      "  ",
    ),
  ];
}

/** "62.0 ± 1.9 µs": half the interval in the mean's own unit. */
function withSpread({ mean, halfWidth }: RepeatJson["activity"], unit: string): string {
  const [number = "", own = ""] = (
    unit === "%" ? `${(100 * mean).toPrecision(3)} %` : formatSi(mean, unit)
  ).split(" ");
  if (halfWidth === undefined || mean === 0) return `${number} ${own}`;
  const half = (halfWidth * Number(number)) / mean;
  return `${number} ± ${half === 0 ? "0" : half.toPrecision(2)} ${own}`;
}
