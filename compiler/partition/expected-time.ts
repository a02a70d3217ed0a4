import { sumOf } from "../../src/core/counts.ts";
import { bySource, type EventGraph } from "../../src/core/event-graph.ts";
import { formatOf } from "../../src/core/number-format.ts";
import { chipsOf, dataBytesOf, pesOfChip } from "../../src/core/profile.ts";
import { MAC_TILE_COLUMNS } from "../../src/core/row-form.ts";
import { expectedRows, middleSlice } from "../storage/expected-rows.ts";
import { fitRows } from "../storage/fit-rows.ts";
import { operandEvents } from "../storage/measure-rows.ts";
import { candidateOf } from "../storage/row-candidates.ts";
import { type DramRows, NO_DRAM_ROWS } from "./dram-transfers.ts";
import { fitOf } from "./fit.ts";
import { idealSharesOf, type PartitionProblem, type PartitionStrategy, sizersOf } from "./partition.ts";
import type { SharedLayer } from "./share.ts";
import { workOf } from "./work.ts";

/** A graph whose rows lie where a plan wants them. */
export interface PlacedRows {
  readonly graph: EventGraph;
  readonly dram: DramRows;
}

/** Reckons what a timestep takes with some rows in DRAM. */
export interface PlanTimer {
  /** Seconds a timestep, where the other rows fit SRAM. */
  secondsOf(placed: PlacedRows): number;
  /** The same were recurrent events worked off while other layers run, as far as they have come by then. */
  overlappedSecondsOf(placed: PlacedRows): number;
  /** What it would take with all rows in PEs that are never full. */
  readonly bound: number;
}

/**
 * PEs are shared as the strategy does it, as if neurons were divisible; each slice's rows have the forms that are fastest in its SRAM.
 * A layer takes as long as its work or as its rows are under way, whichever is longer. The clock is the first operating point's.
 *
 * @param problem With the graph as it is before projections are divided, which changes no more than how often an event looks rows up.
 */
export function planTimer(problem: PartitionProblem, strategy: PartitionStrategy): PlanTimer {
  const { profile, pes } = problem;
  const budget = dataBytesOf(profile.pe.sram);
  const whole = new Map(
    sizersOf(problem).map(({ population: { name } }) => [
      name,
      { work: workOf(problem, name), lookups: lookupCycles(problem, problem.graph, name) },
    ]),
  );
  const layersOf = (placed: PlacedRows, fewest: (layer: number) => number, room: number): SharedLayer[] =>
    sizersOf({ ...placed, profile }).map((sizer, i) => {
      const { name } = sizer.population;
      const { work, lookups } = whole.get(name)!;
      const more = lookupCycles(problem, placed.graph, name) - lookups;
      const evenly = (slices: number) => work.evenly(slices) + more;
      return { sizer, work: { ...work, evenly }, budget: room, fewest: fewest(i) };
    });
  const timesOf = (layers: readonly SharedLayer[], { dram }: PlacedRows) => {
    const shares = idealSharesOf(layers, pes, strategy);
    return layers.map((layer, i) => layerTime(problem, layer, shares[i]!, dram));
  };
  const chips = Math.min(chipsOf(profile), Math.ceil(pes / pesOfChip(profile)));
  const bandwidth = chips * (profile.dram?.bandwidth ?? Infinity);
  const secondsOf = (times: readonly LayerTime[]) => timestepSeconds(times, strategy, bandwidth);
  /** Undefined where they do not fit. */
  const fittedTimes = (placed: PlacedRows) => {
    const fit = fitOf(sizersOf({ ...placed, profile }), budget);
    if (fit.kind !== "cut" || fit.slices > pes) return undefined;
    return timesOf(
      layersOf(placed, (i) => fit.fewest[i]!, budget),
      placed,
    );
  };
  const inSram = { graph: problem.graph, dram: NO_DRAM_ROWS };
  return {
    secondsOf: (placed) => {
      const times = fittedTimes(placed);
      return times === undefined ? Infinity : secondsOf(times);
    },
    overlappedSecondsOf: (placed) => {
      const times = fittedTimes(placed);
      return times === undefined ? Infinity : overlappedSeconds(times, strategy, bandwidth);
    },
    bound: secondsOf(
      timesOf(
        layersOf(inSram, () => 1, Infinity),
        inSram,
      ),
    ),
  };
}

function lookupCycles({ profile, activity }: PartitionProblem, graph: EventGraph, target: string): number {
  const { rowLookup } = profile.pe.kernels[graph.quantisation.format]!;
  return graph.projections
    .filter((projection) => projection.target === target)
    .reduce((sum, { source }) => sum + rowLookup * activity.get(source)!.reduce((a, b) => a + b, 0), 0);
}

/** Of one layer in a timestep. */
interface LayerTime {
  /** For which its PEs work. */
  readonly work: number;
  /** For which its rows are under way. */
  readonly transfer: number;
  /** Bytes from DRAM, of all its PEs. */
  readonly bytes: number;
  /** Of work and transfers those that cannot begin before the layers ahead are through: all but recurrent rows and operands. */
  readonly late: { readonly work: number; readonly transfer: number };
}

