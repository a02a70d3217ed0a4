import * as tf from "@tensorflow/tfjs-core";
import { InputError, MismatchError } from "../core/errors.ts";
import { readSafetensors, writeSafetensors } from "../formats/safetensors.ts";
import { formatShape, type NamedTensors, type Tensor } from "../formats/tensors.ts";
import type { Network } from "./network.ts";
import { Parameters } from "./parameters.ts";
import { type ModelShape, parameterShapes, type ParameterShape } from "./shape.ts";
import type { Position, Training } from "./trainer.ts";

const VERSION = "1";
const HINT = "Remove the checkpoint to begin anew, or give the run another folder.";

/**
 * All that a training needs to go on, as safetensors: parameters, both moments, masks and states under prefixes, and the
 * position in the metadata.
 *
 * @param identity Hash of the settings and data; another training is refused when it is read.
 */
export function writeCheckpoint(training: Training, identity: string): Uint8Array {
  const { network, moments, masks, state, position } = training;
  const tensors = new Map<string, Tensor>();
  const keep = (name: string, value: tf.Tensor) =>
    tensors.set(name, {
      name,
      dtype: "float32",
      shape: value.shape,
      data: (value.dataSync() as Float32Array).slice(),
    });
  for (const { name } of network.parameters.shapes) {
    keep(`parameter.${name}`, network.parameters.get(name));
    keep(`first.${name}`, moments.first.get(name));
    keep(`second.${name}`, moments.second.get(name));
  }
  for (const [name, mask] of masks) keep(`mask.${name}`, mask);
  for (const [layer, { h, y }] of state.entries()) {
    keep(`state.${layer}.h`, h);
    keep(`state.${layer}.y`, y);
  }
  return writeSafetensors(tensors, {
    "eventloom.checkpoint": VERSION,
    identity,
    position: JSON.stringify(position),
  });
}

/**
 * A training as `writeCheckpoint` left it.
 * @throws InputError where the file is damaged, MismatchError where it is of other settings or data.
 */
export function readCheckpoint(
  bytes: Uint8Array,
  identity: string,
  shape: ModelShape,
  weightFormat: Network["weightFormat"],
): Training {
  const { tensors, metadata } = readSafetensors(bytes);
  if (metadata["eventloom.checkpoint"] !== VERSION) {
    throw new InputError({}, "is not a checkpoint of this version of eventloom", HINT);
  }
  if (metadata.identity !== identity) {
    throw new MismatchError("The checkpoint belongs to a training with other settings or other data.", HINT);
  }
  const shapes = parameterShapes(shape);
  const under = (prefix: string) => parametersUnder(prefix, shapes, tensors);
  const masks = new Map<string, tf.Tensor>();
  for (const { name, shape: size } of shapes)
    if (tensors.has(`mask.${name}`))
      masks.set(name, tf.tensor(floats(tensors, `mask.${name}`, size), [...size]));
  const state = shape.layers.map((units, layer) => {
    const part = (leaf: string) => {
      const name = `state.${layer}.${leaf}`;
      const batch = tensors.get(name)?.shape[0] ?? 0;
      return tf.tensor2d(floats(tensors, name, [batch, units]), [batch, units]);
    };
    return { h: part("h"), y: part("y") };
  });
  return {
    network: { shape, parameters: under("parameter"), weightFormat },
    moments: { first: under("first"), second: under("second") },
    masks,
    state,
    position: positionOf(metadata.position),
  };
}

function parametersUnder(
  prefix: string,
  shapes: readonly ParameterShape[],
  tensors: NamedTensors,
): Parameters {
  const parameters = new Parameters(shapes);
  for (const { name, shape } of shapes) parameters.load(name, floats(tensors, `${prefix}.${name}`, shape));
  return parameters;
}

function floats(tensors: NamedTensors, name: string, shape: readonly number[]): Float32Array {
  const tensor = tensors.get(name);
  if (
    tensor === undefined ||
    formatShape(tensor.shape) !== formatShape(shape) ||
    !(tensor.data instanceof Float32Array)
  ) {
    throw new InputError(
      { field: name },
      `the checkpoint has no such tensor of shape ${formatShape(shape)}`,
      HINT,
    );
  }
  return tensor.data;
}

function positionOf(text: string | undefined): Position {
  const whole = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
  try {
    const value = JSON.parse(text ?? "") as Position;
    if ([value.epoch, value.index, value.step, value.scored, value.epochsWithoutBetter].every(whole))
      return value;
  } catch {
    // Said below.
  }
  throw new InputError({ field: "position" }, "the checkpoint does not say where the training stood", HINT);
}
