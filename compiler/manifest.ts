import { type EventGraph, isWeighed, projectionName } from "../src/core/event-graph.ts";
import { denseWorkOf } from "../src/core/fixed-matrices.ts";
import { hashOf } from "../src/core/hash.ts";
import { type ModelIr, populationNamed } from "../src/core/model-ir.ts";
import type { HardwareProfile } from "../src/core/profile.ts";
import type { Manifest } from "../src/core/program.ts";

/** What a program says of its origin: hashes of model and profile, seed, options, and the work of its dense counterpart. */
export function manifestOf(
  model: ModelIr,
  profile: HardwareProfile,
  graph: EventGraph,
  { seed, options }: Pick<Manifest, "seed" | "options">,
): Manifest {
  const onChip = new Set(graph.populations.slice(1).map(({ name }) => name));
  const denseByProjection: Record<string, number> = {};
  let denseWeights = 0;
  for (const projection of model.projections) {
    if (!onChip.has(projection.target)) continue;
    const name = projectionName(projection);
    const dense = denseWorkOf(projection.weights);
    denseByProjection[name] = (denseByProjection[name] ?? 0) + dense;
    if (populationNamed(model, projection.target).kind !== "max-pool") denseWeights += dense;
  }
  return {
    formatVersion: 4,
    compiler: "eventloom",
    modelName: model.name,
    modelHash: hashOfModel(model),
    profileName: profile.name,
    profileHash: profile.hash,
    seed,
    options,
    quantisation: graph.quantisation,
    denseWeights,
    denseByProjection,
    storedWeights: synapsesOf({
      ...graph,
      projections: graph.projections.filter((projection) => isWeighed(graph, projection)),
    }),
  };
}

export const synapsesOf = (graph: Pick<EventGraph, "projections">): number =>
  graph.projections.reduce((sum, { synapses }) => sum + synapses.target.length, 0);

/** Of everything that is computed with: names, shapes, parameters and weights. */
function hashOfModel(model: ModelIr): string {
  const parts: (string | ArrayBufferView)[] = [];
  for (const population of model.populations) {
    parts.push(`${population.kind} ${population.name} ${population.size}\n`);
    const { kind: _, name: __, size: ___, ...rest } = population;
    for (const [field, value] of Object.entries(rest).sort(([a], [b]) => (a < b ? -1 : 1)))
      parts.push(`${field} `, value instanceof Float32Array ? value : `${value}\n`);
  }
  for (const { source, target, delay, weights } of model.projections) {
    parts.push(`${source} ${target} ${delay} ${weights.kind}\n`);
    if (weights.kind === "dense") parts.push(weights.layout, weights.values);
    else if (weights.kind === "sparse") parts.push(weights.rowStart, weights.target, weights.value);
    else {
      const { values, ...shape } = weights;
      parts.push(JSON.stringify(shape), values);
    }
  }
  return hashOf(...parts);
}
