import type { Machine } from "../../engine/machine.ts";

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
  /** Whose FIFO and core it is: the PE's slice, or its share of a decoder where it has no slice. Index of a worker. */
  readonly slice: Int32Array;
  /** When the slice uses it. 0: in the sender's timestep; 1: in the next; `UNUSED`: it does not. */
  readonly lag: Uint8Array;
  /** Share of a decoder that uses it, in the sender's timestep; −1 for none. Empty without a decoder. */
  readonly decoder: Int32Array;
  /** PE cycles of reception, lookups and rows that a packet of this neuron takes at an entry of its route. */
  workAt(neuron: number, entry: number): number;
}

/** A packet that is received for the decoder only. */
export const UNUSED = 2;

/** Values of the table of work, 8 bytes each at most; what is beyond is computed for each packet. */
const TABLE_VALUES = 2 ** 24;

/**
 * @param nodeOfPe Number of the mesh node that holds a PE.
 * @param tableValues Most values that are computed ahead.
 */
export function planReceptions(
  machine: Machine,
  nodes: number,
  nodeOfPe: (pe: number) => number,
  tableValues = TABLE_VALUES,
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

  const entries: Entry[][] = Array.from({ length: plan.routes.length * nodes }, () => []);
  const coreOf = coresOf(machine);
  for (const { counter, lag, worker, receives, lookups } of deliveries) {
    const route = counter - plan.segments.length;
    if (route < 0) continue;
    const at = entries[route * nodes + nodeOfPe(workers[worker]!.pe)]!;
    const core = coreOf[worker]!;
    let entry = at.find(({ slice }) => slice === core);
    if (entry === undefined) at.push((entry = { slice: core, lag: UNUSED, decoder: -1, cycles: 0 }));
    if (workers[worker]!.role === "decoder") entry.decoder = worker;
    // A packet that the decoder takes in as well is received once, and a slice's two blocks use it at two times.
    else entry.lag = receives > 0 ? lag : Math.min(entry.lag, lag);
    entry.cycles += receives * cycles.packetReceive + lookups * cycles.rowLookup;
  }
  const flat = entries.flat();
  const start = new Int32Array(entries.length + 1);
  for (const [index, list] of entries.entries()) start[index + 1] = start[index]! + list.length;

  const rowsOf = rowCycles(machine, firstNeuron, populationOf);
  const fixed = Float64Array.from(flat, (entry) => entry.cycles);
  return {
    firstNeuron,
    populationOf,
    routeOf,
    sliceOf,
    start,
    slice: Int32Array.from(flat, ({ slice }) => slice),
    lag: Uint8Array.from(flat, ({ lag }) => lag),
    decoder: program.chipDecoder ? Int32Array.from(flat, ({ decoder }) => decoder) : new Int32Array(0),
    workAt: tabulate(
      (neuron, entry) => fixed[entry]! + rowsOf(neuron, flat[entry]!.slice),
      (neuron) => [start[routeOf[neuron]! * nodes]!, start[(routeOf[neuron]! + 1) * nodes]!],
      neurons,
      tableValues,
    ),
  };
}

interface Entry {
  readonly slice: number;
  lag: number;
  decoder: number;
  cycles: number;
}

/** The worker that each worker's FIFO and core are known by: a PE with a slice and a decoder's share has one of each. */
export function coresOf({ workers }: Pick<Machine, "workers">): Int32Array {
  const first = new Map<number, number>();
  return Int32Array.from(workers, ({ pe }, worker) => {
    if (!first.has(pe)) first.set(pe, worker);
    return first.get(pe)!;
  });
}

/** Computes ahead what `workAt` gives for as many neurons as the table has room for, the first ones. */
function tabulate(
  workAt: Receptions["workAt"],
  entriesOf: (neuron: number) => readonly [from: number, to: number],
  neurons: number,
  most: number,
): Receptions["workAt"] {
  /** What to add to an entry to find its value. */
  const offset = new Int32Array(neurons);
  let values = 0;
  let known = 0;
  for (; known < neurons; known += 1) {
    const [from, to] = entriesOf(known);
    if (values + to - from > most) break;
    offset[known] = values - from;
    values += to - from;
  }
  const table = new Float64Array(values);
  for (let neuron = 0; neuron < known; neuron += 1) {
    const [from, to] = entriesOf(neuron);
    for (let entry = from; entry < to; entry += 1) table[offset[neuron]! + entry] = workAt(neuron, entry);
  }
  const held = smallest(table);
  return (neuron, entry) => (neuron < known ? held[offset[neuron]! + entry]! : workAt(neuron, entry));
}

/** The same values in less memory where that loses nothing: they are read at random, and caches are small. */
function smallest(values: Float64Array): Uint16Array | Float64Array {
  const small = Uint16Array.from(values);
  return small.every((value, index) => value === values[index]) ? small : values;
}

/** Rows of a source on a slice: those of every projection that leads there. */
function rowCycles(machine: Machine, firstNeuron: Int32Array, populationOf: Int32Array) {
  const { projections, workers, program, rowCosts } = machine;
  const populations = program.populations.length;
  const held = Array.from(
    { length: workers.length * populations },
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
      const { slotsOf, emptyOf, slices: columns } = projections[index]!;
      const at = (neuron - firstNeuron[population]!) * columns.length + column;
      const slots = slotsOf[at]!;
      if (slots === 0) continue;
      const costs = rowCosts[index]!;
      sum += costs.row[column]! + slots * costs.slot[column]! + (emptyOf?.[at] ?? 0) * costs.empty[column]!;
    }
    return sum;
  };
}
