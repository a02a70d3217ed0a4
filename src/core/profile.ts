import type {
  ChipLinkAction,
  DramAction,
  EventRouterAction,
  FormatAction,
  KernelAction,
  MacArrayAction,
  NocAction,
  ProductAction,
  RowAction,
} from "./counts.ts";
import type { AccumulatorBits, NumberFormat } from "./number-format.ts";
import type { RowForm } from "./row-form.ts";
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
  /** Absent: one chip. */
  readonly board?: BoardProfile;
  readonly host: HostProfile;
  /** What the chip cannot do, however much memory it has; absent: nothing. */
  readonly capabilities?: Capabilities;
  readonly synchronisation: SynchronisationProfile;
  /** Absent: PEs stay at one operating point. */
  readonly dvfs?: DvfsProfile;
  /** The first is the default. */
  readonly operatingPoints: readonly OperatingPoint[];
}

export interface PeProfile {
  /** PEs of all chips, numbered from 0 chip by chip; `firstPeId` is what the vendor calls the first of a chip (SpiNNaker2: 1). */
  readonly count: number;
  readonly firstPeId: number;
  /** PE indices that system software keeps for itself. Ascending. */
  readonly reserved: readonly number[];
  /** PE indices found faulty, those of dead nodes and chips included: programs leave them alone. Ascending; absent: none. */
  readonly dead?: readonly number[];
  readonly sram: SramProfile;
  /** Formats that the PE's kernels exist for. A missing one is not supported. */
  readonly kernels: Readonly<Partial<Record<NumberFormat, Readonly<Record<FormatAction, Cycles>>>>>;
  /** Kernel actions whose time nobody has published, which stand as 0 cycles: times are then "at least". */
  readonly untimed?: Readonly<Partial<Record<NumberFormat, readonly FormatAction[]>>>;
  /** Forms of synaptic rows that the kernels of each number format read, csr always among them. */
  readonly rowForms: Readonly<Partial<Record<NumberFormat, RowFormCycles>>>;
  /** Accumulator width of the integer kernels. */
  readonly accumulatorBits: AccumulatorBits;
  readonly macArray?: MacArrayProfile;
  /** What a PE does while it waits for others. */
  readonly whileWaiting: "sleep" | "spin";
  /** What PEs without work do. */
  readonly whileUnused: "sleep" | "off";
}

/** Limits of hardware or microcode; what is absent has none. */
export interface Capabilities {
  /** Kinds of neurons that PEs can run, "egru" and so on. */
  readonly neurons?: readonly string[];
  /** Bits of value that an event carries beside its key; 0: unit spikes. */
  readonly eventPayload?: number;
  readonly weightBits?: number;
  /** Different values that the weights of one neuron can have. */
  readonly weightsPerNeuron?: number;
  /** Synapses of one neuron at most. */
  readonly fanIn?: number;
  readonly neuronsPerPe?: number;
  /** Sources whose events one PE can take in. */
  readonly axonsPerPe?: number;
  readonly synapsesPerPe?: number;
}

/** Cycles of working off rows; a form that is missing has no kernel. */
export type RowFormCycles = Readonly<Partial<Record<RowForm, Readonly<Record<RowAction, Cycles>>>>>;

export type { RowAction } from "./counts.ts";

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

/** A dense int8 engine beside the core: columns × rows multiply-accumulates a cycle, output stationary. */
export interface MacArrayProfile {
  /** Outputs that are computed at once. */
  readonly columns: number;
  /** Input vectors that are worked on at once. */
  readonly rows: number;
  /** Bytes that the array reads or writes in SRAM in one PE cycle. */
  readonly sramPortBytes: number;
  /** PE cycles before the first step of a product. */
  readonly setupCycles: Cycles;
  readonly accumulatorBits: AccumulatorBits;
  /** What the core does for a product of a projection; absent: it has no kernel for them. */
  readonly kernel?: Readonly<Record<ProductAction, Cycles>>;
}

