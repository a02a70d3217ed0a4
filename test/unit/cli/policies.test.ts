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

  it("hold for detailed times as well, under each schedule", async () => {
    const { code, stdout } = await simulate(
      ...["--fidelity", "detailed", "--schedule", "sequential,pipelined", "--sync", "data-flow,timer"],
      ...["--dvfs", "queue:2", "--json"],
    );
    expect(code).toBe(0);
    const [{ readings }] = JSON.parse(stdout).runs;
    type Reading = Readonly<Record<"schedule" | "fidelity" | "operatingPoint", string>> & {
      readonly synchronisation: { readonly kind: string };
    };
    const labels = readings.map(
      ({ schedule, fidelity, operatingPoint, synchronisation }: Reading) =>
        `${operatingPoint} ${schedule} ${fidelity} ${synchronisation.kind}`,
    );
    expect(labels).toEqual(
      ["sequential", "pipelined"].flatMap((schedule) =>
        ["data-flow", "timer"].map((kind) => `queue:2@150MHz,300MHz ${schedule} detailed ${kind}`),
      ),
    );
  });

  it("say where a run is too short to fill a pipeline packet by packet", async () => {
    const { code, stderr } = await simulate(
      ...["--fidelity", "detailed", "--schedule", "pipelined", "--streams", "2"],
    );
    expect(code).toBe(1);
    expect(stderr).toContain("too few to fill a pipeline of 2 phases packet by packet\n");
  });
});
