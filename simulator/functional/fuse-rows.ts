import { InputError } from "../../src/core/errors.ts";
import type { NumberFormat } from "../../src/core/number-format.ts";
import { NEURON_TRAITS } from "../../src/core/population-kind.ts";
import type { Program } from "../../src/core/program.ts";
import { isProductForm } from "../../src/core/row-form.ts";
import { pesOfRoute, type RoutePlan } from "../components/routes.ts";
import { type Allocate, bytesOfArrays, copyTo, type Numbers } from "./allocate.ts";
import {
  type Column,
  dramBytesIn,
  inBlocks,
  rowsByNeuron,
  scaleOf,
  slotsIn,
  synapsesIn,
  tableOf,
} from "./columns.ts";
import {
  bytesOfConvolution,
  type FusedConvolution,
  fuseConvolutions,
  moveConvolution,
} from "./fuse-convolutions.ts";
import { RECOMPILE } from "./image-reader.ts";
import { bytesOfProduct, type FusedProduct, fuseProducts, moveProduct } from "./fuse-products.ts";
import type { LoadedBlock, LoadedSlice, WeightArray } from "./load-image.ts";

/** Rows of one source population over several PEs of the target, ready to be added to all accumulators. */
export interface FusedRows {
  /** Of the weights. */
  readonly format: NumberFormat;
  /** Shape [source neurons + 1]. */
  readonly rowStart: Uint32Array;
  /** `accumulator · target size + neuron`; distinct within a row. Shape [synapses]. */
  readonly target: Uint16Array | Uint32Array;
  /** Shape [synapses]. */
  readonly weight: WeightArray;
  /** Integer formats: multiplier of each source's payload. Shape [source neurons]. */
  readonly multiplier: Uint32Array;
  readonly shift: number;
  /** PEs on which a source's row holds a weight that is not zero. Shape [source neurons]. */
  readonly peRows: Uint32Array;
}

/** All that the events of one population do to one later in the same step, or in the next. */
export interface FusedProjection {
  /** Indices of populations. */
  readonly source: number;
  readonly target: number;
  readonly delay: 0 | 1;
  /** One for each number format and distinct scaling that PEs hold; mostly one. They touch different accumulators. */
  readonly strands: readonly FusedRows[];
  /** What PEs work off on their MAC arrays instead; one for each distinct scaling. */
  readonly products: readonly FusedProduct[];
  /** And by their kernels; one for each of them. */
  readonly convolutions: readonly FusedConvolution[];
  /** Slices with a block here, ascending; the columns of `slotsOf`. */
  readonly slices: readonly number[];
  readonly blocks: readonly LoadedBlock[];
  /** Slots that an event of each source makes each slice go through. Shape [source neurons, slices]. */
  readonly slotsOf: Uint16Array | Uint32Array;
  /** Of these, the empty ones; absent where there are none. Same shape. */
  readonly emptyOf?: Uint16Array | Uint32Array;
  /** Bytes of DRAM that an event of each source makes each slice fetch; absent where all rows lie in SRAM. Same shape. */
  readonly dramBytesOf?: Uint16Array | Uint32Array;
}

/**
 * Joins what the PEs of each population hold into one structure a projection. Only rows whose packets reach
 * the PE through the routing table are in it: the others lie in SRAM and do nothing.
 *
 * @returns In the canonical order, in which contributions are added.
 */