/** Transfers of a PE that are under way at once. */
const OUTSTANDING_TRANSFERS = 2;

function layerTime(
  { graph, profile, activity }: PartitionProblem,
  { sizer, work, budget }: SharedLayer,
  slices: number,
  dram: DramRows,
): LayerTime {
  const { size } = sizer.population;
  const count = Math.ceil(size / slices);
  const sharing = Math.min(slices, pesOfChip(profile));
  const clock = profile.operatingPoints[0]!.peClock;
  const { bandwidth = Infinity, latency = 0, burstBytes = 1 } = profile.dram ?? {};
  const transfers = { burstBytes, cyclesPerByte: (clock * sharing) / bandwidth };
  const transferCounts: number[] = [];
  const choices = sizer.blocks.map((block) => {
    const { projection, variants, shape, isInDram } = block;
    const measures = expectedRows(projection, size, slices, activity);
    const { product } = shape(count);
    const tiles = product ? Math.ceil((product.outputs * product.times) / MAC_TILE_COLUMNS) : 0;
    transferCounts.push(!isInDram ? 0 : product ? tiles : 2 * measures.met.rows[0]!);
    const kernels = { pe: profile.pe, format: formatOf(projection.synapses.weight) };
    const candidates = variants.map((variant) =>
      candidateOf(variant, shape(count), measures, 0, kernels, isInDram ? transfers : undefined),
    );
    return { block, isHeld: true, candidates };
  });
  const room = { count, bytes: budget - sizer.bytesBesideRows(0, count), dram };
  const rows = fitRows(choices, room);
  // Expected work counts rows in their first form.
  const more = rows.reduce((sum, { kernel }, i) => sum + kernel - choices[i]!.candidates[0]!.kernel, 0);
  const transferOf = (isMeant: (block: number) => boolean) => {
    const bytes = sumWhere(rows.length, isMeant, (i) => rows[i]!.fetched);
    const count = sumWhere(rows.length, isMeant, (i) => transferCounts[i]!);
    if (bytes === 0) return 0;
    return Math.max((sharing * bytes) / bandwidth, (count / OUTSTANDING_TRANSFERS) * latency) + latency;
  };
  const isRecurrent = (i: number) => sizer.blocks[i]!.projection.delay === 1;
  const isProduct = (i: number) => sizer.blocks[i]!.projection.onMacArray === true;
  const early = sumWhere(rows.length, isRecurrent, (i) => {
    const { projection } = sizer.blocks[i]!;
    const sent = bySource(projection, activity.get(projection.source)!);
    const events = sumOf(sent);
    const { packetReceive, rowLookup } = profile.pe.kernels[graph.quantisation.format]!;
    const lookups = events * (packetReceive + rowLookup);
    if (!isProduct(i)) return lookups + rows[i]!.kernel;
    const { macOperand, macMagnitude } = profile.pe.macArray!.kernel!;
    const operands = operandEvents(projection, middleSlice(projection, size, count), sent);
    return lookups + operands * macOperand + (events - operands) * macMagnitude;
  });
  const cycles = Math.max(work.evenly(slices), work.largest) + more;
  return {
    work: cycles / clock,
    transfer: transferOf(() => true),
    bytes: slices * rows.reduce((sum, { fetched }) => sum + fetched, 0),
    late: {
      work: Math.max(0, cycles - early) / clock,
      transfer: transferOf((i) => !isRecurrent(i) || isProduct(i)),
    },
  };
}

function sumWhere(count: number, isMeant: (i: number) => boolean, of: (i: number) => number): number {
  let sum = 0;
  for (let i = 0; i < count; i += 1) if (isMeant(i)) sum += of(i);
  return sum;
}

/** @param bandwidth As below. */
function overlappedSeconds(
  times: readonly LayerTime[],
  strategy: PartitionStrategy,
  bandwidth: number,
): number {
  const late = times.map((time) => Math.max(time.late.work, time.late.transfer));
  // No shorter than an interval of a pipeline, nor than what layers have to do one after the other.
  return Math.max(
    timestepSeconds(times, { ...strategy, aim: "slowest layer" }, bandwidth),
    strategy.aim === "slowest layer" ? 0 : sumOf(late),
  );
}

/** @param bandwidth Of the DRAM of all chips in use, in bytes a second. */
function timestepSeconds(times: readonly LayerTime[], { aim }: PartitionStrategy, bandwidth: number): number {
  const layers = times.map(({ work, transfer }) => Math.max(work, transfer));
  if (aim !== "slowest layer") return layers.reduce((a, b) => a + b, 0);
  // In a pipeline all layers fetch at once.
  return Math.max(...layers, times.reduce((sum, { bytes }) => sum + bytes, 0) / bandwidth);
}
