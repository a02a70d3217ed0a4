import type { CompileOptions } from "../../compiler/pipeline.ts";
import { compile } from "../../compiler/pipeline.ts";
import type { ExponentialUpdate, FormatAction, RowAction } from "../../src/core/counts.ts";
import type { NumberFormat } from "../../src/core/number-format.ts";
import type { HardwareProfile } from "../../src/core/profile.ts";
import { type PeProgram, POPULATION_RECORD_BYTES, type Program } from "../../src/core/program.ts";
import { randomNumbers } from "../../src/core/random.ts";
import type { RowForm } from "../../src/core/row-form.ts";
import {
  type BenchModel,
  benchModel,
  compileBench,
  maxPoolModel,
  type UpdatedKind,
  updateModel,
} from "./bench-model.ts";
import { type Disassembly, parseDisassembly } from "./disassembly.ts";
import { type Firmware, runEmulator } from "./emulator.ts";
import { type Figure, figureOf, fitFigures } from "./figures.ts";
import { kindOf, peFiles, type WirePacket } from "./pe-files.ts";
import { type Cycles, cyclesBetweenSleeps } from "./trace.ts";

/** Actions of a number format whose rows are csr's. */
export type FormatFigures = Readonly<Record<Exclude<FormatAction, RowAction>, Figure>>;
export type RowFigures = Readonly<Record<RowAction, Figure>>;

/** Packets of one kind in a timestep. */
const REPEATS = 8;
/** Packets of one row; all take the same. */
const ROW_REPEATS = 2;
const LONGEST_ROW = 32;

/** A firmware whose kernels are counted. */
export interface Bench {
  readonly firmware: Firmware;
  readonly code: Disassembly;
  readonly profile: HardwareProfile;
}

export const benchOf = (firmware: Firmware, profile: HardwareProfile): Bench => ({
  firmware,
  code: parseDisassembly(firmware.disassembly),
  profile,
});

/** Cycles of each timestep in which these packets arrive. */
export function countPackets(
  { firmware, code, profile }: Bench,
  program: Program,
  pe: PeProgram,
  steps: readonly (readonly WirePacket[])[],
): Cycles[] {
  const script = steps.map((packets) => ({ packets }));
  const { log } = runEmulator(firmware, peFiles(program, pe, profile, script, false), true);
  const cycles = cyclesBetweenSleeps(log, code);
  if (cycles.length !== steps.length)
    throw new Error(`${cycles.length} timesteps counted, not ${steps.length}`);
  return cycles;
}

/** The same of packets with payloads of 0, so that all timesteps update the same sums. */
const countSteps = (
  bench: Bench,
  program: Program,
  pe: PeProgram,
  steps: readonly (readonly number[])[],
): Cycles[] =>
  countPackets(
    bench,
    program,
    pe,
    steps.map((keys) => keys.map((key) => ({ key, payload: 0 }))),
  );

export const keyOf = (program: Program, population: string, neuron: number): number =>
  program.populations.find(({ name }) => name === population)!.keys.base + neuron;

const repeated = (key: number, times: number): number[] => Array<number>(times).fill(key);

const difference = (a: Cycles, b: Cycles, times: number): Cycles =>
  figureOf((name) => (a[name] - b[name]) / times);

const exact = (cycles: Cycles): Figure => ({ ...cycles, worstResidual: 0 });

/** Every column of row L is one of L, spread as evenly as they go. */
const spreadRows = (columns: number): number[][] =>
  Array.from({ length: LONGEST_ROW + 1 }, (_, length) =>
    Array.from({ length }, (__, i) => Math.floor((i * columns) / length)),
  );

const NEURONS = 40;
/** Sizes of populations whose updates are counted. */
const UPDATED = [16, 40, 80];

