import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Compilation, type CompileOptions, compile } from "../../compiler/pipeline.ts";
import { verifyCompiled } from "../../compiler/verify/verify.ts";
import { UserError } from "../../src/core/errors.ts";
import type { HardwareProfile } from "../../src/core/profile.ts";
import type { Program } from "../../src/core/program.ts";
import { randomNumbers } from "../../src/core/random.ts";
import { ROW_FORMS } from "../../src/core/row-form.ts";
import { routerGraphOf } from "../../src/core/router-graph.ts";
import {
  DESCRIPTION_MUTATIONS,
  diceOf,
  MEMORY_MUTATIONS,
  type Mutation,
  type OpenProgram,
  TABLE_MUTATIONS,
} from "../support/program-mutations.ts";
import { damaged, withDeadPes } from "../support/faulty-machines.ts";
import { mixedModel } from "../support/mixed-model.ts";
import { ROW_FORM_MUTATIONS } from "../support/row-form-mutations.ts";
import { tinyChip, withForms } from "../support/tiny-chip.ts";
import { tinyBoard, tinyMulticast, tinyUnicast } from "../support/tiny-networks.ts";
import { tinyModel } from "../support/tiny-model.ts";
import { routeWalker } from "../support/walk-routes.ts";

interface Base extends Compilation {
  readonly profile: HardwareProfile;
}

const model = tinyModel({ inputs: 5, layers: [23, 18, 9], density: 0.4 });
const withDecoder = tinyModel({ inputs: 6, layers: [11, 6], density: 0.5, vocabulary: 13 });
const profiles: readonly HardwareProfile[] = [
  tinyChip({ reserved: [2] }),
  tinyBoard({ reserved: [0, 3] }),
  tinyMulticast({ reserved: [1] }),
  tinyMulticast({ neighbours: 4, isTorus: true }),
  withDeadPes(damaged(tinyMulticast({ neighbours: 4 }), 5, 2), 6, 2),
  tinyUnicast(),
];
const variants: readonly CompileOptions[] = [
  { format: "float32", rows: "sram" },
  { format: "float32", rows: "dram", partition: "compact" },
  { format: "int8", rows: "dram", scales: "row" },
  { format: "int8", rows: "sram", scales: "matrix", pes: 7 },
];
const allForms = withForms(tinyChip());
/** Wide enough that four bits do not name every gap. */
const wide = tinyModel({ inputs: 3, layers: [37], density: 0.15 });
const inForms: readonly CompileOptions[] = [...ROW_FORMS, "auto" as const].flatMap((rowForms) => [
  { rowForms, format: "float32", rows: "sram" } as const,
  { rowForms, format: "int8", rows: "dram", pes: 4 } as const,
]);
const onMacArrays: readonly CompileOptions[] = [
  { format: "int8", mac: "all", rows: "sram" },
  { format: "int8", mac: new Set(["input -> egru0"]), rows: "dram", pes: 6 },
  { format: "int8", mac: "all", rows: "dram", pes: 9 },
];
/** One, three and four accumulators a neuron. */
const ofOtherKinds = mixedModel({
  inputs: 5,
  layers: [
    { kind: "lstm", size: 9 },
    { kind: "relu", size: 8 },
    { kind: "gru", size: 7 },
    { kind: "lif", size: 6 },
  ],
  seed: 2,
});
const bases: readonly Base[] = [
  ...onMacArrays.map(({ mac: _, ...options }) => ({
    ...compile(ofOtherKinds, allForms, { ...options, mac: "all" }),
    profile: allForms,
  })),
  ...onMacArrays.map((options) => ({ ...compile(model, allForms, options), profile: allForms })),
  ...inForms.flatMap((options) =>
    [model, wide].map((one) => ({ ...compile(one, allForms, options), profile: allForms })),
  ),
  ...profiles.flatMap((profile) =>
    variants.map((options) => ({ ...compile(model, profile, options), profile })),
  ),
  ...profiles.map((profile) => ({ ...compile(withDecoder, profile, { decoder: "chip" }), profile })),
];

const draws = fc.record({ base: fc.nat({ max: bases.length - 1 }), seed: fc.nat() });

