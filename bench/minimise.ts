import { MINIMISERS, minimiseTable, ORDER_FREE_MINIMISERS } from "../compiler/route/minimise/minimise.ts";
import type { RoutingEntry } from "../src/core/mapping.ts";
import { randomNumbers } from "../src/core/random.ts";
import { formatTable, nanosecondsPerUnit } from "./measure.ts";

const NEURONS = 1350;
/** Keys of a population begin at a multiple of this. */
const SPAN = 2048;
const NEIGHBOURS = 4;

/**
 * One entry a neuron: populations of 1,350 neurons, whose keys begin at multiples of 2,048. Every neuron has targets on
 * the router's own chip, and on each of four neighbouring chips with the given chance, drawn population by population,
 * neuron by neuron, link by link. Nothing in a key says where it goes, which is the hardest case for its length.
 */
export function tableOfNeurons(populations: number, chance: number, seed: number): RoutingEntry[] {
  const random = randomNumbers(seed);
  const destinations = [{ node: 0, pes: [0] }];
  return Array.from({ length: populations * NEURONS }, (_, index): RoutingEntry => {
    const key = Math.floor(index / NEURONS) * SPAN + (index % NEURONS);
    const links = Array.from({ length: NEIGHBOURS }, (_, link) => link).filter(() => random() < chance);
    return { key, mask: 0xffffffff, destinations, links, toHost: false };
  });
}

const whole = (value: number): string => Math.round(value).toLocaleString("en-US");

/** Entries and time of each minimiser, on tables of three lengths and of rarer and more frequent links. */
export function benchMinimise(): string {
  const cases = [
    [1, 0.09],
    [2, 0.09],
    [4, 0.09],
    [2, 0.2],
  ] as const;
  const rows = cases.flatMap(([populations, chance]) => {
    const table = tableOfNeurons(populations, chance, 1);
    const minimisers = [...MINIMISERS, ...ORDER_FREE_MINIMISERS];
    const contenders = minimisers.map((minimiser) => ({
      name: minimiser.name,
      run: () => minimiser.minimise(table, { target: 0 }),
      units: 1e6,
    }));
    const cold = minimisers.map((minimiser) => timeOf(() => minimiser.minimise(table, { target: 0 })));
    const times = nanosecondsPerUnit(contenders, 7);
    return minimisers.map((minimiser, index) => [
      `${whole(table.length)}, ${100 * chance} %`,
      minimiser.name,
      whole(minimiser.minimise(table, { target: 0 }).length),
      times[index]!.toFixed(1),
      cold[index]!.toFixed(1),
    ]);
  });
  return formatTable("Routing tables of one entry a neuron, made as short as each minimiser can", [
    ["entries, chance of a link", "minimiser", "entries left", "ms, best of 7", "first run"],
    ...rows,
  ]);
}

/** The tables of a board: as many as 27 chips have, each until it fits 1,023 entries, as SpiNNaker's must. */
export function benchMinimiseBoard(): string {
  const tables = Array.from({ length: 27 }, (_, chip) => tableOfNeurons(2, 0.09, chip + 1));
  const rows = [1023, 0].map((target) => {
    let left = 0;
    const ms = timeOf(() => {
      for (const table of tables) left += minimiseTable(table, { target }).entries.length;
    });
    return [target === 0 ? "as short as can be" : `at most ${whole(target)} each`, whole(left), whole(ms)];
  });
  return formatTable(`${tables.length} such tables, ${whole(27 * 2 * NEURONS)} entries in all`, [
    ["wanted", "entries left", "ms"],
    ...rows,
  ]);
}

function timeOf(run: () => void): number {
  const start = performance.now();
  run();
  return performance.now() - start;
}
