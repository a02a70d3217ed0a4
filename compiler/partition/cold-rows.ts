import type { GraphProjection } from "../../src/core/event-graph.ts";
import { chipsOf, type HardwareProfile } from "../../src/core/profile.ts";
import { divideRows, type Divisions } from "../passes/divide-rows.ts";
import type { PlacedRows } from "./expected-time.ts";
import type { PartitionProblem } from "./partition.ts";
import { type RowTraffic, rowTrafficOf } from "./row-traffic.ts";

/** Rows that are to lie in DRAM, and what that is expected to cost. */
interface DramPlan {
  /** For each projection of which some rows lie in DRAM: 1 for those. Shape [rows]. */
  readonly cold: Divisions;
  /** Seconds a timestep that it takes to fetch them, and to look divided projections up twice. */
  readonly fetching: number;
  /** Seconds that a whole timestep is expected to take. */
  readonly seconds: number;
}

export interface ColdRowsProblem extends PartitionProblem {
  /** Whether a graph fits the PEs' memory with these rows in DRAM. */
  readonly fits: (placed: PlacedRows) => boolean;
  /** Seconds that a timestep is expected to take with them there. */
  readonly secondsOf: (placed: PlacedRows) => number;
  /** What no plan can be faster than, in seconds. */
  readonly bound: number;
}

/** How much less fetching a plan that divides projections must need than one of whole ones that is as fast. */
const WORTH_DIVIDING = 0.9;
/** Plans that take no longer than this times the least count as equally fast. */
const ALIKE = 1.02;
/** Share of all rows' bytes to which the number of rows in DRAM is brought down. */
const PRECISION = 0.004;
/** Of the bytes that could lie in DRAM beyond those that must: PEs that are not full can be shared by work. */
const SWEEP = [1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 1];

/**
 * Looks for the rows that are best in DRAM. Three ways are compared, largest or coldest projections first: whole ones, the same with the last
 * divided, and, where neurons of a source differ, the coldest rows of all. Each begins with as few rows as it takes for the rest to fit SRAM and goes on with more. A row is the
 * colder, the fewer bytes it fetches a timestep for each byte of SRAM that it leaves free. Of the plans with which a timestep takes
 * least time, the one with least to fetch is taken. Undefined where nothing fits.
 */
export function chooseColdRows(problem: ColdRowsProblem): (PlacedRows & { seconds: number }) | undefined {
  const search = searchOf(problem);
  const { traffic } = search;
  const blocks = problem.graph.projections.map((_, i) => i);
  const bytes = traffic.map((own) => sumOf(own.bytes));
  const coldness = traffic.map((own, i) => sumOf(own.moved) / Math.max(1, bytes[i]!));
  const largestFirst = blocks.toSorted((a, b) => bytes[b]! - bytes[a]! || a - b);
  const coldestFirst = blocks.toSorted((a, b) => coldness[a]! - coldness[b]! || a - b);
  const rowsOf = sortedRows(traffic);
  const orders = [largestFirst, coldestFirst].map((order) => order.map((block) => rowsOf(block)));
  const whole = orders.flatMap((order) => wholeBlocks(search, order));
  // Where all neurons of a source are alike active, its rows are about as cold as each other.
  const isAnyColder = traffic.some(({ events }) => events.some((own) => own !== events[0]));
  const divided = [...orders.map((order) => order.flat()), ...(isAnyColder ? [rowsOf()] : [])].flatMap(
    (rows) => amountsOf(search, rows),
  );
  const plan = bestOf(whole, divided);
  return plan && { ...placeRows(problem, plan.cold), seconds: plan.seconds };
}

