import type { MeshPosition } from "../../src/core/profile.ts";
import { createLinkLoads } from "./link-loads.ts";
import { meshLinksOf } from "./mesh-links.ts";
import type { PlacementProblem } from "./problem.ts";
import { senderTable } from "./sender-table.ts";
import type { Move, Traffic } from "./traffic.ts";

/** One packet for each destination PE and one to the host, x first over the mesh. */
export function createUnicastTraffic(problem: PlacementProblem, nodeOf: Int32Array): Traffic {
  const { flows } = problem;
  const { noc } = problem.profile;
  const { flowFrom, flowsInto, events, hostEvents } = senderTable(problem);
  const mesh = meshLinksOf(noc);
  // One place more than there are nodes: the host's.
  const places: readonly MeshPosition[] = [...noc.nodes, noc.hostNode];
  const host = noc.nodes.length;
  const path = new Int32Array(mesh.longest);
  const loads = createLinkLoads({ links: mesh.perChip, watched: mesh.existing });
  const load = (from: number, to: number, packets: number) => {
    loads.add(path, packets, mesh.walk(0, places[from]!, places[to]!, path));
  };
  /** Events that leave a place, and PEs there that receive them. Shape [flows] of [places]. */
  const sent = flows.map(() => new Float64Array(places.length));
  const received = flows.map(() => new Float64Array(places.length));

  const send = (flow: number, place: number, more: number) => {
    sent[flow]![place]! += more;
    const at = received[flow]!;
    for (let to = 0; to <= host; to += 1) if (at[to]! > 0) load(place, to, more * at[to]!);
  };
  const receive = (flow: number, place: number, more: number) => {
    received[flow]![place]! += more;
    const from = sent[flow]!;
    for (let at = 0; at <= host; at += 1) if (from[at]! > 0) load(at, place, more * from[at]!);
  };
  const put = (slice: number, sign: 1 | -1) => {
    const flow = flowFrom[slice]!;
    if (flow >= 0) send(flow, nodeOf[slice]!, sign * events[slice]!);
    for (const into of flowsInto[slice]!) receive(into, nodeOf[slice]!, sign);
  };

  // Who sends and who receives is known first, so that each pair of places is visited once.
  for (const [slice, node] of nodeOf.entries()) {
    for (const into of flowsInto[slice]!) received[into]![node]! += 1;
  }
  for (const [flow, { toHost }] of flows.entries()) {
    if (toHost) received[flow]![host]! += 1;
    const from = new Float64Array(places.length);
    from[host] = hostEvents[flow]!;
    for (const [slice, node] of nodeOf.entries()) if (flowFrom[slice] === flow) from[node]! += events[slice]!;
    for (const [place, more] of from.entries()) if (more > 0) send(flow, place, more);
  }

  let last: readonly Move[] = [];
  const move = (moves: readonly Move[]) => {
    last = moves.map(({ slice }) => ({ slice, node: nodeOf[slice]! }));
    for (const { slice, node } of moves) {
      put(slice, -1);
      nodeOf[slice] = node;
      put(slice, 1);
    }
  };
  return { cost: () => loads.cost(), visits: () => loads.visits(), move, undo: () => move(last) };
}
