import { InputError, UnsupportedError } from "../../core/errors.ts";

/** Settings of a layer or a model, as JSON has them. */
export type Json = Readonly<Record<string, unknown>>;

export interface KerasLayer {
  readonly name: string;
  readonly className: string;
  readonly config: Json;
  /** Layers whose output it takes; of a Sequential model's the one before. */
  readonly sources: readonly string[];
}

export interface KerasNetwork {
  readonly name: string;
  /** In order of evaluation. */
  readonly layers: readonly KerasLayer[];
  readonly output: string;
}

const HINT = "Save the model again with model.save.";
const MAX_LAYERS = 10_000;
const MAX_DEPTH = 16;

export const isObject = (value: unknown): value is Json =>
  value !== null && typeof value === "object" && !Array.isArray(value);

/**
 * The layers of a Sequential or Functional model, as Keras 2 and 3 and TensorFlow.js describe them.
 * @throws InputError or UnsupportedError naming the layer.
 */
export function kerasNetwork(json: unknown): KerasNetwork {
  if (!isObject(json) || typeof json.class_name !== "string")
    throw new InputError({}, "describes no Keras model", HINT);
  const { class_name: className, config } = json;
  const name = isObject(config) && typeof config.name === "string" ? config.name : "model";
  if (className === "Sequential") return { name, ...sequential(isObject(config) ? config.layers : config) };
  if ((className === "Functional" || className === "Model") && isObject(config))
    return { name, ...functional(config) };
  throw new UnsupportedError(
    `a model of the class ${className.slice(0, 80)}`,
    "Sequential and Functional models are read.",
  );
}

function layersOf(value: unknown): readonly Json[] {
  if (!Array.isArray(value) || !value.every(isObject))
    throw new InputError({ field: "layers" }, "is no list of layers", HINT);
  if (value.length > MAX_LAYERS)
    throw new InputError(
      { field: "layers" },
      `holds ${value.length} layers; ${MAX_LAYERS} is the limit`,
      HINT,
    );
  return value;
}

function layerOf(layer: Json, sources: readonly string[]): KerasLayer {
  const { class_name: className, config } = layer;
  if (typeof className !== "string" || !isObject(config))
    throw new InputError({ field: "layers" }, "holds a layer without class or settings", HINT);
  const name = layer.name ?? config.name;
  if (typeof name !== "string")
    throw new InputError({ field: "layers" }, `holds a ${className.slice(0, 80)} without a name`, HINT);
  return { name, className, config, sources };
}

function sequential(value: unknown): Omit<KerasNetwork, "name"> {
  const layers: KerasLayer[] = [];
  for (const [index, json] of layersOf(value).entries()) {
    const layer = layerOf(json, layers.length === 0 ? [] : [layers.at(-1)!.name]);
    // Older files give the input's shape to the first layer.
    const shape = layer.config.batch_input_shape ?? layer.config.batch_shape;
    if (index === 0 && layer.className !== "InputLayer" && shape !== undefined)
      layers.push({
        name: `${layer.name}_input`,
        className: "InputLayer",
        config: { batch_shape: shape },
        sources: [],
      });
    layers.push({ ...layer, sources: layers.length === 0 ? [] : [layers.at(-1)!.name] });
  }
  if (layers.length === 0) throw new InputError({ field: "layers" }, "is empty", HINT);
  return { layers, output: layers.at(-1)!.name };
}

function functional(config: Json): Omit<KerasNetwork, "name"> {
  const layers = layersOf(config.layers).map((json) => layerOf(json, sourcesOf(json)));
  const outputs = namesIn(config.output_layers);
  if (outputs.length !== 1)
    throw new UnsupportedError(
      `the model has ${outputs.length} outputs (${outputs.join(", ")}), of which one is supported`,
      "Save a model with one output.",
    );
  return { layers: inOrder(layers, outputs[0]!), output: outputs[0]! };
}

function sourcesOf(json: Json): readonly string[] {
  const nodes = json.inbound_nodes;
  if (!Array.isArray(nodes) || nodes.length === 0) return [];
  if (nodes.length > 1)
    throw new UnsupportedError(
      `the layer ${String(json.name)} is used ${nodes.length} times, which is not supported`,
      "Use one layer for each place.",
    );
  return namesIn(nodes[0]);
}

/** Names of the layers whose tensors a description mentions: `["dense", 0, 0]`, within lists, or as a tensor's history. */
function namesIn(value: unknown, depth = 0): readonly string[] {
  if (depth > MAX_DEPTH) throw new InputError({}, "nests a layer's inputs too deep", HINT);
  if (Array.isArray(value)) {
    const [name, node, tensor] = value as unknown[];
    if (typeof name === "string" && typeof node === "number" && typeof tensor === "number") {
      if (tensor !== 0)
        throw new UnsupportedError(
          `output ${tensor} of the layer ${name}, a state, which is not supported`,
          "Use the layer's values.",
        );
      return [name];
    }
    return value.flatMap((inner) => namesIn(inner, depth + 1));
  }
  if (!isObject(value)) return [];
  if (isObject(value.config) && Array.isArray(value.config.keras_history))
    return namesIn(value.config.keras_history, depth + 1);
  return "args" in value ? namesIn(value.args, depth + 1) : [];
}

/** The layers that lead to the output, each behind those that it takes values from. */
function inOrder(layers: readonly KerasLayer[], output: string): readonly KerasLayer[] {
  const byName = new Map(layers.map((layer) => [layer.name, layer]));
  const order: KerasLayer[] = [];
  const state = new Map<string, "open" | "done">();
  const stack = [output];
  while (stack.length > 0) {
    const name = stack.at(-1)!;
    const layer = byName.get(name);
    if (layer === undefined)
      throw new InputError({ field: name }, "is named as a layer's input, but there is no such layer", HINT);
    if (state.get(name) === "done") {
      stack.pop();
      continue;
    }
    const missing = layer.sources.filter((source) => state.get(source) !== "done");
    if (missing.length === 0) {
      state.set(name, "done");
      order.push(layer);
      stack.pop();
      continue;
    }
    if (state.get(name) === "open") throw new InputError({ field: name }, "takes its own output", HINT);
    state.set(name, "open");
    stack.push(...missing);
  }
  return order;
}
