import { InputError, UnsupportedError } from "../../core/errors.ts";
import { type Activation, ACTIVATIONS } from "../../core/model-ir.ts";
import { formatShape, type Tensor } from "../../formats/tensors.ts";
import type { Features } from "../graph/features.ts";
import type { NetworkBuilder } from "../graph/network-builder.ts";
import { parameterValues } from "../layer-tensors.ts";
import { isObject, type Json, type KerasLayer } from "./keras-config.ts";

export const KERAS_HINT =
  "Read are Dense, LSTM, GRU (reset_after), Conv1D, Conv2D, average and max pooling, BatchNormalization, Embedding, Activation (relu, sigmoid, tanh), " +
  "Add, Flatten, Reshape, Permute, TimeDistributed, and what has no effect after training.";

/** A layer's values in one timestep. */
export interface KerasValue {
  readonly features: Features;
  /** Whether timesteps lie on an axis in front. */
  readonly hasTime: boolean;
}

/** One layer while it is read: its settings, its weights, and errors that name it. */
export class LayerContext {
  constructor(
    readonly layer: KerasLayer,
    readonly builder: NetworkBuilder,
    private readonly weights: readonly Tensor[],
    readonly isLast: boolean,
    readonly metadata: Record<string, string>,
  ) {}

  get config(): Json {
    return this.layer.config;
  }
  get name(): string {
    return this.layer.name;
  }
  private get place(): string {
    return `layer ${this.name.slice(0, 200)} (${this.layer.className.slice(0, 80)})`;
  }

  /** The same layer with the settings of the one that it wraps. */
  wrapped(className: string, config: Json): LayerContext {
    const layer = { ...this.layer, className, config };
    return new LayerContext(layer, this.builder, this.weights, this.isLast, this.metadata);
  }

  fail(problem: string): never {
    throw new InputError({ field: this.place }, problem, "Save the model again with model.save.");
  }

  unsupported(problem: string): never {
    throw new UnsupportedError(`${this.place}: ${problem}, which is not supported`, KERAS_HINT);
  }

  /** Weights by their place, each with its shape. */
  take(shapes: readonly (readonly number[])[]): Float32Array[] {
    const { weights } = this;
    if (weights.length !== shapes.length)
      this.fail(`has ${weights.length} weights instead of ${shapes.length}`);
    return shapes.map((shape, i) => {
      if (formatShape(weights[i]!.shape) !== formatShape(shape))
        this.fail(
          `has the weight ${weights[i]!.name} of the shape ${formatShape(weights[i]!.shape)} instead of ${formatShape(shape)}`,
        );
      return parameterValues(weights[i]!);
    });
  }

  weightShape(index: number): readonly number[] {
    return this.weights[index]?.shape ?? this.fail(`has no weights, or fewer than ${index + 1}`);
  }

  is(key: string, otherwise: boolean): boolean {
    const value = this.config[key] ?? otherwise;
    return typeof value === "boolean" ? value : this.fail(`has the setting ${key} ${JSON.stringify(value)}`);
  }

  text(key: string, otherwise: string): string {
    const value = this.config[key] ?? otherwise;
    if (typeof value === "string") return value;
    // Keras 3 may spell a function as an object with its name.
    const name = isObject(value)
      ? ((isObject(value.config) ? value.config.name : undefined) ?? value.config ?? value.class_name)
      : undefined;
    return typeof name === "string"
      ? name.toLowerCase()
      : this.unsupported(`${key} ${JSON.stringify(value)?.slice(0, 80)}`);
  }

  count(key: string): number {
    const value = this.config[key];
    return Number.isSafeInteger(value) && (value as number) > 0
      ? (value as number)
      : this.fail(`has the setting ${key} ${JSON.stringify(value)}`);
  }

  /** One or several whole numbers of at least 1. */
  counts(key: string, length: number, otherwise: number | readonly number[]): readonly number[] {
    const value = this.config[key] ?? otherwise;
    const list: unknown[] = Array.isArray(value) ? value : Array<unknown>(length).fill(value);
    if (
      list.length !== length ||
      !list.every((number) => Number.isSafeInteger(number) && (number as number) > 0)
    )
      this.fail(`has the setting ${key} ${JSON.stringify(value)}`);
    return list as number[];
  }
}

/** Values behind an activation; a softmax at the very end is left to whoever reads the logits. */
export function activated(
  context: LayerContext,
  { features, hasTime }: KerasValue,
  kind: string,
): KerasValue {
  const name = kind.toLowerCase();
  if (name === "linear") return { features, hasTime };
  if (name === "softmax" || name === "log_softmax") {
    if (!context.isLast) context.unsupported(`${name} between layers`);
    context.metadata[name] = `of the layer ${context.name} is left out: the outputs are logits`;
    return { features, hasTime };
  }
  if (!(ACTIVATIONS as readonly string[]).includes(name))
    return context.unsupported(`the activation ${name.slice(0, 80)}`);
  const signal = context.builder.linear(features.signal, context.name, name as Activation);
  return { features: { ...features, signal }, hasTime };
}
