import { graphPopulationNamed } from "../src/core/event-graph.ts";
import type { PeFacts } from "./explain.ts";
import { assumedEvents } from "./expected-activity.ts";
import { PARTITION_STRATEGIES } from "./partition/partition.ts";
import type { Compilation } from "./pipeline.ts";

/** What the PEs that hold neurons are expected to work in a timestep. */
export interface LoadFacts {
  readonly layers: readonly LayerLoad[];
  /** Form of rows whose cycles are reckoned: csr, unless another one was asked for. */
  readonly rowForm: string;
  /** Whether events were measured on a sample. */
  readonly isMeasured: boolean;
  /** Layers of which nobody measured the events, and which are not dense. */
  readonly guessed: readonly string[];
  /** Events that each of their neurons is taken to send in a timestep; one for each of `guessed`. */
  readonly guessedEvents: readonly number[];
  /** Whether the layers' times count together, or the slowest alone, as in a pipeline. */
  readonly counts: "sum of layers" | "slowest layer";
  /**
   * How much longer that takes than if the same PEs shared the work evenly: 1 is even. Of the sum of layers PEs share the work of their
   * own layer, of the slowest layer all PEs that of all.
   */
  readonly imbalance: number;
}

export interface LayerLoad {
  readonly population: string;
  readonly pes: number;
  readonly meanCycles: number;
  readonly maxCycles: number;
}

export function loadFacts({ program, graph, guessed }: Compilation, pes: readonly PeFacts[]): LoadFacts {
  const { partition, rowForms: rowForm = "csr" } = program.manifest.options;
  const { aim } = PARTITION_STRATEGIES.find(({ name }) => name === partition) ?? PARTITION_STRATEGIES[0]!;
  const counts = aim ?? "sum of layers";
  const layers = program.populations.flatMap(({ name }): LayerLoad[] => {
    const cycles = pes.filter(({ population }) => population === name).map((own) => own.cycles);
    if (cycles.length === 0) return [];
    const meanCycles = sumOf(cycles) / cycles.length;
    return [{ population: name, pes: cycles.length, meanCycles, maxCycles: mostOf(cycles) }];
  });
  const most = layers.map(({ maxCycles }) => maxCycles);
  const all = layers.map((own) => own.pes * own.meanCycles);
  const imbalance =
    counts === "sum of layers"
      ? sumOf(most) / sumOf(layers.map(({ meanCycles }) => meanCycles))
      : (mostOf(most) * sumOf(layers.map((own) => own.pes))) / sumOf(all);
  const guessedEvents = guessed.map((name) => assumedEvents(graphPopulationNamed(graph, name)));
  const isMeasured = program.manifest.options["activity"] !== undefined;
  return { layers, rowForm, isMeasured, guessed, guessedEvents, counts, imbalance };
}

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
const mostOf = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b), 0);
