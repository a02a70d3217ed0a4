import { trafficFacts } from "../compiler/explain-traffic.ts";
import { PLACERS } from "../compiler/place/place.ts";
import { ROUTERS } from "../compiler/route/route.ts";
import { simulate } from "../simulator/simulate.ts";
import { sumOf } from "../src/core/counts.ts";
import { UserError } from "../src/core/errors.ts";
import type { Activity } from "../compiler/place/problem.ts";
import type { ModelIr } from "../src/core/model-ir.ts";
import { dataBytesOf, type HardwareProfile, usablePes } from "../src/core/profile.ts";
import { dataBytesOfPe, type Program } from "../src/core/program.ts";
import { routerGraphOf } from "../src/core/router-graph.ts";
import {
  type CompileOptions,
  compile,
  inputPortOf,
  loadModelFiles,
  readModel,
  readStimulus,
  syntheticModel,
} from "../src/index.ts";
import { formatTable } from "./measure.ts";
import { bundled, gridOf, measuredActivity, unicastHops, unicastOf } from "./problems.ts";

const STEPS = 20;

/** Full size, so many per cent of its weights pruned. */
const study = (pruned: number): ModelIr =>
  syntheticModel({
    name: `study, ${pruned} % pruned`,
    inputs: 750,
    layers: [1350, 1350, 750],
    density: (100 - pruned) / 100,
    seed: 1,
  });

interface Case {
  readonly title: string;
  readonly model: ModelIr;
  readonly profile: HardwareProfile;
  readonly options?: CompileOptions;
  /** Placers and routers to try; all where absent, the defaults alone where empty. */
  readonly variants?: readonly Variant[];
}

type Variant = Pick<CompileOptions, "placer" | "router">;

/** What each placer and router makes of each model on each kind of chip: memory, load, traffic, tables, time. */
export function benchCompiler(): string {
  const chip = bundled("spinnaker2");
  const board = bundled("spinnaker2-48");
  const multicast = gridOf(chip, 8, 5, 4);
  const example = readModel(loadModelFiles("examples/egru-wt2-small"));
  const cases: Case[] = [
    { title: "example, one SpiNNaker2", model: example, profile: chip },
    ...[80, 90, 95, 98].map((pruned) => ({
      title: `study, ${pruned} % pruned, one SpiNNaker2`,
      model: study(pruned),
      profile: chip,
      variants: pruned === 95 ? variantsOn(chip) : [],
    })),
    {
      title: "study, 80 % pruned, int8, one SpiNNaker2",
      model: study(80),
      profile: chip,
      options: { format: "int8" },
      variants: [],
    },
    { title: "study, 95 % pruned, 8 x 5 multicast routers", model: study(95), profile: multicast },
    { title: "study, 95 % pruned, 8 x 5 mesh, unicast", model: study(95), profile: unicastOf(chip, 8, 5) },
    {
      title: "study, 50 % pruned, board of 48 SpiNNaker2",
      model: study(50),
      profile: board,
      options: { rows: "sram" },
    },
  ];
  return cases.map(tableOf).join("\n");
}

/** Every placer with the default router, and sequential placement with each of the others. */
function variantsOn({ noc, board }: HardwareProfile): Variant[] {
  const routed = noc.kind === "mesh-multicast" || board !== undefined;
  const placers = PLACERS.map(({ name }) => ({ placer: name }));
  return routed
    ? [...placers, ...ROUTERS.slice(1).map(({ name }) => ({ placer: "sequential", router: name }))]
    : placers;
}

function tableOf({ title, model, profile, options = {}, variants = variantsOn(profile) }: Case): string {
  const activity = measuredActivity(model, profile);
  const baseline = unicastOfSequential(model, profile, activity, options);
  const rows = [{}, ...variants].map((variant) => {
    const name =
      variant.placer === undefined ? "default" : [variant.placer, variant.router].filter(Boolean).join(", ");
    try {
      return [name, ...measured(model, profile, { ...options, ...variant, activity }, baseline)];
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      return [name, ...HEADINGS.slice(1).map((_, index) => (index === 0 ? error.code : ""))];
    }
  });
  return formatTable(`${title} (sequential placement and unicast: ${count(baseline)} event-hops)`, [
    HEADINGS,
    ...rows,
  ]);
}

const HEADINGS = [
  "placer, router",
  "PEs",
  "SRAM mean",
  "max",
  "busiest PE",
  "event-hops",
  "of unicast",
  "busiest link",
  "DRAM kB",
  "entries",
  "minimised",
  "longest table",
  "compile",
];

const count = (value: number): string => Math.round(value).toLocaleString("en-US");
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

function measured(
  model: ModelIr,
  profile: HardwareProfile,
  options: CompileOptions,
  baseline: number,
): string[] {
  const begun = performance.now();
  const compilation = compile(model, profile, options);
  const seconds = (performance.now() - begun) / 1000;
  const { program } = compilation;
  const bytes = program.pes.map(dataBytesOfPe);
  const room = dataBytesOf(profile.pe.sram);
  const stimulus = readStimulus({ kind: "synthetic", seed: 2, steps: STEPS }, inputPortOf(model));
  const { counts, busyCycles } = simulate(program, profile, stimulus);
  // Events alone: the simulator's links also carry what PEs fetch from DRAM.
  const traffic = trafficFacts(program, profile, routerGraphOf(profile), compilation.flows);
  const entriesWith = (minimise: "never" | "always") =>
    entriesOf(compile(model, withLongTables(profile), { ...options, minimise, verify: false }).program);
  return [
    count(program.pes.length),
    percent(sumOf(bytes) / bytes.length / room),
    percent(Math.max(...bytes) / room),
    percent(busiestOverMean(program, busyCycles)),
    count(traffic.eventHops),
    percent(traffic.eventHops / baseline),
    count(traffic.busiest?.events ?? 0),
    count(counts.dram.byteRead / STEPS / 1000),
    count(entriesWith("never")),
    count(entriesWith("always")),
    count(longestOf(program)),
    `${seconds.toFixed(1)} s`,
  ];
}

/** Events × links if slices stood one after the other and each event were one packet a destination PE. */
function unicastOfSequential(
  model: ModelIr,
  profile: HardwareProfile,
  activity: Activity,
  options: CompileOptions,
): number {
  const { mapping, flows } = compile(model, profile, {
    ...options,
    placer: "sequential",
    order: "model",
    activity,
  });
  const problem = {
    profile,
    pes: usablePes(profile),
    slices: mapping.partition,
    flows,
  };
  return unicastHops(problem, mapping.placement);
}

/** Of the layer where it is most: the busiest PE's cycles over the mean of all that hold a part of it. */
function busiestOverMean({ populations, pes }: Program, busyCycles: Float64Array): number {
  const ratios = populations.slice(1).map(({ name }) => {
    const cycles = pes.filter(({ population }) => population === name).map(({ pe }) => busyCycles[pe]!);
    return (Math.max(...cycles) * cycles.length) / sumOf(cycles);
  });
  return Math.max(...ratios);
}

const entriesOf = ({ routing }: Program): number => sumOf(routing.map(({ entries }) => entries.length));

/** Entries of the longest table as compiled: minimised only where it would not fit. */
const longestOf = ({ routing }: Program): number =>
  Math.max(0, ...routing.map(({ entries }) => entries.length));

/** The same chip with room for any table. */
const withLongTables = (profile: HardwareProfile): HardwareProfile => ({
  ...profile,
  eventRouter: { ...profile.eventRouter, entries: 2 ** 24 },
});
