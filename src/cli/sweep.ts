import { InvalidArgumentError } from "commander";
import { UsageError } from "./failures.ts";

/** One figure and the values that it is to have. */
export interface Sweep {
  readonly path: string;
  readonly values: readonly string[];
}

const MOST_VARIANTS = 1000;

/** "pe.sram=96KiB,128KiB" as a figure and its values. */
export function collectSweep(text: string, earlier: readonly Sweep[] | undefined): Sweep[] {
  const equals = text.indexOf("=");
  const path = text.slice(0, Math.max(0, equals)).trim();
  const values = text
    .slice(equals + 1)
    .split(",")
    .map((value) => value.trim());
  if (path === "" || values.includes("")) {
    throw new InvalidArgumentError('Write path=value,value as in "noc.hopLatency=3cycles,5cycles".');
  }
  return [...(earlier ?? []), { path: ALIASES[path] ?? path, values }];
}

/** Short for figures that stand in the first operating point. */
const ALIASES: Readonly<Record<string, string>> = { "pe.clock": "operatingPoints.0.peClock" };

/** Every combination of values, as overrides; one without any where nothing is swept. */
export function combinationsOf(sweeps: readonly Sweep[]): string[][] {
  const combinations = sweeps.reduce<string[][]>(
    (all, { path, values }) => all.flatMap((one) => values.map((value) => [...one, `${path}=${value}`])),
    [[]],
  );
  if (combinations.length > MOST_VARIANTS) {
    throw new UsageError(
      `The sweeps have ${combinations.length} combinations; at most ${MOST_VARIANTS} are taken.`,
      "Sweep fewer values at once.",
    );
  }
  return combinations;
}
