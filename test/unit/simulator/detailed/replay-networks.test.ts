import { describe, expect, it } from "vitest";
import { compile } from "../../../../compiler/pipeline.ts";
import { createReplay } from "../../../../simulator/detailed/replay.ts";
import { loadMachine, type Machine } from "../../../../simulator/engine/machine.ts";
import type { EventList } from "../../../../simulator/functional/event-list.ts";
import { createSimulation } from "../../../../simulator/simulate.ts";
import type { HardwareProfile } from "../../../../src/core/profile.ts";
import { randomNumbers } from "../../../../src/core/random.ts";
import { seconds } from "../../../../src/core/units.ts";
import { tinyChip } from "../../../support/tiny-chip.ts";
import { tinyModel } from "../../../support/tiny-model.ts";
import { tinyBoard, tinyMulticast, tinyUnicast } from "../../../support/tiny-networks.ts";

const profiles = {
  chip: tinyChip(),
  board: tinyBoard(),
  "mesh-multicast": tinyMulticast(),
  "mesh-unicast": tinyUnicast(),
};
const each = Object.entries(profiles);

const withFifo = (profile: HardwareProfile, packetFifoEntries: number): HardwareProfile => ({
  ...profile,
  hash: `${profile.hash}-fifo-${packetFifoEntries}`,
  pe: { ...profile.pe, sram: { ...profile.pe.sram, packetFifoEntries } },
});
const withDropAfter = (profile: HardwareProfile, cycles: number): HardwareProfile => ({
  ...profile,
  hash: `${profile.hash}-drop-${cycles}`,
  eventRouter: { ...profile.eventRouter, dropAfter: seconds(cycles / profile.noc.clock) },
});
const eventsOf = (neurons: ArrayLike<number>): EventList => ({
  count: neurons.length,
  neurons: Uint32Array.from(neurons),
  payloads: new Float32Array(neurons.length),
});

/** Cycles from the host to the first PE of the tree's only leaf, where nothing else is under way. */
function flightFromHost({ plan, network, profile }: Machine): number {
  const { noc, eventRouter, board } = profile;
  const [leaf] = plan.routes[0]!.tree.leaves;
  const pipeline = (eventRouter.pipelineCycles * noc.clock) / eventRouter.clock;
  const hops = (links: readonly number[]) => links.length * noc.hopCycles;
  const over = leaf!.hops.length;
  if (noc.kind === "mesh-multicast") return over * noc.hopCycles + (over + 1) * pipeline;
  const intoMesh = (links: readonly number[]) => 1 + hops(links) + 1;
  const last = intoMesh(network.fromRouter(leaf!.router, leaf!.node));
  if (noc.kind === "mesh-unicast") return last;
  const chipLink = board === undefined ? 0 : (board.link.latencyCycles * noc.clock) / board.link.clock;
  return Math.ceil(intoMesh(network.toRouter(-1)) + pipeline + over * (chipLink + pipeline)) + last;
}

describe.each(each)("a lone neuron on the %s", (_, profile) => {
  const lone = tinyModel({ inputs: 1, layers: [1], density: 1 });
  const { program } = compile(lone, profile);
  const machine = loadMachine(program, profile);
  const point = profile.operatingPoints[0]!;
  const k = profile.pe.kernels.float32!;
  const perPeCycle = profile.noc.clock / point.peClock;

  it("begins its step when its packet has come all the way, and has worked it off", () => {
    const replay = createReplay(machine, { point }, 1);
    replay.step([eventsOf([0]), eventsOf([])]);
    const peCycles = k.packetReceive + k.rowLookup + k.rowFetch + 3 * k.synop + k.timestep + k.neuronUpdate;
    const expected = flightFromHost(machine) + peCycles * perPeCycle;
    expect(replay.timing().phases[0]!.seconds[0]! * profile.noc.clock).toBeCloseTo(expected, 6);
  });
});