/** All that is not about rows. */
export function measureFormat(bench: Bench, format: NumberFormat): FormatFigures {
  const options = { format, rowForms: "csr" } as const;
  const rows = spreadRows(3 * NEURONS);
  const { program, pe } = compileBench(
    benchModel({ neurons: NEURONS, inputs: rows, recurrent: padded(rows, NEURONS) }),
    bench.profile,
    options,
  );
  const steps = [[], repeated(keyOf(program, "input", 0), REPEATS)];
  const [idle, once] = countSteps(bench, program, pe, steps);
  const [, twice] = countSteps(bench, program, withTwoParts(pe), steps);
  const rowLookup = difference(twice!, once!, REPEATS);
  const both = difference(once!, idle!, REPEATS);
  const [timestep, neuronUpdate] = measureUpdates(bench, options);
  const eventSend = measureSending(bench, options);
  return {
    packetReceive: exact(figureOf((name) => both[name] - rowLookup[name])),
    rowLookup: exact(rowLookup),
    neuronUpdate: neuronUpdate!,
    ...measureGates(bench, options, eventSend),
    lifUpdate: measureKind(bench, options, "lif"),
    linearUpdate: measureLinear(bench, format),
    maxUpdate: measureMaxima(bench, options),
    eventSend,
    timestep: timestep!,
  };
}

/** The same PE with its first source block once more in the place of its second, as if it were a divided projection's. */
function withTwoParts(pe: PeProgram): PeProgram {
  const image = pe.image.slice();
  const { offset } = pe.sections.find(({ kind }) => kind === "population-table")!;
  const table = offset - pe.imageOffset;
  image.copyWithin(table + POPULATION_RECORD_BYTES, table, table + POPULATION_RECORD_BYTES);
  return { ...pe, image };
}

/** Cycles a timestep without packets and events, over the number of neurons: what a timestep takes, what a neuron takes. */
function measureUpdates(bench: Bench, options: CompileOptions): Figure[] {
  return fitFigures(
    UPDATED.map((neurons) => {
      const { program, pe } = compileBench(benchModel(bare(neurons)), bench.profile, options);
      return { x: [1, neurons], y: countSteps(bench, program, pe, [[], []])[1]! };
    }),
  );
}

type GateFigures = Readonly<Record<ExponentialUpdate, Figure>>;

/** Updates with exponentials, of float32; for a firmware that computes them in another way. */
export const measureExponentials = (bench: Bench, send: Cycles): GateFigures => {
  const options = { format: "float32", rowForms: "csr" } as const;
  return { neuronUpdate: measureUpdates(bench, options)[1]!, ...measureGates(bench, options, send) };
};

/** Updates that compute gates, beside an EGRU's. All neurons send in each timestep. @param send What that takes. */
function measureGates(
  bench: Bench,
  options: CompileOptions,
  send: Cycles,
): Omit<GateFigures, "neuronUpdate"> {
  const sending = (kind: UpdatedKind): Figure => {
    const figure = measureKind(bench, options, kind);
    return { ...figure, ...figureOf((reading) => figure[reading] - send[reading]) };
  };
  return {
    lstmUpdate: sending("lstm"),
    gruUpdate: sending("gru"),
    activationUpdate: sending("tanh"),
  };
}

/** Cycles a neuron of a timestep without packets. */
const measureKind = (bench: Bench, options: CompileOptions, kind: UpdatedKind): Figure =>
  fitFigures(
    UPDATED.map((neurons) => {
      const { program, pe } = compileBench(updateModel(kind, neurons), bench.profile, options);
      return { x: [1, neurons], y: countSteps(bench, program, pe, [[], []])[1]! };
    }),
  )[1]!;

/** Few rows; what is counted is elsewhere. */
const bare = (neurons: number, fires = false): BenchModel => ({
  neurons,
  inputs: [[0]],
  recurrent: padded([], neurons),
  fires,
});

/** Rows for all neurons; those behind the given ones hold one synapse. */
const padded = (rows: readonly (readonly number[])[], neurons: number): (readonly number[])[] =>
  Array.from({ length: neurons }, (_, neuron) => rows[neuron] ?? [neuron]);

