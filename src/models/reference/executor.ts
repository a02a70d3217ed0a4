import { InputError } from "../../core/errors.ts";
import type { ModelIr } from "../../core/model-ir.ts";
import type { StateCarry } from "../../core/stimulus.ts";

/** Values in an executor's own numbers: floats of its precision, or fixed-point integers (Q23). */
export type StateArray = Float32Array | Float64Array | Int32Array;
/** Float values of either precision. */
export type FloatArray = Float32Array | Float64Array;

/** What a layer carries from one timestep to the next. */
export interface LayerState<Values extends StateArray> {
  /** Of EGRU (after the reset) and GRU h, of LSTM c, of LIF i, then v; of Linear layers nothing. Shape [states · size]. */
  readonly h: Values;
  /** Events of the timestep: the payload, 0 where none was sent. Shape [size]. */
  readonly y: Values;
}

/** What one layer did in one timestep. */
export interface LayerStep<Values extends StateArray> extends LayerState<Values> {
  readonly name: string;
  /** Of EGRU c, of LIF v, before the reset; of others what is sent. Shape [size]. */
  readonly c: Values;
  /** Neurons that sent an event, ascending. Shape [events]. */
  readonly events: Uint32Array;
}

export interface ReferenceStep<Values extends StateArray> {
  /** Layers on the chip in order of evaluation. */
  readonly layers: readonly LayerStep<Values>[];
  /** Logits, or whatever the last population puts out. */
  readonly output: FloatArray;
  /** Weights met by an event, one figure for each entry of the executor's `projections`. */
  readonly synops: readonly number[];
}

/** A projection whose synops are counted: all but table look-ups. */
export interface ReferenceProjection {
  readonly source: string;
  readonly target: string;
  readonly delay: 0 | 1;
  /** Weights that are not zero, as the executor holds them. */
  readonly synapses: number;
}

/** One stream through one model. Everything that is handed out is the receiver's to keep. */
export interface ReferenceExecutor<Values extends StateArray> {
  /** Names of the layers on the chip, in order of evaluation. */
  readonly layers: readonly string[];
  readonly projections: readonly ReferenceProjection[];
  /** One timestep, for a token id or a vector of the model's width. */
  step(input: number | Float32Array): ReferenceStep<Values>;
  /** State of layer number `layer`, counted from 0. */
  state(layer: number): LayerState<Values>;
  /** The next step begins with these values; they still restart where a window does. */
  setState(layer: number, state: { readonly h: ArrayLike<number>; readonly y: ArrayLike<number> }): void;
}

/** Values of the input population: the vector itself, or 1 at the token's place. Shape [size]. */
export function inputValues(model: ModelIr, input: number | Float32Array): Float32Array {
  const { kind, name, size } = model.populations[0]!;
  if (kind === "token-input") {
    if (typeof input !== "number") throw wrongInput(name, "the model reads token ids, not vectors");
    if (!Number.isInteger(input) || input < 0 || input >= size)
      throw wrongInput(name, `token id ${input} is not one of 0 … ${size - 1}`);
    const oneHot = new Float32Array(size);
    oneHot[input] = 1;
    return oneHot;
  }
  if (typeof input === "number") throw wrongInput(name, `the model reads vectors of ${size}, not token ids`);
  if (input.length !== size)
    throw wrongInput(name, `the input has ${input.length} values, the model reads ${size}`);
  return input;
}

const wrongInput = (field: string, problem: string) =>
  new InputError({ field }, problem, "Give the model an input of the kind that it was trained on.");

/** Whether states restart at 0 before step number `step`, counted from 0. */
export const restarts = ({ window }: StateCarry, step: number): boolean =>
  window !== undefined && step % window === 0;

/** @throws InputError unless the window is absent or a positive whole number of steps. */
export function checkWindow({ window }: StateCarry): void {
  if (window === undefined || (Number.isSafeInteger(window) && window > 0)) return;
  throw new InputError(
    { field: "window" },
    `${window} is not a positive whole number of steps`,
    "Give a window such as 70.",
  );
}

/** Fails where a state does not have so many values. */
export function checkState(name: string, size: number, values: ArrayLike<number>): void {
  if (values.length !== size)
    throw new InputError(
      { field: name },
      `the state has ${values.length} values, the layer ${size} neurons`,
      "Give one value for each neuron.",
    );
}

/** Indices of the values that are not zero. */
export function eventsIn(payloads: StateArray): Uint32Array {
  const events: number[] = [];
  payloads.forEach((payload, neuron) => {
    if (payload !== 0) events.push(neuron);
  });
  return Uint32Array.from(events);
}
