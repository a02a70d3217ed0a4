import { beforeAll, describe, expect, it } from "vitest";
import { type Hdf5, loadHdf5 } from "../../../../src/formats/hdf5.ts";
import { readModel } from "../../../../src/models/read-model.ts";
import { exchangeBytes, expectOutputs } from "./fixtures.ts";

let hdf5: Hdf5;
beforeAll(async () => {
  hdf5 = await loadHdf5();
});

const load = (name: string, timestep?: number) => {
  const bytes = exchangeBytes(`${name}.nir`);
  return readModel({ name, fileName: `${name}.nir`, bytes, hdf5: hdf5.read(bytes), timestep });
};

describe("files that nir wrote compute what their equations say, by forward Euler", () => {
  it("LIF with leak and reset, then LI", () => {
    const model = load("nir-lif");
    expect(model.populations.map(({ kind, name, size }) => `${name}:${kind}:${size}`)).toEqual([
      "input:dense-input:3",
      "lif:lif:6",
      "li:lif:2",
    ]);
    expectOutputs(model, "nir-lif", 1e-5);
    expect(model.metadata).toEqual({ dt: "0.0001" });
  });

  it("a recurrent CubaLIF in a graph of its own, then CubaLI", () => {
    const model = load("nir-recurrent");
    expect(model.projections.map(({ source, target, delay }) => `${source} ${target} ${delay}`)).toEqual([
      "input rec.lif 0",
      "rec.lif rec.lif 1",
      "rec.lif read 0",
    ]);
    expectOutputs(model, "nir-recurrent", 1e-5);
  });

  it("convolutions, pooling and integrate-and-fire neurons, counted in timesteps", () => {
    const model = load("nir-conv");
    expect(model.projections.map(({ weights }) => weights.kind)).toEqual([
      "convolution",
      "convolution",
      "convolution",
      "convolution",
      "convolution",
      "sparse",
    ]);
    expectOutputs(model, "nir-conv", 1e-5);
    expect(model.metadata).toEqual({ dt: "1" });
  });

  it("takes another timestep at its word", () => {
    const [, lif] = load("nir-lif", 2e-4).populations;
    const [, usual] = load("nir-lif").populations;
    if (lif?.kind !== "lif" || usual?.kind !== "lif") throw new Error("no neurons");
    const twice = (1 - lif.potentialDecay[0]!) / (1 - usual.potentialDecay[0]!);
    expect(twice).toBeCloseTo(2, 5);
    expect(() => load("nir-lif", 1)).toThrow(
      /^nir-lif.nir, .*\/tau: 0.00\d+ s is shorter than the timestep, 1 s$/,
    );
  });
});