/** Timesteps in which all neurons send, against those of the same neurons with a threshold that none reaches. */
function measureSending(bench: Bench, options: CompileOptions): Figure {
  const firing = compileBench(benchModel(bare(NEURONS, true)), bench.profile, options);
  const sent = countSteps(bench, firing.program, firing.pe, [[], []])[1]!;
  const silent = countSteps(
    bench,
    firing.program,
    withParameters(firing.pe, 4 * NEURONS, NEURONS, UNREACHED),
    [[], []],
  )[1]!;
  return exact(difference(sent, silent, NEURONS));
}

/** As a threshold: 2 in float32, 128 in Q23. No neuron reaches it. */
const UNREACHED = 2 ** 30;

/** The same PE with some of its parameter words replaced. */
function withParameters(pe: PeProgram, first: number, count: number, value: number): PeProgram {
  const image = pe.image.slice();
  const { offset } = pe.sections.find(({ kind }) => kind === "parameters")!;
  new Uint32Array(image.buffer, offset - pe.imageOffset + 4 * first, count).fill(value);
  return { ...pe, image };
}

/** Sums of a part of another population's fan-in that stay 0, over their number. */
function measureLinear(bench: Bench, format: NumberFormat): Figure {
  const points = [20, 40].flatMap((neurons) => {
    const inputs = Array.from({ length: 8 }, (_, i) => [i]);
    const model = benchModel({ neurons, inputs, recurrent: padded([], neurons) });
    const { program } = compile(model, bench.profile, {
      format,
      rowForms: "csr",
      order: "model",
      partitionBy: "sources",
      parts: 2,
      pes: 8,
    });
    const pe = program.pes.find((candidate) => kindOf(program, candidate) === "partial-sum")!;
    return [{ x: [1, pe.neurons], y: countSteps(bench, program, pe, [[], []])[1]! }];
  });
  return fitFigures(points)[1]!;
}

/** Maxima of sources that are all silent, so that 0 is the result and nothing is sent. */
const measureMaxima = (bench: Bench, options: CompileOptions): Figure =>
  fitFigures(
    UPDATED.map((neurons) => {
      const { program, pe } = compileBench(maxPoolModel(neurons), bench.profile, options);
      return { x: [1, neurons], y: countSteps(bench, program, pe, [[], []])[1]! };
    }),
  )[1]!;

/** Cycles of a row of max pooling in CSR: of receiving, looking up and beginning one; and a comparison. */
export function measureMaxRows(bench: Bench, format: NumberFormat): readonly Figure[] {
  const model = maxPoolModel(NEURONS, LONGEST_ROW);
  const { program, pe } = compileBench(model, bench.profile, { format, rowForms: "csr" });
  const rows = Array.from({ length: LONGEST_ROW }, (_, i) => i);
  const idle = [[], ...rows.map((row) => repeated(keyOf(program, "input", row), 1))];
  const busy = [[], ...rows.map((row) => repeated(keyOf(program, "input", row), 1 + ROW_REPEATS))];
  const [once, often] = [idle, busy].map((steps) => countSteps(bench, program, pe, steps).slice(1));
  return fitFigures(
    rows.map((row) => ({ x: [1, row + 1], y: difference(often![row]!, once![row]!, ROW_REPEATS) })),
  );
}

/** Cycles of rows in each form with weights of one format. */
export function measureRows(bench: Bench, format: NumberFormat): Readonly<Record<RowForm, RowFigures>> {
  const dense = withoutWords(measureDense(bench, { format, rowForms: "dense" }));
  return {
    csr: withoutWords(measureByLength(bench, { format, rowForms: "csr" }, spreadRows(3 * NEURONS))),
    "delta-csr": withoutWords(measureByLength(bench, { format, rowForms: "delta-csr" }, neighbours())),
    bitmap: measureBitmap(bench, { format, rowForms: "bitmap" }),
    block: measureBlocks(bench, { format, rowForms: "block" }, dense.synop),
    dense,
  };
}

const NOTHING: Figure = { best: 0, nominal: 0, worst: 0, worstResidual: 0 };

const withoutWords = ([rowFetch, synop]: readonly Figure[]): RowFigures => ({
  rowFetch: rowFetch!,
  rowWord: NOTHING,
  synop: synop!,
  emptySlot: synop!,
});

