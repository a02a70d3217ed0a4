import { describe, expect, it } from "vitest";
import type { DenseMatrix, ModelIr } from "../../../src/core/model-ir.ts";
import { readSafetensors } from "../../../src/formats/safetensors.ts";
import { readModel } from "../../../src/models/read-model.ts";
import { syntheticModel } from "../../../src/models/synthetic.ts";
import { writeModel } from "../../../src/models/write-model.ts";
import { modelOfEveryKind } from "../../support/every-kind.ts";
import { egru, linear, read, reference } from "./model-files.ts";

const readBack = (model: ModelIr) =>
  readModel({ name: model.name, fileName: "again", bytes: writeModel(model) });

describe("writeModel", () => {
  it.each<[string, ModelIr]>([
    [
      "the reference's stack",
      readModel({ name: "a", fileName: "a", bytes: reference("egru2/state_dict.pt") }),
    ],
    [
      "the reference's language model, settings and all",
      readModel({
        name: "b",
        fileName: "b",
        bytes: reference("lm_dense/state_dict.pt"),
        config: { fileName: "c", text: new TextDecoder().decode(reference("lm_dense/config.yaml")) },
      }),
    ],
    [
      "a model with its vocabulary",
      read(
        { "embeddings.weight": [3, 2], ...egru("rnns.0", 2, 4) },
        { vocabulary: { fileName: "v", text: "a\nb\nc\n" } },
      ),
    ],
    [
      "a projection and Linear layers of other names",
      read({
        ...linear("up", 2, 3),
        ...egru("rnn", 3, 4),
        ...linear("decoder.projection", 4, 5),
        ...linear("decoder.decoder", 5, 6),
      }),
    ],
    [
      "square layers, which names and shapes alone do not place",
      read({ ...linear("x", 4, 4), ...egru("rnn", 4, 4), ...linear("a", 4, 4) }),
    ],
    [
      "a synthetic model",
      syntheticModel({ inputs: 7, layers: [9, 7], vocabulary: 12, density: 0.2, seed: 3 }),
    ],
  ])("writes %s so that it reads back equal", (_, model) => {
    expect(readBack(model)).toEqual(model);
  });

  it("keeps ties", () => {
    const model = readBack(syntheticModel({ inputs: 4, layers: [4], vocabulary: 6, density: 0.5, seed: 1 }));
    const [table, decoder] = [
      model.projections[0]!.weights,
      model.projections.at(-1)!.weights,
    ] as DenseMatrix[];
    expect(decoder!.values).toBe(table!.values);
  });

  it("uses the reference's names", () => {
    const model = readModel({ name: "b", fileName: "b", bytes: reference("lm_dense/weights.safetensors") });
    const names = [...readSafetensors(writeModel(model)).tensors.keys()];
    const parameters = [...readSafetensors(reference("lm_dense/weights.safetensors")).tensors.keys()].filter(
      (name) => !/_max_norm|dampening_factor|pseudo_derivative/.test(name),
    );
    expect(names.sort()).toEqual(parameters.sort());
  });

  it("keeps matrices of the other layout, which the reference's names would turn", () => {
    const model = read({ ...egru("rnn", 3, 4), ...linear("out", 4, 2) });
    const last = model.projections.at(-1)!;
    const { values } = last.weights as DenseMatrix;
    const weights = { ...(last.weights as DenseMatrix), layout: "source-major", values } as const;
    const other = { ...model, projections: [...model.projections.slice(0, -1), { ...last, weights }] };
    expect(readBack(other)).toEqual(other);
  });

  it("describes a model of every kind of layer, so that it reads back equal and is written alike", () => {
    const model = modelOfEveryKind();
    const again = readBack(model);
    expect(again).toEqual(model);
    expect(writeModel(again)).toEqual(writeModel(model));
    const [table, decoder] = [
      again.projections[0]!.weights,
      again.projections.at(-1)!.weights,
    ] as DenseMatrix[];
    expect(decoder!.values).toBe(table!.values);
  });

  const lstm = read({ "rnn.weight_ih_l0": [8, 3], "rnn.weight_hh_l0": [8, 2], ...linear("fc", 2, 3) });
  const renamed = (name: string): ModelIr => {
    const model = read({ ...egru("rnn", 3, 4), ...linear("out", 4, 2) });
    const rename = (old: string) => (old === "out" ? name : old);
    return {
      ...model,
      populations: model.populations.map((population) => ({ ...population, name: rename(population.name) })),
      projections: model.projections.map((projection) => ({
        ...projection,
        target: rename(projection.target),
      })),
    };
  };

  it.each<[string, ModelIr]>([
    ["an LSTM", lstm],
    [
      "spikes at the input",
      {
        ...lstm,
        populations: [{ ...lstm.populations[0]!, silentZeros: true } as never, ...lstm.populations.slice(1)],
      },
    ],
    ["a layer that bears a wrapper's name", renamed("module")],
    ["a layer that bears the reference's name for another", renamed("embeddings")],
    ["a layer of a strange name", renamed("__proto__")],
    ["a layer with a dot", renamed("head.0")],
  ])("writes %s so that it reads back equal", (_, model) => {
    expect(readBack(model)).toEqual(model);
  });
});
