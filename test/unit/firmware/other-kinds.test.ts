import { describe, expect, it } from "vitest";
import { compile } from "../../../compiler/pipeline.ts";
import { OTHER_NEURONS } from "../../../firmware/cycles/measure.ts";
import { loadChip } from "../../../src/cli/load-chip.ts";
import { randomNumbers } from "../../../src/core/random.ts";
import type { PeProgram } from "../../../src/core/program.ts";
import { emulated, firmwareWith, hasFirmwareTools } from "../../support/firmware.ts";
import { tinyModel } from "../../support/tiny-model.ts";

const { profile } = loadChip("spinnaker2");
const STEPS = 5;
const INPUTS = 6;
const EGRU_NEURONS = 24;
const floats = (bits: Uint32Array) => new Float32Array(bits.buffer.slice(0), bits.byteOffset, bits.length);
const integers = (bits: Uint32Array) => new Int32Array(bits.buffer.slice(0), bits.byteOffset, bits.length);
const f = Math.fround;

/** Runs neurons of another kind in an EGRU slice's place: what their sums were, and what became of them. */
function run(
  format: "float32" | "int16",
  name: keyof typeof OTHER_NEURONS,
  change?: (pe: PeProgram) => PeProgram,
) {
  const model = tinyModel({
    inputs: INPUTS,
    layers: [EGRU_NEURONS],
    density: 0.7,
    seed: 4,
    weightScale: 1.5,
  });
  const { program } = compile(model, profile, { format, order: "model", pes: 1, rowForms: "csr" });
  const pe = change?.(program.pes[0]!) ?? program.pes[0]!;
  const random = randomNumbers(8);
  const { base } = program.populations[0]!.keys;
  const packets = Array.from({ length: STEPS }, () =>
    Array.from({ length: name === "lif" ? 0 : INPUTS }, (_, i) => {
      const value = 3 * random() - 1.5;
      const payload =
        format === "float32" ? new Uint32Array(Float32Array.of(value).buffer)[0]! : (value * 2 ** 20) | 0;
      return { key: base + i, payload: payload >>> 0 };
    }),
  );
  const neurons = name === "lif" ? EGRU_NEURONS / 2 : EGRU_NEURONS;
  const { sendsAlways: _, thresholds: __, ...traits } = OTHER_NEURONS[name];
  return emulated(firmwareWith("exact"), pe, program, profile, packets, undefined, { ...traits, neurons });
}

const sigmoid = (x: number) => f(1 / f(1 + f(Math.exp(-x))));
const tanh = (x: number) => f(Math.tanh(x));

/** Half tables in Q15, straight lines between entries; x has `bits` fraction bits. */
function table(curve: (x: number) => number, x: number, bits: number): number {
  const entry = (i: number) => Math.floor(curve(i / 64) * 2 ** 15 + 0.5);
  const step = 2 ** (bits - 6);
  const i = Math.floor(Math.abs(x) / step);
  if (i >= 512) return entry(512);
  const rest = Math.abs(x) - i * step;
  return entry(i) + Math.floor(((entry(i + 1) - entry(i)) * rest + step / 2) / step);
}
const sigmoidQ15 = (x: number) => {
  const y = table((v) => 1 / (1 + Math.exp(-v)), x, 20);
  return x < 0 ? 2 ** 15 - y : y;
};
const tanhQ15 = (x: number, bits = 20) => Math.sign(x) * table(Math.tanh, x, bits);
/** x / 2^15, rounded half up; exact below 2^53. */
const shifted = (x: number) => Math.floor((x + 2 ** 14) / 2 ** 15);
const saturated = (x: number) => Math.min(Math.max(x, -(2 ** 31)), 2 ** 31 - 1);

