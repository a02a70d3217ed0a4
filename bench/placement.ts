import { lower } from "../compiler/lower.ts";
import { partition } from "../compiler/partition/partition.ts";
import { PLACERS } from "../compiler/place/place.ts";
import { type Activity, type Flow, flowsOf, type PlacementProblem } from "../compiler/place/problem.ts";
import { costOf, nodesByPe } from "../compiler/place/traffic.ts";
import { distancesFrom } from "../compiler/router-distances.ts";
import { simulate } from "../simulator/simulate.ts";
import type { ModelIr } from "../src/core/model-ir.ts";
import { type HardwareProfile, type MeshPosition, type NocNode, usablePes } from "../src/core/profile.ts";
import { routerGraphOf } from "../src/core/router-graph.ts";
import {
  compile,
  inputPortOf,
  loadBaseText,
  loadProfileText,
  readProfile,
  readStimulus,
  syntheticEgru,
} from "../src/index.ts";
import { formatTable } from "./measure.ts";

const STUDY = { name: "study", inputs: 750, layers: [1350, 1350, 750], density: 0.05, seed: 1 };
const STEPS = 50;

/** What placers make of four problems: how far events travel, the busiest link, and how long the search takes. */
export function benchPlacement(): string {
  const chip = bundled("spinnaker2");
  const model = syntheticEgru(STUDY);
  const activity = measuredActivity(model, chip);
  const problems: readonly (readonly [string, PlacementProblem])[] = [
    ["Layered net of 126 slices, 8 × 4 nodes of 4 PEs, multicast, 6 neighbours", layeredProblem(chip)],
    ["Study model, 8 × 5 nodes of 4 PEs, multicast", studyProblem(model, gridOf(chip, 8, 5, 4), activity)],
    ["Study model, 8 × 5 nodes of 4 PEs, unicast", studyProblem(model, unicastOf(chip, 8, 5), activity)],
    ["Study model, one SpiNNaker2", studyProblem(model, chip, activity)],
    ["Study model, board of 48 SpiNNaker2", studyProblem(model, bundled("spinnaker2-48"), activity)],
  ];
  return problems.map(([title, problem]) => tableOf(title, problem)).join("\n");
}

function tableOf(title: string, problem: PlacementProblem): string {
  const count = (value: number) => Math.round(value).toLocaleString("en-US");
  const sequential = PLACERS.find(({ name }) => name === "sequential")!.place(problem, { seed: 1 });
  const unicast = unicastHops(problem, sequential);
  const row = (name: string, hops: number, rest: readonly string[]) => [
    name,
    count(hops),
    `${((100 * hops) / unicast).toFixed(1)} %`,
    ...rest,
  ];
  const placed = PLACERS.map((placer) => {
    const begun = performance.now();
    const placement = placer.place(problem, { seed: 1 });
    const seconds = (performance.now() - begun) / 1000;
    const { eventHops, chipEventHops, busiest, cost } = costOf(problem, placement);
    const loads = [count(chipEventHops), count(busiest), count(cost), `${seconds.toFixed(2)} s`];
    return row(placer.name, eventHops, loads);
  });
  return formatTable(`${title} (${problem.slices.length} slices)`, [
    ["placer", "event-hops", "of unicast", "between chips", "busiest link", "cost", "time"],
    row("sequential, unicast", unicast, ["", "", "", ""]),
    ...placed,
  ]);
}

