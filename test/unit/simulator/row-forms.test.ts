import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { KERNEL_ACTIONS, ROW_ACTIONS, sumOf } from "../../../src/core/counts.ts";
import type { NumberFormat } from "../../../src/core/number-format.ts";
import type { SimulationResult } from "../../../src/core/result.ts";
import { ROW_FORMS, type RowForm } from "../../../src/core/row-form.ts";
import type { Stimulus } from "../../../src/core/stimulus.ts";
import { openMachine, simulate } from "../../../simulator/simulate.ts";
import { planReceptions } from "../../../simulator/detailed/pes/receptions.ts";
import { buildProgram, type Net, type NetProjection } from "./build-program.ts";
import { allForms, cornerChip, FORM_CYCLES, KERNEL_CYCLES } from "./corner-chip.ts";
import { expectAgreement } from "./agreement.ts";
import { firingNet } from "./firing-net.ts";
import { type Trial, trials } from "./random-nets.ts";

const chip = allForms(cornerChip());
const STEPS = 3;
const input: Stimulus = {
  kind: "dense",
  width: 2,
  values: new Float32Array(2 * STEPS).fill(1),
  origin: "ones",
  synthetic: true,
};

const withRows = (net: Net, rows: Partial<NetProjection>): Net => ({
  ...net,
  projections: net.projections.map((projection) => ({ ...projection, ...rows })),
});

const inForm = (form: RowForm): Net => withRows(firingNet(), { form });
const run = (net: Net): SimulationResult => simulate(buildProgram(net, chip), chip, input);

/** A form for each projection and PE, none twice in a row. */
const mixed = (net: Net): Net => ({
  ...net,
  projections: net.projections.map((projection, index) => ({
    ...projection,
    form: (pe: number) => ROW_FORMS[(index + pe) % ROW_FORMS.length]!,
    gapBits: index % 2 === 0 ? 4 : 8,
  })),
});

describe("all forms of rows", () => {
  for (const format of ["float32", "int16", "int8"] as const) {
    it(`compute what unbounded arithmetic gives (${format}), alone and side by side`, () => {
      let events = 0;
      const property = fc.property(trials(format), fc.nat(5), ({ net, inputs }, choice) => {
        const form = ROW_FORMS[choice];
        const laidOut = form === undefined ? mixed(net) : withRows(net, { form });
        events += expectAgreement({ net: laidOut, inputs }, chip).events;
      });
      fc.assert(property, { numRuns: 100, seed: 11 });
      expect(events).toBeGreaterThan(100);
    });
  }

  it("give equal events, states, synops and clamps: only the work differs", () => {
    const csr = run(inForm("csr"));
    for (const form of ROW_FORMS) {
      const { populations, projections, counts } = run(inForm(form));
      expect(populations, form).toEqual(csr.populations);
      expect(projections, form).toEqual(csr.projections);
      expect(counts.kernel.synop, form).toEqual(csr.counts.kernel.synop);
      expect(counts.saturations, form).toEqual(csr.counts.saturations);
      expect(counts.links, form).toEqual(csr.counts.links);
    }
  });
});

