import { Type } from "typebox";
import { CHIP_LINK_ACTIONS, EVENT_ROUTER_ACTIONS, NOC_ACTIONS } from "../core/counts.ts";
import { CLOSED, cost, quantity, recordOf, setting, tagged } from "./figures.ts";

/** The blocks of a profile that carry events: the NoC of a chip, its event router, and the links between chips. */
const coordinate = Type.Integer({ minimum: 0, maximum: 1023 });
const position = Type.Object({ x: coordinate, y: coordinate }, CLOSED);
const deadLinks = (what: string) =>
  Type.Optional(
    setting(
      Type.Array(Type.Array(position, { minItems: 2, maxItems: 2 }), { maxItems: 100_000 }),
      `${what} that carry nothing, each as the two neighbouring places it joins; dead in both directions`,
    ),
  );

const energyByAction = <Action extends string>(actions: readonly Action[]) =>
  Type.Object(
    {
      basis: Type.Literal("action"),
      costs: recordOf(actions, (action) => cost("energy", `Energy of one ${action}`), "Energy by action"),
    },
    CLOSED,
  );

const topology = (what: string) =>
  setting(
    Type.Object({ neighbours: Type.Enum([4, 6]), torus: Type.Boolean() }, CLOSED),
    `How ${what} are joined: to four neighbours, or to six with the diagonal (1, 1) and (-1, -1); on a torus the last column and row are joined to the first`,
  );

const buffers = Type.Object(
  {
    linkFlits: quantity("count", "Flits that a link's far end holds"),
    creditLatency: quantity("latency", "Until a freed place is known at a link's near end"),
    localFlits: quantity("count", "Flits at a node's port for its PEs"),
    sourcePackets: quantity("count", "Packets that wait at a PE's or router's way into the mesh"),
  },
  { ...CLOSED, description: "Buffers of the NoC; they matter where packets are replayed one by one" },
);

const GRID_SIDE = { minimum: 1, maximum: 256 };

/** What all kinds of NoC share. */
const common = {
  clock: quantity("clock", "Clock of the NoC"),
  floorPlan: setting(
    Type.Object(
      {
        pesPerNode: Type.Integer({ minimum: 1, maximum: 64 }),
        nodes: Type.Optional(
          Type.Array(
            Type.Object({ firstPe: Type.Integer({ minimum: 0 }), x: coordinate, y: coordinate }, CLOSED),
            { minItems: 1, maxItems: 65_536 },
          ),
        ),
        grid: Type.Optional(
          Type.Object({ columns: Type.Integer(GRID_SIDE), rows: Type.Integer(GRID_SIDE) }, CLOSED),
        ),
      },
      CLOSED,
    ),
    "Mesh nodes that hold PEs: a full grid, PEs numbered row by row from (0, 0) on, or `nodes` one by one; `firstPe` in the vendor's numbers, the node's other PEs follow it",
  ),
  hostNode: setting(position, "Where host traffic enters and leaves the mesh"),
  dramNode: Type.Optional(setting(position, "Where DRAM traffic enters and leaves the mesh")),
  deadLinks: deadLinks("Links of the mesh"),
  hopLatency: quantity("latency", "From one node to the next, without contention"),
  flit: quantity("width", "Bits of a flit"),
  payload: quantity("width", "Bits of data that a flit carries beside its headers"),
  flitTime: quantity("latency", "For how long a flit occupies a link"),
  buffers,
  energy: energyByAction(NOC_ACTIONS),
};

const CentralEventRouterSchema = Type.Object(
  {
    kind: Type.Literal("central-event-router"),
    ...common,
    routerNodes: setting(
      Type.Array(position, { minItems: 1, maxItems: 64 }),
      "Mesh nodes that the event router occupies",
    ),
  },
  {
    ...CLOSED,
    description: "Events go from a PE to one event router and from there to nodes, over an XY mesh",
  },
);

const MeshMulticastSchema = Type.Object(
  {
    kind: Type.Literal("mesh-multicast"),
    ...common,
    topology: topology("nodes"),
    deadNodes: Type.Optional(
      setting(
        Type.Array(position, { maxItems: 65_536 }),
        "Nodes whose router passes nothing on; their PEs are dead, too",
      ),
    ),
  },
  { ...CLOSED, description: "A router with a table at every node copies an event to its links and PEs" },
);

const MeshUnicastSchema = Type.Object(
  { kind: Type.Literal("mesh-unicast"), ...common },
  { ...CLOSED, description: "A PE sends each destination PE a packet of its own, over an XY mesh" },
);

/** A new kind of NoC is a new branch here and a new branch in resolve-noc.ts. */
export const NocSchema = tagged("kind", "How events travel on the chip", [
  CentralEventRouterSchema,
  MeshMulticastSchema,
  MeshUnicastSchema,
]);

export const EventRouterSchema = Type.Object(
  {
    clock: quantity("clock", "Clock of the event router"),
    entries: quantity("count", "Entries of one key/mask table; of a mesh-unicast, destinations of a PE"),
    keyBits: quantity("width", "Width of a key"),
    engines: quantity("count", "Keys matched a cycle"),
    pipelineLatency: quantity("latency", "From a key's arrival to its packets' departure"),
    ports: quantity("count", "NoC ports; each sends one packet a cycle"),
    queue: quantity("count", "Packets that a router holds"),
    defaultRoute: setting(
      Type.Boolean(),
      "Whether a packet that came over a link and matches no entry goes on straight; else it is lost",
    ),
    dropAfter: Type.Optional(
      quantity(
        "latency",
        "For how long a packet may wait for its way on before it is dropped; else for ever",
      ),
    ),
    energy: energyByAction(EVENT_ROUTER_ACTIONS),
  },
  {
    ...CLOSED,
    description: "The multicast router: one a chip, or one a node; with mesh-unicast, a PE's destinations",
  },
);

export const BoardSchema = Type.Object(
  {
    chips: setting(
      Type.Array(position, { minItems: 1, maxItems: 4096 }),
      "Where each chip stands in the grid of chips; chips are numbered from 0 in this order",
    ),
    hostChip: setting(Type.Integer({ minimum: 0 }), "Number of the chip that the host is joined to"),
    topology: topology("chips"),
    deadLinks: deadLinks("Links between chips"),
    deadChips: Type.Optional(
      setting(
        Type.Array(Type.Integer({ minimum: 0 }), { maxItems: 4096 }),
        "Numbers of chips that neither work nor pass anything on; their PEs are dead, too",
      ),
    ),
    link: Type.Object(
      {
        clock: quantity("clock", "Clock of the links between chips"),
        packetTime: quantity("latency", "For how long a packet occupies a link in one direction"),
        latency: quantity("latency", "From one router to the next, without contention"),
        buffer: quantity("count", "Packets that a link's far end holds"),
        energy: energyByAction(CHIP_LINK_ACTIONS),
      },
      { ...CLOSED, description: "A link between the event routers of two chips" },
    ),
    power: cost("power", "The board beside its chips: supplies, management; drawn always"),
  },
  { ...CLOSED, description: "Chips on a board, each as the rest of the profile says; one chip where absent" },
);
