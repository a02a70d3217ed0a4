import { unrolledConvolution } from "../src/core/convolution.ts";
import { UnsupportedError } from "../src/core/errors.ts";
import type {
  EgruGraphPopulation,
  EventGraph,
  FanOut,
  GraphPopulation,
  GraphProjection,
  HostStage,
  HostStages,
  InputGraphPopulation,
} from "../src/core/event-graph.ts";
import {
  type DenseMatrix,
  type EgruPopulation,
  type ModelIr,
  type Population,
  type Projection,
  type SparseMatrix,
  sparseFromDense,
  type WeightMatrix,
} from "../src/core/model-ir.ts";
import {
  ACCUMULATOR_G_INPUT,
  ACCUMULATOR_G_RECURRENT,
  ACCUMULATOR_R,
  ACCUMULATOR_Z,
  EGRU_ACCUMULATORS,
} from "../src/core/number-format.ts";

/**
 * ModelIr to EventGraph: the recurrent populations go to the chip, what stands before and after them
 * to the host, and gate columns become accumulator indices. Values are kept as they are (float32).
 *
 * @throws UnsupportedError where a model is not one chain host → EGRU layers → host.
 */
export function lower(model: ModelIr): EventGraph {
  const isOnChip = (population: Population) => population.kind === "egru";
  const firstOnChip = model.populations.findIndex(isOnChip);
  const lastOnChip = model.populations.findLastIndex(isOnChip);
  if (firstOnChip < 1) {
    throw new UnsupportedError(
      `${model.name} has no EGRU layer that reads an input.`,
      "Give a model with at least one EGRU layer.",
    );
  }
  const before = model.populations.slice(0, firstOnChip);
  const onChip = model.populations.slice(firstOnChip, lastOnChip + 1);
  const after = model.populations.slice(lastOnChip + 1);
  const input = before.at(-1)!;
  const output = onChip.at(-1)!;

  const chipNames = new Set([input.name, ...onChip.map(({ name }) => name)]);
  const populations: GraphPopulation[] = [
    lowerInput(input),
    ...onChip.map((layer) => lowerEgru(model, layer)),
  ];
  const projections = model.projections
    .filter(({ target }) => onChip.some(({ name }) => name === target))
    .map((projection) => {
      if (chipNames.has(projection.source)) return lowerProjection(model, projection);
      throw new UnsupportedError(
        `${model.name}: ${projection.source} reaches the chip beside ${input.name}.`,
        "Only one population may lead into the EGRU layers.",
      );
    });
  return {
    name: model.name,
    quantisation: { format: "float32", scales: "row", accumulatorBits: 32 },
    populations,
    projections,
    host: lowerHost(model, before, [output, ...after]),
  };
}

/** The last population before the first EGRU layer: its values enter the chip as events. */
const lowerInput = ({ name, size, kind }: Population): InputGraphPopulation => {
  if (kind === "token-input") {
    throw new UnsupportedError(
      `Tokens lead straight into an EGRU layer (${name}).`,
      "Put an embedding between tokens and recurrent layers.",
    );
  }
  return { kind: "input", name, size, payloadFractionBits: 0 };
};

function lowerEgru(model: ModelIr, population: Population): EgruGraphPopulation {
  if (population.kind !== "egru") {
    throw new UnsupportedError(
      `${model.name}: ${population.kind} layer ${population.name} stands between EGRU layers.`,
      "Only EGRU layers can stand between EGRU layers.",
    );
  }
  const { name, size, threshold } = population;
  return {
    kind: "egru",
    name,
    size,
    payloadFractionBits: 0,
    accumulatorStart: accumulatorStart(population),
    threshold,
  };
}

/** Biases by accumulator; z and r take the sum of both. Shape [4, size]. */
function accumulatorStart({ size, bias, recurrentBias }: EgruPopulation): Float32Array {
  const start = new Float32Array(EGRU_ACCUMULATORS * size);
  for (let i = 0; i < size; i += 1) {
    start[ACCUMULATOR_Z * size + i] = bias[i]! + recurrentBias[i]!;
    start[ACCUMULATOR_R * size + i] = bias[size + i]! + recurrentBias[size + i]!;
    start[ACCUMULATOR_G_INPUT * size + i] = bias[2 * size + i]!;
    start[ACCUMULATOR_G_RECURRENT * size + i] = recurrentBias[2 * size + i]!;
  }
  return start;
}

