import { InputError, UnsupportedError } from "../../core/errors.ts";
import type { ModelIr } from "../../core/model-ir.ts";
import { formatShape } from "../../formats/tensors.ts";
import { type Features, featuresOf, sizeOf, straight, transposed } from "../graph/features.ts";
import { NetworkBuilder } from "../graph/network-builder.ts";
import type { Signal } from "../graph/signal.ts";
import { isObject, type KerasLayer, type KerasNetwork, kerasNetwork } from "./keras-config.ts";
import { LAYERS } from "./keras-layers.ts";
import { KERAS_HINT, type KerasValue, LayerContext } from "./layer-context.ts";
import type { WeightsOf } from "./keras-weights.ts";

type Parts = Pick<ModelIr, "populations" | "projections" | "metadata">;

/**
 * Reads a Keras model from its description and its weights. Maps have their channels first here, whatever the file's order:
 * so has the model's input.
 * @throws UnsupportedError naming each layer that is not read.
 */
export function readKerasModel(
  description: unknown,
  weightsOf: WeightsOf,
  metadata: Readonly<Record<string, string>>,
): Parts {
  return new KerasReader(kerasNetwork(description), weightsOf, { ...metadata }).read();
}

const MAPS = new Map([
  ["Conv1D", 2],
  ["Conv2D", 3],
  ["AveragePooling1D", 2],
  ["AveragePooling2D", 3],
  ["GlobalAveragePooling1D", 2],
  ["GlobalAveragePooling2D", 3],
  ["MaxPooling1D", 2],
  ["MaxPooling2D", 3],
  ["GlobalMaxPooling1D", 2],
  ["GlobalMaxPooling2D", 3],
]);

class KerasReader {
  private readonly builder = new NetworkBuilder();
  private readonly values = new Map<string, KerasValue | "tokens">();

  constructor(
    private readonly network: KerasNetwork,
    private readonly weightsOf: WeightsOf,
    private readonly metadata: Record<string, string>,
  ) {}

  read(): Parts {
    const { layers, output } = this.network;
    const unknown = layers.filter(
      ({ className }) => !LAYERS.has(className) && className !== "InputLayer" && className !== "Embedding",
    );
    if (unknown.length > 0) {
      const places = unknown
        .slice(0, 8)
        .map(({ name, className }) => `${name.slice(0, 80)} (${className.slice(0, 80)})`);
      throw new UnsupportedError(
        `layers that are not supported: ${places.join(", ")}${unknown.length > 8 ? ` and ${unknown.length - 8} more` : ""}`,
        KERAS_HINT,
      );
    }
    const inputs = layers.filter(({ className }) => className === "InputLayer");
    if (inputs.length !== 1)
      throw new UnsupportedError(
        `the model has ${inputs.length} inputs (${inputs.map(({ name }) => name).join(", ")}), of which one is supported`,
        "Save a model with one input, its shape included.",
      );
    for (const layer of layers) this.values.set(layer.name, this.valueOf(layer));
    const value = this.values.get(output);
    if (value === undefined || value === "tokens")
      throw new InputError({ field: output }, "the output is no layer's value", KERAS_HINT);
    const signal = straight(value.features, this.builder, output);
    return { ...this.builder.finish(signal, output), metadata: this.metadata };
  }

  private valueOf(layer: KerasLayer): KerasValue | "tokens" {
    if (layer.className === "InputLayer") return this.input(layer);
    const isLast = layer.name === this.network.output;
    const context = new LayerContext(layer, this.builder, this.weightsOf(layer), isLast, this.metadata);
    const inputs = layer.sources.map(
      (source) =>
        this.values.get(source) ?? context.fail(`takes values of ${source}, which is no layer before it`),
    );
    const [first] = inputs;
    if (first === undefined) return context.fail("takes values of no layer");
    if (layer.className === "Embedding")
      return first === "tokens"
        ? this.embedding(context)
        : context.fail("takes values that are no token ids");
    const values = inputs.map((value) =>
      value === "tokens"
        ? context.unsupported("computes with token ids that no embedding has looked up")
        : value,
    );
    if (values.length > 1 && layer.className !== "Add")
      context.fail(`takes values of ${values.length} layers`);
    return LAYERS.get(layer.className)!(context, values);
  }

