import { FORMAT_ACTIONS, type FormatAction } from "../core/counts.ts";
import { NUMBER_FORMATS, type NumberFormat } from "../core/number-format.ts";
import type { PeProfile } from "../core/profile.ts";
import { type Cycles, cycles, type Hertz, hertz } from "../core/units.ts";
import type { Quantity, UnknownFigure } from "./figures.ts";
import { error, type ProfileFinding } from "./profile-finding.ts";
import type { ProfileJson } from "./schema.ts";
import { toSi } from "./units.ts";

type KernelJson = NonNullable<ProfileJson["pe"]["kernels"][NumberFormat]>;
type TimeFigure = Quantity<"kernelTime"> | UnknownFigure | undefined;

/** A hundredth of a cycle is the figure's own rounding. */
const ROUNDING = 0.01;

/**
 * Times of kernels that cannot be told in whole cycles. Asynchronous chips publish nanoseconds: a profile then has one PE
 * clock, whose period is the step in which its times are told.
 */
export function findUntellableTimes({ pe, operatingPoints }: ProfileJson): ProfileFinding[] {
  const clocks = new Set(operatingPoints.map(({ peClock }) => toSi("clock", peClock)));
  return NUMBER_FORMATS.flatMap((format) =>
    FORMAT_ACTIONS.flatMap((action) => {
      const figure: TimeFigure = pe.kernels[format]?.[action];
      if (figure === undefined || figure.basis === "unknown") return [];
      const path = `pe.kernels.${format}.${action}`;
      if (figure.unit !== "cycles" && clocks.size > 1) {
        return [
          error(
            path,
            `is given in ${figure.unit}, but the operating points have ${clocks.size} PE clocks; give cycles`,
          ),
        ];
      }
      const exact = exactCycles(figure, hertz([...clocks][0]!));
      return Math.abs(exact - Math.round(exact)) <= ROUNDING
        ? []
        : [error(path, `is ${Number(exact.toPrecision(12))} cycles of the PE clock, no whole number`)];
    }),
  );
}

const exactCycles = (figure: Quantity<"kernelTime">, clock: Hertz): number =>
  figure.unit === "cycles" ? figure.value : toSi("kernelTime", figure) * clock;

/** Cycles of a kernel action; 0 where its time is unknown, which `untimed` then says. */
export const kernelCyclesOf = (figure: TimeFigure, clock: Hertz): Cycles =>
  cycles(figure === undefined || figure.basis === "unknown" ? 0 : Math.round(exactCycles(figure, clock)));

export const cyclesOfKernel = (kernel: KernelJson, clock: Hertz): Record<FormatAction, Cycles> =>
  Object.fromEntries(
    FORMAT_ACTIONS.map((action) => [action, kernelCyclesOf(kernel[action], clock)]),
  ) as Record<FormatAction, Cycles>;

/** The actions whose time nobody has published, by number format; absent where all are known. */
export function untimedOf({ kernels }: ProfileJson["pe"]): Pick<PeProfile, "untimed"> {
  const untimed = NUMBER_FORMATS.flatMap((format) => {
    const kernel = kernels[format];
    if (kernel === undefined) return [];
    const actions = FORMAT_ACTIONS.filter((action) => (kernel[action]?.basis ?? "unknown") === "unknown");
    return actions.length === 0 ? [] : [[format, actions] as const];
  });
  return untimed.length === 0 ? {} : { untimed: Object.fromEntries(untimed) };
}
