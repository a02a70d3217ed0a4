import {
  accumulatorsOf,
  type EventGraph,
  type FanOut,
  type GraphProjection,
  graphPopulationNamed,
  projectionName,
  type SourceRange,
} from "../../src/core/event-graph.ts";
import { formatOf } from "../../src/core/number-format.ts";
import { NEURON_TRAITS } from "../../src/core/population-kind.ts";

/** What a pass may promise of every graph it returns. Each has a verifier in `GRAPH_VERIFIERS`. */
export type GraphProperty = "well-formed" | "quantised" | "no-zero-weight";

export interface PassContext {
  readonly seed: number;
  /** One line for `--explain` and for tests; says what was changed and why it matters. */
  remark(text: string): void;
}

/** Pure: returns a new graph, or the same object where nothing changed. */
export interface GraphPass {
  readonly name: string;
  readonly summary: string;
  readonly requires: readonly GraphProperty[];
  readonly establishes: readonly GraphProperty[];
  run(graph: EventGraph, context: PassContext): EventGraph;
}

/** Throws an Error (a compiler's fault, not a user's) where the property does not hold. */
export const GRAPH_VERIFIERS: Readonly<Record<GraphProperty, (graph: EventGraph) => void>> = {
  "well-formed": verifyWellFormed,
  quantised: verifyQuantised,
  "no-zero-weight": verifyNoZeroWeight,
};

/** Maps each projection; the graph stays the same object where every projection does. */
export function mapProjections(
  graph: EventGraph,
  map: (projection: GraphProjection) => GraphProjection,
): EventGraph {
  const projections = graph.projections.map(map);
  return projections.every((projection, i) => projection === graph.projections[i])
    ? graph
    : { ...graph, projections };
}

/** The synapses whose index satisfies `keep`; rows stay in place, so neuron numbers keep their meaning. */
export function synapsesWhere(synapses: FanOut, keep: (index: number) => boolean): FanOut {
  const { rowStart, target, weight } = synapses;
  const rows = rowStart.length - 1;
  const kept = new Uint32Array(target.length);
  const starts = new Uint32Array(rows + 1);
  let next = 0;
  for (let row = 0; row < rows; row += 1) {
    for (let i = rowStart[row]!; i < rowStart[row + 1]!; i += 1) if (keep(i)) kept[next++] = i;
    starts[row + 1] = next;
  }
  const index = kept.subarray(0, next);
  const pick = <T extends Uint32Array | FanOut["weight"]>(values: T): T => {
    const out = new (values.constructor as new (length: number) => T)(next);
    for (let i = 0; i < next; i += 1) out[i] = values[index[i]!]!;
    return out;
  };
  return { ...synapses, rowStart: starts, target: pick(target), weight: pick(weight) };
}

function verifyWellFormed(graph: EventGraph): void {
  for (const { source, target, sources: range, synapses } of graph.projections) {
    const name = `${source} -> ${target}`;
    const { size } = graphPopulationNamed(graph, source);
    if (range && !isAligned(range, size))
      throw new Error(`${name}: neurons from ${range.first} on, ${range.count}, are no block of keys`);
    const sources = range?.count ?? size;
    const accumulators = accumulatorsOf(graphPopulationNamed(graph, target));
    const { rowStart, target: targets, weight } = synapses;
    if (rowStart.length !== sources + 1)
      throw new Error(`${name}: ${rowStart.length - 1} rows for ${sources} sources`);
    if (rowStart[sources] !== targets.length || weight.length !== targets.length)
      throw new Error(`${name}: lengths differ`);
    for (let row = 0; row < sources; row += 1) {
      for (let i = rowStart[row]!; i < rowStart[row + 1]!; i += 1) {
        if (targets[i]! >= accumulators)
          throw new Error(`${name}: row ${row} names accumulator ${targets[i]}`);
        if (i > rowStart[row]! && targets[i]! <= targets[i - 1]!)
          throw new Error(`${name}: row ${row} is not ascending`);
      }
    }
  }
}

/** Whether some aligned power-of-two block of a population's neurons is exactly this range, or this and what lies past its end. */
export function isAligned({ first, count }: SourceRange, size: number): boolean {
  const span = 2 ** Math.ceil(Math.log2(Math.max(1, count)));
  const isBlock = count === span || first + count === size;
  return count >= 1 && first >= 0 && first + count <= size && isBlock && first % span === 0;
}

function verifyQuantised(graph: EventGraph): void {
  const { format } = graph.quantisation;
  for (const projection of graph.projections) {
    const { weight, scale } = projection.synapses;
    if (projection.onMacArray && (formatOf(weight) !== "int8" || scale?.multiplier.length !== 1))
      throw new Error(`${projectionName(projection)}: a product on MAC arrays takes int8 with one scale`);
    // Integer formats may stand beside each other.
    const isRight =
      (formatOf(weight) === "float32") === (format === "float32") &&
      (scale === undefined) === (format === "float32");
    if (!isRight)
      throw new Error(`${projectionName(projection)}: ${formatOf(weight)} weights in a graph of ${format}`);
  }
  for (const population of graph.populations) {
    if (population.kind === "input") continue;
    const { name, size, kind, accumulatorStart, parameters } = population;
    const type = format === "float32" ? Float32Array : Int32Array;
    if (![accumulatorStart, ...parameters].every((values) => values instanceof type))
      throw new Error(`${name}: parameters are not ${format}`);
    const traits = NEURON_TRAITS[kind];
    const isWhole =
      accumulatorStart.length === traits.accumulators.length * size &&
      parameters.length === traits.parameters.length &&
      parameters.every(({ length }) => length === size);
    if (!isWhole) throw new Error(`${name}: parameters are not those of ${kind} neurons`);
  }
}

function verifyNoZeroWeight(graph: EventGraph): void {
  for (const { source, target, synapses } of graph.projections) {
    const zero = synapses.weight.indexOf(0);
    if (zero !== -1) throw new Error(`${source} -> ${target}: synapse ${zero} has weight 0`);
  }
}
