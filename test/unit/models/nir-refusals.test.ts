import { beforeAll, describe, expect, it } from "vitest";
import { UserError } from "../../../src/core/errors.ts";
import { type Hdf5, type Hdf5Tree, loadHdf5 } from "../../../src/formats/hdf5.ts";
import type { Tensor } from "../../../src/formats/tensors.ts";
import { evaluationOrder } from "../../../src/models/nir/evaluation-order.ts";
import { readModel } from "../../../src/models/read-model.ts";
import { exchangeBytes } from "./exchange/fixtures.ts";

let hdf5: Hdf5;
beforeAll(async () => {
  hdf5 = await loadHdf5();
});

const floats = (shape: readonly number[], ...values: number[]): Tensor => {
  const length = shape.reduce((a, b) => a * b, 1);
  return {
    name: "",
    dtype: "float32",
    shape,
    data: Float32Array.from({ length }, (_, i) => values[i % values.length]!),
  };
};
const shape = (...sizes: number[]): Tensor => ({
  name: "",
  dtype: "int64",
  shape: [sizes.length],
  data: BigInt64Array.from(sizes, BigInt),
});
const lif = (...sizes: number[]): Hdf5Tree => ({
  type: "LIF",
  tau: floats(sizes, 1e-3),
  r: floats(sizes, 1),
  v_leak: floats(sizes, 0),
  v_threshold: floats(sizes, 0.5),
});
const linear = (targets: number, sources: number): Hdf5Tree => ({
  type: "Linear",
  weight: floats([targets, sources], 1, 2, 3),
});

const fileOf = (
  nodes: Hdf5Tree,
  edges: readonly (readonly [string, string])[],
  more: Hdf5Tree = {},
): Uint8Array =>
  hdf5.write({
    version: "1.0",
    node: {
      type: "NIRGraph",
      edges,
      nodes: {
        input: { type: "Input", shape: shape(3) },
        output: { type: "Output", shape: shape(2) },
        ...nodes,
      },
      ...more,
    },
  });
const readBytes = (bytes: Uint8Array, timestep?: number) =>
  readModel({ name: "m", fileName: "m.nir", bytes, hdf5: hdf5.read(bytes), timestep });
const chain = (...names: string[]): (readonly [string, string])[] =>
  names.slice(1).map((name, i) => [names[i]!, name] as const);

