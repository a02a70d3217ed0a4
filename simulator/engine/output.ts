import type { LinearStage } from "../../src/core/event-graph.ts";
import {
  type DecoderShare,
  type LoadedDecoder,
  loadDecoder,
  runDecoder,
} from "../functional/chip-decoder.ts";
import { createEventList, denseOutput, type EventList } from "../functional/event-list.ts";
import { runLinear } from "../functional/host-stages.ts";
import { inModelOrder } from "../functional/neuron-order.ts";
import type { Saturations } from "../functional/saturations.ts";
import { isToHost, pesOfRoute, type Route } from "../components/routes.ts";
import { linearStages } from "./input.ts";
import type { Machine } from "./machine.ts";

/** What follows the last layer: a decoder on the host or on the chip, or nothing. */
export interface OutputStage {
  /** Does the chip's part; once a step. */
  run(events: EventList, saturations: Saturations): void;
  /** Logits of the step that ran last, undefined without a decoder. Shape [outputs], float64. */
  logits(): Float64Array | undefined;
}

export function createOutputStage(machine: Machine): OutputStage {
  const { decoder, program } = machine;
  const { host } = program;
  if (decoder !== undefined) return chipOutput(machine, decoder);
  if (host.decoder.length > 0) return hostOutput(machine, linearStages(host.decoder));
  return { run() {}, logits: () => undefined };
}

/** A payload of 1. */
const oneOf = ({ program }: Machine): number => 2 ** program.populations.at(-1)!.payloadFractionBits;

function chipOutput(machine: Machine, decoder: LoadedDecoder): OutputStage {
  const { accumulatorBits } = machine.profile.pe.macArray!;
  const logits = new Float64Array(decoder.decoder.outputs);
  const one = oneOf(machine);
  return {
    run: (events, saturations) => runDecoder(decoder, events, one, accumulatorBits, logits, saturations),
    logits: () => logits,
  };
}

/**
 * The host computes only when it is asked: without targets nobody reads what it would find. Its matrices have the
 * model's numbering, so what it receives is brought into that.
 */
function hostOutput(machine: Machine, stages: readonly LinearStage[]): OutputStage {
  const one = oneOf(machine);
  const last = machine.program.populations.length - 1;
  const { order } = machine.program.populations[last]!;
  const hears = arrivals(machine, last, isToHost);
  const received = createEventList(hears.length, machine.format !== "float32");
  let logits: Float64Array | undefined;
  return {
    run(events) {
      logits = undefined;
      let count = 0;
      for (let event = 0; event < events.count; event += 1) {
        if (hears[events.neurons[event]!] === 0) continue;
        received.neurons[count] = events.neurons[event]!;
        received.payloads[count] = events.payloads[event]!;
        count += 1;
      }
      received.count = count;
    },
    logits() {
      logits ??= Float64Array.from(
        runLinear(
          stages,
          Float64Array.from(inModelOrder(denseOutput(received), order), (payload) => payload / one),
        ),
      );
      return logits;
    },
  };
}

/** 1 for each neuron of a population whose packets take a route that arrives. */
function arrivals(
  { plan }: Pick<Machine, "plan">,
  population: number,
  arrives: (route: Route) => boolean,
): Uint8Array {
  const { routes, segments, segmentOf } = plan;
  const answers = routes.map((route) => (route.population === population && arrives(route) ? 1 : 0));
  return Uint8Array.from(segmentOf[population]!, (segment) => answers[segments[segment]!.route]!);
}

/** The decoder on the chip, where the program has one. */
export function loadChipDecoder(machine: Pick<Machine, "program" | "workers" | "plan">) {
  const { chipDecoder } = machine.program;
  return chipDecoder && loadDecoder(chipDecoder, sharesOf(machine));
}

function sharesOf(machine: Pick<Machine, "program" | "workers" | "plan">): DecoderShare[] {
  const { workers, program } = machine;
  const last = program.populations.length - 1;
  return workers
    .filter(({ role }) => role === "decoder")
    .map(({ pe, first, count }) => ({
      first,
      end: first + count,
      hears: arrivals(machine, last, (route) => pesOfRoute(route).includes(pe)),
    }));
}