/** Of the plans that are about as fast as the fastest the one with least to fetch; divided ones only where that saves much. */
function bestOf(whole: readonly DramPlan[], divided: readonly DramPlan[]): DramPlan | undefined {
  const limit = ALIKE * Math.min(...[...whole, ...divided].map(({ seconds }) => seconds));
  const cheapest = (plans: readonly DramPlan[]): DramPlan | undefined =>
    plans
      .filter(({ seconds }) => seconds <= limit)
      .reduce<DramPlan | undefined>((a, b) => (a && a.fetching <= b.fetching ? a : b), undefined);
  const [best, rival] = [cheapest(whole), cheapest(divided)];
  return rival && (!best || rival.fetching < WORTH_DIVIDING * best.fetching) ? rival : best;
}

/** Brings some rows of a graph into DRAM, beside the products that lie there: a projection as a whole where all its rows are to go there. */
export function placeRows(
  { graph, profile, dram }: Pick<ColdRowsProblem, "graph" | "profile" | "dram">,
  cold: Divisions,
): PlacedRows {
  const isWhole = ({ synapses: { rowStart } }: GraphProjection, rows: Uint8Array) =>
    rows.every((isCold, row) => isCold === 1 || rowStart[row] === rowStart[row + 1]);
  const parted = new Map([...cold].filter(([projection, rows]) => !isWhole(projection, rows)));
  const { graph: divided, second } = divideRows(graph, parted);
  const blocks = [...cold.keys()].map((projection) => second.get(projection) ?? projection);
  return {
    graph: divided,
    dram: { blocks: new Set([...(dram?.blocks ?? []), ...blocks]), burstBytes: profile.dram!.burstBytes },
  };
}

/** PEs are taken to be shared by synapses: how many each population gets is not known yet. */
function trafficOf({ graph, profile, pes, activity }: PartitionProblem): RowTraffic[] {
  const synapses = (target?: string) =>
    graph.projections.reduce(
      (sum, own) => sum + (target === undefined || own.target === target ? own.synapses.target.length : 0),
      0,
    );
  return graph.projections.map((projection) => {
    if (projection.onMacArray) return noTraffic(projection);
    const slices = Math.max(1, Math.round((pes * synapses(projection.target)) / Math.max(1, synapses())));
    return rowTrafficOf(graph, projection, slices, profile.dram!.burstBytes, activity);
  });
}

/** Of what stays where the MAC arrays read it. */
function noTraffic({ synapses: { rowStart } }: GraphProjection): RowTraffic {
  const none = new Float64Array(rowStart.length - 1);
  return { bytes: none, moved: none, events: none };
}

/** A row of one of the graph's projections. */
interface Row {
  readonly block: number;
  readonly row: number;
  readonly bytes: number;
}

/** Rows that are not empty, of one projection or of all, the coldest first. */
function sortedRows(traffic: readonly RowTraffic[]): (block?: number) => Row[] {
  const score = ({ block, row, bytes }: Row) => traffic[block]!.moved[row]! / bytes;
  return (only) =>
    traffic
      .flatMap((own, block) =>
        only === undefined || only === block
          ? Array.from(own.bytes, (bytes, row): Row => ({ block, row, bytes }))
          : [],
      )
      .filter(({ bytes }) => bytes > 0)
      .sort((a, b) => score(a) - score(b) || a.block - b.block || a.row - b.row);
}

interface Search {
  readonly traffic: readonly RowTraffic[];
  fits(rows: readonly Row[]): boolean;
  /** With the time that it takes. */
  planOf(rows: readonly Row[]): DramPlan;
  /** Whether none with more rows is much faster than these plans. */
  isDone(plans: readonly DramPlan[]): boolean;
}

function searchOf(problem: ColdRowsProblem): Search {
  const { profile, fits, secondsOf, bound } = problem;
  const traffic = trafficOf(problem);
  const available = profile.dram!.bytes * chipsOf(profile);
  return {
    traffic,
    fits: (rows) =>
      rows.reduce((sum, { bytes }) => sum + bytes, 0) <= available &&
      fits(placeRows(problem, coldOf(problem, traffic, rows))),
    planOf: (rows) => {
      const cold = coldOf(problem, traffic, rows);
      const seconds = secondsOf(placeRows(problem, cold));
      return { cold, seconds, fetching: fetchingSeconds(problem, traffic, cold) };
    },
    isDone: (plans) => plans.some(({ seconds }) => seconds <= ALIKE * bound),
  };
}