/** Events × links if each event were one packet a destination PE, each on a shortest path. */
function unicastHops(problem: PlacementProblem, placement: readonly number[]): number {
  const { slices, flows, profile } = problem;
  const { noc } = profile;
  const graph = routerGraphOf(profile);
  const nodeOfPe = nodesByPe(profile);
  const routers: readonly MeshPosition[] = noc.kind === "central-event-router" ? noc.routerNodes : [];
  const hops = (a: MeshPosition, b: MeshPosition) => Math.abs(a.x - b.x) + Math.abs(a.y - b.y);
  const toRouter = (place: MeshPosition) =>
    routers.length === 0 ? 0 : Math.min(...routers.map((router) => hops(place, router)));
  const host: NocNode = { ...noc.hostNode, chip: profile.board?.hostChip ?? 0, pes: [] };
  const nodeOf = (slice: number) => noc.nodes[nodeOfPe[placement[slice]!]!]!;
  const routerOf = (slice: number) => (slice < 0 ? graph.hostRouter : graph.routerOfPe[placement[slice]!]!);
  const placeOf = (slice: number) => (slice < 0 ? host : nodeOf(slice));
  const distances = new Map<number, Float64Array>();
  const between = (from: number, to: number) => {
    if (noc.kind === "mesh-unicast") return hops(placeOf(from), placeOf(to));
    const origin = routerOf(from);
    const known = distances.get(origin) ?? distancesFrom(graph, origin);
    distances.set(origin, known);
    return toRouter(placeOf(from)) + known[routerOf(to)]! + toRouter(placeOf(to));
  };
  const members = (name: string) => [...slices.keys()].filter((slice) => slices[slice]!.population === name);
  let total = 0;
  for (const { source, targets, toHost, events } of flows) {
    const receivers = [...targets.flatMap(members), ...(toHost ? [-1] : [])];
    const senders = members(source);
    for (const sender of senders.length > 0 ? senders : [-1]) {
      const { first, count } = sender < 0 ? { first: 0, count: events.length } : slices[sender]!;
      const sent = events.subarray(first, first + count).reduce((a, b) => a + b, 0);
      for (const receiver of receivers) total += sent * between(sender, receiver);
    }
  }
  return total;
}

/** Three layers of 42 slices; each slice sends one event to its own layer and to the next. */
function layeredProblem(chip: HardwareProfile): PlacementProblem {
  const names = ["a", "b", "c"];
  const profile = gridOf(chip, 8, 4, 6);
  return {
    profile,
    pes: usablePes(profile),
    slices: names.flatMap((population) =>
      Array.from({ length: 42 }, (_, first) => ({ population, first, count: 1 })),
    ),
    flows: names.map((source, layer): Flow => ({
      source,
      targets: names.slice(layer, layer + 2),
      toHost: false,
      events: new Float64Array(42).fill(1),
    })),
  };
}

function studyProblem(model: ModelIr, profile: HardwareProfile, activity: Activity): PlacementProblem {
  const graph = lower(model);
  const pes = usablePes(profile);
  return {
    profile,
    pes,
    slices: partition({ graph, profile, pes: pes.length }),
    flows: flowsOf(graph, activity),
  };
}

/** Mean events of each neuron in a timestep, on synthetic input. */
function measuredActivity(model: ModelIr, profile: HardwareProfile): Activity {
  const { program } = compile(model, profile);
  const activity = new Map<string, Float64Array>();
  for (const { name, kind, size } of program.populations)
    if (kind === "egru") activity.set(name, new Float64Array(size));
  const stimulus = readStimulus({ kind: "synthetic", seed: 1, steps: STEPS }, inputPortOf(model));
  simulate(program, profile, stimulus, {
    observe: (_, view) => {
      for (const [name, events] of activity)
        for (const [neuron, value] of view.population(name).output.entries())
          if (value !== 0) events[neuron]! += 1 / STEPS;
    },
  });
  return activity;
}

function bundled(name: string): HardwareProfile {
  const { text, fileName } = loadProfileText(name);
  return readProfile(text, fileName, [], loadBaseText).profile;
}

const PES_PER_NODE = 4;

/** The chip's PEs, in a rectangle of multicast routers. */
function gridOf(chip: HardwareProfile, width: number, height: number, neighbours: 4 | 6): HardwareProfile {
  const nodes = rectangle(width, height);
  return {
    ...chip,
    pe: { ...chip.pe, count: PES_PER_NODE * nodes.length },
    noc: {
      ...chip.noc,
      kind: "mesh-multicast",
      nodes,
      hostNode: { x: 0, y: 0 },
      topology: { neighbours, isTorus: false },
    },
  };
}

function unicastOf(chip: HardwareProfile, width: number, height: number): HardwareProfile {
  const nodes = rectangle(width, height);
  return {
    ...chip,
    pe: { ...chip.pe, count: PES_PER_NODE * nodes.length },
    noc: { ...chip.noc, kind: "mesh-unicast", nodes, hostNode: { x: 0, y: 0 } },
  };
}

const rectangle = (width: number, height: number): NocNode[] =>
  Array.from({ length: width * height }, (_, node) => ({
    x: node % width,
    y: Math.floor(node / width),
    chip: 0,
    pes: Array.from({ length: PES_PER_NODE }, (__, place) => node * PES_PER_NODE + place),
  }));
