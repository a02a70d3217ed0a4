import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesOfArrays } from "../../../simulator/functional/allocate.ts";
import { createEventList, denseOutput } from "../../../simulator/functional/event-list.ts";
import { createKernel } from "../../../simulator/functional/kernel.ts";
import { NEURON_MODELS } from "../../../simulator/functional/kinds/models.ts";
import { CHIP_POPULATION_KINDS, NEURON_TRAITS } from "../../../src/core/population-kind.ts";

type Bits = 24 | 32;

/** One neuron, one timestep, docs/model.md, 2 in big integers. `x` are its sums, `p` its parameters, `s` its state. */
interface Step {
  readonly x: readonly bigint[];
  readonly p: readonly bigint[];
  readonly s: readonly bigint[];
}
interface After {
  readonly payload: bigint;
  readonly state: readonly bigint[];
}

const PAYLOAD_LIMIT = 2n ** 23n - 1n;
const clamp = (value: bigint) =>
  value > PAYLOAD_LIMIT ? PAYLOAD_LIMIT : value < -PAYLOAD_LIMIT ? -PAYLOAD_LIMIT : value;

function arithmetic(bits: Bits) {
  const F = bits === 32 ? 20n : 16n;
  const top = 2n ** BigInt(bits - 1);
  const saturate = (v: bigint) => (v < -top ? -top : v >= top ? top - 1n : v);
  const q15 = (v: bigint) => (v + 2n ** 14n) >> 15n;
  const half = (f: (x: number) => number, v: bigint): bigint => {
    const entry = (i: bigint) => BigInt(Math.floor(f(Number(i) / 64) * 2 ** 15 + 0.5));
    const a = v < 0n ? -v : v;
    const i = a >> (F - 6n);
    if (i >= 512n) return entry(512n);
    const rest = a - (i << (F - 6n));
    return entry(i) + (((entry(i + 1n) - entry(i)) * rest + 2n ** (F - 7n)) >> (F - 6n));
  };
  const sigmoid = (v: bigint) => {
    const y = half((x) => 1 / (1 + Math.exp(-x)), v);
    return v < 0n ? 2n ** 15n - y : y;
  };
  const tanh = (v: bigint) => (v < 0n ? -half(Math.tanh, v) : half(Math.tanh, v));
  const sum = (v: bigint) => clamp(bits === 32 ? (v + 8n) >> 4n : v);
  const leaky = ({ x, p, s }: Step) => {
    const i = saturate(q15(p[0]! * s[0]!) + x[0]!);
    return { i, v: saturate(q15(p[2]! * s[1]! + p[1]! * i) + p[3]!) };
  };
  const spiking =
    (reset: (v: bigint, p: readonly bigint[]) => bigint) =>
    (step: Step): After => {
      const { i, v } = leaky(step);
      const fires = v > step.p[4]!;
      return { payload: fires ? 65_536n : 0n, state: [i, fires ? saturate(reset(v, step.p)) : v] };
    };
  const kinds: Record<(typeof CHIP_POPULATION_KINDS)[number], (step: Step) => After> = {
    egru: ({ x, p, s }) => {
      const g = tanh(saturate(x[2]! + q15(sigmoid(x[1]!) * x[3]!)));
      const z = sigmoid(x[0]!);
      const c = q15(z * s[0]! + (2n ** 15n - z) * g * 256n);
      return c > p[0]! ? { payload: c, state: [c - p[0]!] } : { payload: 0n, state: [c] };
    },
    lstm: ({ x, s }) => {
      const added = sigmoid(x[0]!) * tanh(x[2]!) * 2n ** (F - 15n);
      const c = saturate(q15(sigmoid(x[1]!) * s[0]! + added));
      return { payload: (sigmoid(x[3]!) * tanh(c) + 64n) >> 7n, state: [c] };
    },
    gru: ({ x, s }) => {
      const n = tanh(saturate(x[2]! + q15(sigmoid(x[0]!) * x[3]!)));
      const z = sigmoid(x[1]!);
      const h = clamp(q15((2n ** 15n - z) * n * 256n + z * s[0]!));
      return { payload: h, state: [h] };
    },
    lif: spiking((v, p) => v - p[4]!),
    "lif-reset": spiking((_, p) => p[5]!),
    integrator: (step) => {
      const { i, v } = leaky(step);
      return { payload: sum(v), state: [i, v] };
    },
    linear: ({ x }) => ({ payload: sum(x[0]!), state: [] }),
    relu: ({ x }) => ({ payload: sum(x[0]!) > 0n ? sum(x[0]!) : 0n, state: [] }),
    sigmoid: ({ x }) => ({ payload: clamp(sigmoid(x[0]!) * 256n), state: [] }),
    tanh: ({ x }) => ({ payload: clamp(tanh(x[0]!) * 256n), state: [] }),
    "partial-sum": ({ x }) => ({ payload: sum(x[0]!), state: [] }),
    "max-pool": ({ x }) => ({ payload: x[1]! > 0n && x[0]! < 0n ? 0n : x[0]!, state: [] }),
  };
  return kinds;
}

