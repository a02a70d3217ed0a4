import { HOST } from "../../components/network.ts";
import type { TransportPlan } from "./transport.ts";

/** A way into a chip's mesh. */
export interface WayIn {
  readonly chip: number;
  readonly port: number;
}

/** Which slices, and the host, enter the meshes where. */
export interface Senders {
  of(sender: number): WayIn;
  /** All that share a way in, the host first. */
  at(chip: number, port: number): readonly number[];
}

/** Far above those of any mesh. */
const MOST_PORTS = 2 ** 32;
const NOBODY: readonly number[] = [];

/** @param portOfPlace Port of a mesh node's PEs, by index in `noc.nodes`. */
export function createSenders(
  { profile: { noc, pe }, slices }: TransportPlan,
  portOfPlace: Int32Array,
  hostPort: number,
  hostChip: number,
): Senders {
  const placeOfPe = new Int32Array(pe.count);
  for (const [place, { pes }] of noc.nodes.entries()) for (const own of pes) placeOfPe[own] = place;
  const host = { chip: hostChip, port: hostPort };
  const ways = slices.map(({ pe: own }): WayIn => {
    const place = placeOfPe[own]!;
    return { chip: noc.nodes[place]!.chip, port: portOfPlace[place]! };
  });
  const numberOf = ({ chip, port }: WayIn) => chip * MOST_PORTS + port;
  const sharing = new Map([[numberOf(host), [HOST]]]);
  for (const [slice, way] of ways.entries()) {
    const others = sharing.get(numberOf(way));
    if (others) others.push(slice);
    else sharing.set(numberOf(way), [slice]);
  }
  return {
    of: (sender) => (sender === HOST ? host : ways[sender]!),
    at: (chip, port) => sharing.get(numberOf({ chip, port })) ?? NOBODY,
  };
}
