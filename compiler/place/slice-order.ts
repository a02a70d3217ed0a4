import type { Adjacency } from "./graph-order.ts";
import type { PlacementProblem } from "./problem.ts";

/** Slices are neighbours where one sends to the other, or both belong to a population that sends to itself. */
export function sliceGraph({ slices, flows }: PlacementProblem): Adjacency {
  const members = new Map<string, number[]>();
  for (const [index, { population }] of slices.entries())
    members.set(population, [...(members.get(population) ?? []), index]);
  const joined = new Map([...members.keys()].map((name) => [name, new Set<string>()]));
  for (const { source, targets } of flows) {
    for (const target of targets) {
      joined.get(source)?.add(target);
      joined.get(target)?.add(source);
    }
  }
  const near = new Map(
    [...joined].map(([name, others]) => [
      name,
      [...others].flatMap((other) => members.get(other) ?? []).sort((a, b) => a - b),
    ]),
  );
  return { size: slices.length, neighbours: (slice) => near.get(slices[slice]!.population)! };
}
