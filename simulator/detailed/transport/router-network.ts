import type { HardwareProfile } from "../../../src/core/profile.ts";
import { routerGraphOf } from "../../../src/core/router-graph.ts";
import { type Agenda, DUE } from "../agenda.ts";
import { createPacketLink, type PacketLink, type PacketLinkTiming } from "./packet-link.ts";
import { createRouter, type Router } from "./router.ts";

/** What a router is joined to beside other routers. Its outputs over links have numbers from `outputs` + direction on. */
export interface LocalConnections {
  readonly outputs: number;
  /** Entrances from links have numbers from here on. */
  readonly entrances: number;
  /** Output of a packet's copy; −1 where the packet has no such copy. */
  outputOf(router: number, payload: number, copy: number): number;
  /** False: no room; `openOutput` of the router must follow. */
  send(router: number, output: number, payload: number, copy: number, time: number): boolean;
  reopen(router: number, entrance: number, time: number): void;
}

/** The routers of the router graph and the links that join them. */
export interface RouterNetwork {
  readonly routers: readonly Router[];
  /** An entry of the agenda that a router or a link made. */
  dispatch(kind: number, index: number, time: number): void;
  /** Packets so far by link, in the order of routers and directions. */
  linkPackets(): number[];
}

/**
 * @param copyCycles NoC cycles from one copy to the next.
 * @param linkTiming Of every link; may be absent where there are none.
 */
export function createRouterNetwork(
  profile: HardwareProfile,
  copyCycles: number,
  linkTiming: PacketLinkTiming | undefined,
  local: LocalConnections,
  agenda: Agenda,
): RouterNetwork {
  const { directions, neighbour, routers: count } = routerGraphOf(profile);
  const { outputs, entrances } = local;
  const timing = routerTimingOf(profile, copyCycles);
  const links: PacketLink[] = [];
  const linkAt = new Array<PacketLink | undefined>(neighbour.length);
  for (let at = 0; at < neighbour.length; at += 1) {
    const to = neighbour[at]!;
    if (to < 0) continue;
    const from = Math.floor(at / directions.length);
    const output = outputs + (at % directions.length);
    const entrance = entrances + links.length;
    const link = createPacketLink(
      links.length,
      linkTiming!,
      {
        receive: (payload, time) => routers[to]!.enter(entrance, payload, time),
        roomInQueue: (time) => routers[from]!.openOutput(output, time),
      },
      agenda,
    );
    links.push(link);
    linkAt[at] = link;
  }
  const routers = Array.from({ length: count }, (_, router): Router => {
    const connections = {
      outputs: outputs + directions.length,
      outputOf: (payload: number, copy: number) => local.outputOf(router, payload, copy),
      send: (output: number, payload: number, copy: number, time: number) =>
        output < outputs
          ? local.send(router, output, payload, copy, time)
          : linkAt[router * directions.length + output - outputs]!.send(payload, time),
      reopen(entrance: number, time: number) {
        if (entrance < entrances) local.reopen(router, entrance, time);
        else links[entrance - entrances]!.offer(time);
      },
    };
    return createRouter(router, timing, connections, agenda);
  });
  return {
    routers,
    dispatch(kind, index, time) {
      if (kind === DUE.matched) routers[index]!.matched(time);
      else if (kind === DUE.arrived) links[index]!.arrived(time);
      else if (kind === DUE.linkFree) links[index]!.linkFree(time);
      else if (kind === DUE.copyFree) routers[index]!.copyFree(time);
      else routers[index]!.expired(time);
    },
    linkPackets: () => links.map((link) => link.packets()),
  };
}

function routerTimingOf({ noc, eventRouter }: HardwareProfile, copyCycles: number) {
  const { clock, engines, pipelineCycles, queuePackets, dropAfter } = eventRouter;
  const perRouterCycle = noc.clock / clock;
  return {
    places: queuePackets,
    matchCycles: perRouterCycle / engines,
    pipelineCycles: perRouterCycle * pipelineCycles,
    copyCycles,
    dropAfter: dropAfter === undefined ? Infinity : dropAfter * noc.clock,
  };
}
