import { describe, expect, it } from "vitest";
import { compile, type CompileOptions } from "../../../compiler/pipeline.ts";
import { storageFacts } from "../../../compiler/storage/storage-facts.ts";
import { bytesOfArrays } from "../../../simulator/functional/allocate.ts";
import { createEventList } from "../../../simulator/functional/event-list.ts";
import { createKernel } from "../../../simulator/functional/kernel.ts";
import { addProduct } from "../../../simulator/functional/products.ts";
import { simulate } from "../../../simulator/simulate.ts";
import { replayedTimeOf, timeOf } from "../../../simulator/time-of.ts";
import { sumOf } from "../../../src/core/counts.ts";
import { UnsupportedError } from "../../../src/core/errors.ts";
import { productCycles } from "../../../src/core/mac-product.ts";
import type { HardwareProfile } from "../../../src/core/profile.ts";
import { randomNumbers } from "../../../src/core/random.ts";
import { gatesIn } from "../../../src/core/row-form.ts";
import type { Stimulus } from "../../../src/core/stimulus.ts";
import { cycles } from "../../../src/core/units.ts";
import { tinyChip, withForms } from "../../support/tiny-chip.ts";
import { mixedModel } from "../../support/mixed-model.ts";
import { tinyModel } from "../../support/tiny-model.ts";

const STEPS = 5;
const chip = withForms(tinyChip());
const array = chip.pe.macArray!;
const point = chip.operatingPoints[0]!;
const model = tinyModel({ inputs: 7, layers: [12], density: 1, seed: 3 });
const stimulus: Stimulus = {
  kind: "dense",
  width: 7,
  values: Float32Array.from({ length: 7 * STEPS }, (_, at) => Math.sin(at)),
  origin: "a sine",
  synthetic: true,
};

const compiled = (options: CompileOptions = {}, profile: HardwareProfile = chip) =>
  compile(model, profile, { format: "int8", order: "model", rows: "sram", mac: "all", ...options });

/** The chip with other cycles of the array and of the core around it. */
const withKernel = (changes: { setup?: number; operand?: number; result?: number }): HardwareProfile => ({
  ...chip,
  hash: `${chip.hash} ${JSON.stringify(changes)}`,
  pe: {
    ...chip.pe,
    macArray: {
      ...array,
      setupCycles: cycles(changes.setup ?? array.setupCycles),
      kernel: {
        macOperand: cycles(changes.operand ?? array.kernel!.macOperand),
        macMagnitude: array.kernel!.macMagnitude,
        macResult: cycles(changes.result ?? array.kernel!.macResult),
      },
    },
  },
});

