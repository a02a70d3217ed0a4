import { describe, expect, it } from "vitest";
import { NEURON_UPDATES } from "../../../src/core/counts.ts";
import { readProfile } from "../../../src/profiles/read-profile.ts";
import { faultOf, fileText, shipped, shippedWith } from "./shipped.ts";

const loihi = (...overrides: string[]) =>
  readProfile(fileText("hw-profiles/loihi1-silicon.json"), "l.json", overrides).profile;

describe("times of kernels", () => {
  it("in nanoseconds become steps of the PE clock", () => {
    const { pe } = loihi();
    expect(pe.kernels.int8).toMatchObject({ synop: 47, packetReceive: 160, lifUpdate: 97, rowFetch: 0 });
    expect(pe.rowForms.int8?.csr).toMatchObject({ synop: 47, emptySlot: 47, rowFetch: 0 });
  });

  it("that are unknown count as no cycles and are told apart from those that are none", () => {
    const others = NEURON_UPDATES.filter((update) => update !== "lifUpdate");
    expect(loihi().pe.untimed).toEqual({ int8: others });
    expect(loihi("pe.kernels.int8.synop=unknown").pe.untimed).toEqual({ int8: ["synop", ...others] });
    expect(shipped().profile.pe.untimed).toBeUndefined();
  });

  it("have to be whole cycles", () => {
    const json = JSON.parse(fileText("hw-profiles/loihi1.json"));
    json.pe.kernels.int8.synop.value = 3.55;
    const text = JSON.stringify(json);
    expect(faultOf(text).message).toBe(
      "s2.json, pe.kernels.int8.synop: is 35.5 cycles of the PE clock, no whole number",
    );
    expect(faultOf(text).hint).toBe("Give whole cycles, or a PE clock of which the times are whole cycles.");
  });

  it("need one PE clock", () => {
    const time = { basis: "estimated", value: 10, unit: "ns", source: "a test" };
    expect(faultOf(shippedWith({ "pe.kernels.int8.synop": time })).message).toBe(
      "s2.json, pe.kernels.int8.synop: is given in ns, but the operating points have 2 PE clocks; give cycles",
    );
  });
});

describe("a floor plan", () => {
  const grid = { basis: "estimated", source: "a test" };

  it("of a grid has its PEs row by row", () => {
    const { noc } = loihi();
    expect(noc.nodes).toHaveLength(32);
    expect(noc.nodes[9]).toEqual({ x: 1, y: 1, chip: 0, pes: [36, 37, 38, 39] });
  });

  it("says one thing", () => {
    expect(faultOf(shippedWith({ "noc.floorPlan": { ...grid, value: { pesPerNode: 4 } } })).message).toBe(
      "s2.json, noc.floorPlan.value: has neither nodes nor a grid",
    );
  });
});
