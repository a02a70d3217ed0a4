import { InputError } from "./errors.ts";
import { PAYLOAD_LIMIT, STATE_FRACTION_BITS } from "./number-format.ts";

/**
 * How graded events are sent where events carry fewer bits than their values. The value's magnitude is rounded to whole
 * steps of its full scale; a sign is an axon of its own, with the weights negated.
 *
 * bits:b   one unit spike for each bit that is set, at most b; each bit is an axon that weighs 2^i.
 * rate:n   so many unit spikes as the value has n-ths of full scale, all in the same timestep.
 * graded:b one event that carries b bits.
 */
export interface EventCoding {
  readonly kind: "bits" | "rate" | "graded";
  /** Bits, or levels. */
  readonly size: number;
}

const MOST: Readonly<Record<EventCoding["kind"], number>> = { bits: 16, rate: 255, graded: 23 };
const HINT = 'Write "bits:8", "rate:15" or "graded:8".';

/** @throws InputError where the text is no coding. */
export function parseEventCoding(text: string): EventCoding {
  const [, kind, digits] = /^(bits|rate|graded):(\d{1,3})$/.exec(text) ?? [];
  const size = Number(digits);
  const known = kind as EventCoding["kind"] | undefined;
  if (known === undefined || size < 1 || size > MOST[known]) {
    const ranges = Object.entries(MOST).map(([name, most]) => `${name}:1 … ${name}:${most}`);
    throw new InputError({ field: "coding" }, `"${text}" is none of ${ranges.join(", ")}`, HINT);
  }
  return { kind: known, size };
}

export const formatEventCoding = ({ kind, size }: EventCoding): string => `${kind}:${size}`;

/** Steps of full scale. */
const levelsOf = ({ kind, size }: EventCoding): number => (kind === "rate" ? size : 2 ** size - 1);

/** Unit spikes, or events, as which one event is sent at most. */
export const mostSpikes = ({ kind, size }: EventCoding): number => (kind === "graded" ? 1 : size);

/** Whole steps that a payload of 24 bits comes to, without its sign; 0: it is not sent. */
export const stepsOfPayload = (coding: EventCoding, payload: number): number =>
  Math.min(
    levelsOf(coding),
    Math.floor((Math.abs(payload) * levelsOf(coding)) / 2 ** STATE_FRACTION_BITS + 0.5),
  );

/** The payload that so many steps stand for. */
export const payloadOfSteps = (coding: EventCoding, steps: number): number =>
  Math.min(PAYLOAD_LIMIT, Math.floor((steps * 2 ** STATE_FRACTION_BITS) / levelsOf(coding) + 0.5));

/** Unit spikes, or events, of so many steps. */
export function spikesOfSteps({ kind }: EventCoding, steps: number): number {
  if (kind === "rate") return steps;
  if (kind === "graded") return steps === 0 ? 0 : 1;
  let spikes = 0;
  for (let rest = steps; rest !== 0; rest &= rest - 1) spikes += 1;
  return spikes;
}
