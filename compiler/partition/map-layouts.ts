import { elementsOf } from "../../src/core/convolution.ts";
import {
  accumulatorsPerNeuron,
  type EventGraph,
  graphPopulationNamed,
  projectionName,
} from "../../src/core/event-graph.ts";
import type { ConvolutionMatrix, MapShape, ModelIr } from "../../src/core/model-ir.ts";
import { TABLE_INTERVALS } from "../../src/core/number-format.ts";
import { NEURON_TRAITS, parameterWords } from "../../src/core/population-kind.ts";
import { dataBytesOf, type HardwareProfile } from "../../src/core/profile.ts";
import { PACKET_BYTES, POPULATION_RECORD_BYTES } from "../../src/core/program.ts";
import { macBufferBytes, MAX_MAC_OPERANDS } from "../../src/core/row-form.ts";
import {
  areGroupsWhole,
  CONVOLUTION_WORDS,
  type MapLayout,
  neuronsOfMapRow,
  operandsOf,
  type SharedConvolution,
  tapsOf,
} from "../../src/core/shared-convolution.ts";
import { middleSlice } from "../storage/expected-rows.ts";

/** Convolutions of the model that could be multiplied by their kernels, by projection; those into gated kinds could not. */
export function kernelsOf(
  { projections }: ModelIr,
  graph: EventGraph,
): ReadonlyMap<string, ConvolutionMatrix> {
  const found = new Map<string, ConvolutionMatrix>();
  for (const { source, target, delay, weights } of projections) {
    if (weights.kind !== "convolution") continue;
    const isHere = graph.projections.some(
      (own) => own.source === source && own.target === target && own.delay === delay,
    );
    if (!isHere) continue;
    const { size } = graphPopulationNamed(graph, target);
    const isOfNeurons = accumulatorsPerNeuron(graphPopulationNamed(graph, target)) === 1;
    if (isOfNeurons && elementsOf(weights.output) === size)
      found.set(projectionName({ source, target, delay }), weights);
  }
  return found;
}

export interface LayoutProblem {
  /** As it is lowered. */
  readonly graph: EventGraph;
  readonly profile: HardwareProfile;
  readonly pes: number;
}

/**
 * How the populations of these convolutions hold their maps. Sources that no kernel writes hold channels last, so that what a row of places sees stands
 * together. Of the others as many channels stand together as leave a row of maps for each PE of the population's share of them,
 * by neurons, but no fewer than the MAC array has columns, and in any case as a PE's memory can take. A convolution whose
 * populations hold other maps for one before it is left out, and so is one with more operands than two bytes name.
 */
export function layMapsOut(
  { graph, profile, pes }: LayoutProblem,
  kernels: ReadonlyMap<string, ConvolutionMatrix>,
): ReadonlyMap<string, SharedConvolution> {
  const shapes = new Map<string, MapShape>();
  const kept = [...kernels].flatMap(([name, matrix]) => {
    const { source, target, delay } = graph.projections.find((own) => projectionName(own) === name)!;
    const agrees = (population: string, maps: MapShape) => isSame(shapes.get(population) ?? maps, maps);
    if (source === target && !isSame(matrix.input, matrix.output)) return [];
    if (!agrees(source, matrix.input) || !agrees(target, matrix.output)) return [];
    shapes.set(source, matrix.input).set(target, matrix.output);
    return [{ name, source, target, delay, matrix }];
  });
  const layouts = new Map<string, MapLayout>(
    [...shapes].map(([name, maps]) => [name, { ...maps, together: maps.channels }]),
  );
  const sharedOf = ({ source, target, matrix }: (typeof kept)[number]): SharedConvolution => {
    const { kernel, stride, dilation, padding, groups } = matrix;
    const [input, output] = [layouts.get(source)!, layouts.get(target)!];
    return { input, output, kernel, stride, dilation, padding, groups };
  };
  const onChip = graph.populations.filter(({ kind }) => kind !== "input");
  const neurons = onChip.reduce((sum, { size }) => sum + size, 0);
  for (const { name, size } of onChip) {
    const into = kept.filter(({ target }) => target === name);
    if (into.length === 0) continue;
    const own = { ...layouts.get(name)! };
    const bytesWith = (together: number) => {
      layouts.set(name, { ...own, together });
      const convolutions = into.map((one) => ({ ...sharedOf(one), delay: one.delay }));
      return convolutions.every(areGroupsWhole) ? mapRowBytes(graph, profile, name, convolutions) : Infinity;
    };
    const budget = dataBytesOf(profile.pe.sram);
    const fitting = divisorsOf(own.channels).filter((together) => bytesWith(together) <= budget);
    const together = channelsTogether(own, fitting, (pes * size) / neurons, profile.pe.macArray!.columns);
    layouts.set(name, { ...own, together });
  }
  return new Map(
    kept
      .map((one) => [one.name, sharedOf(one)] as const)
      .filter(([, shared]) => operandsOfMapRow(shared) <= MAX_MAC_OPERANDS),
  );
}

const isSame = (a: MapShape, b: MapShape): boolean =>
  a.channels === b.channels && a.height === b.height && a.width === b.width;

/** @param fitting Descending. */
function channelsTogether(
  { channels, height }: MapShape,
  fitting: readonly number[],
  share: number,
  columns: number,
): number {
  const least = Math.min(columns, channels);
  const isEnough = (together: number) => (channels / together) * height >= share;
  const wide = fitting.filter((together) => together >= least);
  return wide.find(isEnough) ?? wide.at(-1) ?? fitting[0] ?? 1;
}

/** Descending. */
const divisorsOf = (channels: number): number[] =>
  Array.from({ length: channels }, (_, i) => channels - i).filter((divisor) => channels % divisor === 0);

const operandsOfMapRow = (convolution: SharedConvolution): number => {
  const { output } = convolution;
  return operandsOf(convolution, middleSlice({ convolution }, elementsOf(output), neuronsOfMapRow(output)))
    .count;
};

/** About what a slice of one row of maps takes, with its part of these convolutions and of nothing else. */
function mapRowBytes(
  graph: EventGraph,
  { pe }: HardwareProfile,
  name: string,
  convolutions: readonly (SharedConvolution & { readonly delay: 0 | 1 })[],
): number {
  const population = graphPopulationNamed(graph, name);
  const traits = NEURON_TRAITS[population.kind as Exclude<typeof population.kind, "input">];
  const perNeuron =
    4 * (parameterWords(traits) + traits.state.length + traits.accumulators.length) + PACKET_BYTES;
  const columns = neuronsOfMapRow(convolutions[0]!.output);
  const tables = traits.lookups > 0 ? 4 * (TABLE_INTERVALS + 1) : 0;
  return convolutions.reduce(
    (sum, convolution) =>
      sum +
      POPULATION_RECORD_BYTES +
      4 * CONVOLUTION_WORDS +
      convolution.output.together * tapsOf(convolution) +
      macBufferBytes(operandsOfMapRow(convolution), columns, convolution.delay),
    pe.sram.packetFifoEntries * PACKET_BYTES + tables + perNeuron * columns,
  );
}
