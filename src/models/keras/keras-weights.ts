import type { Hdf5Entry, Hdf5Group } from "../../formats/hdf5.ts";
import { InputError } from "../../core/errors.ts";
import type { NamedTensors, Tensor } from "../../formats/tensors.ts";
import type { KerasLayer } from "./keras-config.ts";

/** A layer's weights in the order in which Keras keeps them: kernel, recurrent kernel, bias. */
export type WeightsOf = (layer: KerasLayer) => readonly Tensor[];

const groupIn = (group: Hdf5Group | undefined, name: string): Hdf5Group | undefined => {
  const entry = group?.entries.get(name);
  return entry?.kind === "group" ? entry : undefined;
};

function tensorAt(entry: Hdf5Entry | undefined, path: string): Tensor {
  if (entry?.kind === "array") return entry.tensor;
  throw new InputError({ field: path }, "is no array of numbers", "Save the model again with model.save.");
}

/** Of an .h5 file: a group a layer, whose attribute names the weights. */
export function weightsOfH5(root: Hdf5Group): WeightsOf {
  const all = groupIn(root, "model_weights") ?? root;
  return ({ name }) => {
    const group = groupIn(all, name);
    const names = group?.attributes.get("weight_names") ?? [];
    return (typeof names === "string" ? [names] : names).map((path) => {
      const parts = path.split("/");
      const parent = parts.slice(0, -1).reduce((at, part) => groupIn(at, part), group);
      return tensorAt(parent?.entries.get(parts.at(-1)!), `${group!.path}/${path}`);
    });
  };
}

/** Of a .keras file: a group a layer, named after its class and number, that bears the layer's name, its variables numbered. */
export function weightsOfKeras(root: Hdf5Group): WeightsOf {
  const layers = [...(groupIn(root, "layers")?.entries.values() ?? [])].filter(
    (entry) => entry.kind === "group",
  );
  const byName = new Map(layers.map((group) => [groupIn(group, "vars")?.attributes.get("name"), group]));
  return ({ name }) => {
    const group = byName.get(name);
    const holders = [
      group,
      groupIn(group, "cell"),
      groupIn(group, "layer"),
      groupIn(groupIn(group, "layer"), "cell"),
    ];
    return holders.flatMap((holder) => {
      const variables = groupIn(holder, "vars");
      return [...(variables?.entries.keys() ?? [])]
        .sort((a, b) => Number(a) - Number(b))
        .map((key) => tensorAt(variables!.entries.get(key), `${variables!.path}/${key}`));
    });
  };
}

/** Of tensors named `layer/kernel` or `scope/layer/cell/kernel`, in the order of the file. */
export function weightsByName(tensors: NamedTensors): WeightsOf {
  return ({ name }) => {
    const exact = [...tensors.values()].filter((tensor) => tensor.name.startsWith(`${name}/`));
    return exact.length > 0
      ? exact
      : [...tensors.values()].filter((tensor) => tensor.name.split("/").slice(0, -1).includes(name));
  };
}