const table = (f: (x: number) => number) =>
  Uint16Array.from({ length: 513 }, (_, i) => Math.floor(f(i / 64) * 2 ** 15 + 0.5));

/** Of a parameter or state: its whole range, the ends more often. */
function valueOf(fractionBits: number | "sum", bits: Bits): fc.Arbitrary<number> {
  const top = 2 ** (bits - 1);
  if (fractionBits === "sum")
    return fc.oneof(fc.integer({ min: -top, max: top - 1 }), fc.constantFrom(-top, top - 1, 0));
  if (fractionBits === 15)
    return fc.oneof(fc.integer({ min: -(2 ** 16), max: 2 ** 16 }), fc.constant(2 ** 15));
  return fc.integer({ min: 0, max: 2 ** 23 - 1 });
}

describe.each(CHIP_POPULATION_KINDS)("a neuron of kind %s", (kind) => {
  it.each([24, 32] as const)("computes what unbounded integers give, with sums of %i bits", (bits) => {
    const { accumulators, parameters, state } = NEURON_TRAITS[kind];
    const size = 24;
    const top = 2 ** (bits - 1);
    const near = 2 ** (bits === 32 ? 23 : 19);
    const sumOf = fc.oneof(
      fc.integer({ min: -near, max: near }),
      fc.integer({ min: -top, max: top - 1 }),
      fc.constantFrom(-top, top - 1),
    );
    const vector = (element: fc.Arbitrary<number>, length = size) =>
      fc.array(element, { minLength: length, maxLength: length });
    const inputs = fc.record({
      sums: vector(sumOf, accumulators.length * size),
      parameters: fc.tuple(...parameters.map((own) => vector(valueOf(own.fractionBits, bits)))),
      state: fc.tuple(...state.map((own) => vector(valueOf(own.fractionBits, bits)))),
    });
    let events = 0;
    const property = fc.property(inputs, (drawn) => {
      const kernel = createKernel(bytesOfArrays(new Array<number>(20).fill(16 * size + 1026)));
      const place = (values: readonly number[]) => {
        const array = kernel.allocate(Int32Array, values.length);
        array.set(values);
        return array;
      };
      const tables = [table((x) => 1 / (1 + Math.exp(-x))), table(Math.tanh)].map((values) => {
        const array = kernel.allocate(Uint16Array, 513);
        array.set(values);
        return array;
      });
      const neurons = {
        size,
        kernel,
        sums: place(drawn.sums),
        parameters: drawn.parameters.map(place),
        state: place(drawn.state.flat()),
        accumulatorBits: bits,
        tables: [{ first: 0, end: size, sigmoid: tables[0]!, tanh: tables[1]! }],
      };
      const sent = createEventList(size, true, kernel.allocate);
      NEURON_MODELS[kind].stepInteger(neurons, sent, { input: 0, scaledPayload: 0, accumulator: 0 });
      const output = denseOutput(sent);
      const expected = arithmetic(bits)[kind];
      for (let n = 0; n < size; n += 1) {
        const after = expected({
          x: accumulators.map((_, a) => BigInt(drawn.sums[a * size + n]!)),
          p: drawn.parameters.map((values) => BigInt(values[n]!)),
          s: drawn.state.map((values) => BigInt(values[n]!)),
        });
        expect(BigInt(output[n]!)).toBe(after.payload);
        expect(state.map((_, vectorOf) => BigInt(neurons.state[vectorOf * size + n]!))).toEqual(after.state);
      }
      events += sent.count;
    });
    fc.assert(property, { numRuns: 60, seed: 3 });
    expect(events, "some neurons sent").toBeGreaterThan(20);
  });
});

