import type { NeuronUpdate } from "../src/core/counts.ts";
import { CapacityError, UnsupportedError } from "../src/core/errors.ts";
import { type EventCoding, formatEventCoding } from "../src/core/event-coding.ts";
import { type EventGraph, graphPopulationNamed } from "../src/core/event-graph.ts";
import type { Slice } from "../src/core/mapping.ts";
import { formatOf, type NumberFormat } from "../src/core/number-format.ts";
import { NEURON_TRAITS } from "../src/core/population-kind.ts";
import type { HardwareProfile } from "../src/core/profile.ts";

/** Bits of value of an event by number format. */
const PAYLOAD_BITS: Readonly<Record<NumberFormat, number>> = { float32: 32, int16: 24, int8: 24 };
const WEIGHT_BITS: Readonly<Record<NumberFormat, number>> = { float32: 32, int16: 16, int8: 8 };

const PROGRAMMABLE = "Choose a chip whose PEs run any kind of neuron.";

/**
 * What a chip has to run, as capabilities name it, for an update of a neuron; a part of a fan-in is a sum as well. Those
 * that only integrate send what a spike cannot say, so that `eventPayload` limits them.
 */
const FAMILY: Readonly<Record<NeuronUpdate, string>> = {
  neuronUpdate: "egru",
  lstmUpdate: "lstm",
  gruUpdate: "gru",
  lifUpdate: "lif",
  linearUpdate: "linear",
  activationUpdate: "linear",
  maxUpdate: "max-pool",
};

/** Why a chip cannot run a model, and what would help. */
interface Obstacle {
  readonly reason: string;
  readonly hint: string;
}

/**
 * Holds a quantised graph against what the chip can do at all.
 *
 * @throws UnsupportedError that names every obstacle.
 */
export function checkCapabilities(
  graph: EventGraph,
  profile: HardwareProfile,
  coding: EventCoding | undefined,
): void {
  const obstacles = [
    ...neuronObstacles(graph, profile),
    ...eventObstacles(graph, profile, coding),
    ...weightObstacles(graph, profile),
    ...fanInObstacles(graph, profile),
  ];
  const [first] = obstacles;
  if (first === undefined) return;
  throw new UnsupportedError(
    `${profile.title} cannot run ${graph.name}: ${obstacles.map(({ reason }) => reason).join("; ")}.`,
    obstacles
      .map(({ hint }) => hint)
      .filter((hint, index, all) => all.indexOf(hint) === index)
      .join(" "),
  );
}

function* neuronObstacles(
  { populations }: EventGraph,
  { capabilities: { neurons } = {} }: HardwareProfile,
): Generator<Obstacle> {
  if (neurons === undefined) return;
  const kinds = new Set(populations.flatMap(({ kind }) => (kind === "input" ? [] : kind)));
  const foreign = [...kinds].filter((kind) => !neurons.includes(FAMILY[NEURON_TRAITS[kind].update]));
  if (foreign.length === 0) return;
  yield {
    reason: `its neurons are ${foreign.join(", ")}, the chip's ${neurons.join(", ")}`,
    hint: PROGRAMMABLE,
  };
}

function* eventObstacles(
  { populations, quantisation: { format } }: EventGraph,
  { capabilities: { eventPayload } = {} }: HardwareProfile,
  coding: EventCoding | undefined,
): Generator<Obstacle> {
  if (eventPayload === undefined || populations.every(sendsSpikes)) return;
  const isUnit = coding !== undefined && coding.kind !== "graded";
  const bits = isUnit ? 0 : coding !== undefined ? coding.size + 1 : PAYLOAD_BITS[format];
  if (bits <= eventPayload) return;
  yield {
    reason: `it sends graded events of ${bits} bits, the chip's carry ${eventPayload === 0 ? "none" : eventPayload}`,
    hint:
      eventPayload > 1
        ? `--coding graded:${Math.min(23, eventPayload - 1)} rounds values to what events carry.`
        : "--coding bits:8 sends each event as up to 8 unit spikes, --coding rate:15 as up to 15, in an integer --format; both are counted and priced.",
  };
}

/** Whether its events say no more than that they are there. Trains of spikes are read so; the simulator looks at their values. */
const sendsSpikes = (population: EventGraph["populations"][number]): boolean =>
  population.kind === "input"
    ? population.silentZeros === true
    : NEURON_TRAITS[population.kind].sends === "spikes";

function* weightObstacles(
  { projections }: EventGraph,
  { capabilities: { weightBits, weightsPerNeuron } = {} }: HardwareProfile,
): Generator<Obstacle> {
  const bits = Math.max(...projections.map(({ synapses }) => WEIGHT_BITS[formatOf(synapses.weight)]));
  if (weightBits !== undefined && bits > weightBits) {
    yield {
      reason: `its weights have ${bits} bits, the chip's ${weightBits}`,
      hint:
        weightBits >= 8
          ? `Use --format ${weightBits >= 16 ? "int16" : "int8"}.`
          : "Choose a chip with wider weights.",
    };
  }
  if (weightsPerNeuron === undefined) return;
  const most = Math.max(...projections.map((projection) => mostWeightValues(projection)));
  if (most > weightsPerNeuron) {
    yield {
      reason: `a neuron's weights have up to ${most} values, the chip's ${weightsPerNeuron}`,
      hint: "Train the model with so few weights a neuron, or choose another chip.",
    };
  }
}