/** A base with one random change of some kind; none where it has nothing of the kind. */
function mutantOf(mutation: Mutation, { base: index, seed }: { base: number; seed: number }) {
  const base = bases[index]!;
  const program = structuredClone(base.program) as OpenProgram;
  const isChanged = mutation(program, diceOf(randomNumbers(seed)), base.profile);
  return { base, program: isChanged ? (program as Program) : undefined };
}

/** What the check says of a program; nothing where it finds no fault. */
function verdictOn(program: Program, { profile, graph }: Base): unknown {
  try {
    return void verifyCompiled(program, profile, graph);
  } catch (error) {
    return error;
  }
}

function expectFault(verdict: unknown): void {
  expect(verdict).toBeInstanceOf(Error);
  expect(verdict).not.toBeInstanceOf(UserError);
  expect((verdict as Error).message).toMatch(/^verify: \S/);
}

/** Where the events of all neurons end, one by one. */
function deliveriesOf(program: Program, profile: HardwareProfile): string[] {
  const graph = routerGraphOf(profile);
  const walk = routeWalker(profile, program.routing);
  return program.populations.flatMap(({ name, kind, size, keys }) =>
    Array.from({ length: size }, (_, neuron) => {
      const home = program.pes.find(
        (pe) => pe.population === name && neuron >= pe.firstNeuron && neuron < pe.firstNeuron + pe.neurons,
      );
      const start = kind === "input" ? graph.hostRouter : graph.routerOfPe[home!.pe]!;
      try {
        const { pes, hostCopies } = walk((keys.base + neuron) >>> 0, start);
        return `${[...pes].sort((a, b) => a - b).join()} ${hostCopies}`;
      } catch {
        return "lost";
      }
    }),
  );
}

describe("what the compiler makes", () => {
  it("is found right, with and without the graph", () => {
    for (const base of bases) {
      expect(verdictOn(base.program, base)).toBeUndefined();
      expect(() => verifyCompiled(base.program, base.profile)).not.toThrow();
    }
  });

  it("comes with rows in SRAM and in DRAM, tables on the way, decoders, and slices on several chips", () => {
    const programs = bases.map(({ program }) => program);
    const blocks = programs.flatMap(({ pes }) => pes.flatMap(({ sources }) => sources));
    expect(new Set(blocks.map(({ inDram }) => inDram)).size).toBe(2);
    expect(programs.filter(({ chipDecoder }) => chipDecoder).length).toBe(profiles.length);
    expect(Math.max(...programs.map(({ routing }) => routing.length))).toBeGreaterThan(4);
  });
});

describe("a change of a program", () => {
  it.each(Object.entries({ ...MEMORY_MUTATIONS, ...DESCRIPTION_MUTATIONS, ...ROW_FORM_MUTATIONS }))(
    "is noticed: %s",
    (_, mutation) => {
      fc.assert(
        fc.property(draws, (draw) => {
          const { base, program } = mutantOf(mutation, draw);
          fc.pre(program !== undefined);
          expectFault(verdictOn(program, base));
        }),
        { numRuns: 60, maxSkipsPerRun: 2_000 },
      );
    },
  );

  it.each(Object.entries(TABLE_MUTATIONS))(
    "of its tables is noticed wherever an event then ends elsewhere: %s",
    (_, mutation) => {
      let noticed = 0;
      fc.assert(
        fc.property(draws, (draw) => {
          const { base, program } = mutantOf(mutation, draw);
          fc.pre(program !== undefined);
          const before = deliveriesOf(base.program, base.profile);
          const isElsewhere = String(deliveriesOf(program, base.profile)) !== String(before);
          const verdict = verdictOn(program, base);
          // A fault may also be one of form: a key with bits outside its mask, a link that is not there.
          if (isElsewhere || verdict !== undefined) expectFault(verdict);
          if (verdict !== undefined) noticed += 1;
        }),
        // Enough that some are noticed: most cleared bits of a mask let in keys that nobody sends.
        { numRuns: 200, maxSkipsPerRun: 1_000 },
      );
      expect(noticed).toBeGreaterThan(0);
    },
  );
});
