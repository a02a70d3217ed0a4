import type { ReplayedTiming } from "../../src/core/result.ts";
import type { ReplayRequest } from "../../src/core/run-policy.ts";
import type { TraceRecorder } from "../../src/core/trace.ts";
import type { Tiles } from "../components/mac-array.ts";
import { HOST } from "../components/network.ts";
import type { Machine } from "../engine/machine.ts";
import type { EventList } from "../functional/event-list.ts";
import { createAgenda, DUE } from "./agenda.ts";
import { createClockwork } from "./clockwork.ts";
import { createCoreClocks, cyclesAtPoint } from "./pes/core-clocks.ts";
import { createCoreQueues } from "./pes/core-queues.ts";
import { createDecoderArrays, type DecoderArrays, decoderTiles } from "./pes/decoder-arrays.ts";
import { createTileStreams } from "./pes/tile-streams.ts";
import { TILE_SLOTS } from "./dram/dram-slots.ts";
import { createDramPorts, usesDram } from "./dram/dram-ports.ts";
import { createHostFeed } from "./pes/host-feed.ts";
import { createLayerProgress } from "./layer-progress.ts";
import { paceOf } from "./pace.ts";
import { createPeCores } from "./pes/pe-cores.ts";
import { keepPipelineEvents } from "./pipeline-events.ts";
import { planReceptions, type Receptions, UNUSED } from "./pes/receptions.ts";
import { createFigureCounter } from "./replay-figures.ts";
import { startReplayLog } from "./replay-log.ts";
import { createReplayNotes } from "./replay-notes.ts";
import { standstillOf } from "./transport/standstill.ts";
import { createStepPlanner } from "./step-plan.ts";
import { createTransport, deliveryPlaces } from "./transport/transport.ts";

export interface Replay {
  /**
   * Replays one timestep; of a pipeline, the interval that begins with its input.
   *
   * @param events Of every population in this timestep.
   * @param levels Under a policy, the operating point of every worker in this timestep, among the policy's.
   */
  step(events: readonly EventList[], levels?: ArrayLike<number>): void;
  timing(): ReplayedTiming;
  /** Packets of events so far by link, in the order of the machine's network. */
  linkPackets(): number[];
  /** Flits from and to DRAM so far by link of the NoC, in the same order; none where they take no way. */
  dramFlits(): number[];
}

/**
 * Replays what a run computed, packet by packet: PEs, their FIFOs, DRAM, routers, meshes and links, with
 * arbitration, finite buffers and back-pressure. Numbers are known by then, so that the order in which packets
 * arrive changes time and nothing else. A PE starts its neurons when all events of its timestep have come in
 * and its source layers are through; recurrent events are worked off as they arrive.
 *
 * In a pipeline all layers start together, population p on timestep k − p in interval k, and all that is sent in an
 * interval is used in the next one.
 *
 * @param recorder Takes down what happens when; nothing is spent on it where it is absent.
 */
