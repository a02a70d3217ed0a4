import { InputError } from "./errors.ts";
import type {
  EventGraph,
  FanOut,
  GraphPopulation,
  GraphProjection,
  GraphValues,
  HostStages,
  RowScale,
} from "./event-graph.ts";
import { isChipKind, NEURON_TRAITS } from "./population-kind.ts";
import { mapsText, type SharedConvolution } from "./shared-convolution.ts";
import { type AccumulatorBits, formatOf, type NumberFormat, type ScaleGranularity } from "./number-format.ts";

/**
 * The event graph as text, one fact a line, that parses back to an equal graph. Host stages are named with
 * their sizes only; they pass through the compiler untouched.
 *
 *     graph NAME float32 row 32
 *     input embedding 4 payload 0 [silent-zeros]
 *     egru egru0 2 payload 0
 *       order 1 0                 the model's number of each neuron, where it is another
 *       start -1 0.5 …            of all neurons' first accumulator (z), then of the next (r, gx, gr)
 *       threshold 0.1 0.2         the kind's other parameters, by name
 *     partial-sum egru0.part1 2 of egru0 payload 0
 *       start 0 0
 *     projection embedding -> egru0 delay 0 rows 4 [from 8] [part 1] [on mac-array [convolution]] [format int16] [shift 25 scale 8388608 …]
 *       0: 1*0.25 3*-0.5          source row: accumulator*weight …
 *     host encoder embedding embedding 40 -> 4
 *
 * A convolution that is multiplied by its kernel adds `input CxHxW/T output CxHxW/T kernel 3x3 stride 1x1 dilation 1x1 padding 1x1 groups 1`, T channels
 * of its maps standing together. Rows are of all source neurons, or of those from `from` on. A projection's format is said where it is not the graph's, its part where it is not the first. Long lists of numbers go on in the lines below, twelve a line, indented by four; a line that begins with a
 * number continues the line before it.
 */
export function formatEventGraph(graph: EventGraph): string {
  const { format, scales, accumulatorBits } = graph.quantisation;
  const lines = [`graph ${graph.name} ${format} ${scales} ${accumulatorBits}`];
  for (const population of graph.populations) lines.push(...formatPopulation(population));
  for (const projection of graph.projections) lines.push(...formatProjection(projection, format));
  for (const where of ["encoder", "decoder"] as const) {
    for (const stage of graph.host[where]) {
      const [from, to] =
        stage.kind === "embedding" ? [stage.rows, stage.width] : [stage.inputs, stage.outputs];
      const then = stage.kind === "linear" && stage.activation ? ` ${stage.activation}` : "";
      lines.push(`host ${where} ${stage.kind} ${stage.name} ${from} -> ${to}${then}`);
    }
  }
  return `${lines.join("\n")}\n`;
}

/** Shortest decimal text that reads back as the same float32. */
export function formatWeight(value: number): string {
  for (let digits = 1; digits < 9; digits += 1) {
    const text = Number(value.toPrecision(digits));
    if (Math.fround(text) === value) return String(text);
  }
  return String(value);
}

const VALUES_PER_LINE = 12;

/** A label and its values, wrapped. */
function formatList(label: string, values: readonly string[]): string[] {
  const lines = [label];
  for (let first = 0; first < values.length; first += VALUES_PER_LINE) {
    const part = values.slice(first, first + VALUES_PER_LINE).join(" ");
    if (first === 0) lines[0] = `${label} ${part}`;
    else lines.push(`    ${part}`);
  }
  return lines;
}

const formatAll = (label: string, values: GraphValues | Uint32Array): string[] =>
  formatList(label, Array.from(values, values instanceof Float32Array ? formatWeight : String));

