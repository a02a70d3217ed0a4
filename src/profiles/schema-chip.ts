import { Type } from "typebox";
import { DRAM_ACTIONS, EVENT_ROUTER_ACTIONS, KERNEL_ACTIONS, NOC_ACTIONS } from "../core/counts.ts";
import { NUMBER_FORMATS } from "../core/number-format.ts";
import { CLOSED, cost, quantity, recordOf, setting, tagged } from "./figures.ts";

/**
 * The blocks of a profile that describe components: what there is, how large and how fast. Costs of actions
 * stand in the block of the component that acts; those of PEs depend on clock and voltage and stand in the
 * operating points (schema-energy.ts).
 */
const accumulatorBits = (description: string) => setting(Type.Enum([24, 32]), description);

const kernel = recordOf(
  KERNEL_ACTIONS,
  (action) => quantity("cycles", `PE cycles of one ${action}`),
  "Cycles of each kernel action",
);

export const PeSchema = Type.Object(
  {
    count: quantity("count", "PEs of the chip"),
    firstPeId: setting(
      Type.Integer({ minimum: 0, maximum: 1_000_000 }),
      "What the vendor calls the first PE. Elsewhere in eventloom PEs are numbered from 0",
    ),
    reserved: setting(
      Type.Array(Type.Integer({ minimum: 0 }), { maxItems: 100_000 }),
      "PEs that system software keeps for itself, numbered from 0, ascending",
    ),
    sram: Type.Object(
      {
        bytes: quantity("size", "SRAM of one PE"),
        codeBytes: quantity("size", "Taken by instructions, from the bottom"),
        stackBytes: quantity("size", "Taken by heap and stack, at the top"),
        packetFifoEntries: quantity("count", "Entries of the FIFO of received packets, 8 bytes each"),
      },
      { ...CLOSED, description: "Memory of one PE" },
    ),
    kernels: Type.Partial(
      recordOf(NUMBER_FORMATS, () => kernel, "Software kernels by number format"),
      {
        ...CLOSED,
        minProperties: 1,
        description: "Software kernels by number format; a format that is missing is not supported",
      },
    ),
    accumulatorBits: accumulatorBits("Accumulator width of the integer kernels"),
    macArray: Type.Optional(
      Type.Object(
        {
          macsPerCycle: quantity("macRate", "Multiply-accumulates a PE cycle at full use"),
          vectorMatrixUtilisation: quantity("fraction", "Share of that reached in a vector-matrix product"),
          accumulatorBits: accumulatorBits("Accumulator width of the array"),
        },
        { ...CLOSED, description: "A dense int8 engine beside the core" },
      ),
    ),
    whileWaiting: setting(Type.Enum(["sleep", "spin"]), "What a PE does while it waits for others"),
    whileUnused: setting(Type.Enum(["sleep", "off"]), "What PEs without work do"),
  },
  { ...CLOSED, description: "Processing elements; all alike" },
);

const coordinate = Type.Integer({ minimum: 0, maximum: 1023 });
const position = Type.Object({ x: coordinate, y: coordinate }, CLOSED);

const CentralEventRouterSchema = Type.Object(
  {
    kind: Type.Literal("central-event-router"),
    clock: quantity("clock", "Clock of the NoC"),
    floorPlan: setting(
      Type.Object(
        {
          pesPerNode: Type.Integer({ minimum: 1, maximum: 64 }),
          nodes: Type.Array(
            Type.Object({ firstPe: Type.Integer({ minimum: 0 }), x: coordinate, y: coordinate }, CLOSED),
            { minItems: 1, maxItems: 65_536 },
          ),
        },
        CLOSED,
      ),
      "Mesh nodes that hold PEs; `firstPe` in the vendor's numbers, the node's other PEs follow it",
    ),
    routerNodes: setting(
      Type.Array(position, { minItems: 1, maxItems: 64 }),
      "Mesh nodes that the event router occupies",
    ),
    hostNode: setting(position, "Where host traffic enters and leaves the mesh"),
    dramNode: Type.Optional(setting(position, "Where DRAM traffic enters and leaves the mesh")),
    hopLatency: quantity("latency", "From one node to the next, without contention"),
    flit: quantity("width", "Bits of a flit"),
    flitTime: quantity("latency", "For how long a flit occupies a link"),
    energy: Type.Object(
      {
        basis: Type.Literal("action"),
        costs: recordOf(
          NOC_ACTIONS,
          (action) => cost("energy", `Energy of one ${action}`),
          "Energy by action",
        ),
      },
      CLOSED,
    ),
  },
  {
    ...CLOSED,
    description: "Events go from a PE to one event router and from there to nodes, over an XY mesh",
  },
);

/** A new kind of NoC is a new branch here and a new branch in resolve.ts. */
export const NocSchema = tagged("kind", "How events travel on the chip", [CentralEventRouterSchema]);

export const EventRouterSchema = Type.Object(
  {
    clock: quantity("clock", "Clock of the event router"),
    entries: quantity("count", "Entries of the key/mask table"),
    keyBits: quantity("width", "Width of a key"),
    engines: quantity("count", "Keys matched a cycle"),
    pipelineLatency: quantity("latency", "From a key's arrival to its packets' departure"),
    ports: quantity("count", "NoC ports; each sends one packet a cycle"),
    energy: Type.Object(
      {
        basis: Type.Literal("action"),
        costs: recordOf(
          EVENT_ROUTER_ACTIONS,
          (action) => cost("energy", `Energy of one ${action}`),
          "Energy by action",
        ),
      },
      CLOSED,
    ),
  },
  { ...CLOSED, description: "The chip's multicast router" },
);

export const DramSchema = Type.Object(
  {
    capacity: quantity("size", "DRAM of the chip"),
    bandwidth: quantity("bandwidth", "Usable bandwidth, all ports together"),
    burst: quantity("size", "Transfers are rounded up to this"),
    energy: Type.Object(
      {
        basis: Type.Literal("action"),
        costs: recordOf(
          DRAM_ACTIONS,
          (action) => cost("energyPerByte", `Energy of one ${action}`),
          "Energy by action",
        ),
      },
      CLOSED,
    ),
  },
  { ...CLOSED, description: "Memory beside the chip" },
);

export const HostSchema = Type.Object(
  {
    bandwidth: quantity("bandwidth", "Speed of the link to the host"),
    eventSize: quantity("size", "Bytes of one event on that link"),
  },
  { ...CLOSED, description: "The link to the host" },
);
