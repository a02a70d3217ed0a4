import type { DenseMatrix, EgruPopulation } from "../../../../src/core/model-ir.ts";
import type { Quantisation } from "../../../../src/core/number-format.ts";

/**
 * One EGRU layer with a dense input and a recurrent matrix, docs/model.md, 2 in big integers: slow, plain,
 * and free of any question of rounding. Input payloads have 20 fraction bits.
 */
export class BigIntegerLayer {
  h: bigint[];
  y: bigint[];
  private readonly layer: EgruPopulation;
  private readonly quantisation: Quantisation;
  private readonly input: BigIntegerMatrix;
  private readonly recurrent: BigIntegerMatrix;

  constructor(
    layer: EgruPopulation,
    input: DenseMatrix,
    recurrent: DenseMatrix,
    quantisation: Quantisation,
    recurrentFormat = quantisation.format,
  ) {
    this.layer = layer;
    this.quantisation = quantisation;
    this.input = quantised(input, 20, quantisation);
    this.recurrent = quantised(recurrent, 23, { ...quantisation, format: recurrentFormat });
    this.h = new Array<bigint>(layer.size).fill(0n);
    this.y = new Array<bigint>(layer.size).fill(0n);
  }

  step(x: Float32Array): { readonly c: bigint[]; readonly saturations: number } {
    const { size, bias, recurrentBias, threshold } = this.layer;
    const { accumulatorBits: bits } = this.quantisation;
    const F = bits === 32 ? 20 : 16;
    let saturations = 0;
    const saturate = (value: bigint): bigint => {
      const kept =
        BigInt.asIntN(bits, value) === value
          ? value
          : (value > 0n ? 1n : -1n) * (1n << BigInt(bits - 1)) - (value > 0n ? 1n : 0n);
      if (kept !== value) saturations += 1;
      return kept;
    };
    const start = (value: number) => saturate(BigInt(Math.floor(value * 2 ** F + 0.5)));
    const sums = Array.from({ length: 4 * size }, (_, i) => {
      if (i < 2 * size) return start(Math.fround(bias[i]! + recurrentBias[i]!));
      return start(i < 3 * size ? bias[i]! : recurrentBias[i - size]!);
    });
    const payloads = Array.from(x, (value) =>
      bounded(BigInt(Math.floor(value * 2 ** 20 + 0.5)), (1n << 23n) - 1n),
    );
    for (const [matrix, from, late] of [
      [this.input, payloads, 0],
      [this.recurrent, this.y, size],
    ] as const) {
      for (const [source, payload] of from.entries()) {
        if (payload === 0n) continue;
        const p = bounded((payload * matrix.multiplier[source]! + matrix.half) >> matrix.shift, matrix.limit);
        for (const [column, q] of matrix.rows[source]!.entries()) {
          const at = column < 2 * size ? column : column + late;
          sums[at] = saturate(sums[at]! + ((p * q) >> matrix.productShift));
        }
      }
    }
    const c = Array.from({ length: size }, (_, n) => {
      const z = sigma(sums[n]!, F);
      const r = sigma(sums[size + n]!, F);
      const g = tangent(saturate(sums[2 * size + n]! + ((r * sums[3 * size + n]! + (1n << 14n)) >> 15n)), F);
      return (z * this.h[n]! + ((1n << 15n) - z) * (g << 8n) + (1n << 14n)) >> 15n;
    });
    const limits = Array.from(threshold, (value) => BigInt(Math.floor(value * 2 ** 23 + 0.5)));
    this.y = c.map((value, n) => (value > limits[n]! ? value : 0n));
    this.h = c.map((value, n) => (value > limits[n]! ? value - limits[n]! : value));
    return { c, saturations };
  }
}

interface BigIntegerMatrix {
  readonly rows: bigint[][];
  readonly multiplier: bigint[];
  readonly shift: bigint;
  readonly half: bigint;
  readonly productShift: bigint;
  readonly limit: bigint;
}

function quantised(
  matrix: DenseMatrix,
  f: number,
  { format, scales, accumulatorBits }: Quantisation,
): BigIntegerMatrix {
  const L = format === "int8" ? 127 : 32_767;
  const S = format === "int8" ? 8 : 16;
  const F = accumulatorBits === 32 ? 20 : 16;
  const dense = Array.from({ length: matrix.sources }, (_, s) => [
    ...matrix.values.subarray(s * matrix.targets, (s + 1) * matrix.targets),
  ]);
  const most = (values: number[]) => Math.max(...values.map(Math.abs));
  const powerOfTwo = (largest: number) => {
    let step = 2 ** -200;
    while (step * L < largest) step *= 2;
    return step;
  };
  const scale = dense.map((row) => {
    if (scales === "power-of-two") return powerOfTwo(most(dense.flat()));
    return (scales === "row" ? most(row) : most(dense.flat())) / L;
  });
  const e = scale.map((s) => s * 2 ** (F + S - f));
  let k = 62;
  while (Math.floor(most(e) * 2 ** k + 0.5) >= 2 ** 24) k -= 1;
  return {
    rows: dense.map((row, s) =>
      row.map((w) => (scale[s] === 0 ? 0n : bounded(BigInt(Math.floor(w / scale[s]! + 0.5)), BigInt(L)))),
    ),
    multiplier: e.map((value) => BigInt(Math.floor(value * 2 ** k + 0.5))),
    shift: BigInt(k),
    half: k === 0 ? 0n : 1n << BigInt(k - 1),
    productShift: BigInt(S),
    limit: format === "int8" ? 1n << 24n : (1n << 31n) - 1n,
  };
}

const bounded = (value: bigint, limit: bigint): bigint =>
  value > limit ? limit : value < -limit ? -limit : value;

function between(f: (x: number) => number, x: bigint, F: number): bigint {
  const entry = (i: bigint) => BigInt(Math.floor(f(Number(i) / 64) * 2 ** 15 + 0.5));
  const spacing = BigInt(F - 6);
  const a = x < 0n ? -x : x;
  const i = a >> spacing;
  if (i >= 512n) return entry(512n);
  const rest = a - (i << spacing);
  return entry(i) + (((entry(i + 1n) - entry(i)) * rest + (1n << (spacing - 1n))) >> spacing);
}

function sigma(x: bigint, F: number): bigint {
  const y = between((value) => 1 / (1 + Math.exp(-value)), x, F);
  return x < 0n ? (1n << 15n) - y : y;
}

function tangent(x: bigint, F: number): bigint {
  const y = between(Math.tanh, x, F);
  return x < 0n ? -y : y;
}
