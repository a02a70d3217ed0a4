import { describe, expect, it } from "vitest";
import { collectDvfs, synchronisationList } from "../../../src/cli/parse-policies.ts";

describe("--sync", () => {
  it("takes kinds with and without a time, in the order given", () => {
    expect(synchronisationList("data-flow,barrier:2us, timer:1.5ms,timer,barrier:465ns,timer:2s")).toEqual([
      { kind: "data-flow" },
      { kind: "barrier", seconds: 2e-6 },
      { kind: "timer", seconds: 1.5e-3 },
      { kind: "timer" },
      { kind: "barrier", seconds: 465e-9 },
      { kind: "timer", seconds: 2 },
    ]);
  });

  it.each([
    "",
    "clock",
    "timer:",
    "timer:1",
    "timer:0ms",
    "barrier:-2us",
    "data-flow:1ms",
    "timer:1 h",
    "timer,",
  ])("refuses %j", (text) => {
    expect(() => synchronisationList(text)).toThrow(/Choose from|is no time|is empty/);
  });
});

describe("--dvfs", () => {
  it("collects policies", () => {
    const first = collectDvfs("fixed", undefined);
    const second = collectDvfs("queue:30", first);
    const third = collectDvfs("queue:200@150MHz,300MHz", second);
    expect(collectDvfs("layers:egru0=300MHz,a=b=150MHz", third)).toEqual([
      { kind: "fixed" },
      { kind: "queue", packets: 30 },
      { kind: "queue", packets: 200, low: "150MHz", high: "300MHz" },
      { kind: "layers", points: { egru0: "300MHz", "a=b": "150MHz" } },
    ]);
  });

  it("takes a layer once", () => {
    expect(() => collectDvfs("layers:a=150MHz,b=150MHz,a=300MHz", undefined)).toThrow(
      '"a" stands there twice.',
    );
  });

  it.each([
    "",
    "auto",
    "queue",
    "queue:x",
    "queue:-1",
    "queue:30@150MHz",
    "layers:",
    "layers:egru0",
    "layers:=1",
  ])("refuses %j", (text) => {
    expect(() => collectDvfs(text, undefined)).toThrow(
      "Write fixed, layers:<layer>=<point>,… or queue:<packets>[@<low>,<high>]; repeat the option for several.",
    );
  });
});