function formatPopulation(population: GraphPopulation): string[] {
  const { kind, name, size, payloadFractionBits } = population;
  const order = population.order ? formatAll("  order", population.order) : [];
  if (population.kind === "input") {
    const silent = population.silentZeros ? " silent-zeros" : "";
    return [`${kind} ${name} ${size} payload ${payloadFractionBits}${silent}`, ...order];
  }
  const of = population.partOf === undefined ? "" : ` of ${population.partOf}`;
  return [
    `${kind} ${name} ${size}${of} payload ${payloadFractionBits}`,
    ...order,
    ...formatAll("  start", population.accumulatorStart),
    ...NEURON_TRAITS[population.kind].parameters.flatMap(({ name: field }, index) =>
      formatAll(`  ${field}`, population.parameters[index]!),
    ),
  ];
}

function formatProjection(projection: GraphProjection, graphFormat: NumberFormat): string[] {
  const { source, target, delay, part = 0, sources, onMacArray, convolution, synapses } = projection;
  const { rowStart, target: targets, weight, scale } = synapses;
  const rows = rowStart.length - 1;
  const own = formatOf(weight);
  const head =
    `projection ${source} -> ${target} delay ${delay} rows ${rows}` +
    (sources === undefined ? "" : ` from ${sources.first}`) +
    (part === 0 ? "" : ` part ${part}`) +
    (onMacArray ? " on mac-array" : "") +
    (convolution ? ` ${formatConvolution(convolution)}` : "") +
    (own === graphFormat ? "" : ` format ${own}`);
  const lines = scale
    ? formatList(`${head} shift ${scale.shift} scale`, Array.from(scale.multiplier, String))
    : [head];
  for (let row = 0; row < rows; row += 1) {
    if (rowStart[row] === rowStart[row + 1]) continue;
    const entries = [];
    for (let i = rowStart[row]!; i < rowStart[row + 1]!; i += 1) {
      entries.push(`${targets[i]}*${formatWeight(weight[i]!)}`);
    }
    lines.push(...formatList(`  ${row}:`, entries));
  }
  return lines;
}

const formatConvolution = ({ input, output, groups, ...pairs }: SharedConvolution): string =>
  [
    `input ${mapsText(input)} output ${mapsText(output)}`,
    ...PAIRS.map((name) => `${name} ${pairs[name].join("x")}`),
    `groups ${groups}`,
  ].join(" ");
const PAIRS = ["kernel", "stride", "dilation", "padding"] as const;