describe("what products cost", () => {
  it("rows × columns MACs a timestep, the array's cycles, an operand an event and a result a column, by PE", () => {
    const { program } = compiled({ pes: 3 });
    const result = simulate(program, chip, stimulus);
    const { counts, populations, macArrayCycles, busyCycles } = result;
    const before = populations[1]!.eventsPerStep.slice(0, -1).reduce((sum, count) => sum + count, 0);
    expect(before).toBeGreaterThan(0);
    // Every component of the input in each timestep, and each of the layer's own events a timestep later.
    const operands = 7 * STEPS + before;
    expect(program.pes).toHaveLength(3);
    for (const { pe, neurons, sources } of program.pes) {
      expect(sources.map(({ form, gates, rows }) => [form, gatesIn(gates).length, rows])).toEqual([
        ["mac-array", 3, 7],
        ["mac-array", 3, 12],
      ]);
      const columns = 3 * neurons;
      const product = (inputs: number) => productCycles(array, { vectors: 1, inputs, outputs: columns });
      expect(counts.macArray.mac[pe]).toBe(STEPS * columns * (7 + 12));
      expect(macArrayCycles[pe]).toBe(STEPS * (product(7) + product(12)));
      expect(counts.kernel.macOperand[pe]).toBe(operands);
      expect(counts.kernel.macResult[pe]).toBe(STEPS * 2 * columns);
      expect([counts.kernel.synop[pe], counts.kernel.rowFetch[pe]]).toEqual([0, 0]);
      expect(counts.kernel.rowLookup[pe]).toBe(operands);
      expect(counts.sram.weightsRead[pe]).toBe(STEPS * columns * (7 + 12));
      const { macOperand, macResult } = array.kernel!;
      const { timestep, packetReceive, rowLookup, neuronUpdate, eventSend } = chip.pe.kernels.int8!;
      const own = counts.kernel.eventSend[pe]!;
      expect(busyCycles[pe]).toBe(
        STEPS * (timestep + neurons * neuronUpdate + 2 * columns * macResult) +
          operands * (packetReceive + rowLookup + macOperand) +
          own * eventSend,
      );
    }
    expect(counts.rows).toEqual([]);
    // Weights that an event met, as for rows.
    expect(result.projections.map(({ synops, synapses }) => synops / synapses)).toEqual([
      STEPS,
      expect.closeTo(before / 12, 1),
    ]);
  });

  it("the cycles that the compiler expected of the events that came", () => {
    const events = new Float64Array(12);
    simulate(compiled().program, chip, stimulus, {
      observe: (step, view) => {
        if (step === STEPS - 1) return;
        for (const neuron of view.events("egru0")) events[neuron]! += 1 / STEPS;
      },
    });
    const compilation = compiled({ pes: 4, activity: new Map([["egru0", events]]) });
    const { counts, macArrayCycles } = simulate(compilation.program, chip, stimulus);
    const { macOperand, macResult } = array.kernel!;
    const counted =
      sumOf(macArrayCycles) +
      macOperand * sumOf(counts.kernel.macOperand) +
      macResult * sumOf(counts.kernel.macResult);
    const facts = storageFacts(compilation, chip);
    expect(counted).toBeCloseTo(STEPS * facts.reduce((sum, own) => sum + own.cycles, 0), 6);
    // What rows would have taken instead stands beside it.
    expect(facts[0]!.forms.map(({ form, pes }) => [form, pes])).toEqual([
      ["csr", 0],
      ["delta-csr/8", 0],
      ["delta-csr/4", 0],
      ["bitmap", 0],
      ["block", 0],
      ["dense", 0],
      ["mac-array", 4],
    ]);
  });

  const secondsOf = (profile: HardwareProfile) => {
    const { program } = compiled({ pes: 1 }, profile);
    const request = { point };
    const result = simulate(program, profile, stimulus, { replays: [request] });
    return {
      fast: timeOf(result, profile, point, "sequential").total,
      detailed: replayedTimeOf(result, profile, request).total,
    };
  };

  it("both fidelities wait for the array, then for each column's sum, before the neurons", () => {
    const plain = secondsOf(chip);
    const slower = secondsOf(withKernel({ setup: array.setupCycles + 1000 }));
    const added = secondsOf(withKernel({ result: array.kernel!.macResult + 100 }));
    for (const fidelity of ["fast", "detailed"] as const) {
      expect(slower[fidelity] - plain[fidelity], fidelity).toBeCloseTo((STEPS * 2 * 1000) / point.peClock, 9);
      const columns = 3 * 12;
      expect(added[fidelity] - plain[fidelity], fidelity).toBeCloseTo(
        (STEPS * 2 * columns * 100) / point.peClock,
        9,
      );
    }
  });

  it("both fidelities pay for each operand when its packet is worked off", () => {
    const plain = secondsOf(chip);
    const slower = secondsOf(withKernel({ operand: array.kernel!.macOperand + 50 }));
    expect(slower.fast).toBeGreaterThan(plain.fast);
    expect(slower.detailed - plain.detailed).toBeGreaterThan((STEPS * 7 * 50) / point.peClock - 1e-9);
  });

  it.each([
    ["lstm", 4, 4],
    ["gru", 3, 3],
    ["lif", 1, 1],
    ["relu", 1, 0],
  ] as const)(
    "the same of %s: %i columns a neuron for its input and %i for itself, a window's end or not",
    (kind, input, itself) => {
      const own = mixedModel({ inputs: 7, layers: [{ kind, size: 12 }], seed: 4 });
      const columns = 12 * (input + itself);
      const products = itself > 0 ? 2 : 1;
      const of = (profile: HardwareProfile, window?: number) => {
        const { program } = compile(own, profile, { format: "int8", rows: "sram", mac: "all", pes: 1 });
        const request = { point };
        const result = simulate(program, profile, stimulus, { window, replays: [request] });
        return {
          result,
          fast: timeOf(result, profile, point, "sequential").total,
          detailed: replayedTimeOf(result, profile, request).total,
        };
      };
      const plain = of(chip);
      const slower = of(withKernel({ setup: array.setupCycles + 1000 }));
      const added = of(withKernel({ result: array.kernel!.macResult + 100 }));
      const clock = point.peClock;
      for (const fidelity of ["fast", "detailed"] as const) {
        expect(slower[fidelity] - plain[fidelity], fidelity).toBeCloseTo(
          (STEPS * products * 1000) / clock,
          9,
        );
        expect(added[fidelity] - plain[fidelity], fidelity).toBeCloseTo((STEPS * columns * 100) / clock, 9);
      }
      // Events that a window's end has cut off were received, and cost their operands all the same.
      for (const { counts, populations } of [plain.result, of(chip, 2).result]) {
        const again = itself > 0 ? sumOf(populations[1]!.eventsPerStep.slice(0, -1)) : 0;
        expect(sumOf(counts.kernel.macOperand)).toBe(7 * STEPS + again);
        expect(sumOf(counts.kernel.macResult)).toBe(STEPS * columns);
        expect(sumOf(counts.macArray.mac)).toBe(STEPS * 12 * (7 * input + 12 * itself));
      }
    },
  );

  it("from DRAM: each matrix once a timestep, in whole bursts, tile by tile", () => {
    const big = tinyModel({ inputs: 7, layers: [40], density: 1, seed: 3 });
    const { program } = compile(big, chip, { format: "int8", rows: "dram", mac: "all", pes: 2 });
    const { burstBytes, bandwidth, latency } = chip.dram!;
    const request = { point };
    const result = simulate(program, chip, stimulus, { replays: [request] });
    let bytes = 0;
    for (const { sources, dramSections } of program.pes) {
      expect(sources.every(({ inDram }) => inDram)).toBe(true);
      for (const { offset, bytes: length } of dramSections) {
        const end = Math.ceil((offset + length) / burstBytes);
        bytes += burstBytes * (end - Math.floor(offset / burstBytes));
      }
    }
    expect(bytes).toBeGreaterThanOrEqual(3 * 40 * (7 + 40));
    expect(result.counts.dram.byteRead).toBe(STEPS * bytes);
    expect(sumOf(result.counts.sram.rowsWritten)).toBe(STEPS * bytes);
    expect(result.counts.kernel.rowFetch.every((count) => count === 0)).toBe(true);
    const fast = timeOf(result, chip, point, "sequential").total;
    const detailed = replayedTimeOf(result, chip, request);
    const least = STEPS * (bytes / bandwidth + latency);
    expect(fast).toBeGreaterThan(least);
    expect(detailed.total).toBeGreaterThan(least);
    // Tiles of 16 columns of two matrices on two PEs.
    const tiles = program.pes.reduce((sum, { neurons }) => sum + 2 * Math.ceil((3 * neurons) / 16), 0);
    expect(detailed.replay!.dram!.transfers).toBe(STEPS * tiles);
    const state = (rows: "sram" | "dram") => {
      const outputs: number[][] = [];
      const options = { format: "int8", order: "model", rows, mac: "all" } as const;
      simulate(compile(big, chip, options).program, chip, stimulus, {
        observe: (_, view) => outputs.push([...view.population("egru0").output]),
      });
      return outputs;
    };
    expect(state("dram")).toEqual(state("sram"));
  });

  it("less of the SRAM where their matrices do not fit it", () => {
    const big = tinyModel({ inputs: 20, layers: [60], density: 1, seed: 3 });
    const { program, remarks } = compile(big, chip, { format: "int8", mac: "all", pes: 1 });
    expect(program.pes[0]!.sources.map(({ inDram, form }) => [inDram, form])).toEqual([
      [false, "mac-array"],
      [true, "mac-array"],
    ]);
    expect(remarks).toContain(
      "egru0 -> egru0 (recurrent): a matrix of 10,800 bytes is streamed from DRAM in each timestep",
    );
    expect(() => compile(big, chip, { format: "int8", mac: "all", pes: 1, rows: "sram" })).toThrow(/needs/);
  });
});

