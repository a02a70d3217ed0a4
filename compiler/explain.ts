import type { GraphProjection } from "../src/core/event-graph.ts";
import { type HardwareProfile, dataBytesOf, usablePes } from "../src/core/profile.ts";
import { dataBytesOfPe, type Program } from "../src/core/program.ts";
import { type RouterGraph, routerGraphOf } from "../src/core/router-graph.ts";
import { tableLength } from "../src/core/table-length.ts";
import { fitOf } from "./partition/fit.ts";
import { sizersOf } from "./partition/partition.ts";
import { workOf } from "./partition/work.ts";
import { nodesByPe } from "./place/traffic.ts";
import { type LoadFacts, loadFacts } from "./explain-load.ts";
import { type StageFacts, stageFacts } from "./explain-stages.ts";
import { type TrafficFacts, trafficFacts } from "./explain-traffic.ts";
import type { Compilation, PassReport } from "./pipeline.ts";
import { ROUTERS, route } from "./route/route.ts";
import { packetsPerEvent } from "./source-ranges.ts";
import { ROW_FORM_CHOICES, withRowForm } from "./storage/choose-row-forms.ts";
import { storageFacts, type StoredProjection } from "./storage/storage-facts.ts";

/** Why a mapping is as it is: what a reader of a finished compilation asks, gathered from its Program. */
export interface Explanation {
  readonly model: string;
  readonly chip: string;
  readonly noc: HardwareProfile["noc"]["kind"];
  /** Fullest first. */
  readonly limits: readonly Limit[];
  /** PEs that hold something, ascending. */
  readonly pes: readonly PeFacts[];
  readonly sram: { readonly meanBytes: number; readonly maxBytes: number; readonly availableBytes: number };
  /** How rows are stored, by projection. */
  readonly storage: readonly StoredProjection[];
  readonly load: LoadFacts;
  readonly traffic: TrafficFacts;
  readonly routing: RoutingFacts;
  readonly passes: readonly PassReport[];
  readonly stages: StageFacts;
  readonly remarks: readonly string[];
  /** Absent where no row lies in DRAM. */
  readonly dram?: { readonly bytes: number; readonly synapses: number; readonly blocks: readonly string[] };
}

/** So much of something that the chip has so much of. */
export interface Limit {
  readonly resource: "SRAM" | "routing entries" | "PEs";
  readonly used: number;
  readonly available: number;
  /** PE or router that uses most; absent where it is about the whole. */
  readonly at?: number;
  /** Of PEs: the fewest whose memory would hold the model. More are used to be faster. */
  readonly fewest?: number;
}

export interface PeFacts {
  readonly pe: number;
  readonly chip: number;
  /** Mesh node's place within its chip. */
  readonly place: readonly [x: number, y: number];
  /** Empty where the PE only helps a decoder on the chip. */
  readonly population: string;
  readonly firstNeuron: number;
  readonly neurons: number;
  readonly dataBytes: number;
  readonly dramBytes: number;
  /** Stored for it. */
  readonly synapses: number;
  /** PE cycles that it is expected to work in a timestep, as slices were cut by them. */
  readonly cycles: number;
}

export interface RoutingFacts {
  /** Tables with entries, longest first. */
  readonly tables: readonly TableFacts[];
  readonly entries: number;
  readonly entriesBefore: number;
  readonly availablePerTable: number;
  /** Whether some table became shorter after it was filled. */
  readonly isMinimised: boolean;
}

export interface TableFacts {
  readonly router: number;
  readonly place: readonly [x: number, y: number];
  readonly entries: number;
  /** As routed, before tables were minimised. */
  readonly entriesBefore: number;
}

/** All is read from the finished Program and from the events that were reckoned with, but for tables before minimisation: they are routed again. */
export function explain(compilation: Compilation, profile: HardwareProfile): Explanation {
  const { program, passes, remarks } = compilation;
  const graph = routerGraphOf(profile);
  const reckoned = reckonedProfile(compilation, profile);
  const pes = peFacts(compilation, reckoned);
  const bytes = pes.map(({ dataBytes }) => dataBytes);
  const routing = routingFacts(compilation, profile, graph);
  const dram = dramFacts(program);
  return {
    model: program.manifest.modelName,
    chip: profile.name,
    noc: profile.noc.kind,
    limits: limitsOf(pes, routing, profile, fewestPes(compilation, reckoned)),
    pes,
    sram: {
      meanBytes: sumOf(bytes) / Math.max(1, bytes.length),
      maxBytes: mostOf(bytes),
      availableBytes: dataBytesOf(profile.pe.sram),
    },
    storage: storageFacts(compilation, profile),
    load: loadFacts(compilation, pes),
    traffic: trafficFacts(program, profile, graph, compilation.flows),
    routing,
    passes,
    stages: stageFacts(compilation, profile),
    remarks,
    ...(dram && { dram }),
  };
}

