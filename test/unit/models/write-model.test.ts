import { describe, expect, it } from "vitest";
import type { DenseMatrix, ModelIr } from "../../../src/core/model-ir.ts";
import { readSafetensors } from "../../../src/formats/safetensors.ts";
import { readModel } from "../../../src/models/read-model.ts";
import { syntheticModel } from "../../../src/models/synthetic.ts";
import { writeModel } from "../../../src/models/write-model.ts";
import { egru, linear, read, reference, type Shapes } from "./model-files.ts";

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

  it("turns matrices of the other layout", () => {
    const shapes: Shapes = { ...egru("rnn", 3, 4), ...linear("out", 4, 2) };
    const model = read(shapes);
    const { weights } = model.projections.at(-1)!;
    const { values } = weights as DenseMatrix;
    const turned = Float32Array.from({ length: 8 }, (_, i) => values[(i % 2) * 4 + Math.floor(i / 2)]!);
    const projections = [
      ...model.projections.slice(0, -1),
      {
        ...model.projections.at(-1)!,
        weights: { ...(weights as DenseMatrix), layout: "source-major", values: turned } as const,
      },
    ];
    expect(readBack({ ...model, projections })).toEqual(model);
  });
});
