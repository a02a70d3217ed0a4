import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { bytesOfArrays, type Numbers, type NumberType } from "../../../simulator/functional/allocate.ts";
import { EGRU } from "../../../simulator/functional/kinds/egru.ts";
import { createEventList } from "../../../simulator/functional/event-list.ts";
import type { FusedRows } from "../../../simulator/functional/fuse-rows.ts";
import { createKernel, type Kernel } from "../../../simulator/functional/kernel.ts";
import { addSynapses } from "../../../simulator/functional/synapses.ts";
import { KERNEL_SOURCE_SHA256 } from "../../../simulator/functional/wasm/kernel-binary.ts";
import { PRODUCT_SHIFT, SCALED_PAYLOAD_LIMIT } from "../../../src/core/number-format.ts";
import { randomNumbers } from "../../../src/core/random.ts";
import { ownPackage } from "../../../src/runtime/package-root.ts";

const { fround } = Math;

/** An array in the kernel's memory with these values. */
function placed<Values extends Numbers>(kernel: Kernel, type: NumberType<Values>, values: readonly number[]) {
  const array = kernel.allocate(type, values.length);
  array.set(values);
  return array;
}

describe("the kernel's binary", () => {
  it("was compiled from the kernel.c beside it: simulator/build-wasm.sh makes it anew", () => {
    const source = readFileSync(join(ownPackage().root, "simulator/functional/wasm/kernel.c"));
    expect(createHash("sha256").update(source).digest("hex")).toBe(KERNEL_SOURCE_SHA256);
  });

  it("reads no array from outside its memory, and none that does not fit", () => {
    const kernel = createKernel(1024);
    expect(() => kernel.at(new Float32Array(3))).toThrow("an array lies outside the kernel's memory");
    expect(() => kernel.allocate(Float64Array, 2 ** 20)).toThrow("the kernel's memory is too small");
    expect(() => createKernel(2 ** 32)).toThrow("exceed 4 GiB");
  });

  it("gives forgotten arrays' places to new ones, as zeros", () => {
    const kernel = createKernel(1024);
    const first = placed(kernel, Uint32Array, [7, 7]);
    kernel.keep();
    const second = placed(kernel, Uint32Array, [8, 8]);
    kernel.forget();
    const third = kernel.allocate(Uint32Array, 2);
    expect([...first, ...third]).toEqual([7, 7, 0, 0]);
    expect(third.byteOffset).toBe(second.byteOffset);
    expect(bytesOfArrays([1, 16, 17])).toBe(16 + 16 + 32);
  });
});

const SOURCES = 40;
const TARGETS = 60;

/** Random rows, the same for 16-bit and 32-bit targets. Some rows are empty. */
function rowsOf(kernel: Kernel, wide: boolean, format: "float32" | "int8" | "int16"): FusedRows {
  const random = randomNumbers(5);
  const whole = (below: number) => Math.floor(random() * below);
  const starts = [0];
  const targets: number[] = [];
  for (let source = 0; source < SOURCES; source += 1) {
    if (source % 7 !== 3) {
      for (let target = 0; target < TARGETS; target += 1) if (random() < 0.3) targets.push(target);
    }
    starts.push(targets.length);
  }
  const weights = targets.map(() =>
    format === "float32" ? random() - 0.5 : whole(2) * (format === "int8" ? 127 : 32767) - whole(127),
  );
  const type = { float32: Float32Array, int8: Int8Array, int16: Int16Array }[format];
  return {
    format,
    rowStart: placed(kernel, Uint32Array, starts),
    target: placed<Uint16Array | Uint32Array>(kernel, wide ? Uint32Array : Uint16Array, targets),
    weight: placed<Float32Array | Int8Array | Int16Array>(kernel, type, weights),
    multiplier: placed(
      kernel,
      Uint32Array,
      Array.from({ length: SOURCES }, () => whole(2 ** 24)),
    ),
    shift: 22,
    peRows: placed(
      kernel,
      Uint32Array,
      Array.from({ length: SOURCES }, () => 1 + whole(9)),
    ),
  };
}

