import {
  columnsOf,
  type ModelIr,
  type Population,
  type Projection,
  type WeightMatrix,
} from "../../core/model-ir.ts";
import type { Activation } from "../../core/model-ir.ts";
import {
  isPlain,
  populationOf,
  shifted,
  type Signal,
  signalOf,
  summed,
  type Term,
  timesFull,
  weightsFor,
} from "./signal.ts";

type Parts = Pick<ModelIr, "populations" | "projections">;
/** A population without its name and size, which the builder gives it. */
type Named<P> = P extends Population ? Omit<P, "name" | "size"> : never;

/** Grows a model along a foreign graph, in order of evaluation. */
export class NetworkBuilder {
  private readonly populations: Population[] = [];
  private readonly projections: Projection[] = [];
  private readonly names = new Set<string>();

  /** A name that no population has, as close to the wish as can be. */
  nameFor(wish: string): string {
    let name = wish;
    for (let n = 2; this.names.has(name); n += 1) name = `${wish}_${n}`;
    this.names.add(name);
    return name;
  }

  input(kind: "token-input" | "dense-input", wish: string, size: number, silentZeros = false): Signal {
    const name = this.nameFor(wish);
    const isSilent = kind === "dense-input" && silentZeros;
    this.populations.push({ kind, name, size, ...(isSilent && { silentZeros: true }) } as Population);
    return signalOf(name, size);
  }

  /** The input of token ids, made where the first embedding says how many there are; undefined where there are others. */
  tokens(words: number): Signal | undefined {
    const [first] = this.populations;
    if (first === undefined) return this.input("token-input", "tokens", words);
    return first.kind === "token-input" && first.size === words ? signalOf(first.name, words) : undefined;
  }

  /**
   * Neurons that receive a signal; its bias must have been taken out of it into theirs.
   * @param recurrent Weights from the population's own output of the timestep before.
   * @param name Of `nameFor`.
   */
  neurons(
    fields: Named<Population>,
    name: string,
    size: number,
    signal: Signal,
    recurrent?: WeightMatrix,
  ): Signal {
    const population = { ...fields, name, size } as Population;
    if (signal.bias !== undefined) throw new Error(`the bias of ${name} was not taken`);
    this.populations.push(population);
    const own: readonly Term[] =
      recurrent === undefined ? [] : [{ source: name, delay: 1, weights: recurrent }];
    this.project([...signal.terms, ...own], population);
    return signalOf(name, size);
  }

  /** Terms between the same populations become one projection. */
  private project(terms: readonly Term[], target: Population): void {
    const joined = new Map<string, { source: string; delay: 0 | 1; matrices: WeightMatrix[] }>();
    for (const term of terms) {
      const { source, delay } = term;
      const key = `${delay} ${source}`;
      const entry = joined.get(key) ?? { source, delay, matrices: [] };
      entry.matrices.push(weightsFor(target.kind, term, columnsOf(target)));
      joined.set(key, entry);
    }
    for (const { source, delay, matrices } of joined.values())
      this.projections.push({ source, target: target.name, delay, weights: summed(matrices) });
  }

  /** The signal as the output of linear neurons. */
  linear(signal: Signal, wish: string, activation?: Activation): Signal {
    const { size, bias = new Float32Array(size), terms } = signal;
    const fields = { kind: "linear", bias, ...(activation !== undefined && { activation }) } as const;
    return this.neurons(fields, this.nameFor(signal.wish ?? wish), size, { size, terms });
  }

  /** The largest value of each window; where the signal is no population's output, neurons of its own bring it about. */
  maxPool(signal: Signal, windows: WeightMatrix, wish: string): Signal {
    const source = populationOf(signal) ?? populationOf(this.linear(signal, wish))!;
    const terms: readonly Term[] = [{ source, delay: 0, weights: windows }];
    const size = windows.targets;
    return this.neurons({ kind: "max-pool" }, this.nameFor(wish), size, { size, terms });
  }

  /** The signal as a sum of populations' outputs, so that a matrix may follow: where it is none, neurons of its own. */
  plain(signal: Signal, wish: string): Signal {
    return isPlain(signal) ? signal : this.linear(signal, wish);
  }

  /** @param weights From the signal's elements to `size` others (a gated kind's columns). */
  times(signal: Signal, weights: WeightMatrix, wish: string, bias?: Float32Array): Signal {
    const folded = weights.kind === "dense" ? timesFull(signal, weights) : undefined;
    const product = folded ?? {
      size: weights.targets,
      terms: this.plain(signal, wish).terms.map(({ source, delay }) => ({ source, delay, weights })),
    };
    return { ...(bias === undefined ? product : shifted(product, bias)), wish };
  }

  /** The model whose output is the signal: populations that do not lead to it are left out. */
  finish(signal: Signal, wish: string): Parts {
    let output = populationOf(signal) ?? populationOf(this.linear(signal, wish))!;
    const isUseful = this.leadingTo(output);
    if (this.populations.filter(({ name }) => isUseful.has(name)).at(-1)!.name !== output) {
      output = populationOf(this.linear(signal, wish))!;
      isUseful.add(output);
    }
    return {
      populations: this.populations.filter(({ name }, index) => index === 0 || isUseful.has(name)),
      projections: this.projections.filter(
        ({ source, target }) => isUseful.has(source) && isUseful.has(target),
      ),
    };
  }

  private leadingTo(output: string): Set<string> {
    const found = new Set([output]);
    const open = [output];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      for (const { source, target } of this.projections) {
        if (target !== next || found.has(source)) continue;
        found.add(source);
        open.push(source);
      }
    }
    return found;
  }
}