describe("weights of two integer formats in one program", () => {
  /** int8 where `isNarrow` says so, the weights brought into its range. */
  const narrowed = ({ net, inputs }: Trial, byPe: boolean): Trial => ({
    inputs,
    net: {
      ...net,
      projections: net.projections.map((projection, index) => {
        const isNarrow = byPe || index % 2 === 0;
        if (!isNarrow) return projection;
        const weights = projection.weights.map((row) =>
          row.map((weight) => Math.max(-127, Math.min(127, weight))),
        );
        const format = byPe ? (pe: number): NumberFormat => (pe % 2 === 0 ? "int8" : "int16") : "int8";
        return { ...projection, weights, format };
      }),
    },
  });

  it.each([false, true])("are shifted and clamped each by its own rule, by PE: %s", (byPe) => {
    const seen = { clamps: 0, events: 0 };
    const property = fc.property(trials("int16"), (trial) => {
      const { clamps, events } = expectAgreement(narrowed({ ...trial, net: mixed(trial.net) }, byPe), chip);
      seen.clamps += clamps;
      seen.events += events;
    });
    fc.assert(property, { numRuns: 100, seed: 12 });
    expect(seen.clamps).toBeGreaterThan(100);
    expect(seen.events).toBeGreaterThan(100);
  });

  it("are counted and read each at its own size", () => {
    const net = firingNet();
    const one = 2 ** 20;
    const projections = net.projections.map((projection, index): NetProjection => ({
      ...projection,
      weights: projection.weights.map((row) => row.map((weight) => (weight === 0 ? 0 : 1))),
      multiplier: [1],
      shift: 20,
      format: index === 1 ? "int8" : "int16",
    }));
    const { counts, populations } = run({
      ...net,
      quantisation: { format: "int16", scales: "matrix", accumulatorBits: 32 },
      populations: net.populations.map((population) => ({
        ...population,
        start: population.start.map((value) => value * one),
        threshold: population.threshold.map((value) => Math.round(value * 2 ** 23)),
      })),
      projections,
    });
    expect(populations.map(({ events }) => events)).toEqual([6, 6, 3]);
    expect(counts.sram.weightsRead[0]).toBe(3 * 2 + 2 * 1);
    expect(counts.rows.map(({ weightFormat, form, actions }) => [weightFormat, form, actions.synop])).toEqual(
      [
        ["int16", "csr", 6 + 9],
        ["int8", "csr", 4],
      ],
    );
  });
});

/**
 * What the events of the firing net cost PE 0, which holds 2 neurons of a. Of in, 3 events of neuron 0 find z0, 3 of
 * neuron 1 an empty row of z, r, g: 6 columns. Of a, in 2 steps, neuron 0 finds r1 (accumulator 3, column 3), neuron 1
 * nothing there: z, r, v are 6 columns, too.
 */
const CLOSED_FORMS = {
  csr: { rowFetch: 3 + 2, rowWord: 0, synop: 5, emptySlot: 0 },
  "delta-csr": { rowFetch: 3 + 2, rowWord: 0, synop: 5, emptySlot: 0 },
  bitmap: { rowFetch: 3 + 2, rowWord: 3 + 2, synop: 5, emptySlot: 0 },
  block: { rowFetch: 3 + 2, rowWord: 3 + 2, synop: 5, emptySlot: 3 * 3 + 2 * 3 },
  dense: { rowFetch: 6 + 4, rowWord: 0, synop: 5, emptySlot: 6 * 6 + 4 * 6 - 5 },
} as const;
const SRAM = {
  csr: { weightsRead: 5 * 4, indicesRead: 5, accumulators: 5 * 4, pointers: 4 },
  "delta-csr": { weightsRead: 5 * 4, indicesRead: 2 + 1, accumulators: 5 * 4, pointers: 4 },
  bitmap: { weightsRead: 5 * 4, indicesRead: 5 * 4, accumulators: 5 * 4, pointers: 4 },
  block: { weightsRead: 5 * 16, indicesRead: 5, accumulators: 5 * 16, pointers: 4 },
  dense: { weightsRead: 10 * 24, indicesRead: 0, accumulators: 10 * 24, pointers: 0 },
} as const;