describe("readModel of a NIR graph", () => {
  it("gives an edge that closes a circle the delay of a step, and no other", () => {
    const nodes = {
      a: linear(2, 3),
      x: lif(2),
      b: linear(2, 2),
      y: lif(2),
      c: linear(2, 2),
      skip: linear(2, 3),
    };
    const edges = [
      ...chain("input", "a", "x", "b", "y", "output"),
      ...chain("y", "c", "x"),
      ...chain("input", "skip", "y"),
    ];
    const { projections } = readBytes(fileOf(nodes, edges));
    expect(projections.map(({ source, target, delay }) => `${source} ${target} ${delay}`).sort()).toEqual([
      "input x 0",
      "input y 0",
      "x y 0",
      "y x 1",
    ]);
  });

  it("adds what comes over several edges up", () => {
    const nodes = { a: linear(2, 3), b: linear(2, 3), x: lif(2) };
    const { projections } = readBytes(
      fileOf(nodes, [...chain("input", "a", "x", "output"), ...chain("input", "b", "x")]),
    );
    expect(projections).toHaveLength(1);
    expect(projections[0]!.weights).toMatchObject({
      kind: "sparse",
      value: Float32Array.of(2, 2, 4, 4, 6, 6),
    });
  });

  it("reads one parameter for all neurons, and a delay of one step", () => {
    const nodes = {
      a: linear(2, 3),
      x: lif(1),
      d: { type: "Delay", delay: floats([2], 1e-4) },
      b: linear(2, 2),
      y: lif(2),
    };
    const { populations, projections } = readBytes(
      fileOf(nodes, chain("input", "a", "x", "d", "b", "y", "output")),
    );
    expect(populations[1]).toMatchObject({ size: 2, potentialDecay: Float32Array.of(0.9, 0.9) });
    expect(projections[1]).toMatchObject({ source: "x", target: "y", delay: 1 });
  });

  it("takes the file's own timestep", () => {
    const dt: Tensor = { name: "", dtype: "float64", shape: [], data: Float64Array.of(5e-4) };
    const bytes = fileOf({ a: linear(2, 3), x: lif(2) }, chain("input", "a", "x", "output"), {
      metadata: { dt, note: "ü" },
    });
    const model = readBytes(bytes);
    expect(model.metadata).toEqual({ note: "ü", dt: "0.0005" });
    expect(model.populations[1]).toMatchObject({ potentialDecay: Float32Array.of(0.5, 0.5) });
    expect(readBytes(bytes, 1e-4).metadata.dt).toBe("0.0001");
  });

  const good = { a: linear(2, 3), x: lif(2) };
  const path = chain("input", "a", "x", "output");
  it.each<[string, Hdf5Tree, readonly (readonly [string, string])[], string]>([
    [
      "nodes that are not read, with their places",
      {
        ...good,
        t: { type: "Threshold", threshold: floats([2], 1) },
        g: {
          type: "NIRGraph",
          edges: [
            ["input", "q"],
            ["q", "output"],
          ],
          nodes: {
            input: { type: "Input", shape: shape(2) },
            q: { type: "Magic" },
            output: { type: "Output", shape: shape(2) },
          },
        },
      },
      [...chain("input", "a", "x", "t", "g", "output")],
      "nodes that are not supported: /node/nodes/g/nodes/q (Magic), /node/nodes/t (Threshold)",
    ],
    [
      "an edge to nowhere",
      good,
      [...path, ["x", "z"]],
      "m.nir, /node: has an edge at the node z, which does not exist",
    ],
    [
      "a node that receives nothing",
      good,
      chain("x", "output"),
      "m.nir, /node/nodes/x: receives from no node",
    ],
    [
      "a weight that does not fit",
      { ...good, a: linear(2, 4) },
      path,
      "/node/nodes/a: has the weight [2, 4], but receives [3]",
    ],
    [
      "neurons that do not fit",
      { ...good, x: lif(5) },
      path,
      "/node/nodes/x: has 5 neurons [5], but receives [2]",
    ],
    [
      "a parameter that is missing",
      { ...good, x: { ...lif(2), tau: {} } },
      path,
      "/node/nodes/x/tau: is no array of numbers",
    ],
    [
      "a time constant of 0",
      { ...good, x: { ...lif(2), tau: floats([2], 0) } },
      path,
      "/node/nodes/x/tau: 0 is no time constant",
    ],
    [
      "values that are not finite",
      { ...good, x: { ...lif(2), r: floats([2], 1, Number.NaN) } },
      path,
      "/node/nodes/x/r: value 1 is NaN",
    ],
    [
      "a circle without neurons",
      { ...good, b: linear(3, 3) },
      [...path, ...chain("b", "b"), ...chain("b", "a")],
      "/node/nodes/b: lies in a circle without neurons",
    ],
    [
      "a delay of several steps",
      { ...good, d: { type: "Delay", delay: floats([2], 5e-4) } },
      chain("input", "a", "x", "d", "output"),
      "/node/nodes/d: delays of 5 timesteps of 0.0001 s; 0 and 1 are supported",
    ],
    [
      "two outputs",
      { ...good, other: { type: "Output", shape: shape(2) } },
      [...path, ["x", "other"]],
      "/node: the graph has 2 Output nodes (other, output), of which one is supported",
    ],
    [
      "maps that are none",
      { ...good, c: { type: "Conv2d", weight: floats([2, 1, 3, 3], 1) } },
      chain("input", "c", "x", "output"),
      "/node/nodes/c: receives [3], not maps of 2 dimension(s)",
    ],
  ])("refuses %s", (_, nodes, edges, message) => {
    const bytes = fileOf(nodes, edges);
    expect(() => readBytes(bytes)).toThrow(UserError);
    expect(() => readBytes(bytes)).toThrow(message);
  });

  it("refuses HDF5 that is no NIR graph, and bytes that are no HDF5", () => {
    expect(() => readBytes(hdf5.write({ a: { b: "c" } }))).toThrow(UserError);
    const bytes = Uint8Array.of(1, 2, 3);
    expect(() => readModel({ name: "m", fileName: "m.nir", bytes })).toThrow(
      "m.nir, byte 0: not an HDF5 file",
    );
  });
});

describe("an HDF5 file", () => {
  it("is refused wherever it is cut off", () => {
    const bytes = exchangeBytes("nir-lif.nir");
    for (let end = 8; end < bytes.length; end += 997) {
      expect(() => hdf5.read(bytes.subarray(0, end)), `cut at ${end}`).toThrow(UserError);
    }
  });

  it("is refused with what is wrong, not with the library's trace of calls", () => {
    const bytes = exchangeBytes("nir-lif.nir");
    expect(() => hdf5.read(bytes.subarray(0, bytes.length / 2))).toThrow(
      /^not a sound HDF5 file: truncated file: eof = \d+, [^\n]+$/,
    );
  });
});

describe("evaluationOrder", () => {
  const order = (sources: Readonly<Record<string, readonly string[]>>) =>
    evaluationOrder(new Map(Object.entries(sources).map(([name, from]) => [name, new Set(from)])));

  it("puts neurons behind those they receive from", () => {
    expect(order({ c: ["b", "a"], b: ["a"], a: ["input"] })).toEqual(["a", "b", "c"]);
  });

  it("breaks a circle where it is nearest to the input, and only there", () => {
    expect(order({ c: ["b"], b: ["a"], a: ["input", "c"] })).toEqual(["a", "b", "c"]);
    // d has a short way from the input, but the circle of a and b leads to it.
    expect(order({ d: ["input", "b"], b: ["a"], a: ["x", "b"], x: ["input"] })).toEqual(["x", "a", "b", "d"]);
  });
});
