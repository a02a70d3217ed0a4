import type { NumberFormat } from "../../../src/core/number-format.ts";
import type { Net, NetPopulation, NetProjection } from "./build-program.ts";

/**
 * A slow, direct executor of a Net, written from docs/model.md: unbounded integers (BigInt) for the integer
 * formats, Math.fround around each operation for float32.
 */
export interface Oracle {
  /** Payloads of the input in, payloads of every population out, by name. */
  step(input: readonly number[]): ReadonlyMap<string, readonly number[]>;
  readonly state: ReadonlyMap<string, number[]>;
  synops: number;
  accumulatorClamps: number;
}

export function createOracle(net: Net): Oracle {
  const arithmetic = net.quantisation.format === "float32" ? floatArithmetic : integerArithmetic;
  const state = new Map(
    net.populations.slice(1).map(({ name, size }) => [name, Array<number>(size).fill(0)]),
  );
  let before = new Map<string, readonly number[]>();
  const oracle: Oracle = { state, synops: 0, accumulatorClamps: 0, step };
  const { add, update } = arithmetic(net, oracle);

  function step(input: readonly number[]) {
    const now = new Map<string, readonly number[]>([[net.populations[0]!.name, input]]);
    for (const population of net.populations.slice(1)) {
      const sums = [...population.start];
      for (const projection of net.projections) {
        if (projection.target !== population.name) continue;
        const y = (projection.delay === 1 ? before : now).get(projection.source) ?? [];
        for (const [source, payload] of y.entries()) {
          if (payload === 0 && projection.source !== net.populations[0]!.name) continue;
          for (const [at, weight] of projection.weights[source]!.entries()) {
            if (weight === 0) continue;
            oracle.synops += 1;
            const { multiplier, shift } = projection;
            sums[at] = add(
              sums[at]!,
              payload,
              weight,
              multiplier[multiplier.length === 1 ? 0 : source]!,
              shift,
              formatAt(net, projection, at % population.size),
            );
          }
        }
      }
      now.set(population.name, update(population, sums, state.get(population.name)!));
    }
    before = now;
    return now;
  }
  return oracle;
}

interface Arithmetic {
  add(
    sum: number,
    payload: number,
    weight: number,
    multiplier: number,
    shift: number,
    format: NumberFormat,
  ): number;
  /** Overwrites h, returns the payloads. */
  update(population: NetPopulation, sums: readonly number[], h: number[]): number[];
}

function floatArithmetic(): Arithmetic {
  const f = Math.fround;
  const sigmoid = (x: number) => f(1 / f(1 + f(Math.exp(-x))));
  return {
    add: (sum, payload, weight) => f(sum + f(weight * payload)),
    update: ({ size, threshold }, sums, h) =>
      h.map((old, n) => {
        const [z, r] = [sigmoid(sums[n]!), sigmoid(sums[size + n]!)];
        const g = f(Math.tanh(f(sums[2 * size + n]! + f(r * sums[3 * size + n]!))));
        const c = f(f(z * old) + f(f(1 - z) * g));
        const fires = c > threshold[n]!;
        h[n] = fires ? f(c - threshold[n]!) : c;
        return fires ? c : 0;
      }),
  };
}

/** Number format of the weights that lead to a neuron, which may differ by its PE. */
function formatAt(net: Net, { format = net.quantisation.format, target }: NetProjection, neuron: number) {
  if (typeof format === "string") return format;
  const slice = net.slices.find(
    ({ population, first, count }) => population === target && first <= neuron && neuron < first + count,
  )!;
  return format(slice.pe);
}

function integerArithmetic({ quantisation: { accumulatorBits } }: Net, oracle: Oracle): Arithmetic {
  const fraction = accumulatorBits === 32 ? 20 : 16;
  const top = 2n ** BigInt(accumulatorBits - 1);
  const saturate = (x: bigint): bigint => {
    if (x < -top || x >= top) oracle.accumulatorClamps += 1;
    return x < -top ? -top : x >= top ? top - 1n : x;
  };
  const entry = (f: (x: number) => number, i: number) => BigInt(Math.floor(f(i / 64) * 2 ** 15 + 0.5));
  const half = (f: (x: number) => number, x: bigint): bigint => {
    const a = x < 0n ? -x : x;
    const step = BigInt(fraction - 6);
    const i = Number(a >> step);
    if (i >= 512) return entry(f, 512);
    const low = entry(f, i);
    const rest = a - (BigInt(i) << step);
    return low + (((entry(f, i + 1) - low) * rest + 2n ** (step - 1n)) >> step);
  };
  const sigmoid = (x: bigint) => {
    const y = half((v) => 1 / (1 + Math.exp(-v)), x);
    return x < 0n ? 2n ** 15n - y : y;
  };
  const tanh = (x: bigint) => (x < 0n ? -half(Math.tanh, x) : half(Math.tanh, x));
  return {
    add(sum, payload, weight, multiplier, shift, format) {
      const productShift = format === "int8" ? 8n : 16n;
      const payloadLimit = format === "int8" ? 2n ** 24n : 2n ** 31n - 1n;
      const rounding = shift === 0 ? 0n : 2n ** BigInt(shift - 1);
      const scaled = (BigInt(payload) * BigInt(multiplier) + rounding) >> BigInt(shift);
      const p = scaled > payloadLimit ? payloadLimit : scaled < -payloadLimit ? -payloadLimit : scaled;
      return Number(saturate(BigInt(sum) + ((p * BigInt(weight)) >> productShift)));
    },
    update: ({ size, threshold }, sums, h) =>
      h.map((old, n) => {
        const [z, r, input, recurrent] = [0, 1, 2, 3].map((a) => BigInt(sums[a * size + n]!)) as [
          bigint,
          bigint,
          bigint,
          bigint,
        ];
        const g = tanh(saturate(input + ((sigmoid(r) * recurrent + 2n ** 14n) >> 15n)));
        const keep = sigmoid(z);
        const c = Number((keep * BigInt(old) + (2n ** 15n - keep) * (g * 256n) + 2n ** 14n) >> 15n);
        const fires = c > threshold[n]!;
        h[n] = fires ? c - threshold[n]! : c;
        return fires ? c : 0;
      }),
  };
}
