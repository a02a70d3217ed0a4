import type { RunReport } from "../compare/run.ts";
import {
  type Counts,
  NEURON_UPDATES,
  type PerPe,
  SRAM_TRAFFIC,
  type SramTraffic,
  sumOf,
} from "../core/counts.ts";
import type { ProjectionActivity, SimulationResult } from "../core/result.ts";
import type { RunJson } from "./result-schema.ts";

/** Events and activity of each population. */
export function layersOf({ program, result }: RunReport): RunJson["layers"] {
  const layers = result.populations.filter(({ partOf }) => partOf === undefined);
  return layers.map(({ name, size, events }) => {
    const activity = events / (size * result.steps);
    return {
      name,
      neurons: size,
      isInput: program.populations.find((population) => population.name === name)?.kind === "input",
      pes: program.pes.filter(({ population }) => population === name).length,
      events,
      eventsPerToken: events / result.steps,
      activity,
      activitySparsity: 1 - activity,
    };
  });
}

/** Partial sums that are brought to their layer are the chip's work, not the model's. */
const modelProjections = ({ projections }: SimulationResult): ProjectionActivity[] =>
  projections.filter(({ bringsPartialSums }) => !bringsPartialSums);

/** Synops of each projection beside the dense count and the product law. */
export function projectionsOf({ result }: RunReport): RunJson["projections"] {
  return modelProjections(result).map((projection) => {
    const { source, target, delay, synops, synapses, dense } = projection;
    return {
      source,
      target,
      isRecurrent: delay === 1,
      ...(projection.isCompared && { isCompared: true as const }),
      denseWeights: dense,
      storedWeights: synapses,
      connectionSparsity: 1 - shareOf(synapses, dense),
      synops,
      synopsPerToken: synops / result.steps,
      share: shareOf(synops, dense * result.steps),
      shareByProductLaw: sourceActivity(projection, result) * shareOf(synapses, dense),
    };
  });
}

/**
 * All projections together but what max pooling compares. λ_a weighs each source's activity by the dense synops that hang on it, λ_w is
 * the share of weights that are stored; their product is what one would expect if activity and pruning were
 * independent. The measured share differs where active neurons have more or fewer weights than others.
 */
export function workOf({ result }: RunReport): RunJson["work"] {
  const { steps } = result;
  const projections = modelProjections(result).filter(({ isCompared }) => !isCompared);
  const dense = sumOf(projections.map((projection) => projection.dense));
  const stored = sumOf(projections.map(({ synapses }) => synapses));
  const synops = sumOf(projections.map((projection) => projection.synops));
  const active = sumOf(
    projections.map((projection) => projection.dense * sourceActivity(projection, result)),
  );
  const activity = shareOf(active, dense);
  const connectionDensity = shareOf(stored, dense);
  return {
    synopsPerToken: synops / steps,
    denseSynopsPerToken: dense,
    share: shareOf(synops, dense * steps),
    activity,
    connectionDensity,
    shareByProductLaw: activity * connectionDensity,
  };
}

/**
 * Share of (neuron, timestep) pairs of the projection's source in which an event reached the projection.
 * A recurrent projection passes on the events of the timestep before; those of a stream's last step reach nobody.
 */
function sourceActivity(
  { source, delay }: ProjectionActivity,
  { populations, steps, streams = 1 }: SimulationResult,
): number {
  const population = populations.find(({ name }) => name === source);
  if (population === undefined) return 0;
  const { eventsPerStep, events, size } = population;
  const length = steps / streams;
  const lastOfStream = eventsPerStep.filter((_, step) => (step + 1) % length === 0);
  const arrived = delay === 0 ? events : events - sumOf(lastOfStream);
  return shareOf(arrived, size * steps);
}

const shareOf = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);

/** Packets, flits and bytes, a timestep. */
export function trafficOf({ result }: RunReport): RunJson["traffic"] {
  const { counts, steps } = result;
  const { kernel, eventRouter, noc, sram, dram } = counts;
  const bytes = Object.fromEntries(SRAM_TRAFFIC.map((kind) => [kind, sumOf(sram[kind]) / steps])) as Record<
    SramTraffic,
    number
  >;
  const link = busiestLink(counts);
  return {
    eventsSentPerToken: sumOf(kernel.eventSend) / steps,
    eventsReceivedPerToken: sumOf(kernel.packetReceive) / steps,
    rowLookupsPerToken: sumOf(kernel.rowLookup) / steps,
    rowFetchesPerToken: sumOf(kernel.rowFetch) / steps,
    emptySlotsPerToken: sumOf(kernel.emptySlot) / steps,
    neuronUpdatesPerToken: sumOf(NEURON_UPDATES.map((action) => sumOf(kernel[action]))) / steps,
    tableLookupsPerToken: eventRouter.tableLookup / steps,
    packetsOutPerToken: eventRouter.packetOut / steps,
    flitHopsPerToken: noc.flitHop / steps,
    ...(link && {
      busiestLink: {
        chip: link.chip,
        isBetweenChips: link.isBetweenChips,
        from: [...link.from],
        to: [...link.to],
        flitsPerToken: link.flits / steps,
      },
    }),
    sramBytesReadPerToken: sumBytes(sram, /Read$/) / steps,
    sramBytesWrittenPerToken: sumBytes(sram, /Written$/) / steps,
    sramBytesPerTokenByKind: bytes,
    dramBytesReadPerToken: dram.byteRead / steps,
    dramBytesWrittenPerToken: dram.byteWritten / steps,
    saturations: { ...counts.saturations },
  };
}

const sumBytes = (sram: PerPe<SramTraffic>, kind: RegExp): number =>
  sumOf(SRAM_TRAFFIC.filter((name) => kind.test(name)).map((name) => sumOf(sram[name])));

/** The first of the links with most flits. */
function busiestLink({ links }: Counts): Counts["links"][number] | undefined {
  let busiest: Counts["links"][number] | undefined;
  for (const link of links) if (link.flits > (busiest?.flits ?? 0)) busiest = link;
  return busiest;
}
