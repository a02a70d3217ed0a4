import {
  CHIP_LINK_ACTIONS,
  DRAM_ACTIONS,
  EVENT_ROUTER_ACTIONS,
  MAC_ARRAY_ACTIONS,
  NOC_ACTIONS,
  sumOf,
  type Totals,
} from "../core/counts.ts";
import { InputError, MismatchError } from "../core/errors.ts";
import type { Cost, HardwareProfile, OperatingPoint } from "../core/profile.ts";
import type { SimulationResult, Timing } from "../core/result.ts";
import { type Joules, joules, type Watts, watts } from "../core/units.ts";
import type { ChipComponent, ComponentEnergy, EnergyReport, Unpriced } from "./energy-report.ts";
import { type Levels, levelsOf } from "./levels.ts";
import { chargePes, PE_CAUSES, type PeCharge } from "./pe-energy.ts";
import { peTimeOf } from "./pe-time.ts";

export type { EnergyReport } from "./energy-report.ts";

export interface EnergyOptions {
  /** Instead of the profile's own. */
  readonly whileWaiting?: "sleep" | "spin";
  readonly whileUnused?: "sleep" | "off";
}

/**
 * Prices a finished run. Pure: the same counts, times and costs give the same joules.
 *
 * Each component is charged on one basis, so that nothing is paid for twice:
 * - base, board: by time, whatever happens.
 * - pe: by state (asleep all the time, more for each busy cycle) or by action. PEs that wait awake are busy
 *   all that time. A MAC array's time is in its own component, not in the core's busy cycles.
 * - macArray, noc, eventRouter, chipLinks, dram: by action.
 * Where PEs changed their operating point, each cycle and each MAC has the price of the point where it was spent.
 *
 * A cost that is unknown is left out of the total, which is then a lower bound that names what it lacks.
 */
export function energyOf(
  result: SimulationResult,
  profile: HardwareProfile,
  point: OperatingPoint,
  timing: Timing,
  options: EnergyOptions = {},
): EnergyReport {
  checkBelongTogether(result, profile, point, timing);
  const { whileWaiting = profile.pe.whileWaiting, whileUnused = profile.pe.whileUnused } = options;
  const { energy } = point;
  const levels = levelsOf(result, profile, point, timing);
  const time = peTimeOf(levels, result.usedPes, profile, timing, whileUnused);
  const pes = chargePes(result, profile, levels, time, whileWaiting);
  const charges = [
    powerCharge("base", energy.base, timing),
    ...(energy.board ? [powerCharge("board", energy.board.power, timing)] : []),
    peCharge(energy.pe.basis, pes),
    ...otherCharges(result, levels),
  ];
  return {
    operatingPoint: point.name,
    schedule: timing.schedule,
    whileWaiting,
    whileUnused,
    ...summed(charges, result, timing),
    peByCause: pes.byCause,
    peByUse: pes.byUse,
    peSeconds: time.use,
    peSecondsByPoint: levels.map(({ point }, level) => ({
      operatingPoint: point.name,
      seconds: time.workingAt[level]!,
    })),
  };
}

type Charge = Omit<ComponentEnergy, "perStep">;

function chargeOf(
  name: ChipComponent,
  basis: ComponentEnergy["basis"],
  dynamic: number,
  fixed: number,
  unpriced: readonly Unpriced[] = [],
): Charge {
  const energy = joules(dynamic + fixed);
  return { name, basis, dynamic: joules(dynamic), static: joules(fixed), energy, unpriced };
}

/** What is drawn whatever happens, over the run's time. */
function powerCharge(component: "base" | "board", power: Cost<Watts>, { total }: Timing): Charge {
  if (power !== undefined) return chargeOf(component, "time", 0, power * total);
  return chargeOf(component, "time", 0, 0, [{ component, action: "power", count: 1 }]);
}

function peCharge(basis: "state" | "action", { byCause, byUse, unpriced }: PeCharge): Charge {
  const dynamic = sumOf(PE_CAUSES.map((cause) => byCause[cause]));
  return chargeOf("pe", basis, dynamic, byUse.working + byUse.waiting + byUse.unused, unpriced);
}