/** How events travel on a chip. What all kinds share is in `NocBase`. */
export type NocProfile = CentralEventRouterNoc | MeshMulticastNoc | MeshUnicastNoc;

interface NocBase {
  readonly clock: Hertz;
  /**
   * Mesh nodes that hold PEs. `nodes[n].pes` are PE indices; every PE is in exactly one node. On a board the nodes of
   * chip c are those from c · (nodes of a chip) on, each at its place within the chip.
   */
  readonly nodes: readonly NocNode[];
  /** Where host traffic enters and leaves the mesh, on the chip that the host is joined to. */
  readonly hostNode: MeshPosition;
  readonly dramNode?: MeshPosition;
  /**
   * Links of the mesh that carry nothing, on each chip. With mesh-multicast routes lead round them; where packets go x
   * first nothing does, and no PE in use sends or receives over one.
   */
  readonly deadLinks?: readonly DeadLink[];
  /** NoC cycles from one node to the next, without contention. */
  readonly hopCycles: Cycles;
  /** NoC cycles for which a flit occupies a link. */
  readonly flitCycles: Cycles;
  readonly flitBits: number;
  /** Bytes of data that a flit carries beside its headers. */
  readonly payloadBytes: number;
  readonly buffers: NocBuffers;
}

/** Events go from a PE to the chip's one event router and from there to each node with a destination, over an XY mesh. */
export interface CentralEventRouterNoc extends NocBase {
  readonly kind: "central-event-router";
  /** Nodes that the event router occupies. */
  readonly routerNodes: readonly MeshPosition[];
}

/** A router with a table at every node copies an event to any of its links and PEs: a tree over the mesh. */
export interface MeshMulticastNoc extends NocBase {
  readonly kind: "mesh-multicast";
  readonly topology: LinkTopology;
  /** Nodes whose router passes nothing on. */
  readonly deadNodes?: readonly MeshPosition[];
}

/** A PE sends each destination PE a packet of its own, over an XY mesh; its table lists the destinations. */
export interface MeshUnicastNoc extends NocBase {
  readonly kind: "mesh-unicast";
}

/** How routers or chips are joined: to four neighbours, or to six with the diagonal (1, 1) and (−1, −1). */
export interface LinkTopology {
  readonly neighbours: 4 | 6;
  /** Whether the last column and row are joined to the first. */
  readonly isTorus: boolean;
}

/** Buffers of the detailed fidelity. */
export interface NocBuffers {
  /** Flits that a link's far end holds. */
  readonly linkFlits: number;
  /** NoC cycles until a freed place is known at a link's near end. */
  readonly creditCycles: Cycles;
  /** Flits at a node's port for its PEs. */
  readonly localFlits: number;
  /** Packets that wait at a PE's or router's way into the mesh. */
  readonly sourcePackets: number;
}

export interface MeshPosition {
  readonly x: number;
  readonly y: number;
}

/** Neighbouring places between which nothing goes, in neither direction. */
export type DeadLink = readonly [MeshPosition, MeshPosition];

export interface NocNode extends MeshPosition {
  /** Index in `board.chips`; 0 where there is no board. */
  readonly chip: number;
  readonly pes: readonly number[];
}

/** The multicast router: one a chip, or one a node (mesh-multicast); with mesh-unicast, a PE's list of destinations. */
export interface EventRouterProfile {
  readonly clock: Hertz;
  /** Entries of one key/mask table. */
  readonly entries: number;
  readonly keyBits: number;
  /** Keys matched a cycle. */
  readonly engines: number;
  readonly pipelineCycles: Cycles;
  /** Ports into the NoC; each sends one packet a cycle. */
  readonly ports: number;
  /** Packets that a router holds. */
  readonly queuePackets: number;
  /** A packet that came over a link and matches no entry goes on straight. */
  readonly defaultRoute: boolean;
  /** For how long a packet may wait for its way on before it is dropped, and sent again by software; absent: for ever. */
  readonly dropAfter?: Seconds;
}

