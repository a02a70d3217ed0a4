import { randomNumbers } from "../../src/core/random.ts";
import type { PlacementProblem } from "./problem.ts";
import { type SenderTable, senderTable } from "./sender-table.ts";

/** What one round of a flow's events does to the sums over slices; flows are few, so that a product takes slices × flows. */
interface FlowMembers {
  /** Slices that send the flow's events, and those that receive every one of them. */
  readonly senders: Int32Array;
  readonly receivers: Int32Array;
}

const MOST_ITERATIONS = 400;
/** A vector that turns by less than this (norm of the difference) has come to rest. */
const AT_REST = 1e-9;
/** What is left of a start of norm 1, once it stands upright on the vectors before it, must be more than rounding. */
const LEAST_NORM = 1e-6;

/**
 * The smallest eigenvectors but the constant one of the Laplacian of the slice graph, whose edges weigh as many events
 * as pass between two slices in a timestep (Hall, Management Science 17, 1970: of all placements along a line, of equal
 * spread, the first has the least squared distance × events). Found by power iteration on c·I − L, where c is at least
 * L's largest eigenvalue, each vector kept upright on those before it.
 *
 * A start is one random number a population. Slices that are alike in all that they send and receive so get equal
 * coordinates, and no chance parts them. A vector that is not there (two populations have but one) is all 0.
 *
 * @returns Norm 1 or 0. Shape [count] of [slices].
 */
export function smallestEigenvectors(problem: PlacementProblem, count: number, seed: number): Float64Array[] {
  const size = problem.slices.length;
  const table = senderTable(problem);
  const members = membersOf(problem, table);
  const degree = new Float64Array(size);
  addWeighted(members, table, new Float64Array(size).fill(1), degree);
  const bound = 2 * degree.reduce((a, b) => Math.max(a, b), 0);
  const found = [new Float64Array(size).fill(1 / Math.sqrt(Math.max(1, size)))];
  const random = randomNumbers(seed);
  for (let index = 0; index < count; index += 1) {
    const value = new Map(problem.slices.map(({ population }) => [population, 0]));
    for (const population of value.keys()) value.set(population, random() - 0.5);
    let vector = Float64Array.from(problem.slices, ({ population }) => value.get(population)!);
    scaleToOne(vector, 0);
    makeUpright(vector, found);
    let isThere = scaleToOne(vector, LEAST_NORM) && bound > 0;
    for (let round = 0; isThere && round < MOST_ITERATIONS; round += 1) {
      const next = new Float64Array(size);
      addWeighted(members, table, vector, next);
      for (let i = 0; i < size; i += 1) next[i]! += (bound - degree[i]!) * vector[i]!;
      makeUpright(next, found);
      isThere = scaleToOne(next, 0);
      const turned = Math.sqrt(next.reduce((sum, own, i) => sum + (own - vector[i]!) ** 2, 0));
      vector = next;
      if (turned < AT_REST) break;
    }
    found.push(isThere ? vector : new Float64Array(size));
  }
  return found.slice(1);
}

function membersOf({ slices, flows }: PlacementProblem, { flowFrom, flowsInto }: SenderTable): FlowMembers[] {
  const all = Int32Array.from(slices.keys());
  return flows.map((_, flow) => ({
    senders: all.filter((slice) => flowFrom[slice] === flow),
    receivers: all.filter((slice) => flowsInto[slice]!.includes(flow)),
  }));
}

/** Adds W·vector, W being symmetric: each event weighs both on who sends it and on who receives it. */
function addWeighted(
  members: readonly FlowMembers[],
  { events }: SenderTable,
  vector: Float64Array,
  into: Float64Array,
): void {
  for (const { senders, receivers } of members) {
    let received = 0;
    for (const slice of receivers) received += vector[slice]!;
    let sent = 0;
    for (const slice of senders) {
      sent += events[slice]! * vector[slice]!;
      into[slice]! += events[slice]! * received;
    }
    for (const slice of receivers) into[slice]! += sent;
  }
}

function makeUpright(vector: Float64Array, others: readonly Float64Array[]): void {
  for (const other of others) {
    let along = 0;
    for (let i = 0; i < vector.length; i += 1) along += vector[i]! * other[i]!;
    for (let i = 0; i < vector.length; i += 1) vector[i]! -= along * other[i]!;
  }
}

/** Whether the vector was longer than `least`; it then has norm 1. */
function scaleToOne(vector: Float64Array, least: number): boolean {
  const norm = Math.sqrt(vector.reduce((sum, own) => sum + own * own, 0));
  if (!(norm > least)) return false;
  for (let i = 0; i < vector.length; i += 1) vector[i]! /= norm;
  return true;
}
