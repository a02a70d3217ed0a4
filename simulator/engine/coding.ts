import { InputError, UnsupportedError } from "../../src/core/errors.ts";
import {
  type EventCoding,
  mostSpikes,
  parseEventCoding,
  payloadOfSteps,
  spikesOfSteps,
  stepsOfPayload,
} from "../../src/core/event-coding.ts";
import { NEURON_TRAITS } from "../../src/core/population-kind.ts";
import type { HardwareProfile } from "../../src/core/profile.ts";
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

/** Payload of a unit spike by population, which needs no coding; 0 where a population sends values. */
export const spikePayloads = ({ populations }: Program): readonly number[] =>
  populations.map(({ kind, silentZeros = false, payloadFractionBits }) => {
    const isSpiking = kind === "input" ? silentZeros : NEURON_TRAITS[kind].sends === "spikes";
    return isSpiking ? 2 ** payloadFractionBits : 0;
  });

/** Spikes of an event at most; 0 where events are sent as they are. */
export function mostSpikesOf(program: Program): number {
  const coding = codingOf(program);
  return coding === undefined ? 0 : mostSpikes(coding);
}

/**
 * Rounds the payloads of a step's events to what their coding can say, drops those that come to nothing, and writes
 * the spikes that they are sent as beside them. Returns how many.
 *
 * @param spike Magnitude of a payload that is sent as one spike, as it is; 0: of none.
 */
export function encodeEvents(coding: EventCoding, events: EventList, spike: number): number {
  const { neurons, payloads, spikes } = events;
  let kept = 0;
  let sent = 0;
  for (let event = 0; event < events.count; event += 1) {
    const payload = payloads[event]!;
    const neuron = neurons[event]!;
    if (spike !== 0 && Math.abs(payload) === spike) {
      neurons[kept] = spikes!.neurons[sent] = neuron;
      payloads[kept] = payload;
      kept += 1;
      sent += 1;
      continue;
    }
    const steps = stepsOfPayload(coding, payload);
    if (steps === 0) continue;
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

/**
 * Holds a train of spikes that an input is said to be against what the chip's events carry; of everything else the
 * compiler has.
 *
 * @throws UnsupportedError where a value of the stimulus is no unit spike and would need a payload.
 */
export function checkUnitSpikes(
  { capabilities: { eventPayload } = {}, title }: HardwareProfile,
  { payloads, count }: EventList,
  spike: number,
  step: number,
): void {
  if (eventPayload !== 0) return;
  for (let event = 0; event < count; event += 1) {
    if (payloads[event] === spike) continue;
    throw new UnsupportedError(
      `The input of timestep ${step} has a value that is neither 0 nor 1; events of ${title} carry none.`,
      "Give spikes of 1 (--rate 0.1 makes random ones up), or compile with --coding bits:8 or rate:15.",
    );
  }
}

/** The replay sends one packet an event. */
export function checkCodedReplays(program: Program, requests: readonly unknown[]): void {
  if (requests.length === 0 || codingOf(program) === undefined) return;
  throw new UnsupportedError(
    `The detailed fidelity replays events as they are, not as the spikes of --coding ${program.manifest.options["coding"]}.`,
    "Use --fidelity fast.",
  );
}
