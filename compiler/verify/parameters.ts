import { type ChipGraphPopulation, type EventGraph, isWeighed, partOf } from "../../src/core/event-graph.ts";
import { GATE_FRACTION_BITS, TABLE_INTERVALS, TABLE_STEP_BITS } from "../../src/core/number-format.ts";
import { NEURON_TRAITS } from "../../src/core/population-kind.ts";
import type { PeProgram, Program } from "../../src/core/program.ts";
import { fault } from "./fault.ts";
import { bytesOf, sectionOf, valuesOf, wordsOf } from "./image-sections.ts";

/** The Program's populations and formats are the graph's, and each slice starts from its neurons' values, to the bit. */
export function verifyParameters(program: Program, graph: EventGraph): void {
  const { quantisation, storedWeights } = program.manifest;
  for (const field of ["format", "scales", "accumulatorBits"] as const)
    if (quantisation[field] !== graph.quantisation[field])
      fault(`${field} of the manifest is not the graph's`);
  const synapses = graph.projections
    .filter((projection) => isWeighed(graph, projection))
    .reduce((sum, projection) => sum + projection.synapses.target.length, 0);
  if (storedWeights !== synapses)
    fault(`the manifest speaks of ${storedWeights} weights, there are ${synapses}`);
  if (program.populations.length !== graph.populations.length)
    fault("the program has other populations than the graph");
  for (const [index, population] of graph.populations.entries()) {
    const own = program.populations[index]!;
    for (const field of ["name", "kind", "size", "payloadFractionBits"] as const)
      if (own[field] !== population[field]) fault(`${field} of population ${own.name} is not the graph's`);
    if (own.partOf !== partOf(population))
      fault(`population ${own.name} is a part of another than the graph's`);
    if (population.kind === "input") {
      if (own.silentZeros !== population.silentZeros)
        fault(`${own.name} sends zeros otherwise than the graph's`);
      continue;
    }
    const slices = program.pes.filter((pe) => pe.population === population.name);
    for (const pe of slices) verifySlice(pe, population);
  }
}

function verifySlice(pe: PeProgram, population: ChipGraphPopulation): void {
  const { name, kind, size, accumulatorStart } = population;
  const stored = wordsOf(pe, sectionOf(pe, "parameters"));
  const start = bitsOf(accumulatorStart);
  const others = population.parameters.map(bitsOf);
  const accumulators = start.length / size;
  const { neurons, firstNeuron } = pe;
  for (let own = 0; own < neurons; own += 1) {
    const neuron = firstNeuron + own;
    for (let accumulator = 0; accumulator < accumulators; accumulator += 1)
      if (stored[accumulator * neurons + own] !== start[accumulator * size + neuron])
        fault(
          `accumulator ${accumulator} of neuron ${neuron} of ${name} starts from another value on PE ${pe.pe}`,
        );
    for (const [index, values] of others.entries())
      if (stored[(accumulators + index) * neurons + own] !== values[neuron])
        fault(
          `neuron ${neuron} of ${name} has another ${NEURON_TRAITS[kind].parameters[index]!.name} on PE ${pe.pe}`,
        );
  }
}

const bitsOf = ({ buffer, byteOffset, length }: Float32Array | Int32Array): Uint32Array =>
  new Uint32Array(buffer, byteOffset, length);

/** σ and tanh tables of integer programs are those that `docs/model.md` defines. */
export function verifyGateTables({ pes }: Program): void {
  const samples = Array.from({ length: TABLE_INTERVALS + 1 }, (_, i) => i / 2 ** TABLE_STEP_BITS);
  const one = 2 ** GATE_FRACTION_BITS;
  const nearest = (value: number) => Math.floor(value * one + 0.5);
  const expected = [
    ...samples.map((x) => nearest(1 / (1 + Math.exp(-x)))),
    ...samples.map((x) => nearest(Math.tanh(x))),
  ];
  for (const pe of pes) {
    const section = sectionOf(pe, "tables");
    if (section === undefined) continue;
    const stored = valuesOf(Uint16Array, 2, bytesOf(pe, section));
    const wrong = stored.findIndex((value, index) => value !== expected[index]);
    if (wrong >= 0) fault(`value ${wrong} of the gate tables on PE ${pe.pe} is wrong`);
  }
}
