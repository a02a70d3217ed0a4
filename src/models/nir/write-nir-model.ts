import { UnsupportedError } from "../../core/errors.ts";
import type {
  ConvolutionMatrix,
  LifPopulation,
  LinearPopulation,
  ModelIr,
  Population,
  Projection,
} from "../../core/model-ir.ts";
import type { Hdf5Entry, Hdf5Group, Hdf5Tree } from "../../formats/hdf5.ts";
import type { Tensor } from "../../formats/tensors.ts";
import { convolution } from "../convolutions.ts";
import { targetMajor } from "../matrix-layout.ts";
import { OWN_NIR_METADATA, USUAL_TIMESTEP } from "./own-nir-metadata.ts";
import { differenceOf } from "./same-model.ts";
import { readNirModel } from "./read-nir-model.ts";

const HINT = "Write the model as safetensors, which holds every kind.";
/** Of the version of NIR whose nodes these are. */
const NIR_VERSION = "1.0";

/**
 * A model as a NIR graph: what it can hold are spiking and integrating neurons, Linear layers and convolutions. Reading
 * it gives the same model again, which is checked before anything is handed out.
 * @throws UnsupportedError naming the population or projection that NIR has no node for.
 */
export function nirTreeOf(model: ModelIr): Hdf5Tree {
  const tree = new NirWriter(model).tree();
  const again = readNirModel(groupOf(tree, ""));
  const difference = differenceOf(model, again);
  if (difference !== undefined)
    throw new UnsupportedError(`${difference} would not come back from NIR as it is`, HINT);
  return tree;
}

function refuse(what: string, problem: string): never {
  throw new UnsupportedError(`${what}: ${problem}, which NIR has no node for`, HINT);
}

class NirWriter {
  private readonly dt: number;
  private readonly nodes: Record<string, Hdf5Tree> = {};
  private readonly edges: (readonly [string, string])[] = [];
  private readonly place: ReadonlyMap<string, number>;

  constructor(private readonly model: ModelIr) {
    const own = Number(model.metadata.dt);
    this.dt = own > 0 && Number.isFinite(own) ? own : USUAL_TIMESTEP;
    this.place = new Map(model.populations.map(({ name }, index) => [name, index]));
  }

  tree(): Hdf5Tree {
    const { model, dt } = this;
    for (const population of model.populations) this.population(population);
    for (const projection of model.projections) this.projection(projection);
    const last = model.populations.at(-1)!;
    const output = this.freeName("output");
    this.add(output, { type: "Output", shape: wholeNumbers(this.shapeOf(last)) });
    this.edges.push([last.name, output]);
    const order = {
      populations: model.populations.map(({ name }) => name),
      projections: model.projections.map(({ source, target, delay }) => [source, target, delay]),
    };
    const { dt: _, ...others } = model.metadata;
    const metadata: Hdf5Tree = {
      ...others,
      [model.metadata.dt === String(dt) ? "dt" : OWN_NIR_METADATA.dt]: float64([dt], []),
      [OWN_NIR_METADATA.order]: JSON.stringify(order),
    };
    return {
      version: NIR_VERSION,
      node: { type: "NIRGraph", nodes: this.nodes, edges: this.edges, metadata },
    };
  }

  private add(name: string, node: Hdf5Tree): void {
    if (name === "" || name === "." || name.includes("/")) refuse(name, "a name with a slash in it, or none");
    this.nodes[name] = node;
  }

  private freeName(wish: string): string {
    let name = wish;
    for (let n = 2; this.place.has(name) || Object.hasOwn(this.nodes, name); n += 1) name = `${wish}_${n}`;
    return name;
  }

  private population(population: Population): void {
    const { kind, name } = population;
    switch (kind) {
      case "dense-input": {
        const isDense = population.silentZeros === undefined;
        const metadata = isDense
          ? { metadata: { [OWN_NIR_METADATA.dense]: "every component in each timestep" } }
          : {};
        return this.add(name, { type: "Input", shape: wholeNumbers(this.shapeOf(population)), ...metadata });
      }
      case "lif":
        return this.add(name, this.neurons(population));
      case "linear":
        // The node is made by the projection into it.
        if (population.activation !== undefined) refuse(name, `a ${population.activation} behind a sum`);
        if (this.into(name).length !== 1) refuse(name, `a sum of ${this.into(name).length} projections`);
        return;
      default:
        return refuse(name, `a population of the kind ${kind}`);
    }
  }

