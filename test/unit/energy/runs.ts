import {
  CHIP_LINK_ACTIONS,
  DRAM_ACTIONS,
  EVENT_ROUTER_ACTIONS,
  HOST_ACTIONS,
  KERNEL_ACTIONS,
  MAC_ARRAY_ACTIONS,
  NOC_ACTIONS,
  perPe,
  PRODUCT_ACTIONS,
  type ProductAction,
  ROW_ACTIONS,
  type RowAction,
  type RowCount,
  SRAM_TRAFFIC,
  totals,
} from "../../../src/core/counts.ts";
import type { HardwareProfile, OperatingPoint } from "../../../src/core/profile.ts";
import type { SimulationResult, Timing } from "../../../src/core/result.ts";
import type { RowForm } from "../../../src/core/row-form.ts";
import { joules, seconds } from "../../../src/core/units.ts";
import { energyOf } from "../../../src/energy/energy-of.ts";
import type { ChipComponent, EnergyReport } from "../../../src/energy/energy-report.ts";
import { shipped } from "../profiles/shipped.ts";

export const { profile } = shipped();
export const [slow, fast] = profile.operatingPoints as [OperatingPoint, OperatingPoint];

/** A run of the whole chip in which nothing happened, to be filled in. Int8 kernels. */
export function idleRun(steps = 10) {
  const pes = profile.pe.count;
  const counts = {
    kernel: perPe(KERNEL_ACTIONS, pes),
    rows: [] as RowCount[],
    macArray: perPe(MAC_ARRAY_ACTIONS, pes),
    sram: perPe(SRAM_TRAFFIC, pes),
    noc: totals(NOC_ACTIONS),
    links: [],
    chipLinks: totals(CHIP_LINK_ACTIONS),
    eventRouter: totals(EVENT_ROUTER_ACTIONS),
    dram: totals(DRAM_ACTIONS),
    host: totals(HOST_ACTIONS),
    saturations: totals(["input", "scaledPayload", "accumulator"]),
  };
  return {
    manifest: {
      formatVersion: 4,
      compiler: "test",
      modelName: "test",
      modelHash: "",
      profileName: profile.name,
      profileHash: profile.hash,
      seed: 1,
      options: {},
      quantisation: { format: "int8", scales: "row", accumulatorBits: 32 },
      denseWeights: 0,
      denseByProjection: {},
      storedWeights: 0,
    },
    steps,
    counts,
    phases: [],
    populations: [],
    projections: [],
    busyCycles: new Float64Array(pes),
    macArrayCycles: new Float64Array(pes),
    usedPes: [] as number[],
    origin: "test",
    synthetic: true,
  } satisfies SimulationResult;
}

export type Run = ReturnType<typeof idleRun>;

/** Adds so many actions of a kernel on a PE, with the busy cycles that they take; of rows in CSR unless it is said. */
export function work(
  run: Run,
  pe: number,
  action: (typeof KERNEL_ACTIONS)[number],
  count: number,
  form: RowForm = "csr",
): void {
  const { kernels, rowForms, macArray } = profile.pe;
  run.counts.kernel[action][pe]! += count;
  run.busyCycles[pe]! +=
    count *
    (isRowAction(action)
      ? rowForms.int8![form]![action]
      : isProductAction(action)
        ? macArray!.kernel![action]
        : kernels.int8![action]);
  if (isRowAction(action)) addRows(run.counts.rows, action, count, form);
  if (!run.usedPes.includes(pe)) run.usedPes.push(pe);
}

const isRowAction = (action: string): action is RowAction => ROW_ACTIONS.some((name) => name === action);

const isProductAction = (action: string): action is ProductAction =>
  PRODUCT_ACTIONS.some((name) => name === action);

function addRows(rows: RowCount[], action: RowAction, count: number, form: RowForm): void {
  const index = rows.findIndex((row) => row.form === form);
  const { actions } = rows[index] ?? { actions: totals(ROW_ACTIONS) };
  const row: RowCount = {
    weightFormat: "int8",
    form,
    actions: { ...actions, [action]: actions[action] + count },
  };
  rows.splice(index < 0 ? rows.length : index, 1, row);
}

export const timingOf = (point: OperatingPoint, total: number): Timing => ({
  operatingPoint: point.name,
  schedule: "sequential",
  secondsPerStep: seconds(total),
  latencyPerStep: seconds(total),
  total: seconds(total),
  phases: [],
  synchronisation: { kind: "data-flow" },
  synchronisingPerStep: 0,
});

/** The profile's point with other energies. */
export const withEnergy = (
  point: OperatingPoint,
  energy: Partial<OperatingPoint["energy"]>,
): OperatingPoint => ({
  ...point,
  energy: { ...point.energy, ...energy },
});

export const withPe = (pe: Partial<HardwareProfile["pe"]>): HardwareProfile => ({
  ...profile,
  pe: { ...profile.pe, ...pe },
});

export const allPes = Array.from({ length: 152 }, (_, pe) => pe);
export const price = (run: Run, point: OperatingPoint, total: number, options = {}) =>
  energyOf(run, profile, point, timingOf(point, total), options);
export const part = (report: EnergyReport, name: ChipComponent) =>
  report.components.find((component) => component.name === name);
export const relativeError = (value: number, expected: number) => Math.abs(value / expected - 1);

/** A PE has neurons of one kind. */
const EGRU_ACTIONS = KERNEL_ACTIONS.filter(
  (action) => !["lstmUpdate", "gruUpdate", "lifUpdate", "activationUpdate"].includes(action),
);

/** Four PEs busy for different parts of a millisecond at 150 MHz, one with its MAC array, and DRAM traffic. */
export function busyRun(): Run {
  const run = idleRun(4);
  for (const pe of [3, 4, 5, 100]) {
    for (const [i, action] of EGRU_ACTIONS.entries()) work(run, pe, action, 50 + 5 * i + pe);
  }
  run.counts.macArray.mac[5] = 6400;
  run.macArrayCycles[5] = 571;
  Object.assign(run.counts.dram, { byteRead: 3200, byteWritten: 16 });
  Object.assign(run.counts.host, { mac: 1e9, eventIn: 1e6, eventOut: 1e6 });
  return run;
}

export const priced = (point: OperatingPoint): OperatingPoint =>
  withEnergy(point, {
    noc: { basis: "action", costs: { flitHop: joules(2e-12) } },
    eventRouter: { basis: "action", costs: { tableLookup: joules(3e-12), packetOut: joules(5e-12) } },
  });
