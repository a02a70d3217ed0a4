import { beforeAll, describe, expect, it } from "vitest";
import { UnsupportedError } from "../../../src/core/errors.ts";
import { type ModelIr, type Projection, sparseFromDense } from "../../../src/core/model-ir.ts";
import { type Hdf5, loadHdf5 } from "../../../src/formats/hdf5.ts";
import { convolution } from "../../../src/models/convolutions.ts";
import { nirTreeOf } from "../../../src/models/nir/write-nir-model.ts";
import { readModel } from "../../../src/models/read-model.ts";
import { modelOfEveryKind } from "../../support/every-kind.ts";
import { exchangeBytes } from "./exchange/fixtures.ts";

let hdf5: Hdf5;
beforeAll(async () => {
  hdf5 = await loadHdf5();
});

const readBytes = (bytes: Uint8Array, name = "m") =>
  readModel({ name, fileName: "m.nir", bytes, hdf5: hdf5.read(bytes) });
const again = (model: ModelIr) => readBytes(hdf5.write(nirTreeOf(model)), model.name);

const lif = (name: string, size: number, decay = 0.9) =>
  ({
    kind: "lif",
    name,
    size,
    bias: Float32Array.from({ length: size }, (_, n) => n / 7),
    currentDecay: new Float32Array(size).fill(0.3),
    gain: new Float32Array(size).fill(0.7),
    potentialDecay: new Float32Array(size).fill(decay),
    leak: new Float32Array(size).fill(0.05),
    threshold: new Float32Array(size).fill(0.4),
    reset: new Float32Array(size).fill(0.1),
  }) as const;
const sparse = (sources: number, targets: number) =>
  sparseFromDense(
    Float32Array.from({ length: sources * targets }, (_, i) => (i % 3 === 0 ? 0 : i / 16)),
    sources,
    targets,
  );
const between = (
  source: string,
  target: string,
  sources: number,
  targets: number,
  delay: 0 | 1 = 0,
): Projection => ({
  source,
  target,
  delay,
  weights: sparse(sources, targets),
});

const recurrent: ModelIr = {
  version: 1,
  name: "recurrent",
  populations: [
    { kind: "dense-input", name: "in", size: 3 },
    lif("zz", 4),
    { kind: "linear", name: "mid", size: 2, bias: Float32Array.of(1, 0) },
    lif("aa", 4, 0.8),
    { kind: "linear", name: "out", size: 2, bias: Float32Array.of(0, 2) },
  ],
  projections: [
    between("in", "zz", 3, 4),
    between("aa", "zz", 4, 4, 1),
    between("zz", "zz", 4, 4, 1),
    between("zz", "mid", 4, 2),
    between("zz", "aa", 4, 4, 1),
    between("mid", "aa", 2, 4),
    between("aa", "out", 4, 2),
  ],
  metadata: { task: "ü" },
};

describe("a model written as NIR", () => {
  it.each(["nir-lif", "nir-recurrent", "nir-conv"])("reads back equal: %s", (name) => {
    const model = readBytes(exchangeBytes(`${name}.nir`));
    expect(again(model)).toEqual(model);
    expect(hdf5.write(nirTreeOf(again(model)))).toEqual(hdf5.write(nirTreeOf(model)));
  });

  it("gives equal bytes at another time, and leaves the clock as it was", async () => {
    const model = readBytes(exchangeBytes("nir-lif.nir"));
    const first = hdf5.write(nirTreeOf(model));
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect(hdf5.write(nirTreeOf(model))).toEqual(first);
    expect(Date.now()).toBeGreaterThan(1e12);
  });

  it("reads back equal: circles, delays, sums on the way, names in no order, a dense input, metadata", () => {
    expect(again(recurrent)).toEqual(recurrent);
  });

  const replaced = (index: number, population: object): ModelIr => ({
    ...recurrent,
    populations: recurrent.populations.map((own, i) =>
      i === index ? ({ ...own, ...population } as typeof own) : own,
    ),
  });
  const made = convolution(
    { channels: 1, height: 1, width: 3 },
    { values: Float32Array.of(1, 2), shape: [1, 1, 1, 2] },
    { padding: [0, 0, 0, 2] },
  );
  if (typeof made === "string") throw new Error(made);

  it.each<[string, ModelIr, string]>([
    [
      "every kind",
      modelOfEveryKind(),
      "words: a population of the kind token-input, which NIR has no node for",
    ],
    [
      "a threshold that is subtracted",
      replaced(1, { reset: undefined }),
      "zz: a threshold that is taken off after a spike, which NIR has no node for",
    ],
    ["an activation", replaced(2, { activation: "relu" }), "mid: a relu behind a sum"],
    [
      "neurons with and without a leak",
      replaced(1, { potentialDecay: Float32Array.of(1, 0.5, 0.5, 0.5) }),
      "zz: neurons with and without a leak",
    ],
    [
      "a decay that NIR's numbers cannot tell from 0",
      replaced(1, { potentialDecay: new Float32Array(4).fill(1e-20) }),
      "zz would not come back from NIR as it is",
    ],
    [
      "a convolution padded on one side",
      {
        ...recurrent,
        populations: [recurrent.populations[0]!, { ...lif("c", 4), bias: new Float32Array(4) }],
        projections: [{ source: "in", target: "c", delay: 0, weights: made }],
      },
      "in -> c: a convolution that is not padded alike on both sides",
    ],
  ])("is refused where NIR cannot hold it: %s", (_, model, message) => {
    expect(() => nirTreeOf(model)).toThrow(UnsupportedError);
    expect(() => nirTreeOf(model)).toThrow(message);
  });
});
