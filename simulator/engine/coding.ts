import { InputError, UnsupportedError } from "../../src/core/errors.ts";
import {
  type EventCoding,
  mostSpikes,
  parseEventCoding,
  payloadOfSteps,
  spikesOfSteps,
  stepsOfPayload,
} from "../../src/core/event-coding.ts";
import type { Program } from "../../src/core/program.ts";
import type { EventList } from "../functional/event-list.ts";

/**
 * How a program's events are sent; undefined: as they are.
 *
 * @throws InputError where the program says something that cannot be.
 */
export function codingOf({ manifest }: Program): EventCoding | undefined {
  const text = manifest.options["coding"];
  if (text === undefined) return undefined;
  if (manifest.quantisation.format === "float32") {
    throw new InputError(
      { field: "coding" },
      "the program's payloads are float32, which no coding rounds",
      "Compile the model again in an integer --format.",
    );
  }
  return parseEventCoding(text);
}

/** Spikes of an event at most; 0 where events are sent as they are. */
export function mostSpikesOf(program: Program): number {
  const coding = codingOf(program);
  return coding === undefined ? 0 : mostSpikes(coding);
}

/**
 * Rounds the payloads of a step's events to what their coding can say, drops those that come to nothing, and writes
 * the spikes that they are sent as beside them. Returns how many.
 */
export function encodeEvents(coding: EventCoding, events: EventList): number {
  const { neurons, payloads, spikes } = events;
  let kept = 0;
  let sent = 0;
  for (let event = 0; event < events.count; event += 1) {
    const payload = payloads[event]!;
    const steps = stepsOfPayload(coding, payload);
    if (steps === 0) continue;
    const neuron = neurons[event]!;
    neurons[kept] = neuron;
    payloads[kept] = payload < 0 ? -payloadOfSteps(coding, steps) : payloadOfSteps(coding, steps);
    kept += 1;
    const end = sent + spikesOfSteps(coding, steps);
    for (; sent < end; sent += 1) spikes!.neurons[sent] = neuron;
  }
  events.count = kept;
  spikes!.count = sent;
  return sent;
}

/** The replay sends one packet an event. */
export function checkCodedReplays(program: Program, requests: readonly unknown[]): void {
  if (requests.length === 0 || codingOf(program) === undefined) return;
  throw new UnsupportedError(
    `The detailed fidelity replays events as they are, not as the spikes of --coding ${program.manifest.options["coding"]}.`,
    "Use --fidelity fast.",
  );
}