  private embedding(context: LayerContext): KerasValue {
    if (context.is("mask_zero", false)) context.unsupported("mask_zero");
    const [words, width] = [context.count("input_dim"), context.count("output_dim")];
    const [values] = context.take([[words, width]]);
    const { builder } = this;
    const tokens =
      builder.tokens(words) ?? context.fail(`looks up among ${words} words, an earlier layer among others`);
    const name = builder.nameFor(context.name);
    const weights = {
      kind: "dense",
      sources: words,
      targets: width,
      layout: "source-major",
      values: values!,
    } as const;
    const signal = builder.neurons({ kind: "embedding" }, name, width, builder.times(tokens, weights, name));
    return { features: featuresOf(signal), hasTime: true };
  }

  private input({ name, config }: KerasLayer): KerasValue | "tokens" {
    const given = config.batch_shape ?? config.batch_input_shape;
    const fail = (problem: string): never => {
      throw new InputError(
        { field: `layer ${name} (InputLayer)` },
        problem,
        "Save the model with the shape of its input.",
      );
    };
    if (
      !Array.isArray(given) ||
      given.length === 0 ||
      !given.every((size) => size === null || (Number.isSafeInteger(size) && (size as number) > 0))
    )
      return fail(`has the shape ${JSON.stringify(given)?.slice(0, 80)}`);
    const shape = (given as (number | null)[]).slice(1);
    const reader = this.firstReader(name);
    if (reader?.className === "Embedding") return "tokens";
    const axes = this.featureAxes(reader, shape.length);
    const hasTime = shape.length > axes;
    if (shape.length - axes > 1)
      return fail(`has ${shape.length} axes, of which a timestep's values have ${axes}`);
    const last = shape.slice(shape.length - axes);
    if (last.includes(null))
      return fail(
        `leaves sizes of a timestep's values open: [${shape.map((size) => size ?? "?").join(", ")}]`,
      );
    const sizes = last as number[];
    const signal = this.builder.input("dense-input", name, sizeOf(sizes));
    return { features: this.inputFeatures(reader, signal, sizes), hasTime };
  }

  /** Maps enter with their channels first. */
  private inputFeatures(reader: KerasLayer | undefined, signal: Signal, sizes: readonly number[]): Features {
    const isFirst = reader?.config.data_format === "channels_first";
    const axes = reader === undefined ? undefined : MAPS.get(reader.className);
    if (axes === undefined || isFirst || sizes.length !== axes) return featuresOf(signal, sizes);
    const channels = sizes.at(-1)!;
    const turned = [channels, ...sizes.slice(0, -1)];
    if (channels > 1)
      this.metadata["input order"] =
        `${formatShape(turned)}, channels first; the file's is ${formatShape(sizes)}`;
    return transposed(featuresOf(signal, turned), axes === 2 ? [1, 0] : [1, 2, 0]);
  }

  /** The first layer behind the input that takes values of a known form; a wrapped one by its own name. */
  private firstReader(input: string): KerasLayer | undefined {
    let name = input;
    for (const layer of this.network.layers) {
      if (!layer.sources.includes(name)) continue;
      const { className, config } = layer;
      if (className === "TimeDistributed" && isObject(config.layer) && isObject(config.layer.config))
        return { ...layer, className: String(config.layer.class_name), config: config.layer.config };
      const isAnchor =
        MAPS.has(className) ||
        ["LSTM", "GRU", "Embedding", "Dense", "Flatten", "Reshape", "Permute"].includes(className);
      if (isAnchor) return layer;
      name = layer.name;
    }
    return undefined;
  }

  private featureAxes(reader: KerasLayer | undefined, rank: number): number {
    if (reader === undefined) return rank;
    if (reader.className === "LSTM" || reader.className === "GRU" || reader.className === "Dense")
      return Math.min(1, rank);
    return MAPS.get(reader.className) ?? (this.isTimeDistributed(reader) ? rank - 1 : rank);
  }

  private isTimeDistributed({ name }: KerasLayer): boolean {
    return this.network.layers.find((layer) => layer.name === name)?.className === "TimeDistributed";
  }
}
