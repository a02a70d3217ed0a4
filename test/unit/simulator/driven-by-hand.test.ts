import { describe, expect, it } from "vitest";
import type { Stimulus } from "../../../src/core/stimulus.ts";
import { createSimulation, simulate } from "../../../simulator/simulate.ts";
import { buildProgram, type Net } from "./build-program.ts";
import { cornerChip } from "./corner-chip.ts";
import { firingNet } from "./firing-net.ts";

const chip = cornerChip();
const program = buildProgram(firingNet(), chip);
const zeros = (steps: number): Stimulus => ({
  kind: "dense",
  width: 2,
  values: new Float32Array(2 * steps),
  origin: "zeros",
  synthetic: true,
});

describe("a simulation that is driven by hand", () => {
  it("knows its populations and ends with its stimulus", () => {
    const simulation = createSimulation(program, chip, zeros(1));
    expect(() => simulation.state("c")).toThrow("c: no such population");
    expect(() => simulation.setState("a", { state: [0], output: [0] })).toThrow("a has 3 neurons, not 1");
    simulation.step();
    expect(simulation.stepsDone).toBe(1);
    expect(() => simulation.step()).toThrow("the stimulus has only 1 timesteps");
  });

  it("starts a step from the state and events that it is given, and counts those events", () => {
    const simulation = createSimulation(program, chip, zeros(2));
    simulation.setState("a", { state: [0.25, 0, 0.5], output: [0, 0.5, 0.75] });
    expect([...simulation.state("a").state]).toEqual([0.25, 0, 0.5]);
    expect([...simulation.state("a").output]).toEqual([0, 0.5, 0.75]);
    simulation.step();
    const { counts } = simulation.result();
    expect(counts.kernel.packetReceive[0], "two inputs, two events of a").toBe(4);
    expect(counts.kernel.synop[0], "input 0, and a's neuron 2 on neurons 0 and 1").toBe(1 + 2);
    expect(counts.eventRouter.tableLookup, "only what was sent").toBe(2 + 2 + 1);
  });

  it("reports each step, its events in ascending order", () => {
    const done: number[] = [];
    const events: number[][] = [];
    simulate(program, chip, zeros(2), {
      onProgress: (steps) => done.push(steps),
      observe: (step, view) => {
        expect(view.step).toBe(step);
        expect(view.logits, "there is no decoder").toBeUndefined();
        events.push([...view.events("a")]);
      },
    });
    expect(done).toEqual([1, 2]);
    expect(events).toEqual([
      [0, 1],
      [0, 1],
    ]);
  });

  it("restarts hidden states with each window and keeps the events", () => {
    const net = firingNet();
    const keeping: Net = {
      ...net,
      populations: net.populations.map((population) => ({
        ...population,
        start: population.start.map((value) => (value === -20 ? 0 : value)),
      })),
    };
    const program = buildProgram(keeping, chip);
    const statesOf = (window: number | undefined, clearBefore?: number) => {
      const simulation = createSimulation(program, chip, zeros(4), { window });
      return Array.from({ length: 4 }, (_, step) => {
        if (step === clearBefore) {
          const { state, output } = simulation.state("a");
          simulation.setState("a", { state: state.fill(0), output });
        }
        return [...simulation.step().population("a").state];
      });
    };
    const [free, windowed, cleared] = [statesOf(undefined), statesOf(2), statesOf(undefined, 2)];
    expect(windowed).toEqual(cleared);
    expect(windowed.slice(0, 2)).toEqual(free.slice(0, 2));
    expect(windowed[2]).not.toEqual(free[2]);
  });
});