/** Gate columns [z | r | g] become accumulators; the g part of a recurrent projection has its own. */
function lowerProjection(model: ModelIr, projection: Projection): GraphProjection {
  const { source, target, delay, weights } = projection;
  const matrix = sparseOf(weights);
  const size = model.populations.find(({ name }) => name === target)!.size;
  // Without delay it is an input projection: W·x. With delay it is R·y, whose g part the reset gate scales.
  const shift = delay === 1 ? (ACCUMULATOR_G_RECURRENT - ACCUMULATOR_G_INPUT) * size : 0;
  const firstG = ACCUMULATOR_G_INPUT * size;
  const synapses: FanOut = {
    rowStart: matrix.rowStart,
    // Without a shift the model's own array serves; nobody writes to either.
    target:
      shift === 0
        ? matrix.target
        : matrix.target.map((column) => (column >= firstG ? column + shift : column)),
    weight: matrix.value,
  };
  return { source, target, delay, synapses };
}

/** Fan-out rows of any matrix; those of a convolution at each place anew. */
function sparseOf(weights: WeightMatrix): SparseMatrix {
  if (weights.kind === "sparse") return weights;
  if (weights.kind === "convolution") return unrolledConvolution(weights);
  return sparseFromDense(sourceMajor(weights), weights.sources, weights.targets);
}

function sourceMajor({ layout, sources, targets, values }: DenseMatrix): Float32Array {
  return layout === "source-major" ? values : transpose(values, targets, sources);
}

function targetMajor({ layout, sources, targets, values }: DenseMatrix): Float32Array {
  return layout === "target-major" ? values : transpose(values, sources, targets);
}

/** [rows, columns] to [columns, rows]. */
function transpose(values: Float32Array, rows: number, columns: number): Float32Array {
  const out = new Float32Array(values.length);
  for (let r = 0; r < rows; r += 1)
    for (let c = 0; c < columns; c += 1) out[c * rows + r] = values[r * columns + c]!;
  return out;
}

function lowerHost(model: ModelIr, before: readonly Population[], after: readonly Population[]): HostStages {
  const first = before[0]!;
  return {
    encoder: before.slice(1).map((population, index) => lowerStage(model, before[index]!, population)),
    decoder: after.slice(1).map((population, index) => lowerStage(model, after[index]!, population)),
    ...(first.kind === "token-input" && { tokens: first.size }),
    ...(model.vocabulary && { vocabulary: model.vocabulary }),
  };
}

function lowerStage(model: ModelIr, source: Population, population: Population): HostStage {
  const inbound = model.projections.filter(({ target }) => target === population.name);
  const projection = inbound[0];
  if (inbound.length !== 1 || projection!.source !== source.name || projection!.delay !== 0) {
    throw new UnsupportedError(
      `${model.name}: ${population.name} does not follow ${source.name} alone.`,
      "Host layers must form a chain.",
    );
  }
  const matrix = denseOf(projection!);
  if (population.kind === "embedding") {
    return {
      kind: "embedding",
      name: population.name,
      rows: matrix.sources,
      width: matrix.targets,
      table: sourceMajor(matrix),
    };
  }
  if (population.kind === "linear") {
    const { sources: inputs, targets: outputs } = matrix;
    return {
      kind: "linear",
      name: population.name,
      inputs,
      outputs,
      weights: targetMajor(matrix),
      bias: population.bias,
    };
  }
  throw new UnsupportedError(
    `${model.name}: ${population.kind} layer ${population.name} cannot run on the host.`,
    "Host layers are embeddings and Linear layers.",
  );
}

function denseOf({ weights }: Projection): DenseMatrix {
  if (weights.kind === "dense") return weights;
  const { sources, targets, rowStart, target, value } = sparseOf(weights);
  const values = new Float32Array(sources * targets);
  for (let source = 0; source < sources; source += 1) {
    for (let i = rowStart[source]!; i < rowStart[source + 1]!; i += 1)
      values[source * targets + target[i]!] = value[i]!;
  }
  return { kind: "dense", layout: "source-major", sources, targets, values };
}