describe("closed forms in float32", () => {
  const run = (
    kind: (typeof CHIP_POPULATION_KINDS)[number],
    sums: readonly number[],
    parameters: readonly number[],
    state: readonly number[],
  ) => {
    const kernel = createKernel(2 ** 12);
    const place = (values: readonly number[]) => {
      const array = kernel.allocate(Float32Array, values.length);
      array.set(values);
      return array;
    };
    const neurons = {
      size: 1,
      kernel,
      sums: place(sums),
      parameters: parameters.map((value) => place([value])),
      state: place(state),
    };
    const events = createEventList(1, false, kernel.allocate);
    return () => {
      NEURON_MODELS[kind].stepFloat32(neurons, events);
      return { payload: events.count === 0 ? 0 : events.payloads[0]!, state: [...neurons.state] };
    };
  };

  it("a leaky neuron under a constant current spikes when v = x·(1 − dⁿ)/(1 − d) passes its threshold", () => {
    // d = 0.5, x = 1: 1, 1.5, 1.75, 1.875 > 1.8.
    const step = run("lif", [1], [0, 1, 0.5, 0, 1.8], [0, 0]);
    const steps = Array.from({ length: 5 }, () => step());
    expect(steps.map(({ payload }) => payload)).toEqual([0, 0, 0, 1, 0]);
    expect(steps[2]!.state).toEqual([1, 1.75]);
    expect(steps[3]!.state[1]).toBeCloseTo(1.875 - 1.8, 6);
  });

  it("sets v to its reset value, strictly above the threshold", () => {
    const step = run("lif-reset", [1], [0, 1, 1, 0, 2, -0.25], [0, 0]);
    const steps = Array.from({ length: 3 }, () => step());
    expect(steps.map(({ payload, state }) => [payload, state[1]])).toEqual([
      [0, 1],
      [0, 2],
      [1, -0.25],
    ]);
  });

  it("an integrator with a decaying current sends the convolution of both decays", () => {
    // One impulse, then 0: i = 0.5ⁿ, v = Σ 0.25^(n−k)·0.5^k.
    const step = run("integrator", [0], [0.5, 1, 0.25, 0], [2, 0]);
    expect([step(), step(), step()].map(({ payload }) => payload)).toEqual([1, 0.75, 0.4375]);
  });

  it("an LSTM and a GRU with open and closed gates keep, replace and mix", () => {
    const [open, closed] = [40, -40];
    expect(run("lstm", [closed, open, 1, open], [], [0.5])().payload).toBeCloseTo(Math.tanh(0.5), 6);
    expect(run("lstm", [open, closed, 1, open], [], [0.5])().state[0]).toBeCloseTo(Math.tanh(1), 6);
    expect(run("lstm", [0, 0, 1, 0], [], [0.5])().state[0]).toBeCloseTo(0.25 + 0.5 * Math.tanh(1), 6);
    expect(run("gru", [open, open, 1, 2], [], [0.5])().payload).toBeCloseTo(0.5, 6);
    expect(run("gru", [open, closed, 1, 2], [], [0.5])().payload).toBeCloseTo(Math.tanh(3), 6);
    expect(run("gru", [closed, closed, 1, 2], [], [0.5])().payload).toBeCloseTo(Math.tanh(1), 6);
    expect(run("gru", [closed, 0, 1, 2], [], [0.5])().payload).toBeCloseTo(0.25 + Math.tanh(1) / 2, 6);
  });
});
