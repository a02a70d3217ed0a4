import { MismatchError, UnsupportedError } from "../src/core/errors.ts";
import { type EventCoding, formatEventCoding } from "../src/core/event-coding.ts";
import { type EventGraph, modelProjectionNames } from "../src/core/event-graph.ts";
import { formatEventGraph } from "../src/core/event-graph-text.ts";
import { hashOf } from "../src/core/hash.ts";
import type { Mapping } from "../src/core/mapping.ts";
import type { ModelIr } from "../src/core/model-ir.ts";
import { NUMBER_FORMATS, type ProjectionFormats, type Quantisation } from "../src/core/number-format.ts";
import { type HardwareProfile, usablePes } from "../src/core/profile.ts";
import type { Program } from "../src/core/program.ts";
import { allocate } from "./allocate/allocate.ts";
import { checkCapabilities, checkCoding, checkPeLimits } from "./check-capabilities.ts";
import { planDecoder, quantiseDecoder } from "./decoder.ts";
import { emit } from "./emit/emit.ts";
import { expectedActivity, guessedPopulations } from "./expected-activity.ts";
import { lower } from "./lower/lower.ts";
import { chooseDramRows, describeDramRows, ROW_PLACES, type RowPlace } from "./partition/dram-rows.ts";
import { NEURON_ORDERS, type NeuronOrder, partitionInOrder } from "./partition/order.ts";
import { PARTITION_STRATEGIES } from "./partition/partition.ts";
import { chooseParts, type FanInParts } from "./partition/choose-parts.ts";
import { splitFanIn } from "./passes/split-fan-in.ts";
import { dropZeroSynapses } from "./passes/drop-zero-synapses.ts";
import { orderMaps } from "./passes/order-maps.ts";
import { activityIn } from "./passes/permute-neurons.ts";
import { GRAPH_VERIFIERS, type GraphPass, type GraphProperty } from "./passes/pass.ts";
import { quantiseWeights } from "./passes/quantise-weights.ts";
import { packetsPerEvent } from "./source-ranges.ts";
import { type Products, targetsOfKernels, useMacArrays } from "./passes/use-mac-arrays.ts";
import {
  chooseProducts,
  describeProducts,
  type ExpectedSeconds,
  type MacChoice,
  withProductsHint,
} from "./partition/choose-products.ts";
import { planTimer } from "./partition/expected-time.ts";
import { manifestOf, synapsesOf } from "./manifest.ts";
import { defaultPlacer, PLACERS } from "./place/place.ts";
import { type Activity, type Flow, flowsOf } from "./place/problem.ts";
import type { MinimiseChoice } from "./route/minimise/minimise.ts";
import { ROUTERS, route } from "./route/route.ts";
import {
  chooseRowForms,
  describeRowForms,
  ROW_FORM_CHOICES,
  type RowFormChoice,
  withRowForm,
} from "./storage/choose-row-forms.ts";
import { verifyCompiled } from "./verify/verify.ts";

export interface CompileOptions {
  /** Number format of the chip's weights; float32 where absent. */
  readonly format?: Quantisation["format"];
  /**
   * Integer weight formats of single projections, by `projectionName`, over an integer `format`, which stays that of the
   * rest: of neurons, receiving and sending.
   */
  readonly formats?: ProjectionFormats;
  /** Granularity of integer scales; by row where absent. */
  readonly scales?: Quantisation["scales"];
  readonly seed?: number;
  /** Name of one of `PARTITION_STRATEGIES`; the first where absent. */
  readonly partition?: string;
  /**
   * By what populations are divided among PEs: neurons alone, sources of their fan-in (each part's sums on PEs of their own), or both.
   * auto, where absent: neurons, unless a neuron alone does not fit a PE.
   */
  readonly partitionBy?: PartitionBy;
  /** Parts of a fan-in where it is divided by sources. 2 where absent; auto finds them. */
  readonly parts?: number;
  /** In which order neurons stand; the first of `NEURON_ORDERS` where absent. */
  readonly order?: NeuronOrder;
  /** Name of one of `PLACERS`; the one that suits the chip where absent. */
  readonly placer?: string;
  /** How long a placer that searches may take: twice the effort, twice the moves. 1 where absent. */
  readonly effort?: number;
  /** Activity measured on sample input, by population: all stages then weigh neurons by their events instead of assumed ones. */
  readonly activity?: Activity;
  /** Name of one of `ROUTERS`; the first where absent. */
  readonly router?: string;
  /** Which routing tables to minimise; "auto", those that are too long, where absent. */
  readonly minimise?: MinimiseChoice;
  /** Which memory holds synaptic rows; the first of `ROW_PLACES` where absent. */
  readonly rows?: RowPlace;
  /** In which form rows are stored; the first of `ROW_FORM_CHOICES`, the fastest that fits, where absent. */
  readonly rowForms?: RowFormChoice;
  /** Which projections PEs work off on their MAC arrays; none where absent. It changes what is computed. */
  readonly mac?: MacChoice;
  /** Use no more PEs than this. */
  readonly pes?: number;
  readonly decoder?: "host" | "chip";
  /** How graded events are sent where the chip's carry fewer bits; as they are where absent. */
  readonly coding?: EventCoding;
  /** Whether the finished program is held against graph and profile; yes where absent. It changes no byte. */
  readonly verify?: boolean;
  /** Receives the graph's text after the pass of this name ("lower" for the graph as it comes in). */
  readonly printAfter?: { readonly pass: string; readonly print: (text: string) => void };
}

