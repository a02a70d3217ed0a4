import { type Counts, type PerPe, sumOf, type Totals } from "../src/core/counts.ts";
import { InputError } from "../src/core/errors.ts";
import type {
  DramWaits,
  DvfsRun,
  Evaluation,
  Phase,
  PopulationActivity,
  ReplayedTiming,
  SimulationResult,
} from "../src/core/result.ts";
import { type Stimulus, stepsOf } from "../src/core/stimulus.ts";

/**
 * Cuts a stimulus into so many contiguous streams of equal length, as language models are evaluated in batches.
 * Of n inputs each stream gets ⌊n / streams⌋; what is left over at the end is dropped. With targets, the inputs
 * are the steps and the last target: a stream's last token is then a target only, so that no stream predicts
 * what the next one begins with.
 *
 * @throws InputError where there are too few steps for so many streams.
 */
export function cutStreams(stimulus: Stimulus, streams: number): Stimulus[] {
  if (streams === 1) return [stimulus];
  if (!Number.isInteger(streams) || streams < 1) {
    throw new InputError({ field: "streams" }, `${streams} streams`, "Give a whole number from 1 on.");
  }
  const targetsOnly = stimulus.kind === "tokens" && stimulus.targets !== undefined ? 1 : 0;
  const length = Math.floor((stepsOf(stimulus) + targetsOnly) / streams);
  const steps = length - targetsOnly;
  if (steps < 1) {
    const problem = `the input holds ${stepsOf(stimulus)} timesteps, too few for ${streams} streams (${stimulus.origin})`;
    throw new InputError({}, problem, "Give a longer input, or cut it into fewer streams.");
  }
  return Array.from({ length: streams }, (_, stream) => part(stimulus, stream * length, steps));
}

/** Steps that run when a stimulus is cut into so many streams. */
export const stepsInStreams = (stimulus: Stimulus, streams: number): number =>
  sumOf(cutStreams(stimulus, streams).map(stepsOf));

/** A copy. */
function part(stimulus: Stimulus, first: number, steps: number): Stimulus {
  const end = first + steps;
  if (stimulus.kind === "dense") {
    const { width, values } = stimulus;
    return { ...stimulus, values: values.slice(first * width, end * width) };
  }
  const { ids, targets } = stimulus;
  return {
    ...stimulus,
    ids: ids.slice(first, end),
    ...(targets && { targets: targets.slice(first, end) }),
  };
}

/**
 * What one chip did that ran several streams one after the other: counts add up, and figures by step follow
 * one another in the order of the streams. Sums of fractions are taken in that order, so that the result does
 * not depend on who ran which stream. Traces are those of the first stream.
 *
 * @param results Of the same program, one for each stream.
 */
export function joinStreams(results: readonly SimulationResult[]): SimulationResult {
  const [first, ...others] = results;
  if (first === undefined) throw new RangeError("there is no stream to join");
  if (others.length === 0) return first;
  const { evaluation: _, ...shared } = first;
  const evaluation = joinEvaluations(results);
  return {
    ...shared,
    streams: results.length,
    steps: total(results, ({ steps }) => steps),
    counts: joinCounts(results.map(({ counts }) => counts)),
    phases: first.phases.map((phase, index) =>
      joinPhase(
        phase,
        results.map(({ phases }) => phases[index]!),
      ),
    ),
    populations: first.populations.map((population, index) =>
      joinPopulation(
        population,
        results.map(({ populations }) => populations[index]!),
      ),
    ),
    projections: first.projections.map(({ isUnitValued: _, ...projection }, index) => ({
      ...projection,
      ...(results.every(({ projections }) => projections[index]!.isUnitValued) && {
        isUnitValued: true as const,
      }),
      synops: total(results, ({ projections }) => projections[index]!.synops),
    })),
    busyCycles: added(results.map(({ busyCycles }) => busyCycles)),
    macArrayCycles: added(results.map(({ macArrayCycles }) => macArrayCycles)),
    ...(evaluation && { evaluation }),
    ...(first.replays && {
      replays: first.replays.map((replay, index) =>
        joinReplay(
          replay,
          results.map(({ replays }) => replays![index]!),
        ),
      ),
    }),
    ...(first.dvfs && {
      dvfs: first.dvfs.map((run, index) =>
        joinDvfs(
          run,
          results.map(({ dvfs }) => dvfs![index]!),
        ),
      ),
    }),
  };
}

const joinReplay = (first: ReplayedTiming, replays: readonly ReplayedTiming[]): ReplayedTiming => ({
  ...first,
  phases: first.phases.map(({ name }, phase) => ({
    name,
    seconds: joined(replays.map(({ phases }) => phases[phase]!.seconds)),
  })),
  ...(first.intervals && { intervals: joined(replays.map(({ intervals }) => intervals!)) }),
  largestFifo: Math.max(...replays.map(({ largestFifo }) => largestFifo)),
  refusedPackets: total(replays, ({ refusedPackets }) => refusedPackets),
  stalledSends: total(replays, ({ stalledSends }) => stalledSends),
  droppedPackets: total(replays, ({ droppedPackets }) => droppedPackets),
  ...(first.dram && { dram: joinWaits(replays.map(({ dram }) => dram!)) }),
});