export function fuseRows(
  program: Program,
  slices: readonly LoadedSlice[],
  plan: RoutePlan,
  burstBytes: number,
): FusedProjection[] {
  const { populations } = program;
  const reaches = plan.routes.map((route) => new Set(pesOfRoute(route)));
  return populations.flatMap(({ name }, target) => {
    const own = [...slices.entries()].filter(([, { population }]) => population === name);
    const names = commonOrder(
      name,
      own.map(([, { blocks }]) => blocks.map(nameOf)),
    );
    return names.map((key) => {
      const columns = own.flatMap(([slice, { pe, blocks }]): Column[] => {
        const position = blocks.findIndex((block) => nameOf(block) === key);
        if (position < 0) return [];
        const block = blocks[position]!;
        return [
          { slice, block, rowOf: rowsByNeuron(program, plan, block, (route) => reaches[route]!.has(pe)) },
        ];
      });
      const source = populations.findIndex((population) => population.name === columns[0]!.block.source);
      const size = populations[source]!.size;
      return {
        source,
        target,
        delay: columns[0]!.block.delay,
        strands: sameScaling(
          columns.filter(({ block }) => !isProductForm(block.form)),
          size,
        ).map((group) => fuseStrand(group, slices, populations[target]!.size, size)),
        products: fuseProducts(
          columns.filter(({ block }) => block.form === "mac-array"),
          slices,
          populations[target]!.size,
          size,
        ),
        convolutions: fuseConvolutions(
          columns.filter(({ block }) => block.form === "mac-convolution"),
          slices,
          populations[target]!.size,
          size,
        ),
        slices: columns.map(({ slice }) => slice),
        blocks: columns.map(({ block }) => block),
        slotsOf: tableOf(columns, size, slotsIn),
        ...(columns.some(({ block }) => block.slotStart !== block.rowStart) && {
          emptyOf: tableOf(
            columns,
            size,
            (column, neuron) => slotsIn(column, neuron) - synapsesIn(column, neuron),
          ),
        }),
        ...(columns.some(({ block }) => block.dram) && {
          dramBytesOf: tableOf(columns, size, (column, neuron) => dramBytesIn(column, neuron, burstBytes)),
        }),
      };
    });
  });
}

const arraysOf = ({ rowStart, target, weight, multiplier, peRows }: FusedRows): Numbers[] => [
  rowStart,
  target,
  weight,
  multiplier,
  peRows,
];

/** Bytes that `moveProjection` takes. */
export const bytesOfProjection = ({
  strands,
  products,
  convolutions,
  slotsOf,
  emptyOf,
  dramBytesOf,
}: FusedProjection): number =>
  products.reduce((sum, product) => sum + bytesOfProduct(product), 0) +
  convolutions.reduce((sum, convolution) => sum + bytesOfConvolution(convolution), 0) +
  bytesOfArrays(
    [
      ...strands.flatMap(arraysOf),
      slotsOf,
      ...[emptyOf, dramBytesOf].filter((table) => table !== undefined),
    ].map(({ byteLength }) => byteLength),
  );

/** The same projection with its arrays in another place. */
export const moveProjection = (projection: FusedProjection, allocate: Allocate): FusedProjection => ({
  ...projection,
  slotsOf: copyTo(allocate, projection.slotsOf),
  ...(projection.emptyOf && { emptyOf: copyTo(allocate, projection.emptyOf) }),
  ...(projection.dramBytesOf && { dramBytesOf: copyTo(allocate, projection.dramBytesOf) }),
  products: projection.products.map((product) => moveProduct(product, allocate)),
  convolutions: projection.convolutions.map((convolution) => moveConvolution(convolution, allocate)),
  strands: projection.strands.map(({ format, rowStart, target, weight, multiplier, shift, peRows }) => ({
    format,
    rowStart: copyTo(allocate, rowStart),
    target: copyTo(allocate, target),
    weight: copyTo(allocate, weight),
    multiplier: copyTo(allocate, multiplier),
    shift,
    peRows: copyTo(allocate, peRows),
  })),
});

/** A PE has at most one block of each name. */
const nameOf = ({ source, delay, part }: LoadedBlock): string => `${source} ${delay} ${part}`;

/** The one order in which all PEs of a population list their source blocks, whether or not each has all. */
function commonOrder(population: string, lists: readonly (readonly string[])[]): string[] {
  const order: string[] = [];
  const waiting = new Set(lists.flat());
  while (waiting.size > 0) {
    const heads = lists.map((list) => list.find((name) => waiting.has(name)));
    const next = heads.find(
      (head) =>
        head !== undefined &&
        lists.every((list) => !list.includes(head) || list.find((name) => waiting.has(name)) === head),
    );
    if (next === undefined) {
      throw new InputError(
        { field: population },
        "its PEs list their source blocks in different orders",
        RECOMPILE,
      );
    }
    order.push(next);
    waiting.delete(next);
  }
  return order;
}

