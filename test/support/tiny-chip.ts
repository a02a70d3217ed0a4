import type { KernelAction } from "../../src/core/counts.ts";
import type { CentralEventRouterNoc, HardwareProfile, NocNode } from "../../src/core/profile.ts";
import { ROW_FORMS, type RowForm } from "../../src/core/row-form.ts";
import { cycles, hertz, joules, seconds, watts } from "../../src/core/units.ts";

/** In the order of their costs, 10 cycles and up. */
const COSTED_ACTIONS: readonly KernelAction[] = [
  "packetReceive",
  "rowLookup",
  "rowFetch",
  "rowWord",
  "synop",
  "emptySlot",
  "neuronUpdate",
  "linearUpdate",
  "eventSend",
  "timestep",
  "lstmUpdate",
  "gruUpdate",
  "lifUpdate",
  "activationUpdate",
  "maxUpdate",
];

/** A chip whose NoC is known to have one event router. */
export type CentralChip = HardwareProfile & { readonly noc: CentralEventRouterNoc };

/** Kernels that read rows in CSR and in no other form. */
export const csrOnly = (kernels: HardwareProfile["pe"]["kernels"]): HardwareProfile["pe"]["rowForms"] =>
  Object.fromEntries(
    Object.entries(kernels).map(([format, { rowFetch, synop }]) => [
      format,
      { csr: { rowFetch, rowWord: cycles(0), synop, emptySlot: synop } },
    ]),
  );

type FormCosts = Readonly<Record<"rowFetch" | "rowWord" | "synop" | "emptySlot", number>>;

/**
 * Cycles of rows in each form by which each is the fastest somewhere. Bridging a gap takes none, so that gaps have four bits
 * wherever that takes fewer bytes.
 */
const ALL_FORMS: Readonly<Record<RowForm, FormCosts>> = {
  csr: { rowFetch: 15, rowWord: 0, synop: 13, emptySlot: 13 },
  "delta-csr": { rowFetch: 16, rowWord: 0, synop: 12, emptySlot: 0 },
  bitmap: { rowFetch: 17, rowWord: 6, synop: 10, emptySlot: 10 },
  block: { rowFetch: 15, rowWord: 5, synop: 7, emptySlot: 4 },
  dense: { rowFetch: 12, rowWord: 0, synop: 6, emptySlot: 3 },
};

/** The same chip with kernels for these forms of rows in every number format; all forms where none are named. */
export const withForms = <P extends HardwareProfile>(profile: P, ...forms: readonly RowForm[]): P => {
  const known = ROW_FORMS.filter((form) => forms.length === 0 || forms.includes(form));
  const costs = Object.fromEntries(known.map((form) => [form, mapValues(ALL_FORMS[form])]));
  const rowForms = Object.fromEntries(Object.keys(profile.pe.kernels).map((format) => [format, costs]));
  const hash = `${profile.hash}-${known.join()}`;
  return { ...profile, hash, pe: { ...profile.pe, rowForms } };
};

const mapValues = (costs: FormCosts) =>
  Object.fromEntries(Object.entries(costs).map(([action, value]) => [action, cycles(value)]));

/** A made-up chip of 3 × 3 mesh places, the event router in the middle, `pesPerNode` PEs in each of the other eight. */
export function tinyChip(
  options: { pesPerNode?: number; sramBytes?: number; reserved?: number[] } = {},
): CentralChip {
  const { pesPerNode = 2, sramBytes = 16_384, reserved = [] } = options;
  const nodes: NocNode[] = [];
  for (let y = 0; y < 3; y += 1) {
    for (let x = 0; x < 3; x += 1) {
      if (x === 1 && y === 1) continue;
      const first = nodes.length * pesPerNode;
      nodes.push({ x, y, chip: 0, pes: Array.from({ length: pesPerNode }, (_, i) => first + i) });
    }
  }
  const kernel = Object.fromEntries(COSTED_ACTIONS.map((action, i) => [action, cycles(10 + i)]));
  const kernels = { float32: kernel, int16: kernel, int8: kernel } as HardwareProfile["pe"]["kernels"];
  const perAction = <T extends string>(...actions: T[]) =>
    ({
      basis: "action",
      costs: Object.fromEntries(actions.map((a) => [a, joules(1e-12)])) as Record<T, number>,
    }) as const;
  return {
    name: "tiny",
    title: "Tiny chip",
    hash: `tiny-${pesPerNode}-${sramBytes}-${reserved.join()}`,
    sha256: `whole-tiny-${pesPerNode}-${sramBytes}-${reserved.join()}`,
    pe: {
      count: nodes.length * pesPerNode,
      firstPeId: 0,
      reserved,
      sram: { bytes: sramBytes, codeBytes: 1024, stackBytes: 512, packetFifoEntries: 16 },
      kernels,
      rowForms: csrOnly(kernels),
      accumulatorBits: 32,
      macArray: {
        columns: 16,
        rows: 4,
        sramPortBytes: 16,
        setupCycles: cycles(74),
        accumulatorBits: 24,
        kernel: { macOperand: cycles(31), macMagnitude: cycles(11), macResult: cycles(23) },
      },
      whileWaiting: "sleep",
      whileUnused: "sleep",
    },
    noc: {
      kind: "central-event-router",
      clock: hertz(300e6),
      nodes,
      routerNodes: [{ x: 1, y: 1 }],
      hostNode: { x: 1, y: 0 },
      hopCycles: cycles(5),
      flitCycles: cycles(1),
      flitBits: 192,
      payloadBytes: 16,
      buffers: { linkFlits: 7, creditCycles: cycles(2), localFlits: 4, sourcePackets: 8 },
    },
    eventRouter: {
      clock: hertz(400e6),
      entries: 64,
      keyBits: 32,
      engines: 3,
      pipelineCycles: cycles(4),
      ports: 6,
      queuePackets: 64,
      defaultRoute: false,
    },
    dram: { bytes: 2 ** 20, bandwidth: 1e9, burstBytes: 16, ports: 2, latency: seconds(100e-9) },
    host: { bandwidth: 125e6, bytesPerEvent: 16, byteEnergy: undefined },
    synchronisation: { kind: "data-flow" },
    operatingPoints: [
      {
        name: "100MHz",
        peClock: hertz(100e6),
        energy: {
          base: watts(0.01),
          pe: { basis: "state", sleep: watts(0.001), busyCycle: joules(10e-12) },
          macArray: perAction("mac"),
          noc: perAction("flitHop"),
          eventRouter: perAction("tableLookup", "packetOut"),
          dram: perAction("byteRead", "byteWritten"),
        },
      },
    ],
  };
}
