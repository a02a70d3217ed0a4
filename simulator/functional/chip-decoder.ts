import { type AccumulatorBits, WEIGHT_LIMIT } from "../../src/core/number-format.ts";
import type { ChipDecoder } from "../../src/core/program.ts";
import type { EventList } from "./event-list.ts";
import type { Saturations } from "./saturations.ts";

/** Outputs of one PE, and which source neurons' events reach it. */
export interface DecoderShare {
  readonly first: number;
  readonly end: number;
  /** 1 where packets arrive. Shape [inputs]. */
  readonly hears: Uint8Array;
}

/** The decoder's weights by input, so that an event meets its weights in a row. */
export interface LoadedDecoder {
  readonly decoder: ChipDecoder;
  /** Shape [inputs, outputs]. */
  readonly weights: Int8Array;
  readonly shares: readonly DecoderShare[];
  /** Shape [outputs]. */
  readonly sums: Int32Array;
}

export function loadDecoder(decoder: ChipDecoder, shares: readonly DecoderShare[]): LoadedDecoder {
  const { inputs, outputs } = decoder;
  const weights = new Int8Array(inputs * outputs);
  for (let output = 0; output < outputs; output += 1) {
    for (let input = 0; input < inputs; input += 1) {
      weights[input * outputs + output] = decoder.weights[output * inputs + input]!;
    }
  }
  return { decoder, weights, shares, sums: new Int32Array(outputs) };
}

/**
 * One timestep on the MAC arrays (docs/model.md, 2): each PE brings the events that it received to int8 with
 * one scale, and sums saturate after each product, sources ascending.
 *
 * @param one    Value of a payload of 1: 2^23 in integer programs, else 1.
 * @param logits Overwritten. Shape [outputs].
 */
export function runDecoder(
  { decoder, weights, shares, sums }: LoadedDecoder,
  events: EventList,
  one: number,
  accumulatorBits: AccumulatorBits,
  logits: Float64Array,
  saturations: Saturations,
): void {
  const { outputs, scale, bias } = decoder;
  const limit = 2 ** (accumulatorBits - 1);
  sums.fill(0);
  let clamped = 0;
  for (const { first, end, hears } of shares) {
    const inputScale = largestHeard(events, hears) / one / WEIGHT_LIMIT.int8;
    for (let event = 0; event < events.count; event += 1) {
      const neuron = events.neurons[event]!;
      if (hears[neuron] === 0) continue;
      const input = Math.floor(events.payloads[event]! / one / inputScale + 0.5);
      const value = Math.max(-WEIGHT_LIMIT.int8, Math.min(WEIGHT_LIMIT.int8, input));
      const row = neuron * outputs;
      for (let output = first; output < end; output += 1) {
        const sum = sums[output]! + value * weights[row + output]!;
        if (sum >= limit || sum < -limit) {
          clamped += 1;
          sums[output] = sum < 0 ? -limit : limit - 1;
        } else sums[output] = sum;
      }
    }
    for (let output = first; output < end; output += 1) {
      logits[output] = sums[output]! * scale[output]! * inputScale + bias[output]!;
    }
  }
  saturations.accumulator += clamped;
}

function largestHeard({ count, neurons, payloads }: EventList, hears: Uint8Array): number {
  let largest = 0;
  for (let event = 0; event < count; event += 1) {
    const magnitude = Math.abs(payloads[event]!);
    if (hears[neurons[event]!] === 1 && magnitude > largest) largest = magnitude;
  }
  return largest;
}