function peFacts(
  { program: { pes, chipDecoder }, graph, mapping, flows }: Compilation,
  profile: HardwareProfile,
): PeFacts[] {
  const activity = new Map(flows.map(({ source, events }) => [source, events]));
  const packets = packetsPerEvent(graph, mapping.partition, profile);
  const works = new Map(
    [...new Set(pes.map(({ population }) => population))].map((name) => [
      name,
      workOf({ graph, profile, activity, packets }, name),
    ]),
  );
  const nodeOfPe = nodesByPe(profile);
  const placed = (pe: number) => {
    const { chip, x, y } = profile.noc.nodes[nodeOfPe[pe]!]!;
    return { pe, chip, place: [x, y] as const };
  };
  const holders = pes.map((own): PeFacts => ({
    ...placed(own.pe),
    population: own.population,
    firstNeuron: own.firstNeuron,
    neurons: own.neurons,
    dataBytes: dataBytesOfPe(own),
    dramBytes: own.dramImage.length,
    synapses: sumOf(own.sources.map(({ synapses }) => synapses)),
    cycles: works.get(own.population)!.cycles(own.firstNeuron, own.neurons),
  }));
  const known = new Set(holders.map(({ pe }) => pe));
  const nothing = { population: "", firstNeuron: 0, neurons: 0, dramBytes: 0, synapses: 0, cycles: 0 };
  const decoders = (chipDecoder?.pes ?? [])
    .filter((pe) => !known.has(pe))
    .map((pe): PeFacts => ({ ...placed(pe), ...nothing, dataBytes: chipDecoder!.bufferBytes }));
  return [...holders, ...decoders].sort((a, b) => a.pe - b.pe);
}

/** With the forms of rows that slices were cut with: one alone, where one was asked for. */
function reckonedProfile({ program, graph }: Compilation, profile: HardwareProfile): HardwareProfile {
  const form = ROW_FORM_CHOICES.find((name) => name === program.manifest.options["rowForms"]) ?? "auto";
  return withRowForm(profile, graph, form);
}

/** Cuts the model again, as small as it goes. */
function fewestPes({ program, graph }: Compilation, profile: HardwareProfile) {
  const { pes: wished } = program.manifest.options;
  const usable = usablePes(profile).length;
  const pes = Math.min(wished === undefined ? usable : Number(wished), usable);
  const dram = {
    blocks: new Set(graph.projections.filter((own) => isInDram(program, own))),
    burstBytes: profile.dram?.burstBytes ?? 1,
  };
  const fit = fitOf(sizersOf({ graph, profile, dram }), dataBytesOf(profile.pe.sram));
  return { available: pes, ...(fit.kind !== "too-large" && { fewest: fit.slices }) };
}

const isInDram = ({ pes }: Program, { source, target, delay, part = 0 }: GraphProjection): boolean =>
  pes.some(
    ({ population, sources }) =>
      population === target &&
      sources.some(
        (own) => own.inDram && own.population === source && own.delay === delay && own.part === part,
      ),
  );

function limitsOf(
  pes: readonly PeFacts[],
  { tables }: RoutingFacts,
  profile: HardwareProfile,
  allowed: Pick<Limit, "available" | "fewest">,
): Limit[] {
  const [longest] = tables;
  const fullest = pes.reduce<PeFacts | undefined>(
    (most, own) => (most === undefined || own.dataBytes > most.dataBytes ? own : most),
    undefined,
  );
  const limits: Limit[] = [
    {
      resource: "SRAM",
      used: fullest?.dataBytes ?? 0,
      available: dataBytesOf(profile.pe.sram),
      ...(fullest && { at: fullest.pe }),
    },
    {
      resource: "routing entries",
      used: longest?.entries ?? 0,
      available: profile.eventRouter.entries,
      ...(longest && { at: longest.router }),
    },
    { resource: "PEs", used: pes.length, ...allowed },
  ];
  return limits.sort((a, b) => b.used / b.available - a.used / a.available);
}

function routingFacts(
  { program, graph, mapping }: Compilation,
  profile: HardwareProfile,
  { places }: RouterGraph,
): RoutingFacts {
  const algorithm = ROUTERS.find(({ name }) => name === program.manifest.options.router) ?? ROUTERS[0]!;
  // Long enough for whatever was there before it was shortened.
  const roomy = { ...profile, eventRouter: { ...profile.eventRouter, entries: Infinity } };
  const { partition, placement, allocation } = mapping;
  const decoderPes = program.chipDecoder?.pes ?? [];
  const whole = route(graph, partition, placement, allocation, roomy, decoderPes, {
    algorithm,
    minimise: "never",
  });
  const before = new Map(whole.map((table) => [table.router, tableLength(table, profile)]));
  const after = new Map(program.routing.map((table) => [table.router, tableLength(table, profile)]));
  const tables = [...new Set([...after.keys(), ...before.keys()])]
    .map((router): TableFacts => {
      const { x, y } = places[router]!;
      const [entries, entriesBefore] = [after.get(router) ?? 0, before.get(router) ?? 0];
      return { router, place: [x, y], entries, entriesBefore };
    })
    .sort((a, b) => b.entries - a.entries || a.router - b.router);
  return {
    tables,
    entries: sumOf(tables.map(({ entries }) => entries)),
    entriesBefore: sumOf(tables.map(({ entriesBefore }) => entriesBefore)),
    availablePerTable: profile.eventRouter.entries,
    isMinimised: tables.some(({ entries, entriesBefore }) => entries < entriesBefore),
  };
}

function dramFacts({ pes }: Program): Explanation["dram"] {
  const blocks = pes.flatMap(({ population, sources }) =>
    sources.filter(({ inDram }) => inDram).map((source) => ({ ...source, target: population })),
  );
  if (blocks.length === 0) return undefined;
  return {
    bytes: sumOf(pes.map(({ dramImage }) => dramImage.length)),
    synapses: sumOf(blocks.map(({ synapses }) => synapses)),
    blocks: [...new Set(blocks.map(({ population, target }) => `${population} -> ${target}`))],
  };
}

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
const mostOf = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b), 0);
