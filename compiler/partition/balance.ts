import type { SliceWork } from "./work.ts";

/** What a group of neurons on one PE may take. */
export interface GroupLimits {
  /** Bytes of SRAM for what neurons take themselves. */
  readonly bytes: number;
  readonly neurons: number;
}

/**
 * Shares neurons among so many groups of nearly equal work: those with most work first, each into the group that it
 * fills least, of work or of memory, whichever is scarcer there (longest processing time first; Graham, SIAM J. Appl. Math. 17, 1969).
 *
 * @param bytes SRAM that each neuron takes, about. Shape [neurons].
 * @returns Each group's neurons, ascending; undefined where some neuron found no room.
 */
export function balancedGroups(
  { neurons: work }: SliceWork,
  bytes: Float64Array,
  groups: number,
  limits: GroupLimits,
): Uint32Array[] | undefined {
  const mean = work.reduce((sum, cycles) => sum + cycles, 0) / groups;
  const worked = new Float64Array(groups);
  const taken = new Float64Array(groups);
  const members = Array.from({ length: groups }, (): number[] => []);
  // At equal work the number decides, so that the same problem has the same answer.
  const heaviestFirst = [...work.keys()].sort((a, b) => work[b]! - work[a]! || a - b);
  for (const neuron of heaviestFirst) {
    let best = -1;
    let least = Infinity;
    for (let group = 0; group < groups; group += 1) {
      const room = taken[group]! + bytes[neuron]!;
      const fill = Math.max((worked[group]! + work[neuron]!) / mean, room / limits.bytes);
      if (fill >= least || room > limits.bytes || members[group]!.length >= limits.neurons) continue;
      best = group;
      least = fill;
    }
    if (best < 0) return undefined;
    worked[best]! += work[neuron]!;
    taken[best]! += bytes[neuron]!;
    members[best]!.push(neuron);
  }
  return members.filter(({ length }) => length > 0).map((own) => Uint32Array.from(own).sort());
}
