import { type FormatAction, ROW_ACTIONS, sumOf } from "../core/counts.ts";
import { UnsupportedError } from "../core/errors.ts";
import { productCycles } from "../core/mac-product.ts";
import type { NumberFormat } from "../core/number-format.ts";
import { type HardwareProfile, type OperatingPoint, usablePes } from "../core/profile.ts";
import type { CaseOutcome } from "./case-outcome.ts";
import type { WorkloadOf } from "./entry-schema.ts";

/** Workloads that need no network: they follow from the profile in closed form. Each returns SI values. */

const outcome = (values: CaseOutcome["values"], unpriced: readonly string[] = []): CaseOutcome => ({
  values,
  unpriced,
  untimed: [],
  facts: [],
});

/** Chip with all PEs asleep, and what of it has no known power. */
function idleOf({ pe }: HardwareProfile, { energy }: OperatingPoint) {
  const base = energy.base ?? 0;
  const board = energy.board?.power ?? 0;
  return {
    watts: base + board + pe.count * energy.pe.sleep,
    unpriced: [
      ...(energy.base === undefined ? ["base power"] : []),
      ...(energy.board && energy.board.power === undefined ? ["board power"] : []),
    ],
  };
}

/** Power with all PEs off, asleep, or busy in every cycle. */
export function powerState(
  { state }: WorkloadOf<"power-state">,
  profile: HardwareProfile,
  point: OperatingPoint,
): CaseOutcome {
  const { pe } = point.energy;
  const idle = idleOf(profile, point);
  const { count } = profile.pe;
  if (state === "asleep") return outcome({ power: idle.watts }, idle.unpriced);
  if (state === "off") return outcome({ power: idle.watts - count * pe.sleep }, idle.unpriced);
  if (pe.basis !== "state") {
    throw new UnsupportedError(
      `${profile.title} prices its PEs by action, so a busy PE has no power of its own.`,
      "Use a workload of kind rates.",
    );
  }
  return outcome({ power: idle.watts + count * point.peClock * pe.busyCycle }, idle.unpriced);
}

/** All PEs multiply all the time; their cores sleep. */
export function macProduct(
  shape: WorkloadOf<"mac-product">,
  profile: HardwareProfile,
  point: OperatingPoint,
): CaseOutcome {
  const { macArray, count } = profile.pe;
  if (macArray === undefined)
    throw new UnsupportedError(`${profile.title} has no MAC arrays.`, "Use a profile that has them.");
  const macs = shape.vectors * shape.inputs * shape.outputs;
  const macsPerSecond = (count * point.peClock * macs) / productCycles(macArray, shape);
  const cost = point.energy.macArray?.costs.mac;
  const idle = idleOf(profile, point);
  return outcome({ power: idle.watts + macsPerSecond * (cost ?? 0), operations: 2 * macsPerSecond }, [
    ...idle.unpriced,
    ...(cost === undefined ? ["mac"] : []),
  ]);
}

/** A dense layer for one vector on one PE's array: its core brings each input to int8 and takes each sum over. */
export function macLayer(
  { inputs, outputs }: WorkloadOf<"mac-layer">,
  { pe, title }: HardwareProfile,
): CaseOutcome {
  const { macArray } = pe;
  if (macArray?.kernel === undefined)
    throw new UnsupportedError(
      `${title} has no MAC arrays with a kernel for layers.`,
      "Use a profile that has them.",
    );
  const { macOperand, macResult } = macArray.kernel;
  const product = productCycles(macArray, { vectors: 1, inputs, outputs }) - macArray.setupCycles;
  return outcome({ "cycles-beyond-setup": product + inputs * macOperand + outputs * macResult });
}

/** Kernel actions at given rates, priced as a run's are. */
export function rates(
  { format, perSecond, lookups = 0, dramBytes = 0, per, copies = 1 }: WorkloadOf<"rates">,
  profile: HardwareProfile,
  point: OperatingPoint,
): CaseOutcome {
  const idle = idleOf(profile, point);
  const unpriced = [...idle.unpriced];
  const priced = (name: string, rate: number, cost: number | undefined): number => {
    if (cost === undefined && rate > 0) unpriced.push(name);
    return rate * (cost ?? 0);
  };
  const actions = Object.entries(perSecond) as [FormatAction, number][];
  const ofPes = actions.map(([action, rate]) => priced(action, rate, costOf(profile, point, format, action)));
  const above =
    sumOf(ofPes) +
    priced("tableLookup", lookups, point.energy.eventRouter.costs.tableLookup) +
    priced("byteRead", dramBytes, point.energy.dram?.costs.byteRead);
  if (above === 0) {
    throw new UnsupportedError(
      `${profile.title} has no known cost of ${unpriced.join(", ") || "these actions"}.`,
      "Give costs with set.",
    );
  }
  const count = perSecond[per] ?? 0;
  const all = copies * idle.watts + above;
  return outcome(
    {
      power: all,
      "power-above-idle": above,
      ...(count > 0 && {
        "energy-per-action": above / count,
        "energy-per-action-in-all": all / count,
      }),
    },
    unpriced,
  );
}

/** Of one action; by state and time, of its cycles. Undefined where cost or time is unknown. */
function costOf(
  profile: HardwareProfile,
  { energy: { pe } }: OperatingPoint,
  format: NumberFormat,
  action: FormatAction,
): number | undefined {
  if (pe.basis === "action") return pe.costs[action];
  if (profile.pe.untimed?.[format]?.includes(action)) return undefined;
  return pe.busyCycle * cyclesOf(profile, format, action);
}

/** Of a row's actions those of its plainest form, csr. */
function cyclesOf({ pe, title }: HardwareProfile, format: NumberFormat, action: FormatAction): number {
  const row = ROW_ACTIONS.find((name) => name === action);
  const cycles = row === undefined ? pe.kernels[format]?.[action] : pe.rowForms[format]?.csr?.[row];
  if (cycles === undefined)
    throw new UnsupportedError(`${title} has no ${format} kernels.`, "Choose another number format.");
  return cycles;
}

/** Synops of one PE, and of all that programs may use, in the time that neurons and rows leave. */
export function synopPeak(
  { format, beside }: WorkloadOf<"synop-peak">,
  profile: HardwareProfile,
  point: OperatingPoint,
): CaseOutcome {
  const cyclesFor = (action: FormatAction): number => {
    if (profile.pe.untimed?.[format]?.includes(action))
      throw new UnsupportedError(`${profile.title} has no known time of ${action}.`, "Give one with set.");
    return cyclesOf(profile, format, action);
  };
  const { lifNeurons = 0, stepsPerSecond = 0, synopsPerRow } = beside ?? {};
  const updating =
    beside === undefined ? 0 : stepsPerSecond * (cyclesFor("timestep") + lifNeurons * cyclesFor("lifUpdate"));
  const beginning = sumOf((["packetReceive", "rowLookup", "rowFetch"] as const).map(cyclesFor));
  const synop = cyclesFor("synop") + (synopsPerRow === undefined ? 0 : beginning / synopsPerRow);
  const each = Math.max(0, point.peClock - updating) / synop;
  return outcome({ "synops-per-pe": each, synops: each * usablePes(profile).length });
}