describe("a product in the kernel", () => {
  /** Unbounded integers, from the text. */
  function expected(weights: number[][], payloads: number[], start: number, options: Options): number[] {
    const { multiplier, shift, bits, sumBits } = options;
    const largest = Math.max(...payloads.map(Math.abs));
    let k = 0;
    while (largest >> k > 127) k += 1;
    const limit = (value: bigint, width: number): bigint => {
      const end = 2n ** BigInt(width - 1);
      return value < -end ? -end : value >= end ? end - 1n : value;
    };
    return weights[0]!.map((_, column) => {
      let sum = 0n;
      for (const [source, payload] of payloads.entries()) {
        const rounded = Math.floor(payload / 2 ** k + 0.5);
        const input = Math.max(-127, Math.min(127, rounded));
        sum = limit(sum + BigInt(input * weights[source]![column]!), sumBits);
      }
      const down = BigInt(shift + 8 - k);
      const product = sum * BigInt(multiplier);
      const scaled = down > 0n ? (product + 2n ** (down - 1n)) >> down : product << -down;
      return Number(limit(BigInt(start) + scaled, bits));
    });
  }

  interface Options {
    readonly multiplier: number;
    readonly shift: number;
    readonly bits: 24 | 32;
    readonly sumBits: 24 | 32;
  }

  function run(weights: number[][], payloads: number[], start: number, options: Options) {
    const [sources, columns] = [weights.length, weights[0]!.length];
    const kernel = createKernel(
      bytesOfArrays([sources * columns, 4 * columns, 64, sources, 8 * sources]) + 4096,
    );
    const events = createEventList(sources, true, kernel.allocate);
    for (const [neuron, payload] of payloads.entries()) {
      events.neurons[neuron] = neuron;
      events.payloads[neuron] = payload;
    }
    events.count = sources;
    const weight = kernel.allocate(Int8Array, sources * columns);
    weight.set(weights.flat());
    const target = kernel.allocate(Uint32Array, columns);
    target.set([...weights[0]!.keys()]);
    const hears = kernel.allocate(Uint8Array, sources);
    hears.fill(1);
    const accumulators = kernel.allocate(Int32Array, columns);
    accumulators.fill(start);
    const saturations = { input: 0, scaledPayload: 0, accumulator: 0 };
    const { multiplier, shift, bits, sumBits } = options;
    const sums = kernel.allocate(Int32Array, columns);
    const product = { weight, columns, target, hears, sums, multiplier, shift };
    addProduct(kernel, product, events, accumulators, bits, sumBits, saturations);
    return { values: [...accumulators], clamped: saturations.accumulator };
  }

  const SHIFTS = [0, 1, 7, 17, 25, 40, 56, 62];

  it.each(SHIFTS)("is exact at the ends of all ranges, with a shift of %i", (shift) => {
    const random = randomNumbers(shift + 1);
    const drawn = (limit: number) => Math.round((2 * random() - 1) * limit);
    let clamped = 0;
    for (const magnitude of [1, 127, 128, 255, 256, 70_000, 2 ** 23 - 1]) {
      for (const bits of [24, 32] as const) {
        for (const sumBits of [24, 32] as const) {
          for (const multiplier of [0, 1, 12_345_678, 2 ** 24 - 1]) {
            // Enough sources of one sign that sums of 24 bits are clamped and come back.
            const payloads = Array.from({ length: 1100 }, (_, source) =>
              source < 700 ? magnitude : source % 2 === 0 ? -magnitude : drawn(magnitude),
            );
            const weights = payloads.map((_, source) => [127, source < 650 ? -127 : 127, drawn(127)]);
            const options = { multiplier, shift, bits, sumBits };
            const start = bits === 24 ? 2 ** 23 - 5 : -(2 ** 31) + 3;
            const found = run(weights, payloads, start, options);
            expect(found.values).toEqual(expected(weights, payloads, start, options));
            clamped += found.clamped;
          }
        }
      }
    }
    expect(clamped).toBeGreaterThan(0);
  });
});