  private into(name: string): readonly Projection[] {
    return this.model.projections.filter(({ target }) => target === name);
  }

  /** Maps where a convolution reads or writes them, else a vector. */
  private shapeOf({ name, size }: Population): readonly number[] {
    const shapes = this.model.projections.flatMap(({ source, target, weights }) => {
      if (weights.kind !== "convolution") return [];
      return [...(source === name ? [weights.input] : []), ...(target === name ? [weights.output] : [])];
    });
    const [first, ...others] = shapes.map(({ channels, height, width }) => [channels, height, width]);
    if (others.some((shape) => `${shape}` !== `${first}`))
      refuse(name, "maps that convolutions see in different shapes");
    return first ?? [size];
  }

  /** The inverse of `neuronFields`. */
  private neurons(population: LifPopulation): Hdf5Tree {
    const { name, currentDecay, gain, potentialDecay, leak, threshold, reset } = population;
    const { dt } = this;
    const shape = this.shapeOf(population);
    const each = (value: (n: number) => number): Tensor =>
      float64(
        Array.from(gain, (_, n) => value(n)),
        shape,
      );
    const isCurrentBased = currentDecay.some((decay) => decay !== 0);
    const hasLeak = potentialDecay.some((decay) => decay !== 1);
    if ((threshold === undefined) !== (reset === undefined))
      refuse(
        name,
        threshold === undefined
          ? "a reset without a threshold"
          : "a threshold that is taken off after a spike",
      );
    const spiking =
      threshold === undefined
        ? {}
        : { v_threshold: each((n) => threshold[n]!), v_reset: each((n) => reset![n]!) };
    if (!hasLeak) {
      if (isCurrentBased) refuse(name, "synaptic dynamics without a leak");
      if (leak.some((value) => value !== 0)) refuse(name, "a constant drift without a leak");
      return { type: threshold === undefined ? "I" : "IF", r: each((n) => gain[n]! / dt), ...spiking };
    }
    if (potentialDecay.includes(1)) refuse(name, "neurons with and without a leak");
    if (isCurrentBased && currentDecay.includes(1)) refuse(name, "a current that does not decay");
    const membrane = {
      [isCurrentBased ? "tau_mem" : "tau"]: each((n) => dt / (1 - potentialDecay[n]!)),
      r: each((n) => gain[n]! / (1 - potentialDecay[n]!)),
      v_leak: each((n) => leak[n]! / (1 - potentialDecay[n]!)),
      ...spiking,
    };
    if (!isCurrentBased) return { type: threshold === undefined ? "LI" : "LIF", ...membrane };
    return {
      type: threshold === undefined ? "CubaLI" : "CubaLIF",
      ...membrane,
      tau_syn: each((n) => dt / (1 - currentDecay[n]!)),
      w_in: each((n) => 1 / (1 - currentDecay[n]!)),
    };
  }

  private projection(projection: Projection): void {
    const { source, target, delay, weights } = projection;
    const to = this.model.populations[this.place.get(target)!] as LifPopulation | LinearPopulation;
    const from = this.model.populations[this.place.get(source)!]!;
    const isFirst = this.into(target)[0] === projection;
    const bias = isFirst ? to.bias : new Float32Array(to.size);
    const name = to.kind === "linear" ? target : this.freeName(`${source}_to_${target}`);
    const field = `${source} -> ${target}`;
    this.add(name, weights.kind === "convolution" ? convolved(field, weights, bias) : matrix(weights, bias));
    const isMap = this.shapeOf(from).length > 1 && weights.kind !== "convolution";
    const flat = isMap ? this.through(source, "flat", flattened(this.shapeOf(from))) : source;
    // An edge that leads back, or to itself, takes its step without saying so.
    const isForward = this.place.get(source)! < this.place.get(target)!;
    const delayed = delay === 1 && isForward ? this.through(flat, "delay", this.delay(from, isMap)) : flat;
    this.edges.push([delayed, name]);
    if (to.kind !== "linear") this.edges.push([name, target]);
  }

  private through(source: string, what: string, node: Hdf5Tree): string {
    const name = this.freeName(`${source}_${what}`);
    this.add(name, node);
    this.edges.push([source, name]);
    return name;
  }

