import type { Machine } from "../engine/machine.ts";

/**
 * Who receives a packet at which mesh node, and what it costs there, in flat arrays. Packets are known by the
 * number of their sender among all neurons of all populations.
 */
export interface Receptions {
  /** First number of each population's neurons; one more at the end. */
  readonly firstNeuron: Int32Array;
  /** By neuron. */
  readonly populationOf: Int32Array;
  /** By neuron; index of a route. */
  readonly routeOf: Int32Array;
  /** By neuron; index of the slice that sends it, −1 for the host. */
  readonly sliceOf: Int32Array;
  /** First entry of the arrays below for route · nodes + node. Shape [routes · nodes + 1]. */
  readonly start: Int32Array;
  /** Index of the slice that receives. */
  readonly slice: Int32Array;
  /** 0: used in the sender's timestep; 1: in the next. */
  readonly lag: Uint8Array;
  /** PE cycles of reception and lookups, without rows. */
  readonly cycles: Float64Array;
  /** PE cycles that the rows of this neuron take on this slice. */
  rowCycles(neuron: number, slice: number): number;
}

/** @param nodeOfPe Number of the mesh node that holds a PE. */
export function planReceptions(
  machine: Machine,
  nodes: number,
  nodeOfPe: (pe: number) => number,
): Receptions {
  const { plan, workers, deliveries, cycles, program } = machine;
  const sizes = program.populations.map(({ size }) => size);
  const firstNeuron = Int32Array.from({ length: sizes.length + 1 }, (_, population) =>
    sizes.slice(0, population).reduce((sum, size) => sum + size, 0),
  );
  const neurons = firstNeuron.at(-1)!;
  const populationOf = new Int32Array(neurons);
  const routeOf = new Int32Array(neurons);
  const sliceOf = new Int32Array(neurons);
  for (const [population, segments] of plan.segmentOf.entries()) {
    for (const [neuron, segment] of segments.entries()) {
      const number = firstNeuron[population]! + neuron;
      populationOf[number] = population;
      routeOf[number] = plan.segments[segment]!.route;
      sliceOf[number] = plan.segments[segment]!.slice;
    }
  }

  interface Entry {
    readonly slice: number;
    lag: 0 | 1;
    cycles: number;
  }
  const entries: Entry[][] = Array.from({ length: plan.routes.length * nodes }, () => []);
  for (const { counter, lag, worker, receives, lookups } of deliveries) {
    const route = counter - plan.segments.length;
    if (route < 0) continue;
    const at = entries[route * nodes + nodeOfPe(workers[worker]!.pe)]!;
    let entry = at.find(({ slice }) => slice === worker);
    if (entry === undefined) at.push((entry = { slice: worker, lag, cycles: 0 }));
    if (receives > 0) entry.lag = lag;
    entry.cycles += receives * cycles.packetReceive + lookups * cycles.rowLookup;
  }
  const flat = entries.flat();
  const start = new Int32Array(entries.length + 1);
  for (const [index, list] of entries.entries()) start[index + 1] = start[index]! + list.length;

  return {
    firstNeuron,
    populationOf,
    routeOf,
    sliceOf,
    start,
    slice: Int32Array.from(flat, ({ slice }) => slice),
    lag: Uint8Array.from(flat, ({ lag }) => lag),
    cycles: Float64Array.from(flat, (entry) => entry.cycles),
    rowCycles: rowCycles(machine, firstNeuron, populationOf),
  };
}

/** Rows of a source on a slice: those of every projection that leads there. */
function rowCycles(machine: Machine, firstNeuron: Int32Array, populationOf: Int32Array) {
  const { projections, slices, program, cycles } = machine;
  const populations = program.populations.length;
  const held = Array.from(
    { length: slices.length * populations },
    () => [] as { index: number; column: number }[],
  );
  for (const [index, projection] of projections.entries()) {
    for (const [column, slice] of projection.slices.entries()) {
      held[slice * populations + projection.source]!.push({ index, column });
    }
  }
  return (neuron: number, slice: number): number => {
    const population = populationOf[neuron]!;
    const rows = held[slice * populations + population]!;
    let sum = 0;
    for (let i = 0; i < rows.length; i += 1) {
      const { index, column } = rows[i]!;
      const { synopsOf, slices: columns } = projections[index]!;
      const synops = synopsOf[(neuron - firstNeuron[population]!) * columns.length + column]!;
      if (synops > 0) sum += cycles.rowFetch + synops * cycles.synop;
    }
    return sum;
  };
}
