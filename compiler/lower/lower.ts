import { UnsupportedError } from "../../src/core/errors.ts";
import type { EventGraph, GraphProjection, InputGraphPopulation } from "../../src/core/event-graph.ts";
import type { ModelIr, Population, PopulationKind, Projection } from "../../src/core/model-ir.ts";
import { lowerHost } from "./host.ts";
import { sparseOf } from "./matrices.ts";
import { canBeOnChip, chipPopulation, type LoweredNeurons, lowerNeurons } from "./neurons.ts";

/** Kinds for which the chip is there. Linear layers go with them where they stand between them, or where there are none. */
const CORE_KINDS: ReadonlySet<PopulationKind> = new Set(["egru", "lstm", "gru", "lif"]);
/** The host has no max pooling: what stands behind it goes to the chip with it. */
const CHIP_ONLY: ReadonlySet<PopulationKind> = new Set([...CORE_KINDS, "max-pool"]);
/** Kinds of feed-forward models. */
const FEED_FORWARD: ReadonlySet<PopulationKind> = new Set(["linear", "max-pool"]);

/**
 * ModelIr to EventGraph: from the first recurrent or spiking population to the last one all go to the chip, what stands before
 * and after them to the host, and gate columns become accumulator indices. Max pooling is on the chip wherever it stands. Of a
 * feed-forward model all layers go to the chip. Values are kept as they are (float32).
 *
 * @throws UnsupportedError where more than one population leads from the host to the chip, or the host's are no chain.
 */
export function lower(model: ModelIr): EventGraph {
  const { first, last } = chipPart(model);
  const before = model.populations.slice(0, first);
  const input = before.at(-1)!;
  const layers = model.populations.slice(first, last + 1).map((population) => {
    if (!canBeOnChip(population)) throw misplaced(model, population);
    const inbound = model.projections.filter(({ target }) => target === population.name);
    return { population, neurons: lowerNeurons(population, inbound) };
  });
  const onChip = new Map(layers.map(({ population, neurons }) => [population.name, neurons]));
  const projections = model.projections.flatMap((projection) => {
    const { source, target } = projection;
    const neurons = onChip.get(target);
    if (neurons === undefined) return [];
    if (source === input.name || onChip.has(source)) return [lowerProjection(model, projection, neurons)];
    throw new UnsupportedError(
      `${model.name}: ${source} reaches the chip beside ${input.name}.`,
      "Only one population may lead to the layers on the chip.",
    );
  });
  return {
    name: model.name,
    quantisation: { format: "float32", scales: "row", accumulatorBits: 32 },
    populations: [
      lowerInput(input),
      ...layers.map(({ population, neurons }) => chipPopulation(population, neurons)),
    ],
    projections,
    host: lowerHost(model, before, model.populations.slice(last)),
  };
}

/** Places of the first and the last population on the chip. */
function chipPart({ name, populations }: ModelIr): { first: number; last: number } {
  const hasCore = populations.some(({ kind }) => CORE_KINDS.has(kind));
  const isOnChip = ({ kind }: Population) => (hasCore ? CHIP_ONLY : FEED_FORWARD).has(kind);
  const first = populations.findIndex(isOnChip);
  if (first >= 1) return { first, last: populations.findLastIndex(isOnChip) };
  throw new UnsupportedError(
    `${name} has no layer that a chip could hold.`,
    "Give a model with recurrent, spiking or Linear layers.",
  );
}

/** The last population before the chip: its values enter as events. */
function lowerInput(population: Population): InputGraphPopulation {
  const { name, size, kind } = population;
  if (kind === "token-input") {
    throw new UnsupportedError(
      `Tokens lead straight into a layer on the chip (${name}).`,
      "Put an embedding between tokens and the other layers.",
    );
  }
  const isSilent = kind === "dense-input" && population.silentZeros === true;
  return { kind: "input", name, size, payloadFractionBits: 0, ...(isSilent && { silentZeros: true }) };
}

const misplaced = (model: ModelIr, { kind, name }: Population): UnsupportedError =>
  new UnsupportedError(
    `${model.name}: ${kind} ${name} stands between layers on the chip.`,
    "Inputs and embeddings must stand before all recurrent and spiking layers.",
  );

/** Gate by gate, the model's columns become accumulators. */
function lowerProjection(
  model: ModelIr,
  { source, target, delay, weights }: Projection,
  { gates }: LoweredNeurons,
): GraphProjection {
  const { size } = model.populations.find(({ name }) => name === target)!;
  const { rowStart, target: columns, value: weight } = sparseOf(weights);
  const accumulators = gates[delay];
  // Where both count alike the model's own array serves; nobody writes to either.
  const isSame = accumulators.every((accumulator, gate) => accumulator === gate);
  const targets = isSame
    ? columns
    : columns.map((column) => accumulators[Math.floor(column / size)]! * size + (column % size));
  return { source, target, delay, synapses: { rowStart, target: targets, weight } };
}
