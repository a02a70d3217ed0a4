import { UnsupportedError } from "../../src/core/errors.ts";
import type { GraphProjection } from "../../src/core/event-graph.ts";
import { dataBytesOf } from "../../src/core/profile.ts";
import { type DramRows, NO_DRAM_ROWS } from "./dram-transfers.ts";
import { fitOf } from "./fit.ts";
import { type PartitionProblem, sizersOf } from "./partition.ts";

/**
 * Where synaptic rows lie. auto: in SRAM where all fit; else whole source blocks in DRAM, largest first, as many as
 * it takes. sram, dram: all of them there. The first is the default.
 */
export const ROW_PLACES = ["auto", "sram", "dram"] as const;
export type RowPlace = (typeof ROW_PLACES)[number];

/** @throws UnsupportedError where rows are to lie in a DRAM that the profile does not have. */
export function chooseDramRows(problem: PartitionProblem, place: RowPlace): DramRows {
  const { graph, profile, pes } = problem;
  if (place === "sram" || (place === "auto" && !profile.dram)) return NO_DRAM_ROWS;
  if (!profile.dram) {
    throw new UnsupportedError(
      `${profile.title} has no DRAM for synaptic rows.`,
      "Keep them in SRAM (--rows sram).",
    );
  }
  const { burstBytes } = profile.dram;
  if (place === "dram") return { blocks: new Set(graph.projections), burstBytes };
  const budget = dataBytesOf(profile.pe.sram);
  const fits = (dram: DramRows): boolean => {
    const fit = fitOf(sizersOf({ graph, profile, dram }), budget);
    return fit.kind === "cut" && fit.slices <= pes;
  };
  const blocks = new Set<GraphProjection>();
  const largestFirst = [...graph.projections].sort(
    (a, b) => b.synapses.target.length - a.synapses.target.length,
  );
  for (const projection of largestFirst) {
    if (fits({ blocks, burstBytes })) break;
    blocks.add(projection);
  }
  return { blocks, burstBytes };
}

/** A line for each block in DRAM. */
export const describeDramRows = ({ blocks }: DramRows): string[] =>
  [...blocks].map(
    ({ source, target, delay, synapses }) =>
      `${source} -> ${target}${delay === 1 ? " (recurrent)" : ""}: ${synapses.target.length.toLocaleString("en-US")} synapses lie in DRAM`,
  );