const joinWaits = (waits: readonly DramWaits[]): DramWaits => ({
  transfers: total(waits, ({ transfers }) => transfers),
  waitingSeconds: total(waits, ({ waitingSeconds }) => waitingSeconds),
  longestWaitSeconds: Math.max(...waits.map(({ longestWaitSeconds }) => longestWaitSeconds)),
});

const joinDvfs = (first: DvfsRun, runs: readonly DvfsRun[]): DvfsRun => ({
  ...first,
  phases: first.phases.map(({ name }, phase) => ({
    name,
    seconds: joined(runs.map(({ phases }) => phases[phase]!.seconds)),
  })),
  busyCycles: first.busyCycles.map((_, level) => added(runs.map(({ busyCycles }) => busyCycles[level]!))),
  macArrayCycles: first.macArrayCycles.map((_, level) =>
    added(runs.map(({ macArrayCycles }) => macArrayCycles[level]!)),
  ),
  macs: first.macs.map((_, level) => total(runs, ({ macs }) => macs[level]!)),
  switches: added(runs.map(({ switches }) => switches)),
});

function joinEvaluations(results: readonly SimulationResult[]): Evaluation | undefined {
  const evaluations = results.flatMap(({ evaluation }) => (evaluation ? [evaluation] : []));
  if (evaluations.length === 0) return undefined;
  const tokens = total(evaluations, ({ tokens }) => tokens);
  const negativeLogLikelihood = total(evaluations, ({ negativeLogLikelihood }) => negativeLogLikelihood);
  return {
    tokens,
    negativeLogLikelihood,
    perplexity: Math.exp(negativeLogLikelihood / tokens),
    losses: joined(evaluations.map(({ losses }) => losses)),
  };
}

const joinPhase = (first: Phase, phases: readonly Phase[]): Phase => ({
  ...first,
  peCycles: joined(phases.map(({ peCycles }) => peCycles)),
  linkCycles: joined(phases.map(({ linkCycles }) => linkCycles)),
  routerCycles: joined(phases.map(({ routerCycles }) => routerCycles)),
  chipLinkCycles: joined(phases.map(({ chipLinkCycles }) => chipLinkCycles)),
  dramBytes: joined(phases.map(({ dramBytes }) => dramBytes)),
  dramLinkCycles: joined(phases.map(({ dramLinkCycles }) => dramLinkCycles)),
  dramTransfers: joined(phases.map(({ dramTransfers }) => dramTransfers)),
});

const joinPopulation = (
  first: PopulationActivity,
  populations: readonly PopulationActivity[],
): PopulationActivity => ({
  ...first,
  events: total(populations, ({ events }) => events),
  ...(populations[0]!.spikes !== undefined && { spikes: total(populations, ({ spikes = 0 }) => spikes) }),
  eventsPerStep: Uint32Array.from(joined(populations.map(({ eventsPerStep }) => eventsPerStep))),
});

function joinCounts(counts: readonly Counts[]): Counts {
  const first = counts[0]!;
  return {
    kernel: addedPerPe(counts.map(({ kernel }) => kernel)),
    rows: first.rows.map((count, index) => ({
      ...count,
      actions: addedTotals(counts.map(({ rows }) => rows[index]!.actions)),
    })),
    macArray: addedPerPe(counts.map(({ macArray }) => macArray)),
    sram: addedPerPe(counts.map(({ sram }) => sram)),
    noc: addedTotals(counts.map(({ noc }) => noc)),
    links: first.links.map((link, index) => ({
      ...link,
      flits: total(counts, ({ links }) => links[index]!.flits),
    })),
    chipLinks: addedTotals(counts.map(({ chipLinks }) => chipLinks)),
    eventRouter: addedTotals(counts.map(({ eventRouter }) => eventRouter)),
    dram: addedTotals(counts.map(({ dram }) => dram)),
    host: addedTotals(counts.map(({ host }) => host)),
    saturations: addedTotals(counts.map(({ saturations }) => saturations)),
  };
}

const total = <Part>(parts: readonly Part[], count: (part: Part) => number): number =>
  sumOf(parts.map(count));

function addedTotals<Key extends string>(parts: readonly Totals<Key>[]): Totals<Key> {
  const keys = Object.keys(parts[0]!) as Key[];
  return Object.fromEntries(keys.map((key) => [key, total(parts, (part) => part[key])])) as Totals<Key>;
}

function addedPerPe<Key extends string>(parts: readonly PerPe<Key>[]): PerPe<Key> {
  const keys = Object.keys(parts[0]!) as Key[];
  return Object.fromEntries(keys.map((key) => [key, added(parts.map((part) => part[key]))])) as PerPe<Key>;
}

/** Sums, place by place. */
function added(parts: readonly Float64Array[]): Float64Array {
  const sums = new Float64Array(parts[0]!.length);
  for (const values of parts) for (let i = 0; i < sums.length; i += 1) sums[i]! += values[i]!;
  return sums;
}

/** One after the other. */
function joined(parts: readonly (Float64Array | Uint32Array)[]): Float64Array {
  const all = new Float64Array(total(parts, ({ length }) => length));
  let next = 0;
  for (const values of parts) {
    all.set(values, next);
    next += values.length;
  }
  return all;
}
