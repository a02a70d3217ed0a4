import type { MeshNetwork } from "../mesh/mesh-network.ts";

/** The meshes of all chips, kept at one time. Those in which nothing moves cost nothing. */
export interface MeshSet {
  cycle(): number;
  nextEventCycle(): number;
  advance(cycle: number): void;
  /** The mesh of a chip in the present cycle, for a packet to be put into it or to be offered again. */
  at(chip: number): MeshNetwork;
}

export function createMeshSet(meshes: readonly MeshNetwork[]): MeshSet {
  /** Next event of each mesh, NaN where it must be asked. */
  const next = new Float64Array(meshes.length).fill(NaN);
  let present = 0;
  const nextOf = (chip: number): number => {
    let cycle = next[chip]!;
    if (cycle !== cycle) next[chip] = cycle = meshes[chip]!.nextEventCycle();
    return cycle;
  };

  return {
    cycle: () => present,
    nextEventCycle() {
      let first = Infinity;
      for (let chip = 0; chip < meshes.length; chip += 1) first = Math.min(first, nextOf(chip));
      return first;
    },
    advance(cycle) {
      for (let chip = 0; chip < meshes.length; chip += 1) {
        if (nextOf(chip) >= cycle) continue;
        meshes[chip]!.advance(cycle);
        next[chip] = NaN;
      }
      present = Math.max(present, Math.ceil(cycle));
    },
    at(chip) {
      const mesh = meshes[chip]!;
      // Within a call from a mesh its own cycle is the later one.
      if (mesh.cycle() < present) mesh.advance(present);
      next[chip] = NaN;
      return mesh;
    },
  };
}
