import type { StepView } from "../../simulator/simulate.ts";
import { InputError } from "../core/errors.ts";
import type { Activity } from "../../compiler/place/problem.ts";
import type { Program } from "../core/program.ts";
import type { OutputError } from "./quality.ts";

/** What the float32 model did on the sample, timestep by timestep. */
export interface Recording {
  readonly steps: number;
  readonly layers: readonly LayerRecording[];
  /** Events of each neuron in all, by population, the input too. */
  readonly events: ReadonlyMap<string, Float64Array>;
  /** Shape [steps, width]; where there are no tokens to predict. */
  readonly outputs?: { readonly width: number; readonly values: Float64Array };
}

export interface LayerRecording {
  readonly name: string;
  readonly size: number;
  /** A bit for each neuron and timestep. Shape [steps, ⌈size / 8⌉]. */
  readonly fired: Uint8Array;
}

/** Numbers that a recording may hold: of bits 2^32, of outputs 1 GiB. */
const MOST_BYTES = 2 ** 29;
const MOST_OUTPUTS = 2 ** 27;

/** Begins a recording; `observe` takes each step of a run of `program`. */
export function startRecording(
  program: Program,
  steps: number,
  withOutputs: boolean,
): { observe: (step: number, view: StepView) => void; recording: Recording } {
  const layers = program.populations
    .filter(({ kind, partOf }) => kind !== "input" && partOf === undefined)
    .map(({ name, size }) => ({
      name,
      size,
      fired: new Uint8Array(checked(steps * strideOf(size), MOST_BYTES)),
    }));
  const events = new Map(program.populations.map(({ name, size }) => [name, new Float64Array(size)]));
  const width = outputWidth(program);
  const outputs = withOutputs
    ? { width, values: new Float64Array(checked(steps * width, MOST_OUTPUTS)) }
    : undefined;
  return {
    recording: { steps, layers, events, ...(outputs && { outputs }) },
    observe(step, view) {
      for (const [name, counts] of events) for (const neuron of view.events(name)) counts[neuron]! += 1;
      for (const { name, size, fired } of layers) {
        const first = step * strideOf(size);
        for (const neuron of view.events(name)) fired[first + (neuron >> 3)]! |= 1 << (neuron & 7);
      }
      outputs?.values.set(outputOf(program, view), step * width);
    },
  };
}

const strideOf = (size: number): number => Math.ceil(size / 8);

function checked(count: number, most: number): number {
  if (count <= most) return count;
  throw new InputError(
    { field: "calibration" },
    "the sample has more timesteps than fit the memory of a calibration of this model",
    "Use fewer timesteps (--calibrate-steps).",
  );
}

/** Mean events of each neuron in a timestep. */
export const activityOf = ({ events, steps }: Recording): Activity =>
  new Map([...events].map(([name, counts]) => [name, counts.map((count) => count / steps)]));

/** Share of a layer's neurons that send an event in a timestep. */
export const meanActivity = ({ events, steps }: Recording, { name, size }: LayerRecording): number =>
  events.get(name)!.reduce((sum, count) => sum + count, 0) / (steps * size);

function outputWidth({ host, chipDecoder, populations }: Program): number {
  const last = host.decoder.at(-1);
  return chipDecoder?.outputs ?? (last?.kind === "linear" ? last.outputs : populations.at(-1)!.size);
}

/** Logits, or what the last layer sends, in its own unit. */
function outputOf({ populations }: Program, view: StepView): Float64Array {
  if (view.logits !== undefined) return view.logits;
  const { name, payloadFractionBits } = populations.at(-1)!;
  const one = 2 ** payloadFractionBits;
  return Float64Array.from(view.population(name).output, (payload) => payload / one);
}

/** How far a layer's events are those of float32. */
export interface LayerAgreement {
  readonly name: string;
  readonly neurons: number;
  /** Share of neurons that send an event in a timestep. */
  readonly activity: number;
  /**
   * Of the pairs of neuron and timestep in which either run sent an event, the share in which both did; 1 where neither
   * ever did.
   */
  readonly agreement: number;
}

/** Holds a run against a recording, step by step. */
export function startComparison(program: Program, recording: Recording) {
  const counts = recording.layers.map((layer) => ({ layer, events: 0, common: 0, recorded: 0 }));
  const { outputs } = recording;
  const error = outputs && startOutputError();
  return {
    observe(step: number, view: StepView): void {
      for (const count of counts) {
        const { name, size, fired } = count.layer;
        const stride = strideOf(size);
        const events = view.events(name);
        count.events += events.length;
        for (const neuron of events)
          count.common += (fired[step * stride + (neuron >> 3)]! >> (neuron & 7)) & 1;
        for (let byte = step * stride; byte < (step + 1) * stride; byte += 1)
          count.recorded += BITS[fired[byte]!]!;
      }
      if (outputs === undefined) return;
      const { width, values } = outputs;
      error!.add(outputOf(program, view), values.subarray(step * width, (step + 1) * width));
    },
    layers: (): LayerAgreement[] =>
      counts.map(({ layer: { name, size }, events, common, recorded }) => ({
        name,
        neurons: size,
        activity: events / (recording.steps * size),
        agreement: events + recorded === 0 ? 1 : common / (events + recorded - common),
      })),
    outputError: (): OutputError | undefined => error?.result(),
  };
}

/** Bits that are set in a byte. */
const BITS = Uint8Array.from({ length: 256 }, (_, byte) => byte.toString(2).replaceAll("0", "").length);

function startOutputError() {
  let [difference, whole, largestDifference, largest] = [0, 0, 0, 0];
  return {
    add(values: Float64Array, float32: Float64Array): void {
      for (let i = 0; i < values.length; i += 1) {
        const apart = Math.abs(values[i]! - float32[i]!);
        difference += apart * apart;
        whole += float32[i]! * float32[i]!;
        largestDifference = Math.max(largestDifference, apart);
        largest = Math.max(largest, Math.abs(float32[i]!));
      }
    },
    result: (): OutputError => ({
      kind: "output-error",
      rms: Math.sqrt(difference / whole),
      max: largestDifference / largest,
    }),
  };
}