/** Projections as they come, from where the rest fits. */
function wholeBlocks({ fits, planOf, isDone }: Search, blocks: readonly (readonly Row[])[]): DramPlan[] {
  const plans: DramPlan[] = [];
  for (let count = 1; count <= blocks.length; count += 1) {
    const rows = blocks.slice(0, count).flat();
    if (plans.length === 0 && !fits(rows)) continue;
    if (plans.length > 0 && (isDone(plans) || !fits(rows))) break;
    plans.push(planOf(rows));
  }
  return plans;
}

/** Rows as they come: as few as it takes for the rest to fit, and more. */
function amountsOf({ fits, planOf, isDone }: Search, rows: readonly Row[]): DramPlan[] {
  const before = new Float64Array(rows.length + 1);
  for (const [i, { bytes }] of rows.entries()) before[i + 1] = before[i]! + bytes;
  const all = before[rows.length]!;
  if (rows.length === 0 || !fits(rows)) return [];
  let [few, enough] = [0, rows.length];
  while (before[enough]! - before[few]! > PRECISION * all && enough - few > 1) {
    const half = (before[few]! + before[enough]!) / 2;
    let middle = few + 1;
    while (middle < enough - 1 && before[middle]! < half) middle += 1;
    if (fits(rows.slice(0, middle))) enough = middle;
    else few = middle;
  }
  const rest = all - before[enough]!;
  const planAt = (share: number) =>
    planOf(
      rows.slice(
        0,
        before.findIndex((bytes) => bytes >= before[enough]! + share * rest),
      ),
    );
  return sweep(planAt, isDone);
}

/** Steps of SWEEP, then halfway to either side of the fastest. */
function sweep(
  planAt: (share: number) => DramPlan,
  isDone: (plans: readonly DramPlan[]) => boolean,
): DramPlan[] {
  const plans = [planAt(0)];
  for (const share of SWEEP) {
    if (isDone(plans)) return plans;
    plans.push(planAt(share));
  }
  const shares = [0, ...SWEEP];
  const best = plans.reduce((least, { seconds }, i) => (seconds < plans[least]!.seconds ? i : least), 0);
  for (const beside of [best - 1, best + 1])
    if (shares[beside] !== undefined) plans.push(planAt((shares[best]! + shares[beside]) / 2));
  return plans;
}

function coldOf(
  { graph }: PartitionProblem,
  traffic: readonly RowTraffic[],
  rows: readonly Row[],
): Divisions {
  const cold = new Map<GraphProjection, Uint8Array>();
  for (const { block, row } of rows) {
    const projection = graph.projections[block]!;
    let own = cold.get(projection);
    if (!own) cold.set(projection, (own = new Uint8Array(traffic[block]!.bytes.length)));
    own[row] = 1;
  }
  return cold;
}

function fetchingSeconds(
  { graph, profile }: { readonly graph: PartitionProblem["graph"]; readonly profile: HardwareProfile },
  traffic: readonly RowTraffic[],
  cold: Divisions,
): number {
  const { rowLookup } = profile.pe.kernels[graph.quantisation.format]!;
  const { peClock } = profile.operatingPoints[0]!;
  let [moved, cycles] = [0, 0];
  for (const [block, projection] of graph.projections.entries()) {
    const own = cold.get(projection);
    if (own === undefined) continue;
    const { bytes, moved: ofRow, events } = traffic[block]!;
    for (const [row, isCold] of own.entries()) if (isCold === 1) moved += ofRow[row]!;
    if (own.some((isCold, row) => isCold === 0 && bytes[row]! > 0)) cycles += rowLookup * sumOf(events);
  }
  return moved / (profile.dram!.bandwidth * chipsOf(profile)) + cycles / peClock;
}

const sumOf = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0);