export const PARTITION_BY = ["auto", "neurons", "sources", "both"] as const;
export type PartitionBy = (typeof PARTITION_BY)[number];

export interface Compilation {
  readonly program: Program;
  readonly mapping: Mapping;
  readonly graph: EventGraph;
  /** Events that the choices were reckoned with. */
  readonly flows: readonly Flow[];
  /** Layers whose events in them nobody measured. */
  readonly guessed: readonly string[];
  readonly passes: readonly PassReport[];
  /** What the stages after the passes decided that a reader may not expect, a line each. */
  readonly remarks: readonly string[];
}

export interface PassReport {
  readonly name: string;
  readonly synapsesBefore: number;
  readonly synapsesAfter: number;
  readonly remarks: readonly string[];
}

/** The passes over the event graph, in order. */
export const graphPipeline = (
  quantisation: Quantisation,
  formats?: ProjectionFormats,
  products: Products = new Map(),
  parts: FanInParts = new Map(),
): readonly GraphPass[] => [
  // First, as rows of a part of a fan-in keep their place.
  ...(products.size > 0 ? [orderMaps(products)] : []),
  ...(parts.size > 0 ? [splitFanIn(parts)] : []),
  // Before quantisation, as a product's weights share one scale.
  ...(products.size > 0 ? [useMacArrays(products)] : []),
  // Early, so that whatever follows sees the weights that the chip will hold.
  quantiseWeights(quantisation, formats),
  // After quantisation, which rounds small weights to zero.
  dropZeroSynapses,
];

/** Names that `printAfter` knows. */
export const printableStages = (): string[] => [
  "lower",
  ...graphPipeline({ format: "float32", scales: "row", accumulatorBits: 32 }).map(({ name }) => name),
];

/**
 * Compiles a model for one chip:
 *
 * 1. lower: ModelIr → EventGraph (fan-out rows by source);
 * 2. passes: number format, synapses that do nothing;
 * 3. partition: which rows lie in DRAM; in which order neurons stand; populations → slices that fit a PE's memory;
 * 4. place: slice → PE;
 * 5. store: slice and projection → form of its rows;
 * 6. allocate: slice → memory layout, population → keys;
 * 7. route: population → trees → entries of each router, fewer where a table is too long;
 * 8. emit: all of that as a Program;
 * 9. verify: the Program against profile and graph, sharing no code with what made it.
 *
 * Same model, profile and options give the same bytes.
 *
 * @throws CapacityError where the chip is too small, UnsupportedError where it cannot run the model.
 */