describe.skipIf(!hasFirmwareTools)("neurons that no program has yet", () => {
  it("LSTM in float32", () => {
    const c = new Float32Array(EGRU_NEURONS);
    for (const step of run("float32", "lstm")) {
      const sum = floats(step.sums);
      const h = Array.from(c, (before, n) => {
        const [i, forget, g, o] = [0, 1, 2, 3].map((gate) => sum[gate * EGRU_NEURONS + n]!) as [
          number,
          number,
          number,
          number,
        ];
        c[n] = f(sigmoid(forget) * before) + f(sigmoid(i) * tanh(g));
        return f(sigmoid(o) * tanh(c[n]!));
      });
      expect(floats(step.state)).toEqual(c);
      expect(step.sent.map(({ payload }) => floats(Uint32Array.of(payload))[0])).toEqual(h);
    }
  });

  it("LSTM in integers", () => {
    const c = new Int32Array(EGRU_NEURONS);
    for (const step of run("int16", "lstm")) {
      const sum = integers(step.sums);
      const h = Array.from(c, (before, n) => {
        const [i, forget, g, o] = [0, 1, 2, 3].map((gate) => sum[gate * EGRU_NEURONS + n]!) as [
          number,
          number,
          number,
          number,
        ];
        c[n] = saturated(shifted(sigmoidQ15(forget) * before + sigmoidQ15(i) * tanhQ15(g) * 256));
        return Math.floor((sigmoidQ15(o) * tanhQ15(c[n]!, 23) + 64) / 128);
      });
      expect(integers(step.state)).toEqual(c);
      expect(step.sent.map(({ payload }) => payload | 0)).toEqual(h);
    }
  });

  it("GRU in float32", () => {
    const h = new Float32Array(EGRU_NEURONS);
    for (const step of run("float32", "gru")) {
      const sum = floats(step.sums);
      for (const [n, before] of h.entries()) {
        const [r, z, a, b] = [0, 1, 2, 3].map((gate) => sum[gate * EGRU_NEURONS + n]!) as [
          number,
          number,
          number,
          number,
        ];
        const candidate = tanh(f(a + f(sigmoid(r) * b)));
        h[n] = f(f(1 - sigmoid(z)) * candidate) + f(sigmoid(z) * before);
      }
      expect(floats(step.state)).toEqual(h);
      expect(step.sent).toHaveLength(EGRU_NEURONS);
    }
  });

  it("GRU in integers", () => {
    const h = new Int32Array(EGRU_NEURONS);
    for (const step of run("int16", "gru")) {
      const sum = integers(step.sums);
      for (const [n, before] of h.entries()) {
        const [r, z, a, b] = [0, 1, 2, 3].map((gate) => sum[gate * EGRU_NEURONS + n]!) as [
          number,
          number,
          number,
          number,
        ];
        const candidate = 256 * tanhQ15(saturated(a + shifted(sigmoidQ15(r) * b)));
        h[n] = shifted((2 ** 15 - sigmoidQ15(z)) * candidate + sigmoidQ15(z) * before);
      }
      expect(integers(step.state)).toEqual(h);
      expect(step.sent.map(({ payload }) => payload | 0)).toEqual([...h]);
    }
  });

  /** start, d, q, p, leak, threshold of each neuron, in place of the EGRU's parameters. */
  const lifParameters = Array.from({ length: EGRU_NEURONS / 2 }, (_, n) => [
    n / 20 - 0.1,
    n / 12,
    0.5,
    0.9,
    0.01,
    0.6,
  ]);
  const withParameters = (
    pe: PeProgram,
    valueOf: (value: number, field: number) => number,
    type: typeof Float32Array | typeof Int32Array,
  ) => {
    const image = pe.image.slice();
    const { offset } = pe.sections.find(({ kind }) => kind === "parameters")!;
    const words = new type(image.buffer, offset - pe.imageOffset, 3 * EGRU_NEURONS);
    for (const [n, values] of lifParameters.entries())
      for (const [field, value] of values.entries())
        words[(field * EGRU_NEURONS) / 2 + n] = valueOf(value, field);
    return { ...pe, image };
  };

  it("LIF in float32", () => {
    const states = lifParameters.map(() => [0, 0]);
    let spikes = 0;
    for (const step of run("float32", "lif", (pe) => withParameters(pe, f, Float32Array))) {
      const sent: number[] = [];
      for (const [n, values] of lifParameters.entries()) {
        const [x, d, q, p, leak, threshold] = values.map(f) as [
          number,
          number,
          number,
          number,
          number,
          number,
        ];
        const [i, v] = states[n]! as [number, number];
        const current = f(f(d * i) + x);
        let potential = f(f(f(p * v) + f(q * current)) + leak);
        if (potential > threshold) {
          sent.push(n);
          potential = f(potential - threshold);
        }
        states[n] = [current, potential];
      }
      expect(Array.from(floats(step.state))).toEqual([
        ...states.map(([i]) => i),
        ...states.map(([, v]) => v),
      ]);
      expect(step.sent.map(({ key }) => key - step.sent[0]!.key + sent[0]!)).toEqual(sent);
      spikes += sent.length;
    }
    expect(spikes).toBeGreaterThan(0);
  });

  it("LIF in integers", () => {
    const bits = (field: number) => (field === 1 || field === 2 || field === 3 ? 15 : 20);
    const fixed = (value: number, field: number) => Math.floor(value * 2 ** bits(field) + 0.5);
    const states = lifParameters.map(() => [0, 0]);
    let spikes = 0;
    for (const step of run("int16", "lif", (pe) => withParameters(pe, fixed, Int32Array))) {
      let sent = 0;
      for (const [n, values] of lifParameters.entries()) {
        const [x, d, q, p, leak, threshold] = values.map(fixed) as [
          number,
          number,
          number,
          number,
          number,
          number,
        ];
        const [i, v] = states[n]! as [number, number];
        const current = shifted(d * i) + x;
        const potential = shifted(p * v) + shifted(q * current) + leak;
        if (potential > threshold) sent += 1;
        states[n] = [current, potential > threshold ? potential - threshold : potential];
      }
      expect(Array.from(integers(step.state))).toEqual([
        ...states.map(([i]) => i),
        ...states.map(([, v]) => v),
      ]);
      expect(step.sent.map(({ payload }) => payload)).toEqual(Array<number>(sent).fill(1));
      spikes += sent;
    }
    expect(spikes).toBeGreaterThan(0);
  });
});