/** Groups PEs with weights of one format that scale every payload alike, so that each group needs it scaled only once. */
function sameScaling(columns: readonly Column[], size: number): Column[][] {
  if (columns.length === 0) return [];
  if (columns.every(({ block }) => block.multiplier === undefined)) return [[...columns]];
  const groups: { format: NumberFormat; shift: number; scales: Float64Array; members: Column[] }[] = [];
  for (const column of columns) {
    const scales = Float64Array.from({ length: size }, (_, neuron) =>
      synapsesIn(column, neuron) === 0 ? -1 : scaleOf(column, neuron),
    );
    const agrees = (other: Float64Array) =>
      scales.every((scale, neuron) => scale < 0 || other[neuron]! < 0 || scale === other[neuron]);
    const { weightFormat: format, shift } = column.block;
    const group = groups.find(
      (other) => other.format === format && other.shift === shift && agrees(other.scales),
    );
    if (group === undefined) groups.push({ format, shift, scales, members: [column] });
    else {
      group.members.push(column);
      for (const [neuron, scale] of scales.entries()) if (scale >= 0) group.scales[neuron] = scale;
    }
  }
  return groups.map(({ members }) => members);
}

function fuseStrand(
  columns: readonly Column[],
  slices: readonly LoadedSlice[],
  targetSize: number,
  size: number,
): FusedRows {
  const { weightFormat: format, shift } = columns[0]!.block;
  const rowStart = new Uint32Array(size + 1);
  const multiplier = new Uint32Array(size);
  const peRows = new Uint32Array(size);
  inBlocks(columns, size, (column, first, end) => {
    for (let neuron = first; neuron < end; neuron += 1) {
      const synapses = synapsesIn(column, neuron);
      if (synapses === 0) continue;
      rowStart[neuron + 1]! += synapses;
      peRows[neuron]! += 1;
      multiplier[neuron] = scaleOf(column, neuron);
    }
  });
  for (let neuron = 0; neuron < size; neuron += 1) rowStart[neuron + 1]! += rowStart[neuron]!;
  const synapses = rowStart[size]!;
  const accumulators = NEURON_TRAITS[slices[columns[0]!.slice]!.kind].accumulators.length;
  const target = accumulators * targetSize <= 2 ** 16 ? new Uint16Array(synapses) : new Uint32Array(synapses);
  const weight = emptyWeights(format, synapses);
  const next = rowStart.slice();
  const globalOf = new Map(
    columns.map(({ slice }) => [slice, globalAccumulators(slices[slice]!, targetSize)] as const),
  );
  inBlocks(columns, size, ({ slice, block, rowOf }, first, end) => {
    const { rowStart: starts, index, weight: weights } = block;
    const global = globalOf.get(slice)!;
    for (let neuron = first; neuron < end; neuron += 1) {
      const row = rowOf[neuron]!;
      if (row < 0) continue;
      const last = starts[row + 1]!;
      let at = next[neuron]!;
      for (let i = starts[row]!; i < last; i += 1) {
        target[at] = global[index[i]!]!;
        weight[at] = weights[i]!;
        at += 1;
      }
      next[neuron] = at;
    }
  });
  return { format, rowStart, target, weight, multiplier, shift, peRows };
}

/** Population-wide index of each of a slice's accumulators. */
const globalAccumulators = ({ first, neurons, kind }: LoadedSlice, targetSize: number): Uint32Array =>
  Uint32Array.from(
    { length: NEURON_TRAITS[kind].accumulators.length * neurons },
    (_, index) => Math.floor(index / neurons) * targetSize + first + (index % neurons),
  );

function emptyWeights(format: NumberFormat, length: number): WeightArray {
  if (format === "float32") return new Float32Array(length);
  return format === "int16" ? new Int16Array(length) : new Int8Array(length);
}
