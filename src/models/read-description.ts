import { InputError } from "../core/errors.ts";
import {
  columnsOf,
  type ModelIr,
  type Population,
  type Projection,
  type SparseMatrix,
  sparseFromDense,
  type WeightMatrix,
} from "../core/model-ir.ts";
import { float64Of, formatShape, type NamedTensors, type Tensor, tensorNamed } from "../formats/tensors.ts";
import { convolution } from "./convolutions.ts";
import {
  type DescribedPopulation,
  type DescribedWeights,
  type Description,
  faultOfDescription,
} from "./description-schema.ts";
import { parameterValues } from "./layer-tensors.ts";
import { sparseFromTargetMajor } from "./matrix-layout.ts";
import { checkWords } from "./vocabulary.ts";

type Parts = Pick<ModelIr, "populations" | "projections" | "vocabulary">;
const HINT = "docs/formats.md describes a model beside its tensors.";

/** Whether a JSON value means to be a description. */
export const isDescription = (json: unknown): boolean =>
  json !== null && typeof json === "object" && Object.hasOwn(json, "populations");

/** @throws InputError naming the JSON path of the first fault. */
export function validateDescription(json: unknown): Description {
  const fault = faultOfDescription(json);
  if (fault !== undefined) throw new InputError({ field: fault.path }, fault.problem, HINT);
  return json as Description;
}

/**
 * Joins a description and the tensors that it names.
 * @throws InputError naming the projection, or the tensor that is missing, unused or of a wrong shape.
 */
export function modelFromDescription(description: Description, tensors: NamedTensors): Parts {
  const { populations, projections, vocabulary, unused = [] } = description;
  const reader = new TensorReader(tensors);
  const built = populations.map((population) => populationOf(population, reader));
  const byName = new Map(built.map((population) => [population.name, population]));
  const parts = projections.map(({ source, target, delay = 0, weights }, index): Projection => {
    const field = `projections.${index}`;
    const [from, to] = [source, target].map(
      (end) => byName.get(end) ?? fail(field, `names the population ${end}, which does not exist`),
    ) as [Population, Population];
    return { source, target, delay, weights: weightsOf(weights, from.size, columnsOf(to), reader, field) };
  });
  reader.requireAllUsed(unused);
  if (vocabulary === undefined) return { populations: built, projections: parts };
  if (built[0]!.kind !== "token-input" || built[0]!.size !== vocabulary.length)
    fail("vocabulary", `has ${vocabulary.length} words, which the model's first population does not`);
  checkWords(vocabulary, "the vocabulary");
  return { populations: built, projections: parts, vocabulary };
}

/** Looks tensors up, remembers which were used, and gives tied ones the same values. */
class TensorReader {
  private readonly used = new Set<string>();
  private readonly values = new Map<string, Float32Array>();

  constructor(private readonly tensors: NamedTensors) {}

  tensor(name: string): Tensor {
    this.used.add(name);
    return tensorNamed(this.tensors, name);
  }

  floats(name: string, shape: readonly number[], field: string): Float32Array {
    const tensor = this.tensor(name);
    if (formatShape(tensor.shape) !== formatShape(shape))
      fail(name, `has the shape ${formatShape(tensor.shape)}, but ${field} needs ${formatShape(shape)}`);
    const values = this.values.get(name) ?? parameterValues(tensor);
    this.values.set(name, values);
    return values;
  }

  indices(name: string): Uint32Array {
    const tensor = this.tensor(name);
    if (tensor.shape.length !== 1 || !/^u?int(8|16|32|64)$/.test(tensor.dtype))
      fail(name, `is ${tensor.dtype} ${formatShape(tensor.shape)}, not a list of whole numbers`);
    if (tensor.data instanceof Uint32Array) return tensor.data;
    const numbers = float64Of(tensor);
    const wrong = numbers.find((number) => number < 0 || number > 0xffffffff);
    if (wrong !== undefined) fail(name, `holds ${wrong}, which is no index`);
    return Uint32Array.from(numbers);
  }