it("a PE composes a packet for each destination PE where routers do not copy them", () => {
  const profile = tinyUnicast();
  const { program } = compile(tinyModel({ inputs: 1, layers: [1, 8], density: 1 }), profile);
  const machine = loadMachine(program, profile);
  const { leaves } = machine.plan.routes.find(({ population }) => population === 1)!.tree;
  expect(leaves.length).toBeGreaterThan(3);
  const point = profile.operatingPoints[0]!;
  const k = profile.pe.kernels.float32!;
  const layerTime = (events: readonly number[]) => {
    const replay = createReplay(machine, { point }, 1);
    replay.step([eventsOf([0]), eventsOf(events), eventsOf([])]);
    return replay.timing().phases[0]!.seconds[0]! * point.peClock;
  };
  expect(layerTime([0]) - layerTime([])).toBeCloseTo(leaves.length * k.eventSend, 6);
});

describe.each(each)("a run on the %s", (_, profile) => {
  const inputs = 30;
  const steps = 6;
  const model = tinyModel({ inputs, layers: [60, 40], density: 0.4 });
  /** Runs the model and replays it, with a step without events at the end in which all that is under way arrives. */
  const run = (chip: HardwareProfile, rows: "sram" | "dram" = "sram") => {
    const { program } = compile(model, chip, { rows, order: "model" });
    const random = randomNumbers(5);
    const values = Float32Array.from({ length: steps * inputs }, () => 2 * random() - 1);
    const stimulus = { kind: "dense", width: inputs, values, origin: "noise", synthetic: true } as const;
    const simulation = createSimulation(program, chip, stimulus);
    const replay = createReplay(loadMachine(program, chip), { point: chip.operatingPoints[0]! }, steps + 1);
    for (let step = 0; step < steps; step += 1) {
      const view = simulation.step();
      replay.step(program.populations.map(({ name }) => eventsOf(view.events(name))));
    }
    const before = replay.timing();
    replay.step(program.populations.map(() => eventsOf([])));
    const sent = simulation.result().counts.links.map(({ flits }) => flits);
    return { sent, seen: replay.linkPackets(), figures: replay.timing(), before };
  };

  it("sends over each link what the fast fidelity counts there", () => {
    const { sent, seen } = run(profile);
    expect(sent.some((flits) => flits > 0)).toBe(true);
    expect(seen).toEqual(sent);
  });

  it("loses nothing where FIFOs are short, and drops nothing unless routers are told to", () => {
    const { sent, seen, figures } = run(withFifo(profile, 1));
    expect(figures.refusedPackets).toBeGreaterThan(0);
    expect(figures.droppedPackets).toBe(0);
    expect(seen).toEqual(sent);
  });

  it("sends dropped packets again", () => {
    const { sent, seen, figures } = run(withDropAfter(withFifo(profile, 1), 5));
    if (profile.noc.kind === "mesh-unicast") expect(figures.droppedPackets, "no router, no drops").toBe(0);
    else expect(figures.droppedPackets).toBeGreaterThan(0);
    expect(seen).toEqual(sent);
  });

  it.each(["sram", "dram"] as const)("goes on where every buffer has a single place: rows in %s", (rows) => {
    // Chips may wait for each other in a circle, unless their routers drop.
    const short = withFifo(profile, 1);
    const { noc, eventRouter, board } = profile.board ? withDropAfter(short, 50) : short;
    const narrow = {
      ...short,
      hash: `${profile.hash}-narrow`,
      noc: { ...noc, buffers: { ...noc.buffers, linkFlits: 1, localFlits: 1, sourcePackets: 1 } },
      eventRouter: { ...eventRouter, queuePackets: 1 },
      ...(board && { board: { ...board, link: { ...board.link, bufferPackets: 1 } } }),
    } as HardwareProfile;
    const { sent, seen, figures } = run(narrow, rows);
    expect(figures.refusedPackets).toBeGreaterThan(0);
    if (rows === "sram") expect(figures.stalledSends).toBeGreaterThan(0);
    expect(seen).toEqual(sent);
  });
});