  private delay(from: Population, isFlat: boolean): Hdf5Tree {
    const shape = isFlat ? [from.size] : this.shapeOf(from);
    return { type: "Delay", delay: float64(Array<number>(from.size).fill(this.dt), shape) };
  }
}

const float64 = (values: readonly number[], shape: readonly number[]): Tensor => ({
  name: "",
  dtype: "float64",
  shape,
  data: Float64Array.from(values),
});
const float32 = (data: Float32Array, shape: readonly number[]): Tensor => ({
  name: "",
  dtype: "float32",
  shape,
  data,
});
const wholeNumbers = (values: readonly number[], shape: readonly number[] = [values.length]): Tensor => ({
  name: "",
  dtype: "int64",
  shape,
  data: BigInt64Array.from(values, BigInt),
});

const flattened = (shape: readonly number[]): Hdf5Tree => ({
  type: "Flatten",
  input_type: wholeNumbers(shape),
  start_dim: wholeNumbers([0], []),
  end_dim: wholeNumbers([-1], []),
});

function matrix(weights: Exclude<Projection["weights"], ConvolutionMatrix>, bias: Float32Array): Hdf5Tree {
  const weight = float32(targetMajor(weights), [weights.targets, weights.sources]);
  const hasBias = bias.some((value) => value !== 0);
  return hasBias
    ? { type: "Affine", weight, bias: float32(bias, [bias.length]) }
    : { type: "Linear", weight };
}

function convolved(field: string, weights: ConvolutionMatrix, bias: Float32Array): Hdf5Tree {
  const { input, output, kernel, stride, dilation, padding, groups, values } = weights;
  const shape = [output.channels, input.channels / groups, ...kernel];
  const plain = convolution(
    input,
    { values, shape },
    { stride, dilation, groups, padding: [...padding, ...padding] },
  );
  if (typeof plain === "string" || `${Object.values(plain.output)}` !== `${Object.values(output)}`)
    refuse(field, "a convolution that is not padded alike on both sides");
  const pool = pooled(weights);
  if (pool !== undefined && bias.every((value) => value === 0)) return pool;
  const places = output.height * output.width;
  if (bias.some((value, i) => value !== bias[i - (i % places)]))
    refuse(field, "a bias that differs between places of a map");
  return {
    type: "Conv2d",
    input_shape: wholeNumbers([input.height, input.width]),
    weight: float32(values, shape),
    stride: wholeNumbers(stride),
    padding: wholeNumbers(padding),
    dilation: wholeNumbers(dilation),
    groups: wholeNumbers([groups], []),
    bias: float32(
      Float32Array.from({ length: output.channels }, (_, c) => bias[c * places]!),
      [output.channels],
    ),
  };
}

/** The node of a convolution that adds each map up, or averages it. */
function pooled({
  input,
  output,
  kernel,
  stride,
  dilation,
  padding,
  groups,
  values,
}: ConvolutionMatrix): Hdf5Tree | undefined {
  const [weight = 0] = values;
  const isPool = groups === input.channels && groups === output.channels && `${dilation}` === "1,1";
  const type =
    weight === 1
      ? "SumPool2d"
      : weight === Math.fround(1 / (kernel[0] * kernel[1]))
        ? "AvgPool2d"
        : undefined;
  if (!isPool || type === undefined || values.some((value) => value !== weight)) return undefined;
  return {
    type,
    kernel_size: wholeNumbers(kernel),
    stride: wholeNumbers(stride),
    padding: wholeNumbers(padding),
  };
}

/** The tree as a reader would find it in a file. */
function groupOf(tree: Hdf5Tree, path: string): Hdf5Group {
  const entries = Object.entries(tree).map(([name, value]): [string, Hdf5Entry] => {
    const inner = `${path}/${name}`;
    if (typeof value === "string") return [name, { kind: "text", path: inner, shape: [], texts: [value] }];
    if (Array.isArray(value)) {
      const rows = value as readonly (readonly string[])[];
      return [name, { kind: "text", path: inner, shape: [rows.length, 2], texts: rows.flat() }];
    }
    if ("data" in value && ArrayBuffer.isView(value.data))
      return [name, { kind: "array", path: inner, tensor: value as Tensor }];
    return [name, groupOf(value as Hdf5Tree, inner)];
  });
  return { kind: "group", path, entries: new Map(entries), attributes: new Map() };
}
