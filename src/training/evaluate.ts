import { meanOfSeries } from "../core/intervals.ts";
import {
  disposeState,
  evaluateOn,
  type Network,
  type NetworkState,
  withoutHidden,
  zeroState,
} from "./network.ts";
import { isPrunable } from "./shape.ts";
import { streamsOf, windowAt } from "./streams.ts";

/** What a model does on data it was not trained on. */
export interface Evaluation {
  /** Rows that were scored: tokens, or sequences. */
  readonly scored: number;
  /** Mean of −ln p, in nats. */
  readonly loss: number;
  /** e to the loss. */
  readonly perplexity: number;
  /** Its 95 % interval, by batch means over windows of equal length; absent where there are too few. */
  readonly perplexityInterval?: { readonly low: number; readonly high: number };
  /** Share of rows whose most probable output is the target. */
  readonly accuracy: number;
  /** Share of units that sent an event, by recurrent layer; 1 where a layer has none. */
  readonly activity: readonly number[];
  /** Multiply-accumulates of the recurrent layers a timestep. */
  readonly macs: {
    readonly dense: number;
    /** All weights × events: what silence alone leaves. Over `dense` it is the λ_a of the product law. */
    readonly active: number;
    /** Non-zero weights: what pruning alone leaves. Over `dense` it is λ_w. */
    readonly kept: number;
    /** Non-zero weights × events that met them, as measured. A dense input meets all its weights. */
    readonly effective: number;
    /** The decoder's, which every timestep (or sequence) takes in full. */
    readonly decoder: number;
  };
}

export interface EvaluationOptions {
  readonly streams: number;
  /** Steps computed at once; it bounds memory. Where states are windowed, h restarts at each. */
  readonly window: number;
  readonly state: "windowed" | "streaming";
  readonly onProgress?: (stepsDone: number, steps: number) => void;
}

/** Reads a text in equal streams from a state of zeros, as the simulator does (docs/model.md, 1). */
export function evaluateTokens(
  network: Network,
  ids: ArrayLike<number>,
  options: EvaluationOptions,
): Evaluation {
  const streams = streamsOf(ids, options.streams);
  const tally = new Tally(network);
  let state = zeroState(network.shape, options.streams);
  for (let begin = 0; begin < streams.steps; begin += options.window) {
    const steps = Math.min(options.window, streams.steps - begin);
    if (options.state === "windowed" && begin > 0) state = exchanged(state, withoutHidden(state));
    const result = evaluateOn(network, windowAt(streams, begin, steps), state);
    state = exchanged(state, result.state);
    tally.add(result, steps, options.streams, begin + steps === streams.steps);
    options.onProgress?.(begin + steps, streams.steps);
  }
  disposeState(state);
  return tally.evaluation();
}

/** Frees the state before. */
export function exchanged(before: NetworkState, after: NetworkState): NetworkState {
  disposeState(before);
  return after;
}

/** Adds up losses and events of one batch after the other. */
export class Tally {
  private loss = 0;
  private hits = 0;
  private scored = 0;
  private rows = 0;
  /** Mean losses of windows that score as many rows as the first one, in order. */
  private readonly windows: number[] = [];
  private scoredInWindow = 0;
  /** Events by neuron that the layer itself and the next one met. */
  private readonly sent: Float64Array[];
  private readonly met: Float64Array[];

  constructor(private readonly network: Network) {
    this.sent = network.shape.layers.map((units) => new Float64Array(units));
    this.met = network.shape.layers.map((units) => new Float64Array(units));
  }

  /** @param isEnd Whether the streams end here: what was sent last meets no recurrent weight any more. */
  add(result: ReturnType<typeof evaluateOn>, steps: number, batch: number, isEnd: boolean): void {
    this.loss += result.loss;
    this.hits += result.hits;
    this.scored += result.scored;
    this.rows += steps * batch;
    if (this.scoredInWindow === 0) this.scoredInWindow = result.scored;
    if (result.scored > 0 && result.scored === this.scoredInWindow)
      this.windows.push(result.loss / result.scored);
    for (const [layer, events] of result.events.entries()) {
      const last = result.lastEvents[layer]!;
      events.forEach((count, neuron) => {
        this.sent[layer]![neuron]! += count;
        this.met[layer]![neuron]! += count - (isEnd ? last[neuron]! : 0);
      });
    }
  }

  evaluation(): Evaluation {
    const { rows, scored } = this;
    const loss = this.loss / scored;
    const { halfWidth } = meanOfSeries(this.windows);
    return {
      scored,
      loss,
      perplexity: Math.exp(loss),
      ...(halfWidth !== undefined && {
        perplexityInterval: { low: Math.exp(loss - halfWidth), high: Math.exp(loss + halfWidth) },
      }),
      accuracy: this.hits / scored,
      activity: this.sent.map((events) => sum(events) / (events.length * rows)),
      macs: this.macs(rows),
    };
  }

  private macs(rows: number): Evaluation["macs"] {
    const { shape, parameters } = this.network;
    let [dense, active, kept, effective] = [0, 0, 0, 0];
    for (const parameter of parameters.shapes.filter(isPrunable)) {
      const layer = parameter.layer!;
      const [sources, columns] = parameter.shape as [number, number];
      const perRow = nonZerosByRow(parameters.values(parameter.name), columns);
      const source =
        parameter.role === "recurrent-kernel"
          ? this.met[layer]!
          : layer > 0
            ? this.sent[layer - 1]!
            : undefined;
      dense += sources * columns;
      kept += sum(perRow);
      active += source === undefined ? sources * columns : (columns * sum(source)) / rows;
      effective +=
        source === undefined
          ? sum(perRow)
          : perRow.reduce((total, count, row) => total + count * source[row]!, 0) / rows;
    }
    return { dense, active, kept, effective, decoder: shape.outputs * shape.layers.at(-1)! };
  }
}

const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);

function nonZerosByRow(values: Float32Array, columns: number): Float64Array {
  const counts = new Float64Array(values.length / columns);
  for (let i = 0; i < values.length; i += 1) if (values[i] !== 0) counts[Math.floor(i / columns)]! += 1;
  return counts;
}
