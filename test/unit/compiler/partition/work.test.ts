import { describe, expect, it } from "vitest";
import { explain } from "../../../../compiler/explain.ts";
import { type SliceWork, workOf } from "../../../../compiler/partition/work.ts";
import { compile } from "../../../../compiler/pipeline.ts";
import { oneEventEach } from "../../../support/one-event-each.ts";
import { simulate, type StepView } from "../../../../simulator/simulate.ts";
import type { Stimulus } from "../../../../src/core/stimulus.ts";
import { tinyChip } from "../../../support/tiny-chip.ts";
import { tinyModel } from "../../../support/tiny-model.ts";
import { tinyUnicast } from "../../../support/tiny-networks.ts";

const chip = tinyChip({ sramBytes: 65_536 });
const { packetReceive, rowLookup, rowFetch, synop, neuronUpdate, eventSend, timestep } =
  chip.pe.kernels.float32!;
const model = tinyModel({ inputs: 12, layers: [20, 10], density: 0.5 });
const { graph } = compile(model, chip, { order: "model" });
const each = oneEventEach(graph.populations);
const whole = (work: SliceWork) => work.cycles(0, work.neurons.length);

describe("workOf", () => {
  it("adds up a timestep in which every neuron sends one event", () => {
    const inbound = graph.projections.filter(({ target }) => target === "egru1");
    const synapses = inbound.reduce((sum, own) => sum + own.synapses.target.length, 0);
    const rows = inbound.reduce(
      (sum, { synapses: { rowStart } }) =>
        sum + rowStart.slice(1).filter((end, row) => end > rowStart[row]!).length,
      0,
    );
    // egru0 and egru1 send it 20 and 10 events, each for one source block.
    const events = 30 * (packetReceive + rowLookup);
    const neurons = 10 * (neuronUpdate + eventSend);
    expect(whole(workOf({ graph, profile: chip, activity: each }, "egru1"))).toBeCloseTo(
      timestep + events + rows * rowFetch + synapses * synop + neurons,
      6,
    );
  });

  it("is what a simulation of the same activity counts", () => {
    const steps = 200;
    const values = Float32Array.from({ length: 12 * steps }, (_, i) => Math.sin(i * i));
    const stimulus: Stimulus = { kind: "dense", width: 12, values, origin: "waves", synthetic: true };
    const { program } = compile(model, chip, { partition: "compact", order: "model" });
    const activity = new Map(program.populations.map(({ name, size }) => [name, new Float64Array(size)]));
    const { busyCycles } = simulate(program, chip, stimulus, {
      observe: (_, view) => {
        for (const [name, own] of activity) for (const neuron of view.events(name)) own[neuron]! += 1 / steps;
      },
    });
    for (const { pe, population } of program.pes) {
      const expected = whole(workOf({ graph, profile: chip, activity }, population));
      // Recurrent events of the last timestep come too late to be worked off.
      expect(Math.abs(busyCycles[pe]! / steps / expected - 1)).toBeLessThan(2 / steps);
    }
  });

  it("counts a packet for each PE that an event goes to where packets carry their destination", () => {
    const mesh = tinyUnicast();
    const steps = 100;
    const values = Float32Array.from({ length: 12 * steps }, (_, i) => Math.sin(i * i));
    const stimulus: Stimulus = { kind: "dense", width: 12, values, origin: "waves", synthetic: true };
    const { program } = compile(model, mesh);
    const activity = new Map(program.populations.map(({ name, size }) => [name, new Float64Array(size)]));
    const observe = (_: number, view: StepView) => {
      for (const [name, own] of activity) for (const neuron of view.events(name)) own[neuron]! += 1 / steps;
    };
    simulate(program, mesh, stimulus, { observe });
    const measured = compile(model, mesh, { activity });
    const { busyCycles } = simulate(measured.program, mesh, stimulus);
    const { pes } = explain(measured, mesh);
    expect(pes.length).toBeGreaterThan(6);
    const of = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
    const [expected, simulated] = [of(pes.map((own) => own.cycles)), of([...busyCycles]) / steps];
    expect(Math.abs(simulated / expected - 1)).toBeLessThan(0.03);
    const known = new Map(measured.flows.map(({ source, events }) => [source, events]));
    const blind = pes.map(({ population, firstNeuron, neurons }) =>
      workOf({ graph: measured.graph, profile: mesh, activity: known }, population).cycles(
        firstNeuron,
        neurons,
      ),
    );
    expect(of(blind) / expected).toBeLessThan(0.93);
  });

  it("counts a neuron's sources by their events", () => {
    const quiet = new Map(each).set("egru0", new Float64Array(20));
    const { neurons } = workOf({ graph, profile: chip, activity: quiet }, "egru1");
    const { synapses } = graph.projections.find(({ target, delay }) => target === "egru1" && delay === 1)!;
    const own = (neuron: number) => synapses.target.filter((index) => index % 10 === neuron).length;
    for (let neuron = 0; neuron < 10; neuron += 1)
      expect(neurons[neuron]).toBe(neuronUpdate + eventSend + own(neuron) * synop);
  });

  it("never falls when a range grows, and is the same for a range and for its neurons", () => {
    const work = workOf({ graph, profile: chip, activity: each }, "egru0");
    for (let first = 0; first < 20; first += 1) {
      for (let count = 1; first + count <= 20; count += 1) {
        expect(work.cycles(first, count)).toBeGreaterThan(work.cycles(first, count - 1));
        const members = Uint32Array.from({ length: count }, (_, i) => first + i);
        expect(work.cyclesOf(members)).toBeCloseTo(work.cycles(first, count), 6);
      }
    }
    expect(work.evenly(1)).toBeCloseTo(whole(work), 6);
  });

  it("expects a short row to be empty on most slices", () => {
    // 36 rows of about 30 synapses, on 10 slices: (1 − 0.9^30) of them are begun on each.
    const work = workOf({ graph, profile: chip, activity: each }, "egru0");
    const inbound = graph.projections.filter(({ target }) => target === "egru0");
    const begun = inbound.flatMap(({ synapses: { rowStart } }) =>
      Array.from(rowStart.slice(1), (end, row) => 1 - 0.9 ** (end - rowStart[row]!)),
    );
    const synapses = inbound.reduce((sum, own) => sum + own.synapses.target.length, 0);
    const expected =
      timestep +
      32 * (packetReceive + rowLookup) +
      begun.reduce((sum, share) => sum + share, 0) * rowFetch +
      (synapses * synop + 20 * (neuronUpdate + eventSend)) / 10;
    expect(work.evenly(10) / expected).toBeCloseTo(1, 4);
  });
});
