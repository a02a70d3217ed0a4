import { describe, expect, it } from "vitest";
import { FORMAT_ACTIONS } from "../../../src/core/counts.ts";
import { dataBytesOf, usablePes } from "../../../src/core/profile.ts";
import { applyOverrides } from "../../../src/profiles/overrides.ts";
import { readProfile } from "../../../src/profiles/read-profile.ts";
import { resolveProfile } from "../../../src/profiles/resolve.ts";
import { validateProfile } from "../../../src/profiles/validate.ts";
import { faultOf, fileText, shipped, shippedWith } from "./shipped.ts";

describe("readProfile", () => {
  const { profile, figures, json } = shipped();

  it("resolves SpiNNaker2 to SI units", () => {
    expect(profile.pe).toMatchObject({ count: 152, firstPeId: 1, reserved: [], accumulatorBits: 32 });
    expect(dataBytesOf(profile.pe.sram)).toBe(92 * 1024);
    expect(usablePes(profile)).toHaveLength(152);
    expect(profile.pe.macArray).toEqual({
      columns: 16,
      rows: 4,
      sramPortBytes: 16,
      setupCycles: 74,
      accumulatorBits: 24,
      kernel: { macOperand: 54, macMagnitude: 30, macResult: 9 },
    });
    expect(profile.synchronisation).toEqual({ kind: "data-flow", period: 1e-3 });
    expect(profile.dvfs).toEqual({ switchTime: 100e-9 });
    expect(profile.noc).toMatchObject({
      kind: "central-event-router",
      clock: 300e6,
      hopCycles: 5,
      flitCycles: 1,
    });
    expect(profile.noc).toMatchObject({ flitBits: 192, payloadBytes: 16 });
    expect(profile.noc.buffers).toEqual({ linkFlits: 7, creditCycles: 2, localFlits: 4, sourcePackets: 8 });
    expect(profile.eventRouter).toEqual({
      clock: 400e6,
      entries: 16_384,
      keyBits: 32,
      engines: 3,
      pipelineCycles: 4,
      ports: 6,
      queuePackets: 64,
      defaultRoute: false,
    });
    expect(profile.board).toBeUndefined();
    const ports = { ports: 2, latency: 100e-9 };
    expect(profile.dram).toEqual({ bytes: 2 ** 31, bandwidth: 2.4e9, burstBytes: 16, ...ports });
    expect(profile.host).toEqual({ bandwidth: 125e6, bytesPerEvent: 16 });
    expect(profile.operatingPoints.map(({ name, peClock, voltage }) => [name, peClock, voltage])).toEqual([
      ["150MHz", 150e6, 0.5],
      ["300MHz", 300e6, 0.8],
    ]);
  });

  it("takes data flow and no DVFS where a profile says nothing of either, and a link whose cost is known", () => {
    const byte = { basis: "measured", value: 4, unit: "nJ/B", source: "bench" };
    const changes = { synchronisation: undefined, dvfs: undefined, "host.energy.costs.byte": byte };
    const plain = readProfile(shippedWith(changes), "s2.json").profile;
    expect([plain.synchronisation, plain.dvfs]).toEqual([{ kind: "data-flow" }, undefined]);
    expect([profile.host.byteEnergy, plain.host.byteEnergy]).toEqual([undefined, 4e-9]);
    expect(plain.hash, "both only time and price a run").toBe(profile.hash);
  });

  it("slows the neurons that compute exponentials where the accelerator is not used", () => {
    const software = readProfile(fileText("hw-profiles/spinnaker2.json"), "s2.json", [
      "pe.exponential=software",
    ]);
    const { float32, ...others } = software.profile.pe.kernels;
    expect(float32).toEqual({
      ...profile.pe.kernels.float32,
      neuronUpdate: 256,
      lstmUpdate: 383,
      gruUpdate: 252,
      activationUpdate: 80,
    });
    expect(others).toEqual({ int16: profile.pe.kernels.int16, int8: profile.pe.kernels.int8 });
    expect(faultOf(fileText("hw-profiles/spinnaker2.json"), ["pe.exponential=fpga"]).message).toBe(
      'override pe.exponential=fpga: pe.exponential.value: is "fpga"; must be one of "accelerator", "software"',
    );
  });

  it("numbers the nodes by their first PE, PEs from 0", () => {
    expect(profile.noc.nodes).toHaveLength(38);
    expect(profile.noc.nodes[0]).toEqual({ x: 7, y: 6, chip: 0, pes: [0, 1, 2, 3] });
    expect(profile.noc.nodes.at(-1)).toEqual({ x: 5, y: 3, chip: 0, pes: [148, 149, 150, 151] });
    const nodes = json.noc.floorPlan.value.nodes!.toReversed();
    const reversed = readProfile(shippedWith({ "noc.floorPlan.value.nodes": nodes }), "s2.json").profile;
    expect(reversed.noc).toEqual(profile.noc);
  });

  it.each([
    [
      0,
      "150MHz",
      (0.2354 - 0.0752) / 152,
      (0.4246 - 0.2354) / (152 * 150e6),
      (0.825 - 0.2354) / (2.281e12 / 2),
    ],
    [
      1,
      "300MHz",
      (0.5647 - 0.0752) / 152,
      (1.2479 - 0.5647) / (152 * 300e6),
      (2.219 - 0.5647) / (4.563e12 / 2),
    ],
  ])(
    "derives the energies of one PE and one MAC from the chip's: point %i, %s",
    (index, _, sleep, busyCycle, mac) => {
      const { energy } = profile.operatingPoints[index]!;
      if (energy.pe.basis !== "state") throw new Error("PEs are charged by state");
      expect(energy.pe.sleep / sleep).toBeCloseTo(1, 14);
      expect(energy.pe.busyCycle / busyCycle).toBeCloseTo(1, 14);
      expect(energy.macArray!.costs.mac! / mac).toBeCloseTo(1, 14);
    },
  );

  it("takes energies that are published for one PE, by state or by action", () => {
    const fig = (value: number, unit: string) => ({ basis: "measured", value, unit, source: "bench" });
    const pe = { basis: "state", sleep: fig(1, "mW"), busyCycle: fig(8, "pJ") };
    const byState = readProfile(shippedWith({ "operatingPoints.0.energy.pe": pe }), "s2.json").profile;
    const { energy } = byState.operatingPoints[0]!;
    expect(energy.pe).toEqual({ basis: "state", sleep: 0.001, busyCycle: 8e-12 });
    expect(energy.macArray!.costs.mac! / ((0.825 - (0.0752 + 152 * 0.001)) / (2.281e12 / 2))).toBeCloseTo(
      1,
      14,
    );

    const costs = Object.fromEntries(FORMAT_ACTIONS.map((action, i) => [action, fig(i, "nJ")]));
    const byAction = readProfile(
      shippedWith({
        "operatingPoints.0.energy.pe": {
          basis: "action",
          sleep: fig(1, "mW"),
          costs: { ...costs, timestep: { basis: "unknown", note: "not published" } },
        },
        "operatingPoints.0.energy.macArray": { basis: "action", costs: { mac: fig(0.5, "pJ") } },
      }),
      "s2.json",
    ).profile.operatingPoints[0]!.energy;
    expect(byAction.pe).toMatchObject({
      basis: "action",
      costs: { rowLookup: 1e-9, synop: 3e-9, timestep: undefined, rowWord: undefined, emptySlot: undefined },
    });
    expect(byAction.macArray!.costs.mac).toBe(0.5e-12);
  });

  it("keeps an unknown cost undefined, never 0", () => {
    const { noc, eventRouter } = profile.operatingPoints[0]!.energy;
    expect(noc.costs).toStrictEqual({ flitHop: undefined });
    expect(eventRouter.costs).toStrictEqual({ tableLookup: undefined, packetOut: undefined });
  });

  it("reads a chip without DRAM, MAC arrays and voltages", () => {
    const small = readProfile(
      shippedWith({
        dram: undefined,
        "pe.macArray": undefined,
        "noc.dramNode": undefined,
        "operatingPoints.0.voltage": undefined,
        "operatingPoints.0.energy.macArray": undefined,
        "operatingPoints.1.energy.macArray": undefined,
      }),
      "s2.json",
    ).profile;
    const missing = ["dram", "macArray", "dramNode"].filter((key) =>
      JSON.stringify(small).includes(`"${key}"`),
    );
    expect(missing).toEqual([]);
    expect("voltage" in small.operatingPoints[0]!).toBe(false);
  });

  it("freezes the profile at every depth and leaves the JSON free", () => {
    const open = (value: unknown): boolean =>
      value !== null &&
      typeof value === "object" &&
      (!Object.isFrozen(value) || Object.values(value).some(open));
    expect(open(profile)).toBe(false);
    expect(Object.isFrozen(json.pe)).toBe(false);
  });

  it("hashes what is written, whatever the order of keys, but not the reference to the schema", () => {
    expect(profile.sha256).toMatch(/^[0-9a-f]{64}$/);
    const { name, $schema: _, ...rest } = JSON.parse(fileText("hw-profiles/spinnaker2.json"));
    expect(readProfile(JSON.stringify({ ...rest, name }), "s2.json").profile.sha256).toBe(profile.sha256);
    expect(readProfile(shippedWith({ title: "x" }), "s2.json").profile.sha256).not.toBe(profile.sha256);
  });

  it.each([
    "pe.whileWaiting=spin",
    "pe.whileUnused=off",
    "operatingPoints[0].energy.base=80mW",
    "operatingPoints[1].peClock=250MHz",
    "noc.energy.costs.flitHop=2pJ",
    "dram.energy.costs.byteRead=unknown",
    "host.bandwidth=1GB/s",
    "pe.sram.bytes=131072B",
  ])("binds programs to what they depend on: %s leaves the hash as it is", (override) => {
    const other = readProfile(fileText("hw-profiles/spinnaker2.json"), "s2.json", [override]).profile;
    expect(other.hash).toBe(profile.hash);
    expect(other.sha256).not.toBe(profile.sha256);
  });

  it("gives the cycles of each form of rows, those of csr from the kernel itself", () => {
    const sets = ["pe.kernels.int16.synop=99cycles", "pe.kernels.int16.forms.dense.rowFetch=98cycles"];
    const changed = readProfile(fileText("hw-profiles/spinnaker2.json"), "s2.json", sets).profile.pe;
    const before = profile.pe.rowForms.int16!;
    expect(changed.rowForms.int16).toEqual({
      ...before,
      csr: { ...before.csr!, synop: 99, emptySlot: 99 },
      dense: { ...before.dense!, rowFetch: 98 },
    });
    expect(changed.kernels.int16).not.toHaveProperty("forms");
    const bare = readProfile(shippedWith({ "pe.kernels.int8.forms": undefined }), "s2.json").profile.pe;
    expect(Object.keys(bare.rowForms.int8!)).toEqual(["csr"]);
    expect(() => readProfile(shippedWith({ "pe.kernels.int8.forms.csr": before.csr }), "s2.json")).toThrow(
      "pe.kernels.int8.forms.csr: unknown key",
    );
  });

  it("binds programs to no title and no name", () => {
    const renamed = readProfile(shippedWith({ title: "x", name: "y" }), "s2.json").profile;
    expect(renamed.hash).toBe(profile.hash);
    expect(profile.hash).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each([
    "pe.count=148count",
    "pe.reserved=[0]",
    "pe.sram.bytes=256KiB",
    "pe.kernels.int8.synop=99cycles",
    "pe.kernels.int8.forms.delta-csr.synop=99cycles",
    "pe.accumulatorBits=24",
    "pe.macArray.columns=32count",
    "pe.exponential=software",
    "noc.hopLatency=6cycles",
    'noc.hostNode={"x":1,"y":1}',
    "noc.buffers.linkFlits=8count",
    "noc.payload=64bit",
    "eventRouter.entries=64count",
    "eventRouter.queue=32count",
    "eventRouter.defaultRoute=true",
    "dram.latency=50ns",
    "dram.capacity=1GiB",
  ])("binds programs to what they depend on: %s changes the hash", (override) => {
    const json = applyOverrides(JSON.parse(fileText("hw-profiles/spinnaker2.json")), [override]);
    expect(resolveProfile(validateProfile(json, "s2.json")).hash).not.toBe(profile.hash);
  });

  it("lists every figure with value, unit, basis and source", () => {
    expect(figures.find(({ path }) => path === "operatingPoints[1].energy.base")).toEqual({
      path: "operatingPoints[1].energy.base",
      basis: "published",
      value: 75.2,
      unit: "mW",
      source: expect.stringContaining("10.1109/OJCAS.2026.3714974"),
      note: "All PEs switched off",
    });
    expect(figures.find(({ path }) => path === "noc.energy.costs.flitHop")).toEqual({
      path: "noc.energy.costs.flitHop",
      basis: "unknown",
      note: expect.stringContaining("No publication found"),
    });
    expect(figures.find(({ path }) => path === "operatingPoints[0].energy.pe.sleep")).toEqual({
      path: "operatingPoints[0].energy.pe.sleep",
      value: expect.closeTo((0.2354 - 0.0752) / 152, 14),
      unit: "W",
      basis: "derived",
      source: "(allAsleep - base) / PEs",
    });
    const written = JSON.stringify(json).match(
      /"basis":"(measured|published|counted|estimated|unknown)"/g,
    )!.length;
    expect(figures.filter(({ basis }) => basis !== "derived")).toHaveLength(written);
    expect(new Set(figures.map(({ path }) => path)).size).toBe(figures.length);
  });

  it("names file and place of damaged text", () => {
    expect(faultOf(fileText("hw-profiles/spinnaker2.json").slice(0, 300)).message).toMatch(
      /^s2\.json, byte \d+: not valid JSON at line 10, column \d+: /,
    );
  });
});
