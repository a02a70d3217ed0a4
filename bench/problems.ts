import type { Activity, PlacementProblem } from "../compiler/place/problem.ts";
import { nodesByPe } from "../compiler/place/traffic.ts";
import { distancesFrom } from "../compiler/router-distances.ts";
import { simulate } from "../simulator/simulate.ts";
import type { ModelIr } from "../src/core/model-ir.ts";
import type { HardwareProfile, MeshPosition, NocNode } from "../src/core/profile.ts";
import { routerGraphOf } from "../src/core/router-graph.ts";
import {
  compile,
  inputPortOf,
  loadBaseText,
  loadProfileText,
  readProfile,
  readStimulus,
} from "../src/index.ts";

const STEPS = 50;

/** Mean events of each neuron in a timestep, on synthetic input. */
export function measuredActivity(model: ModelIr, profile: HardwareProfile): Activity {
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

export function bundled(name: string): HardwareProfile {
  const { text, fileName } = loadProfileText(name);
  return readProfile(text, fileName, [], loadBaseText).profile;
}

const PES_PER_NODE = 4;

/** The chip's PEs, in a rectangle of multicast routers. */
export function gridOf(
  chip: HardwareProfile,
  width: number,
  height: number,
  neighbours: 4 | 6,
): HardwareProfile {
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

export function unicastOf(chip: HardwareProfile, width: number, height: number): HardwareProfile {
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

/** Events × links if each event were one packet a destination PE, each on a shortest path. */
export function unicastHops(problem: PlacementProblem, placement: readonly number[]): number {
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