/** What is charged by action. A component that the chip lacks is absent, unless it did something. */
function otherCharges({ counts }: SimulationResult, levels: Levels): Charge[] {
  const { energy } = levels[0].point;
  return [
    joinCharges(
      levels.map(({ macs, point }) =>
        chargeActions("macArray", MAC_ARRAY_ACTIONS, { mac: macs }, point.energy.macArray?.costs),
      ),
    ),
    chargeActions("noc", NOC_ACTIONS, counts.noc, energy.noc.costs),
    chargeActions("eventRouter", EVENT_ROUTER_ACTIONS, counts.eventRouter, energy.eventRouter.costs),
    chargeActions("chipLinks", CHIP_LINK_ACTIONS, counts.chipLinks, energy.chipLinks?.costs),
    chargeActions("dram", DRAM_ACTIONS, counts.dram, energy.dram?.costs),
  ].filter((charge) => charge !== undefined);
}

function chargeActions<Action extends Unpriced["action"]>(
  component: ChipComponent,
  actions: readonly Action[],
  counts: Totals<Action>,
  costs: Readonly<Record<Action, Cost<Joules>>> | undefined,
): Charge | undefined {
  if (costs === undefined && actions.every((action) => counts[action] === 0)) return undefined;
  const unpriced = actions
    .filter((action) => costs?.[action] === undefined && counts[action] > 0)
    .map((action) => ({ component, action, count: counts[action] }));
  const dynamic = sumOf(actions.map((action) => counts[action] * (costs?.[action] ?? 0)));
  return chargeOf(component, "action", dynamic, 0, unpriced);
}

/** Charges of one component at several operating points as one. */
function joinCharges(parts: readonly (Charge | undefined)[]): Charge | undefined {
  const [first, ...others] = parts.filter((part) => part !== undefined);
  if (first === undefined || others.length === 0) return first;
  const charges = [first, ...others];
  const lacking = charges.flatMap(({ unpriced }) => unpriced);
  const count = sumOf(lacking.map((entry) => entry.count));
  return chargeOf(
    first.name,
    first.basis,
    sumOf(charges.map(({ dynamic }) => dynamic)),
    0,
    lacking.slice(0, 1).map((entry) => ({ ...entry, count })),
  );
}

/** Components, totals and means; every sum in the components' order. */
function summed(charges: readonly Charge[], { steps, window }: SimulationResult, timing: Timing) {
  const sum = (of: (charge: Charge) => number): Joules => joules(sumOf(charges.map(of)));
  const total = sum(({ energy }) => energy);
  const unpriced = charges.flatMap((charge) => charge.unpriced);
  return {
    seconds: timing.total,
    steps,
    components: charges.map((charge) => ({ ...charge, perStep: joules(charge.energy / steps) })),
    total,
    dynamic: sum(({ dynamic }) => dynamic),
    static: sum((charge) => charge.static),
    perStep: joules(total / steps),
    ...(window !== undefined && { perWindow: joules((total / steps) * window) }),
    meanPower: watts(total / timing.total),
    isLowerBound: unpriced.length > 0 || timing.untimed !== undefined,
    unpriced,
  };
}

function checkBelongTogether(
  result: SimulationResult,
  { name, pe }: HardwareProfile,
  point: OperatingPoint,
  timing: Timing,
): void {
  if (timing.operatingPoint !== point.name) {
    throw new MismatchError(
      `The times are those of ${timing.operatingPoint}, the powers those of ${point.name}.`,
      "Work out the times at the operating point that is priced.",
    );
  }
  if (result.busyCycles.length !== pe.count) {
    throw new MismatchError(
      `The run has ${result.busyCycles.length} PEs, but ${name} has ${pe.count}.`,
      "Price it with the profile that it was simulated with.",
    );
  }
  if (!(result.steps > 0 && timing.total > 0)) {
    throw new InputError(
      {},
      "the run has no timesteps, so it has no power",
      "Simulate at least one timestep.",
    );
  }
}