describe("a program with products", () => {
  it("is refused by a chip without a kernel for them, and by one without arrays", () => {
    const { program } = compiled();
    const { kernel: _, ...bare } = array;
    const withoutKernel = { ...chip, pe: { ...chip.pe, macArray: bare } };
    const { macArray: __, ...pe } = chip.pe;
    const refusal = (profile: HardwareProfile): UnsupportedError => {
      try {
        simulate(program, profile, stimulus);
      } catch (error) {
        if (error instanceof UnsupportedError) return error;
      }
      throw new Error("nothing was refused");
    };
    expect(refusal(withoutKernel).message).toBe("Tiny chip has no kernel for products on its MAC arrays.");
    expect(refusal({ ...chip, pe }).message).toBe("Tiny chip has no MAC arrays.");
    expect(refusal({ ...chip, pe }).hint).toBe(
      "Compile the model again for it, or give the kernel's cycles in the profile: pe.macArray.kernel.",
    );
  });

  const changed = (change: Partial<(typeof program.pes)[number]["sources"][number]>) => ({
    ...program,
    pes: program.pes.map((pe) => ({ ...pe, sources: pe.sources.map((own) => ({ ...own, ...change })) })),
  });
  const { program } = compiled({ pes: 1 });

  it.each([
    [
      { weightFormat: "int16" as const },
      'int16 weights of source "input" on a MAC array, which multiplies int8',
    ],
    [{ scalePerRow: true }, 'scales by row of source "input" on a MAC array, whose sums have one'],
    [{ slots: 300 }, '300 slots of source "input" are not 7 rows of 36'],
    [{ indexBits: 8 as const }, 'mac-array rows of source "input" with indices of 8 bits'],
  ])("is refused where a block contradicts itself: %o", (change, problem) => {
    expect(() => simulate(changed(change), chip, stimulus)).toThrow(problem);
  });
});