/** Rows whose gaps fit four bits. */
const neighbours = (): number[][] =>
  Array.from({ length: LONGEST_ROW + 1 }, (_, length) => Array.from({ length }, (__, i) => i));

/** Cycles of rows of 1 … 32 synapses beyond those of an empty one. */
function measureByLength(
  bench: Bench,
  options: CompileOptions,
  rows: readonly (readonly number[])[],
): Figure[] {
  const { program, pe } = compileBench(
    benchModel({ neurons: NEURONS, inputs: rows, recurrent: padded([], NEURONS) }),
    bench.profile,
    options,
  );
  const steps = rows.map((_, row) => repeated(keyOf(program, "input", row), ROW_REPEATS));
  const [empty, ...counted] = countSteps(bench, program, pe, steps);
  return fitFigures(
    counted.map((cycles, i) => ({ x: [1, i + 1], y: difference(cycles, empty!, ROW_REPEATS) })),
  );
}

/**
 * Recurrent rows, whose columns are two runs of accumulators, beyond an empty one. A first packet finds their source block
 * in the table, and is taken off.
 */
function countRecurrent(
  bench: Bench,
  options: CompileOptions,
  neurons: number,
  rows: readonly (readonly number[])[],
) {
  const model = { neurons, inputs: [[], [0]], recurrent: padded(rows, neurons) };
  const { program, pe } = compileBench(benchModel(model), bench.profile, options);
  const keys = [keyOf(program, "input", 0), ...rows.map((_, row) => keyOf(program, "layer", row))];
  const steps = keys.flatMap((key) => [repeated(key, 1), repeated(key, 1 + ROW_REPEATS)]);
  const cycles = countSteps(bench, program, pe, steps);
  const [empty, ...counted] = keys.map((_, i) => difference(cycles[2 * i + 1]!, cycles[2 * i]!, ROW_REPEATS));
  return counted.map((row) => difference(row, empty!, 1));
}

function measureBitmap(bench: Bench, options: CompileOptions): RowFigures {
  const random = randomNumbers(9);
  const points = [40, 64, 75].flatMap((neurons) => {
    const columns = 3 * neurons;
    const rows = Array.from({ length: LONGEST_ROW }, (_, row) =>
      Array.from({ length: row + 1 }, (__, i) => Math.floor(((i + random()) * columns) / (row + 1))),
    );
    const words = Math.ceil(columns / 32);
    return countRecurrent(bench, options, neurons, rows).map((y, row) => ({ x: [1, words, row + 1], y }));
  });
  const [rowFetch, rowWord, synop] = fitFigures(points);
  return { rowFetch: rowFetch!, rowWord: rowWord!, synop: synop!, emptySlot: synop! };
}

/** Four columns of a block take what they take in a dense row; the rest is the block's. */
function measureBlocks(bench: Bench, options: CompileOptions, synop: Figure): RowFigures {
  const all = (3 * NEURONS) / 4;
  const rows = Array.from({ length: LONGEST_ROW / 2 }, (_, row) =>
    Array.from({ length: row + 1 }, (__, i) => Math.floor(((i + 0.5) * all) / (row + 1))).flatMap((block) =>
      [0, 1, 2, 3].map((column) => 4 * block + column),
    ),
  );
  const points = countRecurrent(bench, options, NEURONS, rows).map((y, row) => ({ x: [1, row + 1], y }));
  const [rowFetch, block] = fitFigures(points);
  const rowWord = {
    ...figureOf((name) => block![name] - 4 * synop[name]),
    worstResidual: block!.worstResidual,
  };
  return { rowFetch: rowFetch!, rowWord, synop, emptySlot: synop };
}

function measureDense(bench: Bench, options: CompileOptions): Figure[] {
  const points = [9, 10, 24, 27].flatMap((neurons) => {
    const columns = Array.from({ length: 3 * neurons }, (_, column) => column);
    return countRecurrent(bench, options, neurons, [columns]).map((y) => ({ x: [1, 3 * neurons], y }));
  });
  return fitFigures(points);
}
