import { describe, expect, it } from "vitest";
import { compile } from "../../../../compiler/pipeline.ts";
import { verifyCompiled } from "../../../../compiler/verify/verify.ts";
import type { HardwareProfile } from "../../../../src/core/profile.ts";
import type { Program } from "../../../../src/core/program.ts";
import { oppositeOf, routerGraphOf } from "../../../../src/core/router-graph.ts";
import { diceOf, MEMORY_MUTATIONS, type OpenProgram } from "../../../support/program-mutations.ts";
import { tinyChip } from "../../../support/tiny-chip.ts";
import { tinyBoard, tinyMulticast, tinyUnicast } from "../../../support/tiny-networks.ts";
import { tinyModel } from "../../../support/tiny-model.ts";

const model = tinyModel({ inputs: 5, layers: [12, 9], density: 0.5 });
const chip = tinyChip();
const compiled = compile(model, chip);

const changed = (program: Program, change: (open: OpenProgram) => void): Program => {
  const open = structuredClone(program) as OpenProgram;
  change(open);
  return open;
};

/** What the check says of the compiled program after a change. */
function messageOf(
  change: (open: OpenProgram) => void,
  { program, graph, profile = chip }: ReturnType<typeof compile> & { profile?: HardwareProfile } = compiled,
): string {
  try {
    verifyCompiled(changed(program, change), profile, graph);
  } catch (error) {
    return (error as Error).message;
  }
  return "no fault";
}

const sliceOf = (program: Program, population: string, neuron = 0) =>
  program.pes.find(
    (pe) => pe.population === population && pe.firstNeuron <= neuron && neuron < pe.firstNeuron + pe.neurons,
  )!;

/** The entry that the events of a population meet first on the chip's one router. */
const entryOf = ({ populations, routing }: OpenProgram, population: string) => {
  const { base } = populations.find(({ name }) => name === population)!.keys;
  return routing[0]!.entries.find(({ key, mask }) => (base & mask) >>> 0 === key)!;
};

