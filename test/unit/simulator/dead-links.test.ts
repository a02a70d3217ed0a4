import { describe, expect, it } from "vitest";
import { compile } from "../../../compiler/pipeline.ts";
import { createReplay } from "../../../simulator/detailed/replay.ts";
import { loadMachine } from "../../../simulator/engine/machine.ts";
import type { EventList } from "../../../simulator/functional/event-list.ts";
import { createSimulation, simulate } from "../../../simulator/simulate.ts";
import type { HardwareProfile } from "../../../src/core/profile.ts";
import { randomNumbers } from "../../../src/core/random.ts";
import { routerGraphOf } from "../../../src/core/router-graph.ts";
import type { Stimulus } from "../../../src/core/stimulus.ts";
import { damaged, linksOf, withDeadLinks, withDeadPes } from "../../support/faulty-machines.ts";
import { tinyModel } from "../../support/tiny-model.ts";
import { tinyBoard, tinyMulticast } from "../../support/tiny-networks.ts";

const [INPUTS, STEPS] = [20, 5];
const model = tinyModel({ inputs: INPUTS, layers: [50, 40], density: 0.4 });
const random = randomNumbers(5);
const input: Stimulus = {
  kind: "dense",
  width: INPUTS,
  values: Float32Array.from({ length: STEPS * INPUTS }, () => 2 * random() - 1),
  origin: "noise",
  synthetic: true,
};

const eventsOf = (neurons: ArrayLike<number>): EventList => ({
  count: neurons.length,
  neurons: Uint32Array.from(neurons),
  payloads: new Float32Array(neurons.length),
});

const machines: readonly (readonly [string, HardwareProfile])[] = [
  ["mesh", tinyMulticast({ neighbours: 4 })],
  ["torus", tinyMulticast({ neighbours: 6, isTorus: true })],
  ["board", tinyBoard()],
];

describe.each(machines)("a %s with dead links and PEs", (_, sound) => {
  const wanted = Math.ceil(linksOf(sound).length / 3);
  const broken = withDeadPes(damaged(sound, wanted, 3), 6, 3);

  it("computes what the whole machine computes", () => {
    const run = (profile: HardwareProfile) => {
      const events: Uint32Array[] = [];
      const { program } = compile(model, profile);
      const { populations } = simulate(program, profile, input, {
        observe: (_step, view) => events.push(view.events("egru0"), view.events("egru1")),
      });
      return { events, populations };
    };
    const whole = run(sound);
    expect(whole.events.some(({ length }) => length > 0)).toBe(true);
    expect(run(broken)).toEqual(whole);
  });

  it("counts and replays the same packets on the same links, all of which live", () => {
    const { program } = compile(model, broken, { placer: "hilbert", order: "model" });
    const simulation = createSimulation(program, broken, input);
    const replay = createReplay(
      loadMachine(program, broken),
      { point: broken.operatingPoints[0]! },
      STEPS + 1,
    );
    for (let step = 0; step < STEPS; step += 1) {
      const view = simulation.step();
      replay.step(program.populations.map(({ name }) => eventsOf(view.events(name))));
    }
    replay.step(program.populations.map(() => eventsOf([])));
    const { links } = simulation.result().counts;
    expect(replay.linkPackets()).toEqual(links.map(({ flits }) => flits));
    const between = links.filter(({ isBetweenChips }) => isBetweenChips || sound.board === undefined);
    const living = routerGraphOf(broken).neighbour.filter((to) => to >= 0).length;
    expect(between).toHaveLength(living);
    expect(living).toBe(routerGraphOf(sound).neighbour.filter((to) => to >= 0).length - 2 * deadOf(broken));
  });

  it("takes no program that sends over a dead link or uses a dead PE", () => {
    const { program } = compile(model, sound, { placer: "hilbert" });
    const { router, entries } = program.routing.find((table) =>
      table.entries.some(({ links }) => links.length > 0),
    )!;
    const { directions, neighbour } = routerGraphOf(sound);
    const [link] = entries.flatMap(({ links }) => links);
    const cut = withDeadLinks(sound, [[router, neighbour[router * directions.length + link!]!]]);
    expect(() => simulate(program, cut, input)).toThrow(`there is no link in direction ${link!}`);
    const [{ pe }] = program.pes as [(typeof program.pes)[number]];
    const without = { ...sound, pe: { ...sound.pe, dead: [pe] } };
    expect(() => simulate(program, without, input)).toThrow(`PE ${pe} is dead`);
  });
});

const deadOf = ({ noc, board }: HardwareProfile): number => (board ?? noc).deadLinks!.length;