/** Chips on a board, joined by links between their event routers. Each is as the rest of the profile says. */
export interface BoardProfile {
  /** Where each chip stands in the grid of chips. */
  readonly chips: readonly MeshPosition[];
  /** Chip that the host is joined to. */
  readonly hostChip: number;
  readonly topology: LinkTopology;
  /** Links between chips that carry nothing, by the chips' places. */
  readonly deadLinks?: readonly DeadLink[];
  /** Chips that neither work nor pass anything on, by number. */
  readonly deadChips?: readonly number[];
  readonly link: ChipLinkProfile;
}

export interface ChipLinkProfile {
  readonly clock: Hertz;
  /** Link cycles for which a packet occupies a link in one direction. */
  readonly packetCycles: Cycles;
  /** Link cycles from one router to the next, without contention. */
  readonly latencyCycles: Cycles;
  /** Packets that a link's far end holds. */
  readonly bufferPackets: number;
}

/** DRAM of one chip. */
export interface DramProfile {
  readonly bytes: number;
  /** Usable bandwidth of the chip's DRAM, all ports together. */
  readonly bandwidth: BytesPerSecond;
  /** Transfers are rounded up to this many bytes. */
  readonly burstBytes: number;
  /** Transfers that are served at once; they share the bandwidth. */
  readonly ports: number;
  /** From a request at DRAM to its first data. */
  readonly latency: Seconds;
}

export interface HostProfile {
  /** Speed of the link to the host. */
  readonly bandwidth: BytesPerSecond;
  /** Bytes of one event on that link. */
  readonly bytesPerEvent: number;
  /** Energy of one byte on that link, both ends together; outside all energies of the chip. */
  readonly byteEnergy: Cost<Joules>;
}

/**
 * How timesteps are kept apart.
 *
 * data-flow: a layer begins when its input is there. barrier: all PEs meet after each layer's work. timer: a
 * layer's work begins at a tick, whether or not the one before is done.
 */
export const SYNCHRONISATIONS = ["data-flow", "barrier", "timer"] as const;
export type SynchronisationKind = (typeof SYNCHRONISATIONS)[number];

export interface SynchronisationProfile {
  /** What the chip does unless a run says otherwise. */
  readonly kind: SynchronisationKind;
  /** Of one barrier over all PEs; known where the chip has one. */
  readonly barrier?: Seconds;
  /** From one tick to the next. */
  readonly period?: Seconds;
}

/** PEs that change their operating point while they run. */
export interface DvfsProfile {
  /** For how long a PE stands still while it changes from one operating point to another. */
  readonly switchTime: Seconds;
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
  /** Drawn always, with every PE of every chip switched off: periphery, clocks, leakage, static NoC. */
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
  /** Present where there is a board. */
  readonly chipLinks?: {
    readonly basis: "action";
    readonly costs: Readonly<Record<ChipLinkAction, Cost<Joules>>>;
  };
  /** What a board draws always beside its chips; present where there is a board. */
  readonly board?: { readonly power: Cost<Watts> };
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

/** Chips that the profile describes. */
export const chipsOf = ({ board }: HardwareProfile): number => board?.chips.length ?? 1;

export const pesOfChip = (profile: HardwareProfile): number => profile.pe.count / chipsOf(profile);

/** PE indices that the compiler may use: neither reserved nor dead. */
export const usablePes = ({ pe }: HardwareProfile): number[] => {
  const taken = new Set([...pe.reserved, ...(pe.dead ?? [])]);
  return Array.from({ length: pe.count }, (_, index) => index).filter((index) => !taken.has(index));
};

/** Longest time that a host transfer of so many events takes, without protocol overhead. */
export const hostTransferSeconds = (host: HostProfile, events: number): Seconds =>
  ((events * host.bytesPerEvent) / host.bandwidth) as Seconds;
