import { describe, expect, it } from "vitest";
import { run } from "./run-in-process.ts";

const simulate = (...options: string[]) =>
  run(["simulate", "synthetic:6,8,6@0.5", "--steps", "3", "--pes", "4", ...options]);

describe("--sync and --dvfs", () => {
  it("are readings of one simulation", async () => {
    const { code, stdout, stderr } = await simulate(
      ...["--sync", "data-flow,timer:1ms", "--dvfs", "fixed", "--dvfs", "queue:2", "--json"],
    );
    expect({ code, simulations: stderr.match(/simulating/g)?.length }).toEqual({ code: 0, simulations: 1 });
    const [{ readings }] = JSON.parse(stdout).runs;
    const labels = readings.map(
      ({ operatingPoint, synchronisation }: { operatingPoint: string; synchronisation: { kind: string } }) =>
        `${operatingPoint} ${synchronisation.kind}`,
    );
    expect(labels).toEqual([
      "150MHz data-flow",
      "150MHz timer",
      "queue:2@150MHz,300MHz data-flow",
      "queue:2@150MHz,300MHz timer",
    ]);
  });

  it.each([
    [
      ["--sync", "barrier"],
      'error: synchronisation: spinnaker2 does not say how long a barrier takes\nhint: Give the time, as in "--sync barrier:2us" or "--sync timer:1ms".\n',
    ],
    [
      ["--dvfs", "layers:egru9=300MHz"],
      'error: dvfs: the program has no layer "egru9" on the chip\nhint: Choose from egru0, egru1.\n',
    ],
    [
      ["--dvfs", "queue:2@150MHz,1GHz"],
      'error: dvfs: spinnaker2 has no operating point "1GHz"\nhint: Choose one of 150MHz, 300MHz.\n',
    ],
  ])("%j ends with what is wrong and what to do", async (options, text) => {
    const { code, stdout, stderr } = await simulate(...options);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr.endsWith(text), stderr).toBe(true);
  });

  it("of a form that makes no sense are faults of the command line", async () => {
    const { code, stderr } = await simulate("--sync", "clock");
    expect(code).toBe(2);
    expect(stderr).toContain("Choose from data-flow, barrier[:2us], timer[:1ms], separated by commas.");
  });

  it("are said to leave detailed times alone", async () => {
    const { stderr } = await simulate("--fidelity", "detailed", "--sync", "timer", "--dvfs", "queue:2");
    expect(stderr).toContain(
      "note: --sync and --dvfs apply to fast times only; detailed ones are by data flow at fixed operating points.\n",
    );
    expect((await simulate("--fidelity", "fast,detailed", "--sync", "data-flow")).stderr).not.toContain(
      "note:",
    );
  });
});
