import {
  type AccumulatorBits,
  type NumberFormat,
  PRODUCT_SHIFT,
  SCALED_PAYLOAD_LIMIT,
} from "../../src/core/number-format.ts";
import type { EventList } from "./event-list.ts";
import type { FusedRows } from "./fuse-rows.ts";

/** Values clamped so far. */
export interface Saturations {
  input: number;
  scaledPayload: number;
  accumulator: number;
}

/** Adds the rows of all events to the accumulators, sources ascending. */
export function addSynapses(
  format: NumberFormat,
  rows: FusedRows,
  events: EventList,
  accumulators: Float32Array | Int32Array,
  accumulatorBits: AccumulatorBits,
  saturations: Saturations,
): void {
  if (format === "float32") addFloat32(rows, events, accumulators);
  else if (format === "int8") addInt8(rows, events, accumulators, accumulatorBits, saturations);
  else addInt16(rows, events, accumulators, accumulatorBits, saturations);
}

/*
 * Each kernel takes four synapses a turn: with one, the loop's own checks cost as much as its work. Targets
 * are distinct within a row, but additions still stand in order.
 */

/** acc = acc + w · v, both operations rounded to float32 (the second by the store). */
function addFloat32(rows: FusedRows, events: EventList, accumulators: Float32Array | Int32Array): void {
  const { rowStart, target, weight } = rows;
  const { count, neurons, payloads } = events;
  for (let event = 0; event < count; event += 1) {
    const neuron = neurons[event]!;
    const payload = payloads[event]!;
    const end = rowStart[neuron + 1]!;
    let i = rowStart[neuron]!;
    for (const whole = end - 3; i < whole; i += 4) {
      accumulators[target[i]!]! += Math.fround(weight[i]! * payload);
      accumulators[target[i + 1]!]! += Math.fround(weight[i + 1]! * payload);
      accumulators[target[i + 2]!]! += Math.fround(weight[i + 2]! * payload);
      accumulators[target[i + 3]!]! += Math.fround(weight[i + 3]! * payload);
    }
    for (; i < end; i += 1) accumulators[target[i]!]! += Math.fround(weight[i]! * payload);
  }
}

/** Adds within low … high. Returns how often it clamped: 0 or 1. */
function addClamped(
  accumulators: Float32Array | Int32Array,
  at: number,
  product: number,
  low: number,
  high: number,
): number {
  const sum = accumulators[at]! + product;
  if (sum <= high && sum >= low) {
    accumulators[at] = sum;
    return 0;
  }
  accumulators[at] = sum < 0 ? low : high;
  return 1;
}

/** Products of a scaled payload (±2^24) and an int8 weight fit 32 bits. */
function addInt8(
  rows: FusedRows,
  events: EventList,
  acc: Float32Array | Int32Array,
  accumulatorBits: AccumulatorBits,
  saturations: Saturations,
): void {
  const { rowStart, target, weight } = rows;
  const { count, neurons, payloads } = events;
  const high = 2 ** (accumulatorBits - 1) - 1;
  const low = -high - 1;
  const shift = PRODUCT_SHIFT.int8;
  const scaling = scalingOf(rows.shift);
  let clamped = 0;
  for (let event = 0; event < count; event += 1) {
    const neuron = neurons[event]!;
    const end = rowStart[neuron + 1]!;
    let i = rowStart[neuron]!;
    if (i === end) continue;
    const scaled = scalePayload(
      payloads[event]!,
      rows,
      neuron,
      scaling,
      SCALED_PAYLOAD_LIMIT.int8,
      saturations,
    );
    for (const whole = end - 3; i < whole; i += 4) {
      clamped += addClamped(acc, target[i]!, Math.imul(scaled, weight[i]!) >> shift, low, high);
      clamped += addClamped(acc, target[i + 1]!, Math.imul(scaled, weight[i + 1]!) >> shift, low, high);
      clamped += addClamped(acc, target[i + 2]!, Math.imul(scaled, weight[i + 2]!) >> shift, low, high);
      clamped += addClamped(acc, target[i + 3]!, Math.imul(scaled, weight[i + 3]!) >> shift, low, high);
    }
    for (; i < end; i += 1) {
      clamped += addClamped(acc, target[i]!, Math.imul(scaled, weight[i]!) >> shift, low, high);
    }
  }
  saturations.accumulator += clamped;
}

/** (scaled · weight) >> 16, int16's product shift, for scaled = upper · 2^16 + lower: all terms fit 32 bits. */
const productInt16 = (upper: number, lower: number, weight: number): number =>
  (Math.imul(upper, weight) + (Math.imul(lower, weight) >> 16)) | 0;

function addInt16(
  rows: FusedRows,
  events: EventList,
  acc: Float32Array | Int32Array,
  accumulatorBits: AccumulatorBits,
  saturations: Saturations,
): void {
  const { rowStart, target, weight } = rows;
  const { count, neurons, payloads } = events;
  const high = 2 ** (accumulatorBits - 1) - 1;
  const low = -high - 1;
  const scaling = scalingOf(rows.shift);
  let clamped = 0;
  for (let event = 0; event < count; event += 1) {
    const neuron = neurons[event]!;
    const end = rowStart[neuron + 1]!;
    let i = rowStart[neuron]!;
    if (i === end) continue;
    const scaled = scalePayload(
      payloads[event]!,
      rows,
      neuron,
      scaling,
      SCALED_PAYLOAD_LIMIT.int16,
      saturations,
    );
    const upper = scaled >> 16;
    const lower = scaled & 0xffff;
    for (const whole = end - 3; i < whole; i += 4) {
      clamped += addClamped(acc, target[i]!, productInt16(upper, lower, weight[i]!), low, high);
      clamped += addClamped(acc, target[i + 1]!, productInt16(upper, lower, weight[i + 1]!), low, high);
      clamped += addClamped(acc, target[i + 2]!, productInt16(upper, lower, weight[i + 2]!), low, high);
      clamped += addClamped(acc, target[i + 3]!, productInt16(upper, lower, weight[i + 3]!), low, high);
    }
    for (; i < end; i += 1) {
      clamped += addClamped(acc, target[i]!, productInt16(upper, lower, weight[i]!), low, high);
    }
  }
  saturations.accumulator += clamped;
}

/** From here on every payload is below half a unit after the shift, and sums would leave 53 bits. */
const VANISHING_SHIFT = 48;

/** clamp((payload · m + half) >> k), in the form `floor((payload · m + half) · unit)`. */
interface PayloadScaling {
  readonly half: number;
  readonly unit: number;
}

/** Payloads have 24 bits and multipliers 24: sum and quotient are exact in float64. */
const scalingOf = (shift: number): PayloadScaling =>
  shift >= VANISHING_SHIFT
    ? { half: 0, unit: 0 }
    : { half: shift === 0 ? 0 : 2 ** (shift - 1), unit: 2 ** -shift };

/** A clamp counts once for each PE that scales this payload. */
function scalePayload(
  payload: number,
  { multiplier, peRows }: FusedRows,
  neuron: number,
  { half, unit }: PayloadScaling,
  limit: number,
  saturations: Saturations,
): number {
  const scaled = Math.floor((payload * multiplier[neuron]! + half) * unit);
  if (scaled <= limit && scaled >= -limit) return scaled;
  saturations.scaledPayload += peRows[neuron]!;
  return scaled < 0 ? -limit : limit;
}
