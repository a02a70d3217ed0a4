import { InputError, UnsupportedError } from "../../core/errors.ts";
import type { ConvolutionMatrix, ModelIr } from "../../core/model-ir.ts";
import type { Hdf5Group } from "../../formats/hdf5.ts";
import { formatShape } from "../../formats/tensors.ts";
import { convolution, pooling } from "../convolutions.ts";
import {
  type Features,
  featuresOf,
  mapsOf,
  perChannel,
  reshaped,
  sizeOf,
  timesMatrix,
  timesValues,
} from "../graph/features.ts";
import { NetworkBuilder } from "../graph/network-builder.ts";
import { added, type Signal, signalOf } from "../graph/signal.ts";
import { parameterValues } from "../layer-tensors.ts";
import { inOrder, metadataGroup, metadataOf, orderOf, timestepOf } from "./nir-metadata.ts";
import { OWN_NIR_METADATA } from "./own-nir-metadata.ts";
import { evaluationOrder } from "./evaluation-order.ts";
import { neuronFields, shapeOfNeurons } from "./neurons.ts";
import {
  fail,
  isNeuron,
  type NirGraph,
  type NirNode,
  nirGraph,
  numbersOf,
  tensorOf,
  textOf,
  wholeNumbersOf,
} from "./nir-graph.ts";

type Parts = Pick<ModelIr, "populations" | "projections" | "metadata">;

/**
 * Reads a NIR graph as a model in steps of `timestep` seconds. Neurons become populations, what stands between them projections and
 * biases; an edge that closes a circle carries what was sent in the step before. The input is taken as events: zeros send nothing.
 * @param timestep Absent: what the file's metadata say (dt), else 10⁻⁴ s; 1 where the graph has no times at all.
 */
export function readNirModel(root: Hdf5Group, timestep?: number): Parts {
  const graph = nirGraph(root);
  const dt = timestep ?? timestepOf(graph);
  if (!(dt > 0 && Number.isFinite(dt)))
    throw new InputError({}, `a timestep of ${dt} s`, "Give a positive number of seconds.");
  const order = orderOf(graph.group);
  const parts = new NirReader(graph, dt, order?.populations).read();
  const metadata = metadataOf(graph.group);
  const isOurs =
    timestep === undefined && metadataGroup(graph.group)?.entries.has(OWN_NIR_METADATA.dt) === true;
  return { ...inOrder(parts, order), metadata: isOurs ? metadata : { ...metadata, dt: String(dt) } };
}

class NirReader {
  private readonly builder = new NetworkBuilder();
  /** Populations that are there, by node. */
  private readonly built = new Map<string, Features>();
  /** Names that populations have or will have. */
  private readonly names = new Map<string, string>();
  private readonly shapes = new Map<string, readonly number[]>();
  private readonly ready = new Map<string, Features>();
  private readonly open = new Set<string>();

  constructor(
    private readonly graph: NirGraph,
    private readonly dt: number,
    /** A likely order of evaluation. */
    private readonly likely: readonly string[] = [],
  ) {}

  read(): Pick<ModelIr, "populations" | "projections"> {
    const { nodes, input, output } = this.graph;
    const { shape } = this.inputShape(nodes.get(input)!);
    const isDense = metadataGroup(nodes.get(input)!.group)?.entries.has(OWN_NIR_METADATA.dense) === true;
    this.built.set(
      input,
      featuresOf(this.builder.input("dense-input", input, sizeOf(shape), !isDense), shape),
    );
    const neurons = [...nodes.values()].filter(({ type }) => isNeuron(type));
    for (const { id, type, group } of neurons) {
      this.names.set(id, this.builder.nameFor(id));
      const known = isNeuron(type) ? shapeOfNeurons(type, group) : undefined;
      if (known !== undefined) this.shapes.set(id, known);
    }
    const sources = new Map(neurons.map((node) => [node.id, this.neuronsBefore(node)]));
    const known = [...new Set(this.likely)].filter((id) => sources.has(id));
    for (const id of known.length === sources.size ? known : evaluationOrder(sources))
      this.addNeurons(nodes.get(id)!);
    return this.builder.finish(this.into(nodes.get(output)!).signal, output);
  }

  private inputShape({ group, id }: NirNode): { readonly shape: readonly number[] } {
    const shape = [...numbersOf(group, "shape").values];
    const size = sizeOf(shape);
    if (shape.length === 0 || !Number.isSafeInteger(size) || size < 1 || size >= 2 ** 31)
      fail(group, `has the impossible shape ${formatShape(shape)}`);
    if (this.graph.nodes.get(id)!.sources.length > 0)
      fail(group, "is the graph's input and receives from a node");
    return { shape };
  }