/** Different weights of one target's synapses; counted no further than anyone would allow. */
function mostWeightValues({ synapses: { target, weight } }: EventGraph["projections"][number]): number {
  const values = new Map<number, Set<number>>();
  let most = 0;
  for (let i = 0; i < target.length && most < 256; i += 1) {
    let own = values.get(target[i]!);
    if (own === undefined) values.set(target[i]!, (own = new Set()));
    own.add(weight[i]!);
    most = Math.max(most, own.size);
  }
  return most;
}

function* fanInObstacles(
  graph: EventGraph,
  { capabilities: { fanIn: limit } = {} }: HardwareProfile,
): Generator<Obstacle> {
  if (limit === undefined) return;
  const fanIn = new Map<string, Uint32Array>();
  for (const { target: name, synapses } of graph.projections) {
    const { size } = graphPopulationNamed(graph, name);
    const own = fanIn.get(name) ?? new Uint32Array(size);
    fanIn.set(name, own);
    for (const column of synapses.target) own[column % size]! += 1;
  }
  let most = 0;
  for (const counts of fanIn.values()) for (const count of counts) most = Math.max(most, count);
  if (most > limit) {
    yield {
      reason: `a neuron has up to ${most} synapses, the chip's ${limit}`,
      hint: "Prune the model, or choose a chip with a larger fan-in.",
    };
  }
}

/**
 * Holds what each PE got against what it can hold whatever its memory.
 *
 * @throws CapacityError for the first limit that is passed.
 */
export function checkPeLimits(
  graph: EventGraph,
  slices: readonly Slice[],
  { capabilities, title }: HardwareProfile,
): void {
  if (capabilities === undefined) return;
  const { axonsPerPe = Infinity, synapsesPerPe = Infinity } = capabilities;
  if (axonsPerPe === Infinity && synapsesPerPe === Infinity) return;
  for (const slice of slices) {
    const { axons, synapses } = loadOf(graph, slice);
    const where = `A PE of ${title} with ${slice.population}[${slice.first}..${slice.first + slice.count - 1}]`;
    if (axons > axonsPerPe) throw limitError("axons", where, axons, axonsPerPe);
    if (synapses > synapsesPerPe) throw limitError("synapses", where, synapses, synapsesPerPe);
  }
}

const limitError = (resource: "axons" | "synapses", where: string, needed: number, available: number) =>
  new CapacityError(
    { resource, where, needed, available },
    resource === "axons"
      ? "Choose a chip whose PEs take in more sources, or a smaller layer before this one."
      : "Prune the model, or choose a chip whose PEs hold more synapses.",
  );

/** Sources that have a synapse in the slice, and its synapses. A source that reaches it on two ways counts twice. */
function loadOf(graph: EventGraph, { population, first, count }: Slice) {
  const target = graphPopulationNamed(graph, population);
  let axons = 0;
  let synapses = 0;
  for (const projection of graph.projections) {
    if (projection.target !== population) continue;
    const { rowStart, target: columns } = projection.synapses;
    for (let row = 0; row + 1 < rowStart.length; row += 1) {
      const before = synapses;
      for (let i = rowStart[row]!; i < rowStart[row + 1]!; i += 1) {
        const neuron = columns[i]! % target.size;
        if (neuron >= first && neuron < first + count) synapses += 1;
      }
      if (synapses > before) axons += 1;
    }
  }
  return { axons, synapses };
}

/**
 * The coding of a program's events, as its manifest says it.
 *
 * @throws UnsupportedError where the program cannot have one.
 */
export function checkCoding(graph: EventGraph, coding: EventCoding | undefined): void {
  if (coding === undefined) return;
  const name = formatEventCoding(coding);
  if (graph.quantisation.format === "float32") {
    throw new UnsupportedError(
      `--coding ${name} rounds values to steps of their full scale, which float32 has not.`,
      "Use --format int8 or int16.",
    );
  }
  const part = graph.populations.find(({ kind }) => kind === "partial-sum");
  if (part !== undefined) {
    throw new UnsupportedError(
      `--coding ${name} cannot send the partial sums of ${part.name}.`,
      "Compile without dividing fan-ins: --partition-by neurons.",
    );
  }
  const pool = graph.populations.find(({ kind }) => kind === "max-pool");
  if (pool !== undefined) {
    throw new UnsupportedError(
      `--coding ${name} works events off bit by bit, but the max pooling of ${pool.name} compares whole values.`,
      "Leave out --coding, or use average pooling.",
    );
  }
  const product = graph.projections.find(({ onMacArray }) => onMacArray);
  if (product !== undefined) {
    throw new UnsupportedError(
      `--coding ${name} sends spikes, which the MAC array's product from ${product.source} to ${product.target} does not take.`,
      "Compile without products: --mac off.",
    );
  }
}