describe("a fault is named by what it is and where", () => {
  const last = sliceOf(compiled.program, "egru1").pe;

  it("where a PE misses its events, or gets others'", () => {
    const without = (open: OpenProgram) => {
      for (const destination of entryOf(open, "egru0").destinations)
        destination.pes = destination.pes.filter((pe) => pe !== last);
    };
    expect(messageOf(without)).toBe(`verify: neuron 0 of egru0 does not reach PE ${last}`);
    const node = chip.noc.nodes.findIndex(({ pes }) => pes.includes(last));
    const more = (open: OpenProgram) => void entryOf(open, "input").destinations.push({ node, pes: [last] });
    expect(messageOf(more)).toBe(`verify: neuron 0 of input reaches PE ${last}, which holds no rows for it`);
    const twice = (open: OpenProgram) => void entryOf(open, "egru0").destinations.push({ node, pes: [last] });
    expect(messageOf(twice)).toBe(`verify: neuron 0 of egru0 reaches PE ${last} twice`);
  });

  it("where the host misses the output, or gets what is not its own", () => {
    const toggle = (population: string) => (open: OpenProgram) => {
      const entry = entryOf(open, population);
      entry.toHost = !entry.toHost;
    };
    expect(messageOf(toggle("egru1"))).toBe("verify: neuron 0 of egru1 does not reach the host");
    expect(messageOf(toggle("egru0"))).toBe("verify: neuron 0 of egru0 reaches the host");
  });

  it("where an event matches nothing, or only some events of a population do", () => {
    expect(messageOf(({ routing }) => void routing.splice(0))).toBe(
      "verify: neuron 0 of input is lost: router 0 has no entry for it",
    );
    const halved = (open: OpenProgram) => {
      const entry = entryOf(open, "egru0");
      entry.mask = (entry.mask | 8) >>> 0;
    };
    expect(messageOf(halved)).toBe("verify: neuron 8 of egru0 is lost: router 0 has no entry for it");
  });

  it("where a table or a key does not fit the hardware", () => {
    const [first] = compiled.program.routing;
    const needed = first!.entries.length;
    const small = { ...chip, eventRouter: { ...chip.eventRouter, entries: needed - 1 } };
    expect(messageOf(() => undefined, { ...compiled, profile: small })).toBe(
      `verify: the table of router 0 has ${needed} entries of ${needed - 1}`,
    );
    const narrow = { ...chip, eventRouter: { ...chip.eventRouter, keyBits: 16 } };
    expect(messageOf(() => undefined, { ...compiled, profile: narrow })).toBe(
      "verify: keys of input do not fit 16 bits",
    );
  });

  it("where two populations share keys", () => {
    const shared = ({ populations }: OpenProgram) =>
      void (populations[2]!.keys = { ...populations[1]!.keys });
    expect(messageOf(shared)).toMatch(/^verify: egru[01] and egru[01] share key \d+$/);
  });

  it("where a weight, a threshold or a scale is another", () => {
    const dice = diceOf(() => 0);
    const mutate = (kind: string) => (open: OpenProgram) => void MEMORY_MUTATIONS[kind]!(open, dice, chip);
    expect(messageOf(mutate("bit of weights flipped"))).toMatch(
      /^verify: the synapse from neuron \d+ of \w+ to neuron \d+ of egru\d has another weight on PE 0$/,
    );
    expect(messageOf(mutate("threshold changed"))).toMatch(
      /^verify: neuron \d+ of egru\d has another threshold on PE 0$/,
    );
    const int8 = compile(model, chip, { format: "int8" });
    expect(messageOf(mutate("bit of scales flipped"), int8)).toMatch(
      /^verify: scale 0 of \w+ on PE 0 is not the graph's$/,
    );
  });

  it("where memory reaches into the code, the stack, or beyond a chip's DRAM", () => {
    const { sram } = chip.pe;
    const within = (change: Partial<typeof sram>) => ({
      ...compiled,
      profile: { ...chip, pe: { ...chip.pe, sram: { ...sram, ...change } } },
    });
    expect(messageOf(() => undefined, within({ codeBytes: sram.codeBytes + 4 }))).toBe(
      "verify: PE 0 has data at byte 1024, below the end of the code at 1028",
    );
    const ends = compiled.program.pes.map(({ sections }) => sections.at(-1)!.offset + sections.at(-1)!.bytes);
    const end = Math.max(...ends);
    expect(messageOf(() => undefined, within({ bytes: end, stackBytes: 4 }))).toMatch(
      new RegExp(`^verify: PE \\d+ has data up to byte ${end}, above the stack's end at ${end - 4}$`),
    );
    const inDram = compile(model, chip, { rows: "dram" });
    const shallow = { ...chip, dram: { ...chip.dram!, bytes: 64 } };
    expect(messageOf(() => undefined, { ...inDram, profile: shallow })).toMatch(
      /^verify: chip 0 needs \d+ bytes of DRAM, but has 64$/,
    );
  });

  it("where a chip sends an event back to where it came from", () => {
    // Eight PEs a chip, so that no chip holds the first layer alone.
    const board = tinyBoard({ pesPerNode: 1 });
    const made = compile(model, board);
    const graph = routerGraphOf(board);
    const { base } = made.program.populations[0]!.keys;
    const back = ({ routing }: OpenProgram) => {
      const entryAt = (at: number) =>
        routing
          .find(({ router }) => router === at)!
          .entries.find(({ key, mask }) => (base & mask) >>> 0 === key)!;
      const [link] = entryAt(graph.hostRouter).links;
      const there = graph.neighbour[graph.hostRouter * graph.directions.length + link!]!;
      entryAt(there).links.push(oppositeOf(graph, link!));
      entryAt(there).links.sort((a, b) => a - b);
    };
    expect(messageOf(back, { ...made, profile: board })).toBe(
      `verify: neuron 0 of input comes to router ${graph.hostRouter} twice`,
    );
  });
});

describe("compile", () => {
  const profiles = [chip, tinyBoard(), tinyMulticast(), tinyUnicast()];

  it("checks what it made, and gives the same bytes unchecked", () => {
    for (const profile of profiles) {
      const { program } = compile(model, profile);
      expect(compile(model, profile, { verify: false }).program).toEqual(program);
    }
  });
});
