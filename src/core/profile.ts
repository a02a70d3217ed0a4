import type { DramAction, EventRouterAction, KernelAction, MacArrayAction, NocAction } from "./counts.ts";
import type { AccumulatorBits, NumberFormat } from "./number-format.ts";
import type { BytesPerSecond, Cycles, Hertz, Joules, Seconds, Watts } from "./units.ts";

/**
 * A chip as the compiler, the simulator and the energy model see it: validated, defaults resolved,
 * SI units, frozen. `src/profiles` makes it from JSON and keeps each figure's source beside it.
 */
export interface HardwareProfile {
  /** Short name, as on the command line: "spinnaker2". */
  readonly name: string;
  readonly title: string;
  /**
   * SHA-256 in hex of what a program and its simulation depend on: PEs, NoC, event router and DRAM with their
   * sizes and times, no costs, powers, titles or sources. A Program is bound to it.
   */
  readonly hash: string;
  /** SHA-256 in hex of the whole profile as written, sources and costs included. */
  readonly sha256: string;
  readonly pe: PeProfile;
  readonly noc: NocProfile;
  readonly eventRouter: EventRouterProfile;
  readonly dram?: DramProfile;
  readonly host: HostProfile;
  /** The first is the default. */
  readonly operatingPoints: readonly OperatingPoint[];
}

export interface PeProfile {
  /** PEs are numbered from 0; `firstPeId` is what the vendor calls PE 0 (SpiNNaker2: 1). */
  readonly count: number;
  readonly firstPeId: number;
  /** PE indices that system software keeps for itself. Ascending. */
  readonly reserved: readonly number[];
  readonly sram: SramProfile;
  /** Formats that the PE's kernels exist for. A missing one is not supported. */
  readonly kernels: Readonly<Partial<Record<NumberFormat, Readonly<Record<KernelAction, Cycles>>>>>;
  /** Accumulator width of the integer kernels. */
  readonly accumulatorBits: AccumulatorBits;
  readonly macArray?: MacArrayProfile;
  /** What a PE does while it waits for others. */
  readonly whileWaiting: "sleep" | "spin";
  /** What PEs without work do. */
  readonly whileUnused: "sleep" | "off";
}

export interface SramProfile {
  /** Bytes a PE. */
  readonly bytes: number;
  /** Taken by instructions, from the bottom. */
  readonly codeBytes: number;
  /** Taken by heap and stack, at the top. */
  readonly stackBytes: number;
  /** Entries of the FIFO of received packets, 8 bytes each (key, payload). */
  readonly packetFifoEntries: number;
}

/** Bytes of a PE that the compiler may lay out; they begin at `codeBytes`. */
export const dataBytesOf = ({ bytes, codeBytes, stackBytes }: SramProfile): number =>
  bytes - codeBytes - stackBytes;

/** A dense int8 engine beside the core. */
export interface MacArrayProfile {
  /** Multiply-accumulates a cycle at full use. */
  readonly macsPerCycle: number;
  /** Share of that reached in a vector-matrix product, 0 … 1. */
  readonly vectorMatrixUtilisation: number;
  readonly accumulatorBits: AccumulatorBits;
}

/** Events go from a PE to one event router and from there to quads of PEs, over an XY mesh. */
export interface NocProfile {
  readonly kind: "central-event-router";
  readonly clock: Hertz;
  /** Mesh nodes that hold PEs. `nodes[n].pes` are PE indices; every PE is in exactly one node. */
  readonly nodes: readonly NocNode[];
  /** Nodes that the event router occupies. */
  readonly routerNodes: readonly MeshPosition[];
  /** Where host traffic enters and leaves the mesh. */
  readonly hostNode: MeshPosition;
  readonly dramNode?: MeshPosition;
  /** NoC cycles from one node to the next, without contention. */
  readonly hopCycles: Cycles;
  /** NoC cycles for which a flit occupies a link. */
  readonly flitCycles: Cycles;
  readonly flitBits: number;
}

export interface MeshPosition {
  readonly x: number;
  readonly y: number;
}

export interface NocNode extends MeshPosition {
  readonly pes: readonly number[];
}

export interface EventRouterProfile {
  readonly clock: Hertz;
  /** Entries of the key/mask table. */
  readonly entries: number;
  readonly keyBits: number;
  /** Keys matched a cycle. */
  readonly engines: number;
  readonly pipelineCycles: Cycles;
  /** NoC ports; each sends one packet a cycle. */
  readonly ports: number;
}

export interface DramProfile {
  readonly bytes: number;
  /** Usable bandwidth of the chip's DRAM, all ports together. */
  readonly bandwidth: BytesPerSecond;
  /** Transfers are rounded up to this many bytes. */
  readonly burstBytes: number;
}

export interface HostProfile {
  /** Speed of the link to the host. */
  readonly bandwidth: BytesPerSecond;
  /** Bytes of one event on that link. */
  readonly bytesPerEvent: number;
}

/** A clock and voltage of the PEs, with what the chip draws there. */
export interface OperatingPoint {
  /** As on the command line, after the @: "150MHz". */
  readonly name: string;
  readonly peClock: Hertz;
  readonly voltage?: number;
  readonly energy: ChipEnergy;
}

/** A cost that may be unknown. `undefined` is unknown and is never read as 0. */
export type Cost<Unit> = Unit | undefined;

/** One charging basis a component; see the energy model for what each covers. */
export interface ChipEnergy {
  /** Drawn always, with every PE switched off: periphery, clocks, leakage, static NoC. */
  readonly base: Cost<Watts>;
  readonly pe: PeEnergy;
  readonly macArray?: {
    readonly basis: "action";
    readonly costs: Readonly<Record<MacArrayAction, Cost<Joules>>>;
  };
  readonly noc: { readonly basis: "action"; readonly costs: Readonly<Record<NocAction, Cost<Joules>>> };
  readonly eventRouter: {
    readonly basis: "action";
    readonly costs: Readonly<Record<EventRouterAction, Cost<Joules>>>;
  };
  readonly dram?: { readonly basis: "action"; readonly costs: Readonly<Record<DramAction, Cost<Joules>>> };
}

export type PeEnergy =
  /** By state and time. A busy cycle's energy already holds its instructions and SRAM accesses. */
  | { readonly basis: "state"; readonly sleep: Watts; readonly busyCycle: Joules }
  /** By action, beside a static power; instructions and SRAM accesses are inside the actions. */
  | {
      readonly basis: "action";
      readonly sleep: Watts;
      readonly costs: Readonly<Record<KernelAction, Cost<Joules>>>;
    };

/** PE indices that the compiler may use. */
export const usablePes = ({ pe }: HardwareProfile): number[] => {
  const reserved = new Set(pe.reserved);
  return Array.from({ length: pe.count }, (_, index) => index).filter((index) => !reserved.has(index));
};

/** Longest time that a host transfer of so many events takes, without protocol overhead. */
export const hostTransferSeconds = (host: HostProfile, events: number): Seconds =>
  ((events * host.bytesPerEvent) / host.bandwidth) as Seconds;