  /** Neurons and inputs that a node receives from, through stateless nodes. */
  private neuronsBefore({ sources }: NirNode): Set<string> {
    const found = new Set<string>();
    const seen = new Set<string>();
    const open = [...sources];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (seen.has(next)) continue;
      seen.add(next);
      const node = this.graph.nodes.get(next)!;
      if (isNeuron(node.type) || next === this.graph.input) found.add(next);
      else open.push(...node.sources);
    }
    return found;
  }

  private addNeurons(node: NirNode): void {
    const { id, type, group } = node;
    if (!isNeuron(type)) return;
    const { signal, shape } = this.into(node);
    const known = this.shapes.get(id);
    const size = signal.size;
    const isOne = known === undefined || sizeOf(known) === 1;
    if (!isOne && sizeOf(known) !== size)
      fail(group, `has ${sizeOf(known)} neurons ${formatShape(known)}, but receives ${formatShape(shape)}`);
    const { bias = new Float32Array(size), terms } = signal;
    const fields = { ...neuronFields(type, group, size, this.dt), bias };
    const output = this.builder.neurons(fields, this.names.get(id)!, size, { size, terms });
    this.built.set(id, featuresOf(output, shape));
  }

  /** What a node receives: the sum of its sources. */
  private into({ id, group, sources }: NirNode): Features {
    if (sources.length === 0) return fail(group, "receives from no node");
    // Forward ones first: they say the shape where neurons that come later cannot.
    const isLater = (source: string): number => (this.names.has(source) && !this.built.has(source) ? 1 : 0);
    const ordered = [...sources].sort((a, b) => isLater(a) - isLater(b));
    let sum: Features | undefined;
    for (const source of ordered) {
      const features = this.outOf(this.graph.nodes.get(source)!, id, sum?.shape);
      if (sum !== undefined && sum.signal.size !== features.signal.size)
        return fail(
          group,
          `receives ${formatShape(sum.shape)} and, from ${source}, ${formatShape(features.shape)}`,
        );
      sum = sum === undefined ? features : { ...sum, signal: added(sum.signal, features.signal) };
    }
    return sum!;
  }

  private outOf(node: NirNode, reader: string, otherwise?: readonly number[]): Features {
    const { id, group } = node;
    const there = this.built.get(id) ?? this.ready.get(id);
    if (there !== undefined) return there;
    if (this.names.has(id)) return this.later(node, reader, otherwise);
    if (this.open.has(id)) return fail(group, "lies in a circle without neurons");
    this.open.add(id);
    const features = this.passedOn(node, this.into(node));
    this.open.delete(id);
    if (features.signal.terms.every(({ delay }) => delay === 0)) this.ready.set(id, features);
    return features;
  }

  /** Neurons that come later in a timestep: what they sent in the one before. */
  private later({ id, group }: NirNode, reader: string, otherwise?: readonly number[]): Features {
    const known = this.shapes.get(id);
    const shape = known !== undefined && sizeOf(known) > 1 ? known : (otherwise ?? known);
    if (shape === undefined)
      return fail(group, `does not say how many neurons it has, which ${reader} has to know`);
    return featuresOf(signalOf(this.names.get(id)!, sizeOf(shape), 1), shape);
  }

  /** A stateless node's output. */
  private passedOn(node: NirNode, from: Features): Features {
    const { group, id } = node;
    switch (node.type) {
      case "Affine":
      case "Linear":
        return this.matrix(node, from);
      case "Scale": {
        const { values, shape } = numbersOf(group, "scale");
        if (values.length !== from.signal.size && values.length !== 1)
          return fail(group, `has the scale ${formatShape(shape)}, but receives ${formatShape(from.shape)}`);
        const factors =
          values.length === 1
            ? new Float32Array(from.signal.size).fill(values[0]!)
            : Float32Array.from(values);
        return timesValues(from, factors);
      }
      case "Conv1d":
      case "Conv2d":
        return this.convolved(node, from, node.type === "Conv1d" ? 1 : 2);
      case "SumPool2d":
      case "AvgPool2d":
        return this.pooled(node, from);
      case "Flatten":
        return reshaped(from, [from.signal.size]);
      case "Delay":
        return { ...from, signal: this.delayed(node, from.signal) };
      case "Output":
      case "Input":
        return from;
      default:
        return fail(group, `the node ${id} has the type ${node.type}`);
    }
  }

  private matrix({ group, id, type }: NirNode, from: Features): Features {
    const weight = tensorOf(group, "weight") ?? fail(group, "has no weight");
    const [targets = 0, sources = 0] = weight.shape;
    if (weight.shape.length !== 2 || targets === 0)
      return fail(group, `has the weight ${formatShape(weight.shape)}, not two dimensions`);
    if (sources !== from.signal.size)
      return fail(
        group,
        `has the weight ${formatShape(weight.shape)}, but receives ${formatShape(from.shape)}`,
      );
    const bias = type === "Affine" ? this.biasOf(group, targets) : undefined;
    return featuresOf(timesMatrix(from, parameterValues(weight), targets, this.builder, id, bias));
  }

  private biasOf(group: Hdf5Group, length: number): Float32Array | undefined {
    const tensor = tensorOf(group, "bias");
    if (tensor === undefined) return undefined;
    if (tensor.data.length !== length)
      return fail(group, `has the bias ${formatShape(tensor.shape)} instead of [${length}]`);
    return parameterValues(tensor);
  }

  private convolved({ group, id }: NirNode, from: Features, axes: 1 | 2): Features {
    const weight = tensorOf(group, "weight") ?? fail(group, "has no weight");
    if (weight.shape.length !== axes + 2)
      return fail(group, `has the weight ${formatShape(weight.shape)} instead of ${axes + 2} dimensions`);
    if (from.shape.length !== axes + 1)
      return fail(group, `receives ${formatShape(from.shape)}, not maps of ${axes} dimension(s)`);
    const [channels, perGroup, ...kernel] = weight.shape;
    const shape = [channels!, perGroup!, ...(axes === 1 ? [1] : []), ...kernel];
    const along = (name: string, otherwise: number): readonly [number, number] => {
      if (!group.entries.has(name)) return [otherwise, otherwise];
      const values = wholeNumbersOf(group, name, axes);
      return axes === 1 ? [otherwise, values[0]!] : [values[0]!, values[1]!];
    };
    const stride = along("stride", 1);
    const dilation = along("dilation", 1);
    const padding = this.padding(group, shape, stride, dilation, () => along("padding", 0));
    const [groups = 1] = group.entries.has("groups") ? wholeNumbersOf(group, "groups", 1) : [];
    const made = convolution(
      mapsOf(from.shape),
      { values: parameterValues(weight), shape },
      { stride, dilation, padding, groups },
    );
    return this.mapped(group, id, from, made, this.biasOf(group, channels!));
  }

  /** Numbers, or the words valid and same. */
  private padding(
    group: Hdf5Group,
    kernel: readonly number[],
    stride: readonly [number, number],
    dilation: readonly [number, number],
    numbers: () => readonly [number, number],
  ): readonly [number, number, number, number] {
    const word = textOf(group, "padding");
    if (word === undefined) {
      const [y, x] = numbers();
      return [y, x, y, x];
    }
    if (word === "valid") return [0, 0, 0, 0];
    if (word !== "same" || stride[0] !== 1 || stride[1] !== 1)
      return fail(group, `has the padding ${word.slice(0, 20)} with the stride ${stride.join(", ")}`);
    const [y, x] = [0, 1].map((axis) => dilation[axis]! * (kernel[axis + 2]! - 1)) as [number, number];
    return [Math.floor(y / 2), Math.floor(x / 2), Math.ceil(y / 2), Math.ceil(x / 2)];
  }

  private pooled({ group, id, type }: NirNode, from: Features): Features {
    if (from.shape.length !== 3) return fail(group, `receives ${formatShape(from.shape)}, not maps`);
    const pair = (name: string): readonly [number, number] => {
      const [y, x] = wholeNumbersOf(group, name, 2);
      return [y!, x!];
    };
    const kernel = pair("kernel_size");
    const [y, x] = pair("padding");
    const weight = type === "SumPool2d" ? 1 : 1 / (kernel[0] * kernel[1]);
    return this.mapped(
      group,
      id,
      from,
      pooling(mapsOf(from.shape), kernel, weight, { stride: pair("stride"), padding: [y, x, y, x] }),
    );
  }

  private mapped(
    group: Hdf5Group,
    id: string,
    from: Features,
    made: ConvolutionMatrix | string,
    bias?: Float32Array,
  ): Features {
    if (typeof made === "string") return fail(group, made);
    const { channels, height, width } = made.output;
    const spread = bias === undefined ? undefined : perChannel(made.output, bias);
    const signal = this.builder.times(from.signal, made, id, spread);
    return featuresOf(signal, from.shape.length === 2 ? [channels, width] : [channels, height, width]);
  }

  /** A delay of one timestep at most; in a circle it is the step that the circle takes anyway. */
  private delayed({ group, id }: NirNode, signal: Signal): Signal {
    const { values } = numbersOf(group, "delay");
    const steps = [...new Set(Array.from(values, (seconds) => Math.round((1e6 * seconds) / this.dt) / 1e6))];
    const [step, another] = steps;
    if (another !== undefined || (step !== 0 && step !== 1))
      throw new UnsupportedError(
        `${group.path}: delays of ${steps.slice(0, 4).join(", ")} timesteps of ${this.dt} s; 0 and 1 are supported`,
        "Choose the timestep with --dt, or leave the delay out.",
      );
    if (step === 0) return signal;
    const settled = signal.bias === undefined ? signal : this.builder.linear(signal, id);
    return { ...settled, terms: settled.terms.map((term) => ({ ...term, delay: 1 as const })) };
  }
}