describe.each(ROW_FORMS)("the work of %s rows", (form) => {
  const { counts, busyCycles } = run(inForm(form));
  const { kernel, sram } = counts;

  it("is counted action by action", () => {
    const actions = Object.fromEntries(ROW_ACTIONS.map((action) => [action, kernel[action][0]]));
    expect(actions).toEqual(CLOSED_FORMS[form]);
  });

  it("is the sum of its kinds", () => {
    for (const action of ROW_ACTIONS)
      expect(sumOf(counts.rows.map(({ actions }) => actions[action])), action).toBe(sumOf(kernel[action]));
    expect(counts.rows.map(({ weightFormat, form }) => [weightFormat, form])).toEqual([["float32", form]]);
  });

  it("takes the cycles of its form", () => {
    for (const pe of [0, 2, 6]) {
      const rows = ROW_ACTIONS.reduce(
        (sum, action) => sum + kernel[action][pe]! * FORM_CYCLES[form][action],
        0,
      );
      const others = KERNEL_ACTIONS.filter((action) => !ROW_ACTIONS.some((row) => row === action)).reduce(
        (sum, action) => sum + kernel[action][pe]! * KERNEL_CYCLES[action],
        0,
      );
      expect(busyCycles[pe], `PE ${pe}`).toBe(rows + others);
    }
  });

  it("moves the bytes that the form has", () => {
    const { weightsRead, indicesRead, accumulators, pointers } = SRAM[form];
    expect(sram.weightsRead[0]).toBe(weightsRead);
    expect(sram.indicesRead[0]).toBe(indicesRead);
    expect(sram.accumulatorsRead[0]).toBe(accumulators + 6 * 16);
    expect(sram.accumulatorsWritten[0]).toBe(accumulators + 6 * 16);
    expect(sram.rowPointersRead[0]).toBe(10 * (36 + pointers));
  });

  it("is the same packet by packet", () => {
    const machine = openMachine(buildProgram(inForm(form), chip), chip);
    const { firstNeuron, routeOf, start, slice, workAt } = planReceptions(machine, 1, () => 0);
    const perNeuron = (population: number, neuron: number, pe: number): number => {
      const number = firstNeuron[population]! + neuron;
      for (let i = start[routeOf[number]!]!; i < start[routeOf[number]! + 1]!; i += 1) {
        if (machine.workers[slice[i]!]!.pe === pe) return workAt(number, i);
      }
      throw new RangeError("no such reception");
    };
    // Neurons 0 and 1 of in fire in 3 steps; those of a reach themselves in 2.
    const received =
      3 * (perNeuron(0, 0, 0) + perNeuron(0, 1, 0)) + 2 * (perNeuron(1, 0, 0) + perNeuron(1, 1, 0));
    const own = kernel.neuronUpdate[0]! * KERNEL_CYCLES.neuronUpdate;
    const sent = kernel.eventSend[0]! * KERNEL_CYCLES.eventSend;
    expect(received + own + sent + STEPS * KERNEL_CYCLES.timestep).toBe(busyCycles[0]);
  });
});

describe("slots that bridge a gap", () => {
  it("are passed through, read, and not accumulated", () => {
    // 30 neurons on PE 0: of in's neuron 0 z0 and z20, 19 accumulators apart, which 4 bits bridge in two.
    const net = firingNet();
    const size = 30;
    const row = Array.from({ length: 4 * size }, (_, at) => (at === 0 || at === 20 ? 0.001 : 0));
    const [, a] = net.populations;
    const wide = (gapBits: 4 | 8): Net => ({
      ...net,
      populations: [
        net.populations[0]!,
        { ...a!, size, start: Array<number>(4 * size).fill(0), threshold: Array<number>(size).fill(1) },
      ],
      projections: [
        {
          source: "in",
          target: "a",
          delay: 0,
          weights: [row, row.map(() => 0)],
          multiplier: [0],
          shift: 0,
          form: "delta-csr",
          gapBits,
        },
      ],
      slices: [{ population: "a", first: 0, count: size, pe: 0 }],
    });
    const [narrow, plain] = [run(wide(4)), run(wide(8))];
    expect([narrow.counts.kernel.synop[0], narrow.counts.kernel.emptySlot[0]]).toEqual([6, 3]);
    expect([plain.counts.kernel.synop[0], plain.counts.kernel.emptySlot[0]]).toEqual([6, 0]);
    expect(narrow.counts.sram.weightsRead[0]).toBe(9 * 4);
    expect(narrow.counts.sram.indicesRead[0]).toBe(Math.ceil((9 * 4) / 8));
    expect(plain.counts.sram.indicesRead[0]).toBe(6);
    const updates = STEPS * size * 16;
    expect(narrow.counts.sram.accumulatorsRead[0]).toBe(6 * 4 + updates);
    expect(narrow.projections).toEqual(plain.projections);
  });
});
