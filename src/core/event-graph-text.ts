import { InputError } from "./errors.ts";
import type {
  EventGraph,
  FanOut,
  GraphPopulation,
  GraphProjection,
  HostStages,
  RowScale,
} from "./event-graph.ts";
import type { AccumulatorBits, NumberFormat, ScaleGranularity } from "./number-format.ts";

/**
 * The event graph as text, one fact a line, that parses back to an equal graph. Host stages are named with
 * their sizes only; they pass through the compiler untouched.
 *
 *     graph NAME float32 row 32
 *     input embedding 4 payload 0
 *     egru egru0 2 payload 0
 *       start -1 0.5 …            four accumulators a neuron: z, r, g input, g recurrent
 *       threshold 0.1 0.2
 *     projection embedding -> egru0 delay 0 rows 4 [shift 25 scale 8388608 …]
 *       0: 1*0.25 3*-0.5          source row: accumulator*weight …
 *     host encoder embedding embedding 40 -> 4
 */
export function formatEventGraph(graph: EventGraph): string {
  const { format, scales, accumulatorBits } = graph.quantisation;
  const lines = [`graph ${graph.name} ${format} ${scales} ${accumulatorBits}`];
  for (const population of graph.populations) lines.push(...formatPopulation(population));
  for (const projection of graph.projections) lines.push(...formatProjection(projection));
  for (const where of ["encoder", "decoder"] as const) {
    for (const stage of graph.host[where]) {
      const [from, to] =
        stage.kind === "embedding" ? [stage.rows, stage.width] : [stage.inputs, stage.outputs];
      lines.push(`host ${where} ${stage.kind} ${stage.name} ${from} -> ${to}`);
    }
  }
  return `${lines.join("\n")}\n`;
}

/** Shortest decimal text that reads back as the same float32; integers as they are. */
export function formatWeight(value: number): string {
  for (let digits = 1; digits < 9; digits += 1) {
    const text = Number(value.toPrecision(digits));
    if (Math.fround(text) === value) return String(text);
  }
  return String(value);
}

const formatAll = (values: ArrayLike<number>): string => Array.from(values, formatWeight).join(" ");

function formatPopulation(population: GraphPopulation): string[] {
  const head = `${population.kind} ${population.name} ${population.size} payload ${population.payloadFractionBits}`;
  if (population.kind === "input") return [head];
  return [
    head,
    `  start ${formatAll(population.accumulatorStart)}`,
    `  threshold ${formatAll(population.threshold)}`,
  ];
}

function formatProjection({ source, target, delay, synapses }: GraphProjection): string[] {
  const { rowStart, target: targets, weight, scale } = synapses;
  const rows = rowStart.length - 1;
  const scaleText = scale ? ` shift ${scale.shift} scale ${Array.from(scale.multiplier).join(" ")}` : "";
  const lines = [`projection ${source} -> ${target} delay ${delay} rows ${rows}${scaleText}`];
  for (let row = 0; row < rows; row += 1) {
    if (rowStart[row] === rowStart[row + 1]) continue;
    const entries = [];
    for (let i = rowStart[row]!; i < rowStart[row + 1]!; i += 1) {
      entries.push(`${targets[i]}*${formatWeight(weight[i]!)}`);
    }
    lines.push(`  ${row}: ${entries.join(" ")}`);
  }
  return lines;
}

/** The inverse of `formatEventGraph`, for tests and for graphs written by hand. @throws InputError with the line. */
export function parseEventGraph(text: string, host: HostStages = { encoder: [], decoder: [] }): EventGraph {
  const lines = text
    .split("\n")
    .map((line, index) => ({ words: line.trim().split(/\s+/), number: index + 1, line }));
  const significant = lines.filter(
    ({ words }) => words[0] !== "" && words[0] !== "host" && !words[0]!.startsWith("#"),
  );
  const [head, ...rest] = significant;
  if (head?.words[0] !== "graph")
    fail(head?.number ?? 1, "a graph begins with: graph NAME FORMAT SCALES BITS");
  const [, name, format, scales, bits] = head.words;
  const isInteger = format !== "float32";
  const populations: GraphPopulation[] = [];
  const projections: GraphProjection[] = [];
  for (let at = 0; at < rest.length;) {
    const { words, number } = rest[at]!;
    at += 1;
    if (words[0] === "input" || words[0] === "egru") {
      const body = rest.slice(at, words[0] === "egru" ? at + 2 : at);
      at += body.length;
      populations.push(
        parsePopulation(
          words,
          body.map((line) => line.words),
          isInteger,
        ),
      );
    } else if (words[0] === "projection") {
      const from = at;
      while (at < rest.length && /^\d+:$/.test(rest[at]!.words[0]!)) at += 1;
      projections.push(
        parseProjection(
          words,
          rest.slice(from, at).map((line) => line.words),
          format as NumberFormat,
        ),
      );
    } else {
      fail(number, `"${words[0]}" begins no line of an event graph`);
    }
  }
  const quantisation = {
    format: format as NumberFormat,
    scales: scales as ScaleGranularity,
    accumulatorBits: Number(bits) as AccumulatorBits,
  };
  return { name: name!, quantisation, populations, projections, host };
}

function parsePopulation(
  words: readonly string[],
  body: readonly string[][],
  isInteger: boolean,
): GraphPopulation {
  const [kind, name, size, , payload] = words;
  const common = { name: name!, size: Number(size), payloadFractionBits: Number(payload) };
  if (kind === "input") return { kind, ...common };
  const numbers = (line: readonly string[]) => line.slice(1).map(Number);
  const values = (line: readonly string[]) =>
    isInteger ? Int32Array.from(numbers(line)) : Float32Array.from(numbers(line));
  return { kind: "egru", ...common, accumulatorStart: values(body[0]!), threshold: values(body[1]!) };
}

const WEIGHT_ARRAYS = { float32: Float32Array, int16: Int16Array, int8: Int8Array };

function parseProjection(
  words: readonly string[],
  body: readonly string[][],
  format: NumberFormat,
): GraphProjection {
  const [, source, , target, , delay, , rowCount] = words;
  const rows = Number(rowCount);
  const rowStart = new Uint32Array(rows + 1);
  const targets: number[] = [];
  const weights: number[] = [];
  const byRow = new Map(body.map(([row, ...entries]) => [Number.parseInt(row!, 10), entries]));
  for (let row = 0; row < rows; row += 1) {
    for (const entry of byRow.get(row) ?? []) {
      const [accumulator, weight] = entry.split("*");
      targets.push(Number(accumulator));
      weights.push(Number(weight));
    }
    rowStart[row + 1] = targets.length;
  }
  const scale: RowScale | undefined =
    words[8] === "shift"
      ? { shift: Number(words[9]), multiplier: Uint32Array.from(words.slice(11).map(Number)) }
      : undefined;
  const synapses: FanOut = {
    rowStart,
    target: Uint32Array.from(targets),
    weight: WEIGHT_ARRAYS[format].from(weights),
    ...(scale && { scale }),
  };
  return { source: source!, target: target!, delay: Number(delay) as 0 | 1, synapses };
}

function fail(line: number, problem: string): never {
  throw new InputError(
    { field: `line ${line}` },
    problem,
    "Compare with the text that --print-after writes.",
  );
}