/** The inverse of `formatEventGraph`, for tests and for graphs written by hand. @throws InputError with the line. */
export function parseEventGraph(text: string, host: HostStages = { encoder: [], decoder: [] }): EventGraph {
  const [head, ...rest] = significantLines(text);
  if (head?.words[0] !== "graph")
    fail(head?.number ?? 1, "a graph begins with: graph NAME FORMAT SCALES BITS");
  const [, name, format, scales, bits] = head.words;
  const isInteger = format !== "float32";
  const populations: GraphPopulation[] = [];
  const projections: GraphProjection[] = [];
  for (let at = 0; at < rest.length;) {
    const { words, number } = rest[at]!;
    at += 1;
    if (words[0] === "input" || isChipKind(words[0]!)) {
      const from = at;
      while (at < rest.length && POPULATION_LISTS.has(rest[at]!.words[0]!)) at += 1;
      populations.push(
        parsePopulation(
          words,
          rest.slice(from, at).map((line) => line.words),
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

interface Line {
  readonly words: string[];
  /** Of its first line in the text, from 1 on. */
  readonly number: number;
}

/** A value, or accumulator*weight; a row's number ends in a colon. */
const CONTINUES = /^[-+]?(?:[\d.]|Infinity|NaN)[^:]*$/;

/** Lines that say something, each with those that continue it. */
function significantLines(text: string): Line[] {
  const lines: Line[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    const words = line.trim().split(/\s+/);
    const first = words[0]!;
    if (first === "" || first === "host" || first.startsWith("#")) continue;
    const before = lines.at(-1);
    if (before !== undefined && CONTINUES.test(first)) for (const word of words) before.words.push(word);
    else lines.push({ words, number: index + 1 });
  }
  return lines;
}

const POPULATION_LISTS: ReadonlySet<string> = new Set([
  "order",
  "start",
  ...Object.values(NEURON_TRAITS).flatMap(({ parameters }) => parameters.map(({ name }) => name)),
]);

function parsePopulation(
  words: readonly string[],
  body: readonly string[][],
  isInteger: boolean,
): GraphPopulation {
  const [kind, name, size] = words;
  const wordAfter = (label: string) => words[words.indexOf(label, 3) + 1];
  const numbersOf = (label: string) =>
    body
      .find(([first]) => first === label)
      ?.slice(1)
      .map(Number);
  const order = numbersOf("order");
  const common = {
    name: name!,
    size: Number(size),
    ...(order && { order: Uint32Array.from(order) }),
    payloadFractionBits: Number(wordAfter("payload")),
  };
  if (!isChipKind(kind!))
    return {
      kind: "input",
      ...common,
      ...(words.includes("silent-zeros") && { silentZeros: true as const }),
    };
  const values = (numbers: readonly number[] = []) =>
    isInteger ? Int32Array.from(numbers) : Float32Array.from(numbers);
  const of = words.indexOf("of", 3) < 0 ? undefined : wordAfter("of");
  return {
    kind,
    ...common,
    ...(of !== undefined && { partOf: of }),
    accumulatorStart: values(numbersOf("start")),
    parameters: NEURON_TRAITS[kind].parameters.map(({ name: field }) => values(numbersOf(field))),
  };
}

const WEIGHT_ARRAYS = { float32: Float32Array, int16: Int16Array, int8: Int8Array };

/** The clauses after a projection's rows: each a word and its value; the values of `scale` are all that follow. */
function parseClauses(words: readonly string[]): Map<string, readonly string[]> {
  const clauses = new Map<string, readonly string[]>();
  for (let at = 0; at < words.length; at += 2) {
    const values = words[at] === "scale" ? words.slice(at + 1) : [words[at + 1]!];
    clauses.set(words[at]!, values);
    if (words[at] === "scale") break;
  }
  return clauses;
}

function parseProjection(
  words: readonly string[],
  body: readonly string[][],
  graphFormat: NumberFormat,
): GraphProjection {
  const [, source, , target, , delay, , rowCount, ...rest] = words;
  const clauses = parseClauses(rest);
  const format = (clauses.get("format")?.[0] ?? graphFormat) as NumberFormat;
  const part = Number(clauses.get("part")?.[0] ?? 0);
  const rows = Number(rowCount);
  const from = clauses.get("from")?.[0];
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
  const shift = clauses.get("shift")?.[0];
  const scale: RowScale | undefined =
    shift === undefined
      ? undefined
      : { shift: Number(shift), multiplier: Uint32Array.from((clauses.get("scale") ?? []).map(Number)) };
  const synapses: FanOut = {
    rowStart,
    target: Uint32Array.from(targets),
    weight: WEIGHT_ARRAYS[format].from(weights),
    ...(scale && { scale }),
  };
  return {
    source: source!,
    target: target!,
    delay: Number(delay) as 0 | 1,
    ...(part > 0 && { part }),
    ...(clauses.get("on")?.[0] === "mac-array" && { onMacArray: true }),
    ...(clauses.has("kernel") && { convolution: parseConvolution(clauses) }),
    ...(from !== undefined && { sources: { first: Number(from), count: rows } }),
    synapses,
  };
}

function parseConvolution(clauses: ReadonlyMap<string, readonly string[]>): SharedConvolution {
  const numbers = (label: string): number[] => (clauses.get(label)?.[0] ?? "").split(/[x/]/).map(Number);
  const maps = (label: string) => {
    const [channels, height, width, together] = numbers(label) as [number, number, number, number];
    return { channels, height, width, together };
  };
  const pair = (label: (typeof PAIRS)[number]) => numbers(label) as [number, number];
  return {
    input: maps("input"),
    output: maps("output"),
    kernel: pair("kernel"),
    stride: pair("stride"),
    dilation: pair("dilation"),
    padding: pair("padding"),
    groups: numbers("groups")[0]!,
  };
}

function fail(line: number, problem: string): never {
  throw new InputError(
    { field: `line ${line}` },
    problem,
    "Compare with the text that --print-after writes.",
  );
}
