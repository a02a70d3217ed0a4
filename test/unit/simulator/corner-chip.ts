import type { KernelAction, RowAction } from "../../../src/core/counts.ts";
import type { NumberFormat } from "../../../src/core/number-format.ts";
import type { RowForm } from "../../../src/core/row-form.ts";
import type { Cycles } from "../../../src/core/units.ts";
import { type CentralChip, csrOnly } from "../../support/tiny-chip.ts";

/** Distinct costs, so that a sum of cycles tells which actions are in it. */
export const KERNEL_CYCLES: Readonly<Record<KernelAction, Cycles>> = {
  packetReceive: 2,
  rowLookup: 30,
  rowFetch: 500,
  rowWord: 0,
  synop: 7_000,
  emptySlot: 7_000,
  neuronUpdate: 110_000,
  lstmUpdate: 120_000,
  gruUpdate: 130_000,
  lifUpdate: 140_000,
  linearUpdate: 50_000,
  maxUpdate: 70_000,
  activationUpdate: 60_000,
  eventSend: 1_300_000,
  timestep: 17_000_000,
  macOperand: 310,
  macMagnitude: 110,
  macResult: 23_000,
};

/** Distinct costs of the other forms. */
export const FORM_CYCLES: Readonly<Record<RowForm, Readonly<Record<RowAction, Cycles>>>> = {
  csr: { rowFetch: 500, rowWord: 0, synop: 7_000, emptySlot: 7_000 },
  "delta-csr": { rowFetch: 501, rowWord: 0, synop: 7_010, emptySlot: 3_000 },
  bitmap: { rowFetch: 502, rowWord: 51, synop: 7_020, emptySlot: 7_020 },
  block: { rowFetch: 503, rowWord: 53, synop: 5_030, emptySlot: 5_031 },
  dense: { rowFetch: 504, rowWord: 0, synop: 4_040, emptySlot: 4_039 },
};

/** The chip with kernels for all forms, the same in all number formats. */
export const allForms = (chip: CentralChip): CentralChip => ({
  ...chip,
  pe: { ...chip.pe, rowForms: { float32: FORM_CYCLES, int16: FORM_CYCLES, int8: FORM_CYCLES } },
});

/**
 * Eight PEs in the corners of a mesh of 3 × 3 with the router in its middle; PE 7 is the system's. The host
 * is below the router, two corners left and two right:
 *
 *     y=2   PE 4,5    .     PE 6,7
 *     y=1     .     router    .
 *     y=0   PE 0,1   host   PE 2,3
 */
export const cornerChip = (formats: readonly NumberFormat[] = ["float32", "int16", "int8"]): CentralChip => ({
  name: "corners",
  title: "Corner chip",
  hash: "f".repeat(64),
  sha256: "e".repeat(64),
  pe: {
    count: 8,
    firstPeId: 1,
    reserved: [7],
    sram: { bytes: 65_536, codeBytes: 1_024, stackBytes: 512, packetFifoEntries: 16 },
    kernels: Object.fromEntries(formats.map((format) => [format, KERNEL_CYCLES])),
    rowForms: csrOnly(Object.fromEntries(formats.map((format) => [format, KERNEL_CYCLES]))),
    accumulatorBits: 32,
    macArray: { columns: 4, rows: 2, sramPortBytes: 3, setupCycles: 5, accumulatorBits: 32 },
    whileWaiting: "sleep",
    whileUnused: "off",
  },
  noc: {
    kind: "central-event-router",
    clock: 1_000,
    nodes: [
      { x: 0, y: 0, chip: 0, pes: [0, 1] },
      { x: 2, y: 0, chip: 0, pes: [2, 3] },
      { x: 0, y: 2, chip: 0, pes: [4, 5] },
      { x: 2, y: 2, chip: 0, pes: [6, 7] },
    ],
    routerNodes: [{ x: 1, y: 1 }],
    hostNode: { x: 1, y: 0 },
    hopCycles: 5,
    flitCycles: 3,
    flitBits: 192,
    payloadBytes: 16,
    buffers: { linkFlits: 3, creditCycles: 2, localFlits: 4, sourcePackets: 8 },
  },
  eventRouter: {
    clock: 500,
    entries: 16,
    keyBits: 32,
    engines: 2,
    pipelineCycles: 4,
    ports: 3,
    queuePackets: 64,
    defaultRoute: false,
  },
  dram: { bytes: 2 ** 30, bandwidth: 1_000, burstBytes: 16, ports: 1, latency: 0.002 },
  host: { bandwidth: 1_000, bytesPerEvent: 8, byteEnergy: undefined },
  synchronisation: { kind: "data-flow" },
  operatingPoints: [
    {
      name: "slow",
      peClock: 100_000_000,
      energy: {
        base: 0,
        pe: { basis: "state", sleep: 0, busyCycle: 0 },
        noc: { basis: "action", costs: { flitHop: 0 } },
        eventRouter: { basis: "action", costs: { tableLookup: 0, packetOut: 0 } },
      },
    },
  ],
});