export function compile(model: ModelIr, chip: HardwareProfile, options: CompileOptions = {}): Compilation {
  const { seed = 1 } = options;
  const quantisation = chooseQuantisation(chip, options);
  const formats = differingFormats(options);
  const lowered = lower(model);
  const { rowForms: form = ROW_FORM_CHOICES[0] } = options;
  const usable = usablePes(chip);
  const pes = Math.min(options.pes ?? usable.length, usable.length);
  const { partitionBy = "auto" } = options;
  // Sources alone: neurons are cut only where memory asks for it.
  const strategy = named(
    PARTITION_STRATEGIES,
    options.partition ?? (partitionBy === "sources" ? "compact" : undefined),
    "partition strategy",
  );
  const { rows = ROW_PLACES[0] } = options;
  const { order = NEURON_ORDERS[0], effort = 1 } = options;
  const secondsWith = (products: Products): ExpectedSeconds => {
    const { graph } = runPasses(lowered, graphPipeline(quantisation, options.formats, products), { seed });
    const profile = withRowForm(chip, graph, form);
    const problem = {
      graph,
      profile,
      pes,
      activity: expectedActivity(graph, activityIn(graph, options.activity)),
    };
    const timer = planTimer(problem, strategy);
    const placed = chooseDramRows(problem, rows, strategy);
    return {
      inTurn: timer.secondsOf(placed),
      overlapped: timer.overlappedSecondsOf(placed),
      usesDram: placed.dram.blocks.size > 0,
    };
  };
  const { mac = "off" } = options;
  const { format, formats: given = new Map() } = options;
  const asked = {
    ...{ model, graph: lowered, profile: chip, pes, secondsWith },
    format: format ?? "float32",
    formats: given,
  };
  const products = chooseProducts(asked, mac);
  const cutInto = (parts: FanInParts) => {
    const pipeline = graphPipeline(quantisation, options.formats, products, parts);
    const { graph: passed, passes } = runPasses(lowered, pipeline, { ...options, seed });
    checkCapabilities(passed, chip, options.coding);
    const profile = withRowForm(chip, passed, form);
    const expected = expectedActivity(passed, activityIn(passed, options.activity));
    const guessed = guessedPopulations(passed, options.activity);
    const placedRows = chooseDramRows({ graph: passed, profile, pes, activity: expected }, rows, strategy);
    const problem = { ...placedRows, profile, pes, activity: expected };
    const cut = partitionInOrder(problem, strategy, order);
    // For how many PEs a core composes packets is known once there are slices.
    const packets = packetsPerEvent(cut.graph, cut.slices, profile);
    const isOneEach = [...packets.values()].every((count) => count === 1);
    const settled = isOneEach ? cut : partitionInOrder({ ...problem, packets }, strategy, order);
    return { parts, passes, profile, guessed, ...settled };
  };
  const whole = targetsOfKernels(lowered, products);
  const cut = withProductsHint(products, () =>
    chooseParts(lowered, chip, quantisation, options, whole, cutInto),
  );
  const { graph, dram, activity, slices, passes, profile, guessed, ...ordered } = cut;
  checkCoding(graph, options.coding);
  checkPeLimits(graph, slices, chip);
  const placer =
    options.placer === undefined ? defaultPlacer(profile) : named(PLACERS, options.placer, "placer");
  const flows = flowsOf(graph, activity);
  const placement = placer.place({ slices, pes: usable, profile, flows }, { seed, effort });
  const decoder =
    options.decoder === "chip" ? planDecoder(graph, slices, placement, profile, pes, dram) : undefined;
  const rowForms = chooseRowForms({ graph, slices, placement, profile, flows, dram }, decoder);
  const allocation = allocate(graph, slices, placement, profile, rowForms, decoder, dram);
  const router = named(ROUTERS, options.router, "router");
  const { minimise = "auto" } = options;
  const remarks = [
    ...describeProducts(model, products),
    ...describeDramRows(graph, dram, slices, activity, guessed),
    ...ordered.remarks,
    ...describeRowForms(graph, slices, rowForms),
  ];
  const routing = route(graph, slices, placement, allocation, profile, decoder?.pes ?? [], {
    algorithm: router,
    minimise,
    remark: (text) => remarks.push(text),
  });
  const mapping: Mapping = { partition: slices, placement, rowForms, allocation, routing };

  const manifest = manifestOf(model, profile, graph, {
    seed,
    options: {
      format: quantisation.format,
      scales: quantisation.scales,
      ...(formats.size > 0 && { formats: formatsAsText(graph, formats) }),
      partition: strategy.name,
      ...(cut.parts.size > 0 && {
        partitionBy,
        parts: [...cut.parts].map(([name, count]) => `${name}=${count}`).join(", "),
      }),
      ...(order !== NEURON_ORDERS[0] && { order }),
      placer: placer.name,
      ...(effort !== 1 && { effort: String(effort) }),
      ...(options.activity && { activity: hashOf(...[...options.activity].flat()) }),
      router: router.name,
      ...(minimise !== "auto" && { minimise }),
      rows,
      ...(form !== "auto" && { rowForms: form }),
      ...(mac !== "off" && { mac: products.size === 0 ? "none" : productsText(products) }),
      decoder: options.decoder ?? "host",
      ...(options.coding && { coding: formatEventCoding(options.coding) }),
      ...(options.pes !== undefined && { pes: String(options.pes) }),
    },
  });
  const program = emit(
    graph,
    mapping,
    manifest,
    decoder && quantiseDecoder(decoder, graph.populations.at(-1)?.order),
  );
  if (options.verify !== false) verifyCompiled(program, profile, graph);
  return {
    program,
    mapping,
    graph,
    flows,
    guessed,
    passes,
    remarks,
  };
}

