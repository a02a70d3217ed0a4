import type {
  DenseMatrix,
  EgruPopulation,
  ModelIr,
  Population,
  Projection,
  SparseMatrix,
} from "../core/model-ir.ts";
import { columnsOf, sparseFromDense } from "../core/model-ir.ts";
import type { Arrangement } from "./arrange-layers.ts";
import {
  type EgruLayer,
  type GatedLayer,
  type MatrixLayer,
  parameterValues,
  type RecurrentLayer,
} from "./layer-tensors.ts";
import { sparseFromTargetMajor } from "./matrix-layout.ts";

type Parts = Pick<ModelIr, "populations" | "projections">;

/** Turns arranged layers into populations and projections. Tied matrices share their values. */
export function buildModel({ embedding, before, recurrent, after }: Arrangement): Parts {
  const populations: Population[] = [];
  const projections: Projection[] = [];
  const table = embedding === undefined ? undefined : parameterValues(embedding.weight);
  const reserved = new Set(["tokens", "embedding", "input", ...recurrent.map(nameOfRecurrent)]);

  const append = (population: Population, weights: Projection["weights"]): void => {
    const source = populations.at(-1)!.name;
    populations.push(population);
    projections.push({ source, target: population.name, delay: 0, weights });
  };
  const appendLinear = (layer: MatrixLayer): void => {
    const name = freeName(linearName(layer.prefix), reserved);
    reserved.add(name);
    const bias = layer.bias === undefined ? new Float32Array(layer.rows) : parameterValues(layer.bias);
    append({ kind: "linear", name, size: layer.rows, bias }, linearMatrix(layer, table));
  };

  if (embedding !== undefined && table !== undefined) {
    const { rows, columns } = embedding;
    populations.push({ kind: "token-input", name: "tokens", size: rows });
    append({ kind: "embedding", name: "embedding", size: columns }, embeddingMatrix(rows, columns, table));
  } else {
    populations.push({
      kind: "dense-input",
      name: "input",
      size: before[0]?.columns ?? recurrent[0]!.inputs,
    });
  }
  for (const layer of before) appendLinear(layer);
  for (const [index, layer] of recurrent.entries()) {
    const name = nameOfRecurrent(layer, index);
    const { population, kernel, recurrentKernel } = recurrentParts(name, layer);
    append(population, kernel);
    projections.push({ source: name, target: name, delay: 1, weights: recurrentKernel });
  }
  for (const layer of after) appendLinear(layer);
  return { populations, projections };
}

const nameOfRecurrent = ({ kind }: RecurrentLayer, index: number): string => `${kind}${index}`;

interface RecurrentParts {
  readonly population: Population;
  readonly kernel: SparseMatrix;
  readonly recurrentKernel: SparseMatrix;
}

function recurrentParts(name: string, layer: RecurrentLayer): RecurrentParts {
  const kernel = parameterValues(layer.kernel);
  const recurrentKernel = parameterValues(layer.recurrentKernel);
  if (layer.kind === "egru") {
    return {
      population: egruPopulation(name, layer),
      kernel: sparseFromDense(kernel, layer.inputs, 3 * layer.size),
      recurrentKernel: sparseFromDense(recurrentKernel, layer.size, 3 * layer.size),
    };
  }
  const population = gatedPopulation(name, layer);
  const columns = columnsOf(population);
  return {
    population,
    kernel: sparseFromTargetMajor(kernel, layer.inputs, columns),
    recurrentKernel: sparseFromTargetMajor(recurrentKernel, layer.size, columns),
  };
}

function gatedPopulation(name: string, { kind, size, bias, recurrentBias }: GatedLayer): Population {
  const none = (): Float32Array => new Float32Array(columnsOf({ kind, size }));
  return {
    kind,
    name,
    size,
    bias: bias === undefined ? none() : parameterValues(bias),
    recurrentBias: recurrentBias === undefined ? none() : parameterValues(recurrentBias),
  };
}

/** The reference's decoder has a short name of its own; other layers keep the file's. */
function linearName(prefix: string): string {
  const reference = /(^|\.)decoder\.(decoder|projection)$/.exec(prefix);
  return reference?.[2] ?? (prefix || "linear");
}

function freeName(name: string, taken: ReadonlySet<string>): string {
  let free = name;
  for (let n = 1; taken.has(free); n += 1) free = `${name}_linear${n === 1 ? "" : n}`;
  return free;
}

const embeddingMatrix = (rows: number, width: number, values: Float32Array): DenseMatrix => ({
  kind: "dense",
  sources: rows,
  targets: width,
  layout: "source-major",
  values,
});

/** Formats that cannot share memory store a tied matrix twice, so equal values count as tied. */
function linearMatrix({ rows, columns, weight }: MatrixLayer, table: Float32Array | undefined): DenseMatrix {
  const own = parameterValues(weight);
  const values = table !== undefined && haveEqualValues(own, table) ? table : own;
  return { kind: "dense", sources: columns, targets: rows, layout: "target-major", values };
}

const haveEqualValues = (a: Float32Array, b: Float32Array): boolean =>
  a === b || (a.length === b.length && a.every((value, i) => Object.is(value, b[i])));

function egruPopulation(name: string, layer: EgruLayer): EgruPopulation {
  const stored = parameterValues(layer.threshold);
  return {
    kind: "egru",
    name,
    size: layer.size,
    bias: parameterValues(layer.bias),
    recurrentBias: parameterValues(layer.recurrentBias),
    threshold: layer.isReparametrised
      ? stored.map((value) => 1 / (1 + Math.exp(-value)))
      : stored.map((value) => Math.min(Math.max(value, 0), 1)),
  };
}