export function createReplay(
  machine: Machine,
  request: ReplayRequest,
  capacity: number,
  recorder?: TraceRecorder,
): Replay {
  const { profile, program, slices, phases } = machine;
  const { schedule = "sequential", synchronisation = { kind: "data-flow" } } = request;
  const isPipelined = schedule === "pipelined";
  const decoderLag = isPipelined ? 1 : 0;
  const { clock } = profile.noc;
  const pace = paceOf(synchronisation, clock);
  const places = deliveryPlaces(machine);
  const receptions = inSchedule(planReceptions(machine, places.count, places.ofPe), isPipelined);
  const agenda = createAgenda();
  const perPeCycle = cyclesAtPoint(machine, request);
  const notes = recorder && createReplayNotes(machine, receptions, perPeCycle, recorder);
  const log = startReplayLog(machine, request, capacity, notes);

  const { queues, fetching } = createCoreQueues(
    machine,
    receptions,
    agenda,
    {
      request: (slice, slot, bytes, time) => dram!.request(slice, slot, bytes, time),
      update: (slice, time) => cores.update(slice, time),
      resolved(slice, time) {
        cores.placeIsKnown(slice);
        decoder?.coreIsFree(slice, time);
      },
    },
    notes?.received,
  );
  const clocks = createCoreClocks(machine, request, perPeCycle, queues);

  const dram = usesDram(machine)
    ? createDramPorts(machine, agenda, {
        arrived(worker, slot, time) {
          if (slot < TILE_SLOTS) fetching!.fetched(worker, slot, time);
          else tiles.fetched(worker, slot - TILE_SLOTS, time);
        },
        askAgain: fetch,
      })
    : undefined;
  const progress = createLayerProgress(machine, agenda, isPipelined, pace, (worker, time) => {
    if (worker < slices.length) cores.startIfReady(worker, time);
    else decoder!.startIfReady(worker, time);
  });
  const tiles = createTileStreams(tilesOf(machine), agenda, perPeCycle, {
    request: (worker, slot, bytes, time) => dram!.request(worker, TILE_SLOTS + slot, bytes, time),
    through(worker, time) {
      if (worker < slices.length) cores.multiplied(worker, time);
      else decoder!.through(worker, time);
    },
    ...(notes && { multiplies: notes.multiplies }),
  });
  const decoder: DecoderArrays | undefined = program.chipDecoder
    ? createDecoderArrays({
        machine,
        receptions,
        queues,
        perPeCycle,
        lag: decoderLag,
        tiles,
        isOpen: progress.isOpen,
        isThrough: progress.workerIsThrough,
      })
    : undefined;
  const cores = createPeCores({
    machine,
    receptions,
    places,
    agenda,
    queues,
    way: {
      packetsOf: (neuron) => transport.packetsOf(neuron),
      offer: (sender, payload, copy, cycle) => transport.offer(sender, payload, copy, cycle),
    },
    progress,
    tiles,
    decoder,
    perPeCycle,
    notes,
  });
  const transport = createTransport(machine, receptions.routeOf, agenda, {
    deliver: cores.deliver,
    arrivedAtHost(payload, cycle) {
      hostLeft -= 1;
      lastAtHost = cycle;
      notes?.receivedByHost(payload, cycle);
    },
    wayInIsFree(sender, cycle) {
      if (sender === HOST) host.send(cycle);
      else cores.wayInIsFree(sender, cycle);
    },
  });
  const host = createHostFeed(transport, progress.hostIsThrough, notes);
  const planStep = createStepPlanner(machine, receptions, places.count, decoderLag);
  const clockwork = createClockwork(agenda, transport, dram, dispatch);
  const counter = createFigureCounter(queues, cores, transport, dram, clock);
  const eventsOfInterval = isPipelined ? keepPipelineEvents(program.populations.length) : undefined;
  let hostLeft = 0;
  let lastAtHost = 0;
  let end = 0;

  function fetch(worker: number, time: number): void {
    if (worker < slices.length) fetching?.fetch(worker, time);
    tiles.fetch(worker, time);
  }

  function dispatch(kind: number, index: number, time: number): void {
    if (kind === DUE.send) cores.send(index, time);
    else if (kind === DUE.finish) cores.finish(index, time);
    else if (kind === DUE.resume) transport.resume(index, time);
    else if (kind < DUE.open) transport.dispatch(kind, index, time);
    else if (kind === DUE.open) progress.open(index, time);
    else if (kind === DUE.fetch) fetch(index, time);
    else if (kind === DUE.data) dram!.data(index, time);
    else tiles.multiplied(index, time);
  }

  /** When the next timestep begins; until then what is under way goes on. */
  function comeToBegin(isFirst: boolean): number {
    const begin = Math.ceil(pace === undefined || isFirst ? end : pace(end));
    if (pace !== undefined) while (clockwork.goOn(begin));
    clockwork.advance(begin);
    return begin;
  }

  return {
    step(events, levels) {
      const step = log.steps();
      notes?.beginStep(step);
      const begin = comeToBegin(step === 0);
      const lists = eventsOfInterval?.(step, events) ?? events;
      const plan = planStep(step, lists);
      hostLeft = plan.toHost;
      cores.begin(plan);
      decoder?.begin(plan);
      host.begin(plan);
      lastAtHost = begin;
      clocks.begin(step, begin, levels);
      progress.begin(begin);
      host.send(transport.cycle());
      while (progress.left() > 0 || hostLeft > 0) {
        if (!clockwork.goOn(Infinity)) throw standstillOf(machine, transport, cores.stalledSlices());
      }
      end = Math.max(begin, lastAtHost);
      for (let layer = 0; layer <= phases.length; layer += 1) end = Math.max(end, progress.endedAt(layer));
      log.add(begin, end, progress, lists);
      if (isPipelined && log.steps() === phases.length) counter.restart();
    },
    linkPackets: () => transport.linkPackets(),
    dramFlits: () => dram?.linkFlits() ?? [],
    timing: () => log.timing(counter.figures()),
  };
}

/** What streams to slices' products, and to shares of a decoder. */
const tilesOf = (machine: Machine): Map<number, Tiles> => {
  const ofSlices = machine.arrayWork.flatMap(({ tiles }, worker) =>
    tiles ? [[worker, tiles] as const] : [],
  );
  return new Map([...ofSlices, ...decoderTiles(machine)]);
};

/** In a pipeline all packets are used in the interval after the one in which they are sent. */
const inSchedule = (receptions: Receptions, isPipelined: boolean): Receptions =>
  isPipelined
    ? { ...receptions, lag: receptions.lag.map((lag) => (lag === UNUSED ? UNUSED : 1)) }
    : receptions;
