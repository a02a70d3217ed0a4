import { HOST_TRACK, SPAN, SPAN_KINDS, type Trace } from "../core/trace.ts";
import { type CounterSample, fifoSamples, powerSamples, TICKS, ticksOf } from "./trace-counters.ts";
import type { TracePower } from "./trace-power.ts";
import {
  COUNTERS,
  namesOfTracks,
  PHASE_TRACK,
  RECEIVING_HOST,
  STEP_TRACK,
  type Track,
  trackOf,
} from "./trace-tracks.ts";

/** What a trace file says of itself beside its events. */
export interface TraceAbout {
  readonly writtenBy: string;
  readonly model: string;
  readonly chip: string;
  readonly input: string;
  readonly power: TracePower;
}

/** Readers that cut to nanoseconds end a slice so much earlier at most. */
const END_TICKS = 4;
const CHUNK_CHARACTERS = 2 ** 16;

/**
 * A trace in the Trace Event Format, as Perfetto and chrome://tracing read it, in pieces of text. Times are in
 * microseconds of simulated time. A packet is a flow from the slice in which its sender sends it to the slice in
 * which its receiver works it off.
 */
export function* traceJson(trace: Trace, about: TraceAbout): Iterable<string> {
  // The display unit makes chrome://tracing nest slices by nanoseconds. It stands behind the events, as an old
  // Perfetto that meets it before them takes all times for nanoseconds.
  let chunk = '{"traceEvents":[\n';
  let isFirst = true;
  for (const event of eventsOf(trace, about)) {
    chunk += isFirst ? event : `,\n${event}`;
    isFirst = false;
    if (chunk.length < CHUNK_CHARACTERS) continue;
    yield chunk;
    chunk = "";
  }
  yield `${chunk}\n],\n"displayTimeUnit":"ns",\n"otherData":${JSON.stringify(otherDataOf(trace, about))}}\n`;
}

function otherDataOf(trace: Trace, { writtenBy, model, chip, input, power }: TraceAbout) {
  const { fidelity, operatingPoint, first, steps, capacity, isTruncated } = trace;
  return {
    writtenBy,
    model,
    chip,
    input,
    operatingPoint,
    fidelity,
    schedule: "sequential",
    firstTimestep: first,
    timesteps: steps,
    recordLimit: capacity,
    truncated: isTruncated,
    ...(isTruncated && { truncation: `recording stopped after ${capacity} spans and packets` }),
    packets: fidelity === "fast" ? "not recorded: the fast fidelity counts them only" : "recorded",
    power: power.note,
  };
}

/** Slices stand before the flows that begin or end in them. */
function* eventsOf(trace: Trace, about: TraceAbout): Iterable<string> {
  for (const name of namesOfTracks(trace, about.chip)) yield JSON.stringify(name);
  yield* stepsAndPhases(trace);
  yield* spanSlices(trace);
  yield* packetSlicesAndFlows(trace);
  if (trace.fidelity === "detailed") {
    const { sum, largest } = fifoSamples(trace);
    yield* counter("packets in all FIFOs", "packets", sum);
    yield* counter("packets in the fullest FIFO", "packets", largest);
  }
  yield* counter("chip power", "mW", powerSamples(trace, about.power));
}

function* stepsAndPhases({ phases, phaseNames }: Trace): Iterable<string> {
  for (let from = 0; from < phases.step.length;) {
    let to = from;
    while (to < phases.step.length && phases.step[to] === phases.step[from]) to += 1;
    yield slice(STEP_TRACK, `timestep ${phases.step[from]}`, phases.begin[from]!, phases.end[to - 1]!);
    for (let i = from; i < to; i += 1) {
      const name = phaseNames[phases.name[i]!]!;
      yield slice(PHASE_TRACK, name, phases.begin[i]!, phases.end[i]!, `"events":${phases.events[i]}`);
    }
    from = to;
  }
}

function* spanSlices({ spans }: Trace): Iterable<string> {
  for (let i = 0; i < spans.track.length; i += 1) {
    yield slice(trackOf(spans.track[i]!), SPAN_KINDS[spans.kind[i]!]!, spans.begin[i]!, spans.end[i]!);
  }
}

function* packetSlicesAndFlows(trace: Trace): Iterable<string> {
  const { packets } = trace;
  const sendOf = createSendSearch(trace);
  for (let i = 0; i < packets.from.length; i += 1) {
    const [from, to] = [packets.from[i]!, packets.to[i]!];
    const track = to === HOST_TRACK ? RECEIVING_HOST : trackOf(to);
    const sender = from === HOST_TRACK ? "host" : `PE ${from}`;
    const details = `"key":"0x${packets.key[i]!.toString(16)}","from":"${sender}"`;
    const name = to === HOST_TRACK ? "receive" : "synops";
    yield slice(track, name, packets.begin[i]!, packets.end[i]!, details);
    const sent = sendOf(from, packets.sent[i]!);
    if (sent === undefined) continue;
    yield flow("s", trackOf(from), i, sent);
    yield flow("f", track, i, ticksOf(packets.begin[i]!));
  }
}

/**
 * Finds the moment at which a flow leaves its sender's slice, in ticks: when the packet was handed to the NoC, but
 * well before the slice's end, as it is handed over just there, or later by a sender that is stalled.
 */
function createSendSearch({ spans }: Trace) {
  const sends = new Map<number, number[]>();
  for (let i = 0; i < spans.track.length; i += 1) {
    if (spans.kind[i] !== SPAN.send) continue;
    const own = sends.get(spans.track[i]!);
    if (own === undefined) sends.set(spans.track[i]!, [i]);
    else own.push(i);
  }
  return (from: number, sent: number): number | undefined => {
    const own = sends.get(from);
    if (own === undefined || !(sent >= spans.begin[own[0]!]!)) return undefined;
    let [low, high] = [0, own.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (spans.begin[own[middle]!]! <= sent) low = middle;
      else high = middle;
    }
    const [begin, end] = [ticksOf(spans.begin[own[low]!]!), ticksOf(spans.end[own[low]!]!)];
    return Math.max(begin, Math.min(end - END_TICKS, ticksOf(sent)));
  };
}

const slice = ({ pid, tid }: Track, name: string, begin: number, end: number, details = ""): string => {
  const [from, until] = [ticksOf(begin), ticksOf(end)];
  const args = details === "" ? "" : `,"args":{${details}}`;
  return `{"ph":"X","pid":${pid},"tid":${tid},"ts":${microseconds(from)},"dur":${microseconds(until - from)},"name":${JSON.stringify(name)}${args}}`;
};

/** One packet to one receiver. */
const flow = (ph: "s" | "f", { pid, tid }: Track, id: number, at: number): string =>
  `{"ph":"${ph}","pid":${pid},"tid":${tid},"ts":${microseconds(at)},"id":${id + 1},"cat":"packet","name":"event"${ph === "f" ? ',"bp":"e"' : ""}}`;

function* counter(name: string, series: string, samples: readonly CounterSample[]): Iterable<string> {
  const { pid, tid } = COUNTERS;
  const head = `{"ph":"C","pid":${pid},"tid":${tid},"name":${JSON.stringify(name)}`;
  for (const { time: at, value } of samples) {
    yield `${head},"ts":${microseconds(at)},"args":{${JSON.stringify(series)}:${Number(value.toPrecision(9))}}}`;
  }
}

const microseconds = (ticks: number): string => String(ticks / TICKS);
