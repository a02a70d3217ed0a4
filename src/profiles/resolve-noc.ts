import type {
  BoardProfile,
  EventRouterProfile,
  LinkTopology,
  NocBuffers,
  NocNode,
  NocProfile,
} from "../core/profile.ts";
import { type Hertz, hertz } from "../core/units.ts";
import { floorPlanNodes } from "./floor-plan.ts";
import { cyclesOf, timeOf } from "./latency.ts";
import { error, type ProfileFinding } from "./profile-finding.ts";
import { chipsIn, deadLinksOf, unlessEmpty } from "./resolve-faults.ts";
import type { ProfileJson } from "./schema.ts";
import { toSi } from "./units.ts";

/** As many PEs as a chip may have. */
const MOST_PES = 1_000_000;

/** A board whose PEs would fill the memory. */
export function findTooMany(json: ProfileJson): ProfileFinding[] {
  const { pesPerNode } = json.noc.floorPlan.value;
  const nodes = floorPlanNodes(json);
  const pes = chipsIn(json) * Math.max(json.pe.count.value, pesPerNode * nodes.length);
  if (json.board === undefined || pes <= MOST_PES) return [];
  const shown = [chipsIn(json), pes, MOST_PES].map((count) => count.toLocaleString("en-US"));
  return [error("board.chips", `${shown[0]} chips have ${shown[1]} PEs; at most ${shown[2]} are taken`)];
}

export function resolveNoc(json: ProfileJson): NocProfile {
  const { noc } = json;
  const clock = hertz(toSi("clock", noc.clock));
  const common = {
    clock,
    nodes: resolveNodes(json),
    hostNode: noc.hostNode.value,
    ...(noc.dramNode && { dramNode: noc.dramNode.value }),
    ...deadLinksOf(noc.deadLinks),
    hopCycles: cyclesOf(noc.hopLatency, clock),
    flitCycles: cyclesOf(noc.flitTime, clock),
    flitBits: noc.flit.value,
    payloadBytes: noc.payload.value / 8,
    buffers: resolveBuffers(noc.buffers, clock),
  };
  switch (noc.kind) {
    case "central-event-router":
      return { kind: noc.kind, ...common, routerNodes: noc.routerNodes.value };
    case "mesh-multicast":
      return {
        kind: noc.kind,
        ...common,
        topology: resolveTopology(noc.topology),
        ...unlessEmpty("deadNodes", noc.deadNodes?.value),
      };
    case "mesh-unicast":
      return { kind: noc.kind, ...common };
  }
}

/** The floor plan once a chip, chip by chip, by ascending PE index. */
function resolveNodes(json: ProfileJson): NocNode[] {
  const { pe, noc } = json;
  const { pesPerNode } = noc.floorPlan.value;
  const nodes = floorPlanNodes(json);
  const ofOneChip = nodes.toSorted((a, b) => a.firstPe - b.firstPe);
  return Array.from({ length: chipsIn(json) }, (_, chip) =>
    ofOneChip.map(({ firstPe, x, y }) => {
      const first = chip * pe.count.value + firstPe - pe.firstPeId.value;
      return { x, y, chip, pes: Array.from({ length: pesPerNode }, (__, place) => first + place) };
    }),
  ).flat();
}

const resolveBuffers = (buffers: ProfileJson["noc"]["buffers"], clock: Hertz): NocBuffers => ({
  linkFlits: buffers.linkFlits.value,
  creditCycles: cyclesOf(buffers.creditLatency, clock),
  localFlits: buffers.localFlits.value,
  sourcePackets: buffers.sourcePackets.value,
});

const resolveTopology = ({ value }: NonNullable<ProfileJson["board"]>["topology"]): LinkTopology => ({
  neighbours: value.neighbours as LinkTopology["neighbours"],
  isTorus: value.torus,
});

export function resolveEventRouter(router: ProfileJson["eventRouter"]): EventRouterProfile {
  const clock = hertz(toSi("clock", router.clock));
  return {
    clock,
    entries: router.entries.value,
    keyBits: router.keyBits.value,
    engines: router.engines.value,
    pipelineCycles: cyclesOf(router.pipelineLatency, clock),
    ports: router.ports.value,
    queuePackets: router.queue.value,
    defaultRoute: router.defaultRoute.value,
    ...(router.dropAfter && { dropAfter: timeOf(router.dropAfter, clock) }),
  };
}

export function resolveBoard({ chips, hostChip, ...board }: NonNullable<ProfileJson["board"]>): BoardProfile {
  const clock = hertz(toSi("clock", board.link.clock));
  return {
    chips: chips.value,
    hostChip: hostChip.value,
    topology: resolveTopology(board.topology),
    ...deadLinksOf(board.deadLinks),
    ...unlessEmpty("deadChips", board.deadChips?.value),
    link: {
      clock,
      packetCycles: cyclesOf(board.link.packetTime, clock),
      latencyCycles: cyclesOf(board.link.latency, clock),
      bufferPackets: board.link.buffer.value,
    },
  };
}
