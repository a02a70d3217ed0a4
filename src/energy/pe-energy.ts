import {
  FORMAT_ACTIONS,
  KERNEL_ACTIONS,
  type KernelAction,
  PRODUCT_ACTIONS,
  ROW_ACTIONS,
  type RowAction,
  sumOf,
  totals,
} from "../core/counts.ts";
import { MismatchError } from "../core/errors.ts";
import type { HardwareProfile } from "../core/profile.ts";
import type { SimulationResult } from "../core/result.ts";
import { type Joules, joules } from "../core/units.ts";
import type { PeCause, PeUse, Unpriced } from "./energy-report.ts";
import type { Levels } from "./levels.ts";
import type { PeTime } from "./pe-time.ts";

export const PE_CAUSES = [...KERNEL_ACTIONS, "spinning", "other"] as const satisfies readonly PeCause[];

const ROUNDING = 1e-9;

export interface PeCharge {
  readonly byCause: Readonly<Record<PeCause, Joules>>;
  readonly byUse: PeUse<Joules>;
  readonly unpriced: readonly Unpriced[];
}

/**
 * Charges the PEs on the profile's one basis: by state and time, or by action beside a static power. A PE draws the
 * static power of the level at which it works, and the slowest level's while it does not.
 */
export function chargePes(
  result: SimulationResult,
  profile: HardwareProfile,
  levels: Levels,
  time: PeTime,
  whileWaiting: "sleep" | "spin",
): PeCharge {
  const energy = levels[0].point.energy.pe;
  const { waiting, unused } = time.use;
  const working = sumOf(levels.map(({ point }, level) => time.workingAt[level]! * point.energy.pe.sleep));
  const byUse = {
    working: joules(working),
    waiting: joules(waiting * energy.sleep),
    unused: joules(unused * energy.sleep),
  };
  const spinCycles = whileWaiting === "spin" ? time.waitingCycles : 0;
  return energy.basis === "state"
    ? { byUse, byCause: chargeCycles(result, profile, levels, energy.busyCycle, spinCycles), unpriced: [] }
    : { byUse, ...chargeActions(result, energy.costs, spinCycles) };
}

/**
 * Every busy cycle at the price of its level; the actions' cycles only say what it was spent on. With several
 * levels they do so at the mean price, as actions are not counted by level.
 */
function chargeCycles(
  result: SimulationResult,
  profile: HardwareProfile,
  levels: Levels,
  spinCycle: Joules,
  spinCycles: number,
): Record<PeCause, Joules> {
  const cyclesByAction = cyclesOfActions(result, profile);
  const accounted = sumOf(KERNEL_ACTIONS.map((action) => cyclesByAction[action]));
  const busy = sumOf(result.busyCycles);
  if (accounted > busy * (1 + ROUNDING)) {
    throw new MismatchError(
      `The kernel actions of this run take ${accounted} PE cycles on ${profile.name}, but its PEs were busy for ${busy}.`,
      "Simulate again with this profile: its kernels have other cycle counts than those of the run.",
    );
  }
  const other = Math.max(0, busy - accounted);
  const cyclesByCause = { ...cyclesByAction, other };
  const busyCycle = meanPrice(levels);
  return byCause((cause) =>
    joules(cause === "spinning" ? spinCycles * spinCycle : cyclesByCause[cause] * busyCycle),
  );
}

/** Of a busy cycle. */
function meanPrice(levels: Levels): Joules {
  const prices = levels.map(({ point }) =>
    point.energy.pe.basis === "state" ? point.energy.pe.busyCycle : 0,
  );
  const counts = levels.map(({ busyCycles }) => sumOf(busyCycles));
  const busy = sumOf(counts);
  if (levels.length === 1 || busy === 0) return joules(prices[0]!);
  return joules(sumOf(prices.map((price, level) => price * counts[level]!)) / busy);
}

/** Rows by the cycles of their form and number format, products by their own, all else by those of the program's format. */
function cyclesOfActions(
  { manifest, counts }: SimulationResult,
  { name, pe }: HardwareProfile,
): Record<KernelAction, number> {
  const spent = totals(KERNEL_ACTIONS);
  const { format } = manifest.quantisation;
  for (const action of FORMAT_ACTIONS) {
    const count = sumOf(counts.kernel[action]);
    if (count === 0 || ROWS.has(action)) continue;
    spent[action] = count * (pe.kernels[format] ?? lacks(name, `${format} kernels`))[action];
  }
  for (const { weightFormat, form, actions } of counts.rows) {
    for (const action of ROW_ACTIONS) {
      if (actions[action] === 0) continue;
      const cycles =
        pe.rowForms[weightFormat]?.[form] ?? lacks(name, `${weightFormat} kernels for ${form} rows`);
      spent[action] += actions[action] * cycles[action];
    }
  }
  for (const action of PRODUCT_ACTIONS) {
    const count = sumOf(counts.kernel[action]);
    if (count === 0) continue;
    spent[action] = count * (pe.macArray?.kernel ?? lacks(name, "products on MAC arrays"))[action];
  }
  return spent;
}

const ROWS: ReadonlySet<KernelAction> = new Set<RowAction>(ROW_ACTIONS);

function lacks(name: string, kernels: string): never {
  throw new MismatchError(
    `The run used ${kernels}, which ${name} does not have.`,
    "Price it with the profile that it was simulated with.",
  );
}

function chargeActions(
  result: SimulationResult,
  costs: Readonly<Record<KernelAction, Joules | undefined>>,
  spinCycles: number,
): Pick<PeCharge, "byCause" | "unpriced"> {
  const counts = byCause((cause) =>
    cause === "spinning" || cause === "other" ? 0 : sumOf(result.counts.kernel[cause]),
  );
  const unpriced: Unpriced[] = KERNEL_ACTIONS.filter(
    (action) => costs[action] === undefined && counts[action] > 0,
  ).map((action) => ({ component: "pe", action, count: counts[action] }));
  if (spinCycles > 0) unpriced.push({ component: "pe", action: "spinCycle", count: spinCycles });
  return {
    byCause: byCause((cause) =>
      cause === "spinning" || cause === "other" ? joules(0) : joules(counts[cause] * (costs[cause] ?? 0)),
    ),
    unpriced,
  };
}

const byCause = <Value>(of: (cause: PeCause) => Value): Record<PeCause, Value> =>
  Object.fromEntries(PE_CAUSES.map((cause) => [cause, of(cause)])) as Record<PeCause, Value>;