describe.each([false, true])("synapses, 32-bit targets: %s", (wide) => {
  it("float32: the product is rounded, then the sum", () => {
    const kernel = createKernel(2 ** 16);
    const rows = rowsOf(kernel, wide, "float32");
    const events = createEventList(SOURCES, false, kernel.allocate);
    const accumulators = placed(
      kernel,
      Float32Array,
      Array.from({ length: TARGETS }, (_, i) => i / 7),
    );
    const expected = accumulators.slice();
    for (let source = 0; source < SOURCES; source += 2) {
      events.neurons[events.count] = source;
      events.payloads[events.count] = 1 / (source + 3);
      events.count += 1;
      for (let i = rows.rowStart[source]!; i < rows.rowStart[source + 1]!; i += 1) {
        const product = fround(rows.weight[i]! * fround(1 / (source + 3)));
        expected[rows.target[i]!] = fround(expected[rows.target[i]!]! + product);
      }
    }
    addSynapses(kernel, rows, events, accumulators, 32, {
      input: 0,
      scaledPayload: 0,
      accumulator: 0,
    });
    expect(accumulators).toEqual(expected);
  });

  it.each([
    ["int8", 24],
    ["int8", 32],
    ["int16", 24],
    ["int16", 32],
  ] as const)("%s in %i bits: as unbounded integers say, clamps counted", (format, bits) => {
    const kernel = createKernel(2 ** 16);
    const rows = rowsOf(kernel, wide, format);
    const events = createEventList(SOURCES, true, kernel.allocate);
    const accumulators = kernel.allocate(Int32Array, TARGETS);
    const high = 2n ** BigInt(bits - 1) - 1n;
    // Near the upper end, near the lower end, in the middle: both clamps are met, and neither.
    accumulators.forEach((_, i) => {
      accumulators[i] = Number([high - 999n, -high + 999n, 0n][i % 3]!);
    });
    const expected = [...accumulators].map(BigInt);
    const saturations = { input: 0, scaledPayload: 0, accumulator: 0 };
    const counted = { input: 0, scaledPayload: 0, accumulator: 0 };
    for (let source = 0; source < SOURCES; source += 1) {
      const payload = (source % 2 === 0 ? 1 : -1) * (2 ** 23 - 1 - 211_111 * source);
      events.neurons[events.count] = source;
      events.payloads[events.count] = payload;
      events.count += 1;
      const [first, end] = [rows.rowStart[source]!, rows.rowStart[source + 1]!];
      if (first === end) continue;
      const limit = BigInt(SCALED_PAYLOAD_LIMIT[format]);
      let scaled = (BigInt(payload) * BigInt(rows.multiplier[source]!) + 2n ** 21n) >> 22n;
      if (scaled > limit || scaled < -limit) {
        counted.scaledPayload += rows.peRows[source]!;
        scaled = scaled < 0n ? -limit : limit;
      }
      for (let i = first; i < end; i += 1) {
        const product = (scaled * BigInt(rows.weight[i]!)) >> BigInt(PRODUCT_SHIFT[format]);
        let sum = expected[rows.target[i]!]! + product;
        if (sum > high || sum < -high - 1n) {
          counted.accumulator += 1;
          sum = sum < 0n ? -high - 1n : high;
        }
        expected[rows.target[i]!] = sum;
      }
    }
    addSynapses(kernel, rows, events, accumulators, bits, saturations);
    expect([...accumulators]).toEqual(expected.map(Number));
    expect(saturations).toEqual(counted);
    expect(counted.accumulator).toBeGreaterThan(0);
    expect(counted.scaledPayload > 0, "int8 clamps payloads here, int16 cannot").toBe(format === "int8");
  });
});

describe("counting rows", () => {
  it.each([
    [1, 20, false],
    [7, 20, false],
    [8, 20, false],
    [21, 20, false],
    [152, 300, false],
    [9, 70_000, false],
    [9, 20, true],
  ])("adds up %i columns of %i events, 32-bit: %s", (columns, sources, wide) => {
    const kernel = createKernel(2 ** 22);
    const random = randomNumbers(columns);
    const cells = Array.from({ length: sources * columns }, () =>
      random() < 0.4 ? 0 : Math.floor(random() * (wide ? 2 ** 20 : 2 ** 12)),
    );
    const table = placed<Uint16Array | Uint32Array>(kernel, wide ? Uint32Array : Uint16Array, cells);
    const sending = Array.from({ length: sources }, (_, source) => source).filter(
      (source) => source % 11 !== 5,
    );
    const neurons = placed(kernel, Uint32Array, sending);
    const [synops, rows] = [
      placed(kernel, Uint32Array, Array(columns).fill(9)),
      kernel.allocate(Uint32Array, columns),
    ];
    const count = wide ? kernel.run.countRowsWide : kernel.run.countRows;
    count(kernel.at(table), columns, kernel.at(neurons), neurons.length, kernel.at(synops), kernel.at(rows));
    const expected = Array.from({ length: columns }, (_, column) => {
      const own = sending.map((source) => cells[source * columns + column]!);
      return [own.reduce((sum, value) => sum + value, 0), own.filter((value) => value > 0).length];
    });
    expect([...synops].map((value, column) => [value, rows[column]])).toEqual(expected);
  });
});

describe("the float32 neuron", () => {
  const NEURONS = 200_000;
  const sigmoid = (x: number) => fround(1 / fround(1 + fround(Math.exp(-x))));
  const random = randomNumbers(3);
  const anyFloat = () => new Float32Array(Uint32Array.of(random() * 2 ** 32).buffer)[0]!;

  it.each([
    ["as they are in a trained net", () => 8 * (random() - 0.5)],
    ["near zero", () => 1e-3 * random() * (random() - 0.5)],
    ["at the edges of the tables", () => 200 * (random() - 0.5)],
    ["any float32, not a number among them", anyFloat],
  ])("rounds σ, tanh and each operation as Math does: %s", (_, draw) => {
    const kernel = createKernel(64 * NEURONS);
    const sums = kernel.allocate(Float32Array, 4 * NEURONS).map(draw);
    const own = placed(kernel, Float32Array, [...sums]);
    const threshold = kernel.allocate(Float32Array, NEURONS);
    const state = kernel.allocate(Float32Array, NEURONS);
    for (let i = 0; i < NEURONS; i += 1) [threshold[i], state[i]] = [0.3 * random(), 2 * random() - 1];
    const events = createEventList(NEURONS, false, kernel.allocate);
    const expected = state.slice();
    const sent: [number, number][] = [];
    for (let i = 0; i < NEURONS; i += 1) {
      const z = sigmoid(sums[i]!);
      const reset = fround(sigmoid(sums[NEURONS + i]!) * sums[3 * NEURONS + i]!);
      const g = fround(Math.tanh(fround(sums[2 * NEURONS + i]! + reset)));
      const c = fround(fround(z * expected[i]!) + fround(fround(1 - z) * g));
      if (c > threshold[i]!) sent.push([i, c]);
      expected[i] = c > threshold[i]! ? c - threshold[i]! : c;
    }
    EGRU.stepFloat32({ kernel, size: NEURONS, sums: own, parameters: [threshold], state }, events);
    const neurons = [...events.neurons.subarray(0, events.count)];
    expect(neurons.map((neuron, event) => [neuron, events.payloads[event]])).toEqual(sent);
    expect(state.findIndex((value, i) => !Object.is(value, expected[i]))).toBe(-1);
  });
});
