import type { NumberFormat } from "./number-format.ts";
import type { RowForm } from "./row-form.ts";

/**
 * What a simulation counts. A kernel action costs PE cycles; every action has a slot in the cost tables
 * of a profile, so that an action without a cost does not compile.
 */

/** Actions of a PE's software kernels. Each has a cost in PE cycles. */
export const KERNEL_ACTIONS = [
  /** One event taken from the PE's packet FIFO. */
  "packetReceive",
  /** Key to row: source block found, row bounds read. Once for each received event and source block. */
  "rowLookup",
  /** A row is begun: loop set-up and, for integers, the payload scaled. Rows without a slot are not begun. */
  "rowFetch",
  /** One word of a row's structure read: of its bitmap, or a block's number. */
  "rowWord",
  /** One weight that is not zero fetched and accumulated at its target; of max pooling, one value compared there. */
  "synop",
  /** One slot of weight zero, which the row's form stores, passed through. */
  "emptySlot",
  /** One EGRU neuron's gates, state, threshold test; its accumulators reset. */
  "neuronUpdate",
  /** One LSTM neuron's gates and cell; its accumulators reset. */
  "lstmUpdate",
  /** One GRU neuron's gates and state; its accumulators reset. */
  "gruUpdate",
  /** One leaky integrate-and-fire neuron's current, potential and threshold test; its accumulator reset. */
  "lifUpdate",
  /** One sum read, set back to its start and tested; in integer formats rounded to a payload. */
  "linearUpdate",
  /** The same through σ or tanh. */
  "activationUpdate",
  /** A largest value and the number of sources without one read, set back to their starts and tested. */
  "maxUpdate",
  /** One event composed and handed to the NoC. */
  "eventSend",
  /** Start and end of one timestep's work on one PE: loop control and synchronisation with the others. */
  "timestep",
  /** One event kept for a product of the MAC array: its payload and row noted, and before the product brought to int8. */
  "macOperand",
  /** One event that no place of a PE's part of a convolution sees: its magnitude joined to the others', from which the shift follows. */
  "macMagnitude",
  /** One column's sum taken from the MAC array, scaled and added to its accumulator. */
  "macResult",
] as const;
export type KernelAction = (typeof KERNEL_ACTIONS)[number];

/** What working off one row is made of. Their cycles depend on the row's form and on the number format of its weights. */
export const ROW_ACTIONS = [
  "rowFetch",
  "rowWord",
  "synop",
  "emptySlot",
] as const satisfies readonly KernelAction[];
export type RowAction = (typeof ROW_ACTIONS)[number];

/** One update a neuron and timestep, of its kind. */
export const NEURON_UPDATES = [
  "neuronUpdate",
  "lstmUpdate",
  "gruUpdate",
  "lifUpdate",
  "linearUpdate",
  "activationUpdate",
  "maxUpdate",
] as const satisfies readonly KernelAction[];
export type NeuronUpdate = (typeof NEURON_UPDATES)[number];

/** Exponentials in a float32 update, for those that have any. */
export const EXPONENTIALS = {
  neuronUpdate: 3,
  lstmUpdate: 5,
  gruUpdate: 3,
  activationUpdate: 1,
} as const satisfies Partial<Record<NeuronUpdate, number>>;
export type ExponentialUpdate = keyof typeof EXPONENTIALS;

/** Actions that a number format's kernels have cycles for whatever other forms they read; those of rows are CSR's. */
export const FORMAT_ACTIONS = [
  "packetReceive",
  "rowLookup",
  "rowFetch",
  "synop",
  ...NEURON_UPDATES,
  "eventSend",
  "timestep",
] as const satisfies readonly KernelAction[];
export type FormatAction = (typeof FORMAT_ACTIONS)[number];

/** Actions of the core around the products of its MAC array; their cycles stand beside the array's. */
export const PRODUCT_ACTIONS = [
  "macOperand",
  "macMagnitude",
  "macResult",
] as const satisfies readonly KernelAction[];
export type ProductAction = (typeof PRODUCT_ACTIONS)[number];

/** Actions of a PE's MAC array. */
export const MAC_ARRAY_ACTIONS = ["mac"] as const;
export type MacArrayAction = (typeof MAC_ARRAY_ACTIONS)[number];

