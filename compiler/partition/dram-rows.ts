import { UnsupportedError } from "../../src/core/errors.ts";
import {
  type EventGraph,
  type GraphProjection,
  graphPopulationNamed,
  projectionName,
} from "../../src/core/event-graph.ts";
import type { Partition } from "../../src/core/mapping.ts";
import { dataBytesOf } from "../../src/core/profile.ts";
import { gatesIn } from "../../src/core/row-form.ts";
import { tapsOf } from "../../src/core/shared-convolution.ts";
import type { Activity } from "../place/problem.ts";
import { chooseColdRows } from "./cold-rows.ts";
import { guessText } from "../expected-activity.ts";
import { type DramRows, NO_DRAM_ROWS } from "./dram-transfers.ts";
import { type PlacedRows, planTimer } from "./expected-time.ts";
import { fanInOf } from "./fan-in.ts";
import { fitOf } from "./fit.ts";
import { type PartitionProblem, type PartitionStrategy, sizersOf } from "./partition.ts";
import { rowTrafficOf } from "./row-traffic.ts";

/**
 * Where synaptic rows lie. auto: in SRAM where all fit and PEs are not so full that they work much longer for it; else those in
 * DRAM with which a timestep is expected to take least time. sram, dram: all of them there. The first is the default.
 */
export const ROW_PLACES = ["auto", "sram", "dram"] as const;
export type RowPlace = (typeof ROW_PLACES)[number];

/** How much less time rows in DRAM must take where all would fit SRAM. */
export const WORTH_DRAM = 0.9;

/**
 * Chooses which rows lie in DRAM. Projections of which only some do are divided in two; all others stay as they are.
 *
 * @throws UnsupportedError where rows are to lie in a DRAM that the profile does not have.
 */
export function chooseDramRows(
  problem: PartitionProblem,
  place: RowPlace,
  strategy: PartitionStrategy,
): PlacedRows {
  const { graph, profile, pes } = problem;
  const inSram = { graph, dram: NO_DRAM_ROWS };
  if (place === "sram" || (place === "auto" && !profile.dram)) return inSram;
  if (!profile.dram) {
    throw new UnsupportedError(
      `${profile.title} has no DRAM for synaptic rows.`,
      "Keep them in SRAM (--rows sram).",
    );
  }
  const { burstBytes } = profile.dram;
  const allInDram = { graph, dram: { blocks: new Set(graph.projections), burstBytes } };
  if (place === "dram") return allInDram;
  const budget = dataBytesOf(profile.pe.sram);
  const fits = (placed: PlacedRows): boolean => {
    const fit = fitOf(sizersOf({ ...placed, profile }), budget);
    return fit.kind === "cut" && fit.slices <= pes;
  };
  const { secondsOf, bound } = planTimer(problem, strategy);
  const inSramSeconds = fits(inSram) ? secondsOf(inSram) : undefined;
  if (inSramSeconds !== undefined && (!strategy.aim || WORTH_DRAM * inSramSeconds <= bound)) return inSram;
  const coldBeside = (dram: DramRows) => chooseColdRows({ ...problem, dram, fits, secondsOf, bound });
  if (inSramSeconds !== undefined) {
    const found = coldBeside(NO_DRAM_ROWS);
    return found && found.seconds < WORTH_DRAM * inSramSeconds ? found : inSram;
  }
  for (const dram of productsInDram(problem, burstBytes)) {
    const placed = { graph, dram };
    const found = fits(placed) ? placed : coldBeside(dram);
    if (found) return found;
  }
  // Where nothing helps, partitioning says what is short.
  return allInDram;
}

/** No product's matrix in DRAM, then the largest, the two largest, … as few as it takes: arrays wait for what is streamed. */
function* productsInDram({ graph }: PartitionProblem, burstBytes: number): Generator<DramRows> {
  const bytesOf = (projection: GraphProjection) => weightsOfProduct(graph, projection);
  const largest = graph.projections
    .filter(({ onMacArray }) => onMacArray)
    .sort((a, b) => bytesOf(b) - bytesOf(a));
  for (let count = 0; count <= largest.length; count += 1)
    yield { blocks: new Set(largest.slice(0, count)), burstBytes };
}

/** Bytes of a product's weights: a matrix, shared out among PEs, or a kernel, of which each PE has a copy of its channels. */
function weightsOfProduct(graph: EventGraph, { target, synapses, convolution }: GraphProjection): number {
  if (convolution) return convolution.output.channels * tapsOf(convolution);
  const { size } = graphPopulationNamed(graph, target);
  return (synapses.rowStart.length - 1) * size * gatesIn(fanInOf(synapses, size).gates).length;
}

/** A line for each projection with rows in DRAM, and one on what they fetch. */
export function describeDramRows(
  graph: EventGraph,
  { blocks, burstBytes }: DramRows,
  slices: Partition,
  activity: Activity,
  guessed: readonly string[],
): string[] {
  if (blocks.size === 0) return [];
  let moved = 0;
  const lines = [...blocks].map((projection) => {
    if (projection.onMacArray) {
      const bytes = weightsOfProduct(graph, projection);
      const { target, convolution } = projection;
      const copies = convolution
        ? slices.filter(({ population }) => population === target).length /
          (convolution.output.channels / convolution.output.together)
        : 1;
      moved += copies * bytes;
      const what = convolution ? `${count(copies)} copies of a kernel` : "a matrix";
      return `${projectionName(projection)}: ${what} of ${count(bytes)} bytes ${convolution ? "are" : "is"} streamed from DRAM in each timestep`;
    }
    const held = slices.filter(({ population }) => population === projection.target).length;
    const traffic = rowTrafficOf(graph, projection, held, burstBytes, activity);
    moved += sumOf(traffic.moved);
    return `${projectionName(projection)}: ${rowsText(projection, traffic.events)}`;
  });
  const about = `rows in DRAM: about ${count(moved)} bytes are fetched a timestep`;
  return [...lines, guessed.length > 0 ? `${about}, if ${guessText(graph, guessed)}` : about];
}

function rowsText({ synapses: { rowStart, target } }: GraphProjection, events: Float64Array): string {
  const isHere = (row: number) => rowStart[row + 1]! > rowStart[row]!;
  const rows = [...events.keys()].filter(isHere);
  const here = sumOf(Float64Array.from(rows, (row) => events[row]!));
  const share = here / Math.max(Number.MIN_VALUE, sumOf(events));
  return `${count(target.length)} synapses lie in DRAM, ${count(rows.length)} rows for ${(100 * share).toFixed(1)} % of the events`;
}

const sumOf = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0);
const count = (value: number): string => Math.round(value).toLocaleString("en-US");