  requireAllUsed(unused: readonly string[]): void {
    const known = new Set([...this.used, ...unused]);
    for (const { name, shape } of this.tensors.values()) {
      if (known.has(name)) continue;
      fail(
        name,
        `a tensor of shape ${formatShape(shape)} that the description does not use; name it in "unused"`,
      );
    }
  }
}

function populationOf(described: DescribedPopulation, reader: TensorReader): Population {
  const { name, size } = described;
  const vector = (
    field: string,
    value: string | number | undefined,
    otherwise: number,
    length = size,
  ): Float32Array =>
    typeof value === "string"
      ? reader.floats(value, [length], `${name}.${field}`)
      : new Float32Array(length).fill(value ?? otherwise);
  switch (described.kind) {
    case "token-input":
    case "embedding":
    case "max-pool":
      return { kind: described.kind, name, size };
    case "dense-input":
      return { kind: described.kind, name, size, ...(described.silentZeros && { silentZeros: true }) };
    case "linear": {
      const { activation } = described;
      const bias = vector("bias", described.bias, 0);
      return { kind: described.kind, name, size, bias, ...(activation !== undefined && { activation }) };
    }
    case "egru":
    case "lstm":
    case "gru": {
      const columns = columnsOf({ kind: described.kind, size });
      const biases = {
        bias: vector("bias", described.bias, 0, columns),
        recurrentBias: vector("recurrentBias", described.recurrentBias, 0, columns),
      };
      if (described.kind !== "egru") return { kind: described.kind, name, size, ...biases };
      return {
        kind: described.kind,
        name,
        size,
        ...biases,
        threshold: vector("threshold", described.threshold, 0),
      };
    }
    case "lif": {
      const { threshold, reset } = described;
      return {
        kind: described.kind,
        name,
        size,
        bias: vector("bias", described.bias, 0),
        currentDecay: vector("currentDecay", described.currentDecay, 0),
        gain: vector("gain", described.gain, 1),
        potentialDecay: vector("potentialDecay", described.potentialDecay, 1),
        leak: vector("leak", described.leak, 0),
        ...(threshold !== undefined && { threshold: vector("threshold", threshold, 0) }),
        ...(reset !== undefined && { reset: vector("reset", reset, 0) }),
      };
    }
  }
}

function weightsOf(
  described: DescribedWeights,
  sources: number,
  targets: number,
  reader: TensorReader,
  field: string,
): WeightMatrix {
  switch (described.kind) {
    case "dense":
    case "pruned": {
      const { layout, kind } = described;
      const shape = layout === "source-major" ? [sources, targets] : [targets, sources];
      const values = reader.floats(described.values, shape, field);
      if (kind === "dense") return { kind, sources, targets, layout, values };
      return layout === "source-major"
        ? sparseFromDense(values, sources, targets)
        : sparseFromTargetMajor(values, sources, targets);
    }
    case "sparse": {
      const value = reader.tensor(described.value);
      const rowStart = reader.indices(described.rowStart);
      const target = reader.indices(described.target);
      const matrix: SparseMatrix = {
        kind: "sparse",
        sources,
        targets,
        rowStart,
        target,
        value: parameterValues(value),
      };
      const zero = matrix.value.indexOf(0);
      if (zero >= 0) fail(described.value, `value ${zero} is 0; a sparse matrix keeps what is not`);
      return matrix;
    }
    case "convolution": {
      const {
        values,
        input,
        output,
        stride = [1, 1],
        dilation = [1, 1],
        padding = [0, 0],
        groups = 1,
      } = described;
      const tensor = reader.tensor(values);
      const { shape } = tensor;
      if (shape.length !== 4) fail(values, `has the shape ${formatShape(shape)}, not four dimensions`);
      const kernel = { values: reader.floats(values, shape, field), shape };
      const around = [...padding, ...padding] as [number, number, number, number];
      const made = convolution(input, kernel, { stride, dilation, padding: around, groups }, output);
      return typeof made === "string" ? fail(field, made) : made;
    }
  }
}

function fail(field: string, problem: string): never {
  throw new InputError({ field }, problem, HINT);
}