export const NOC_ACTIONS = [
  /** One flit over one link between two nodes of the mesh: events, and requests to DRAM with their answers. */
  "flitHop",
] as const;
export type NocAction = (typeof NOC_ACTIONS)[number];

export const CHIP_LINK_ACTIONS = [
  /** One packet over one link between two chips. */
  "packet",
] as const;
export type ChipLinkAction = (typeof CHIP_LINK_ACTIONS)[number];

export const EVENT_ROUTER_ACTIONS = [
  /** One key matched against the routing table. */
  "tableLookup",
  /** One packet sent on towards one node (quad) or the host. */
  "packetOut",
] as const;
export type EventRouterAction = (typeof EVENT_ROUTER_ACTIONS)[number];

export const DRAM_ACTIONS = ["byteRead", "byteWritten"] as const;
export type DramAction = (typeof DRAM_ACTIONS)[number];

export const HOST_ACTIONS = [
  /** Multiply-accumulates of the stages that run on the host. */
  "mac",
  /** Events handed to the chip. */
  "eventIn",
  /** Events received from the chip. */
  "eventOut",
] as const;
export type HostAction = (typeof HOST_ACTIONS)[number];

/** What SRAM bytes are for. */
export const SRAM_TRAFFIC = [
  "weightsRead",
  "indicesRead",
  "rowPointersRead",
  "scalesRead",
  "parametersRead",
  "tablesRead",
  "stateRead",
  "stateWritten",
  "accumulatorsRead",
  "accumulatorsWritten",
  "packetsRead",
  "packetsWritten",
  /** Operands and sums of the MAC array's products. */
  "operandsRead",
  "operandsWritten",
  /** Rows and weight tiles that come from DRAM. */
  "rowsWritten",
] as const;
export type SramTraffic = (typeof SRAM_TRAFFIC)[number];

/** One count a PE and action; whole numbers. Index = PE id. */
export type PerPe<Key extends string> = Readonly<Record<Key, Float64Array>>;
export type Totals<Key extends string> = Readonly<Record<Key, number>>;

/** Whole numbers throughout; float64 holds them exactly up to 2^53. */
export interface Counts {
  readonly kernel: PerPe<KernelAction>;
  /** The row actions of all PEs, told apart by what their cycles depend on; they sum to those of `kernel`. */
  readonly rows: readonly RowCount[];
  readonly macArray: PerPe<MacArrayAction>;
  /** Bytes. */
  readonly sram: PerPe<SramTraffic>;
  readonly noc: Totals<NocAction>;
  readonly chipLinks: Totals<ChipLinkAction>;
  /** Flits over each directed link: those of the NoC sum to `noc.flitHop`, those between chips to `chipLinks.packet`. */
  readonly links: readonly LinkCount[];
  readonly eventRouter: Totals<EventRouterAction>;
  readonly dram: Totals<DramAction>;
  readonly host: Totals<HostAction>;
  /** Values clamped in integer formats: inputs, scaled payloads, accumulators. */
  readonly saturations: Totals<"input" | "scaledPayload" | "accumulator">;
}

/** Rows in one form with weights of one number format. */
export interface RowCount {
  readonly weightFormat: NumberFormat;
  readonly form: RowForm;
  readonly actions: Totals<RowAction>;
}

export interface LinkCount {
  /** Chip on which it is; 0 for links between chips. */
  readonly chip: number;
  readonly isBetweenChips: boolean;
  /** Coordinates [x, y] of mesh nodes, or of chips. */
  readonly from: readonly [number, number];
  readonly to: readonly [number, number];
  readonly flits: number;
}

/** A zeroed table of counts, one array of `pes` entries for each key. */
export function perPe<Key extends string>(keys: readonly Key[], pes: number): Record<Key, Float64Array> {
  return Object.fromEntries(keys.map((key) => [key, new Float64Array(pes)])) as Record<Key, Float64Array>;
}

/** A zeroed record of totals. */
export function totals<Key extends string>(keys: readonly Key[]): Record<Key, number> {
  return Object.fromEntries(keys.map((key) => [key, 0])) as Record<Key, number>;
}

export function sumOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i += 1) sum += values[i]!;
  return sum;
}