function chooseQuantisation(
  profile: HardwareProfile,
  { format = "float32", scales = "row", formats = new Map() }: CompileOptions,
): Quantisation {
  for (const asked of [format, ...formats.values()]) {
    if (profile.pe.kernels[asked] !== undefined) continue;
    const known = NUMBER_FORMATS.filter((name) => profile.pe.kernels[name]).join(", ");
    throw new UnsupportedError(`${profile.title} has no ${asked} kernels.`, `Choose one of: ${known}.`);
  }
  return { format, scales, accumulatorBits: profile.pe.accumulatorBits };
}

/** Without those that repeat the program's own format, so that equal programs are equal bytes. */
const differingFormats = ({ format, formats = new Map() }: CompileOptions): ProjectionFormats =>
  new Map([...formats].filter(([, own]) => own !== format));

/** "egru0 -> egru1=int16, …", in the graph's order. */
const formatsAsText = (graph: EventGraph, formats: ProjectionFormats): string =>
  modelProjectionNames(graph)
    .filter((name) => formats.has(name))
    .map((name) => `${name}=${formats.get(name)}`)
    .join(", ");

const productsText = (products: Products): string =>
  [...products].map(([name, form]) => (form === "matrix" ? name : `${name} (kernel)`)).join(", ");

/** Runs each pass, then every verifier for what is established so far; a failure names the pass and shows its input. */
export function runPasses(
  lowered: EventGraph,
  pipeline: readonly GraphPass[],
  { seed, printAfter }: { readonly seed: number; readonly printAfter?: CompileOptions["printAfter"] },
): { graph: EventGraph; passes: PassReport[] } {
  const print = (stage: string, graph: EventGraph) => {
    if (printAfter?.pass === stage) printAfter.print(formatEventGraph(graph));
  };
  const established = new Set<GraphProperty>(["well-formed"]);
  let graph = lowered;
  print("lower", graph);
  const passes = pipeline.map((pass): PassReport => {
    const missing = pass.requires.filter((property) => !established.has(property));
    if (missing.length > 0)
      throw new Error(`${pass.name} requires ${missing.join(", ")}, which no earlier pass establishes`);
    const remarks: string[] = [];
    const before = graph;
    graph = pass.run(before, { seed, remark: (text) => remarks.push(text) });
    for (const property of pass.establishes) established.add(property);
    try {
      for (const property of established) GRAPH_VERIFIERS[property](graph);
    } catch (cause) {
      const text = formatEventGraph(before).slice(0, 4000);
      throw new Error(`pass ${pass.name} broke the graph; its input began:\n${text}`, { cause });
    }
    print(pass.name, graph);
    return { name: pass.name, synapsesBefore: synapsesOf(before), synapsesAfter: synapsesOf(graph), remarks };
  });
  return { graph, passes };
}

function named<T extends { readonly name: string }>(
  list: readonly T[],
  name: string | undefined,
  what: string,
): T {
  const found = name === undefined ? list[0] : list.find((entry) => entry.name === name);
  if (found) return found;
  throw new MismatchError(
    `There is no ${what} "${name}".`,
    `Choose one of: ${list.map((entry) => entry.name).join(", ")}.`,
  );
}
