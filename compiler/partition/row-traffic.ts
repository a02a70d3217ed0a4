import {
  bySource,
  type EventGraph,
  type GraphProjection,
  graphPopulationNamed,
} from "../../src/core/event-graph.ts";
import { formatOf, WEIGHT_BYTES } from "../../src/core/number-format.ts";
import type { Activity } from "../place/problem.ts";
import { indexBitsFor } from "./slice-bytes.ts";

/** What moving rows of one projection from SRAM to DRAM saves and costs. Rows are reckoned as CSR. */
export interface RowTraffic {
  /** Bytes of a row's indices and weights on all PEs together. Shape [rows]. */
  readonly bytes: Float64Array;
  /** Bytes from DRAM a timestep that a row is expected to take there. Shape [rows]. */
  readonly moved: Float64Array;
  /** Events of each source in a timestep. Shape [rows]. */
  readonly events: Float64Array;
}

/** Indices and weights are fetched apart. */
const TRANSFERS = 2;

/**
 * A row of L synapses, spread evenly over a target of m slices, is not empty on m·(1 − (1 − 1/m)^L) of them; each fetches its part
 * in two transfers, which begin anywhere in a burst of B bytes and so take B − 1 bytes more than asked for in the mean.
 *
 * @param slices Slices of the target, about.
 */
export function rowTrafficOf(
  graph: EventGraph,
  projection: GraphProjection,
  slices: number,
  burstBytes: number,
  activity: Activity,
): RowTraffic {
  const { target, synapses } = projection;
  const { rowStart, weight } = synapses;
  const rows = rowStart.length - 1;
  const { size } = graphPopulationNamed(graph, target);
  const perSynapse = indexBitsFor(4 * Math.ceil(size / slices)) / 8 + WEIGHT_BYTES[formatOf(weight)];
  const events = bySource(projection, activity.get(projection.source)!);
  const bytes = new Float64Array(rows);
  const moved = new Float64Array(rows);
  for (let row = 0; row < rows; row += 1) {
    const length = rowStart[row + 1]! - rowStart[row]!;
    const held = slices * (1 - (1 - 1 / slices) ** length);
    bytes[row] = length * perSynapse;
    moved[row] = events[row]! * (bytes[row]! + held * TRANSFERS * (burstBytes - 1));
  }
  return { bytes, moved, events };
}
