import { describe, expect, it } from "vitest";
import { InputError } from "../../../src/core/errors.ts";
import { readModel } from "../../../src/models/read-model.ts";
import { fileOf, type Shapes } from "./model-files.ts";

const layers = {
  version: 1,
  populations: [
    { kind: "dense-input", name: "in", size: 3, silentZeros: true },
    { kind: "lif", name: "hidden", size: 2, potentialDecay: 0.5, threshold: "thr" },
    { kind: "linear", name: "out", size: 1, bias: "b" },
  ],
  projections: [
    { source: "in", target: "hidden", weights: { kind: "pruned", layout: "target-major", values: "w1" } },
    {
      source: "hidden",
      target: "hidden",
      delay: 1,
      weights: { kind: "pruned", layout: "source-major", values: "r" },
    },
    { source: "hidden", target: "out", weights: { kind: "dense", layout: "target-major", values: "w2" } },
  ],
};
const w1 = { name: "", dtype: "float32", shape: [2, 3], data: Float32Array.of(1, 0, 2, 0, 3, 0) } as const;
const shapes: Shapes = { w1, r: [2, 2], thr: [2], w2: [1, 2], b: [1] };

const readWith = (json: unknown, tensors: Shapes = shapes) =>
  readModel({
    name: "m",
    fileName: "m.safetensors",
    bytes: fileOf(tensors),
    description: { fileName: "model.json", text: typeof json === "string" ? json : JSON.stringify(json) },
  });

const changed = (path: readonly (string | number)[], value: unknown): unknown => {
  const copy = structuredClone(layers) as unknown as Record<string | number, unknown>;
  const last = path.at(-1)!;
  const parent = path.slice(0, -1).reduce((at, key) => at[key] as Record<string | number, unknown>, copy);
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return copy;
};

describe("plain tensors with a description beside them", () => {
  it("make a model; zeros of a full matrix are pruned weights, a number stands for all neurons", () => {
    const { populations, projections } = readWith(layers);
    expect(populations[0]).toEqual({ kind: "dense-input", name: "in", size: 3, silentZeros: true });
    expect(populations[1]).toMatchObject({
      bias: new Float32Array(2),
      currentDecay: new Float32Array(2),
      gain: Float32Array.of(1, 1),
      potentialDecay: Float32Array.of(0.5, 0.5),
    });
    expect(projections[0]!.weights).toEqual({
      kind: "sparse",
      sources: 3,
      targets: 2,
      rowStart: Uint32Array.of(0, 1, 2, 3),
      target: Uint32Array.of(0, 1, 0),
      value: Float32Array.of(1, 3, 2),
    });
    expect(projections[1]).toMatchObject({ source: "hidden", target: "hidden", delay: 1 });
  });

  it("may be JSON of another kind, which has no effect", () => {
    expect(() => readWith({ modelTopology: {} })).toThrow(
      "m.safetensors: the file holds no supported recurrent layer",
    );
  });

  it.each<[string, unknown, string]>([
    ["text that is no JSON", "{", "model.json: is not valid JSON: "],
    ["an unknown key", changed(["colour"], 1), "model.json, the description.colour: is not a known key"],
    ["another version", changed(["version"], 2), "model.json, version: must be equal to constant"],
    [
      "an unknown kind",
      changed(["populations", 1, "kind"], "rnn"),
      'populations.1: has the kind "rnn" or fields that are not known',
    ],
    [
      "an unknown field of a layer",
      changed(["populations", 1, "tau"], 1),
      "populations.1.tau: is not a known key",
    ],
    [
      "a missing field of a layer",
      changed(["populations", 1, "potentialDecay"], undefined),
      "populations.1: must have required property 'potentialDecay'",
    ],
    ["a size that is no number", changed(["populations", 1, "size"], "2"), "populations.1"],
    [
      "a tensor that is missing",
      changed(["populations", 2, "bias"], "c"),
      "m.safetensors, c: there is no such tensor; the file holds w1, r, thr, w2, b",
    ],
    [
      "a tensor of a wrong shape",
      changed(["populations", 2, "size"], 2),
      "b: has the shape [1], but out.bias needs [2]",
    ],
    [
      "a matrix of a wrong shape",
      changed(["projections", 0, "weights", "layout"], "source-major"),
      "w1: has the shape [2, 3], but projections.0 needs [3, 2]",
    ],
    [
      "a population that is missing",
      changed(["projections", 0, "source"], "im"),
      "projections.0: names the population im, which does not exist",
    ],
    [
      "a tensor without use",
      changed(["projections", 1], layers.projections[0]),
      "r: a tensor of shape [2, 2] that the description does not use",
    ],
    [
      "a decay outside its range",
      changed(["populations", 1, "potentialDecay"], 1.5),
      "hidden.potentialDecay: 1.5 lies outside [0, 1]",
    ],
    [
      "a forward path against the order",
      changed(["projections", 1, "delay"], 0),
      "hidden -> hidden: a projection without delay must lead to a later population",
    ],
    [
      "words without a token input",
      changed(["vocabulary"], ["a"]),
      "vocabulary: has 1 words, which the model's first population does not",
    ],
  ])("refuses %s", (_, json, message) => {
    expect(() => readWith(json)).toThrow(InputError);
    expect(() => readWith(json)).toThrow(message);
  });
});
