import { KERNEL_ACTIONS, type KernelAction } from "../core/counts.ts";
import type { ChipEnergy, Cost, OperatingPoint, PeEnergy } from "../core/profile.ts";
import { hertz, type Joules, joules, type Watts, watts } from "../core/units.ts";
import type { Quantity, UnknownFigure } from "./figures.ts";
import { error, type ProfileFinding } from "./profile-finding.ts";
import { chipsIn } from "./resolve-faults.ts";
import type { ProfileJson } from "./schema.ts";
import { toSi } from "./units.ts";

type PointJson = ProfileJson["operatingPoints"][number];
type Costs<Action extends string, Kind extends "energy" | "energyPerByte"> = Readonly<
  Record<Action, Quantity<Kind> | UnknownFigure>
>;

/** An operating point in SI units, powers of the whole chip turned into figures of one PE and one action. */
export function resolveOperatingPoint(point: PointJson, json: ProfileJson): OperatingPoint {
  return {
    name: point.name,
    peClock: hertz(toSi("clock", point.peClock)),
    ...(point.voltage && { voltage: toSi("voltage", point.voltage) }),
    energy: resolveEnergy(point, json),
  };
}

/** Figures of one PE that cannot be worked out, as the base power that they lie above is unknown. */
export function findUnderivable({ operatingPoints }: ProfileJson): ProfileFinding[] {
  return operatingPoints.flatMap(({ name, energy }, index) =>
    energy.base.basis === "unknown" && energy.pe.basis === "chip-state"
      ? [
          error(
            `operatingPoints[${index}].energy.base`,
            `is unknown at ${name}, but the powers of PEs are worked out from it ("chip-state")`,
          ),
        ]
      : [],
  );
}

/** Powers are written for one chip; of a board's chips each draws them. */
function resolveEnergy(point: PointJson, json: ProfileJson): ChipEnergy {
  const { macArray, base: figure } = point.energy;
  const base = powerOf(figure);
  const pe = resolvePeEnergy(point, base, json.pe.count.value);
  return {
    base: base === undefined ? undefined : watts(chipsIn(json) * base),
    pe,
    ...(macArray && {
      macArray: {
        basis: "action",
        costs:
          macArray.basis === "action"
            ? resolveCosts("energy", macArray.costs)
            : { mac: macEnergy(macArray, asleepPower(point, base, pe, json.pe.count.value)) },
      },
    }),
    noc: { basis: "action", costs: resolveCosts("energy", json.noc.energy.costs) },
    eventRouter: { basis: "action", costs: resolveCosts("energy", json.eventRouter.energy.costs) },
    ...(json.dram && {
      dram: { basis: "action", costs: resolveCosts("energyPerByte", json.dram.energy.costs) },
    }),
    ...(json.board && {
      chipLinks: { basis: "action", costs: resolveCosts("energy", json.board.link.energy.costs) },
      board: { power: powerOf(json.board.power) },
    }),
  };
}

const powerOf = (figure: Quantity<"power"> | UnknownFigure): Cost<Watts> =>
  figure.basis === "unknown" ? undefined : watts(toSi("power", figure));

/**
 * From powers of the whole chip, with n PEs at clock f:
 * sleep = (asleep − off) / n and busyCycle = (busy − asleep) / (n · f), unrounded.
 */
function resolvePeEnergy({ energy, peClock }: PointJson, base: Cost<Watts>, count: number): PeEnergy {
  const { pe } = energy;
  switch (pe.basis) {
    case "chip-state": {
      if (base === undefined) throw new Error("findUnderivable lets no unknown base come here");
      const asleep = toSi("power", pe.allAsleep);
      const busy = toSi("power", pe.allBusy);
      return {
        basis: "state",
        sleep: watts((asleep - base) / count),
        busyCycle: joules((busy - asleep) / (count * toSi("clock", peClock))),
      };
    }
    case "state":
      return {
        basis: "state",
        sleep: watts(toSi("power", pe.sleep)),
        busyCycle: joules(toSi("energy", pe.busyCycle)),
      };
    case "action":
      return {
        basis: "action",
        sleep: watts(toSi("power", pe.sleep)),
        costs: resolveCosts("energy", { ...ALL_UNSAID, ...pe.costs }),
      };
  }
}

/** Energies that a profile may leave out. */
const UNSAID: UnknownFigure = { basis: "unknown", note: "Left out" };
const ALL_UNSAID = Object.fromEntries(KERNEL_ACTIONS.map((action) => [action, UNSAID])) as Record<
  KernelAction,
  UnknownFigure
>;

/** Power of the chip with every PE asleep, as published or as it follows from one PE's and a known base. */
function asleepPower({ energy }: PointJson, base: Cost<Watts>, pe: PeEnergy, count: number): Cost<Watts> {
  if (energy.pe.basis === "chip-state") return watts(toSi("power", energy.pe.allAsleep));
  return base === undefined ? undefined : watts(base + count * pe.sleep);
}

/** (busy − asleep) / MACs a second: what one MAC draws above sleep, operands and control included. */
const macEnergy = (
  { power, throughput }: { power: Quantity<"power">; throughput: Quantity<"throughput"> },
  asleep: Cost<Watts>,
): Cost<Joules> =>
  asleep === undefined ? undefined : joules((toSi("power", power) - asleep) / toSi("throughput", throughput));

function resolveCosts<Action extends string, Kind extends "energy" | "energyPerByte">(
  kind: Kind,
  costs: Costs<Action, Kind>,
): Record<Action, Cost<Joules>> {
  const entries = Object.entries(costs) as [Action, Quantity<Kind> | UnknownFigure][];
  return Object.fromEntries(
    entries.map(([action, figure]) => [
      action,
      figure.basis === "unknown" ? undefined : joules(toSi(kind, figure)),
    ]),
  ) as Record<Action, Cost<Joules>>;
}
