import { describe, expect, it } from "vitest";
import { compile } from "../../../compiler/pipeline.ts";
import { loadChip } from "../../../src/cli/load-chip.ts";
import { NUMBER_FORMATS, type NumberFormat } from "../../../src/core/number-format.ts";
import { NEURON_TRAITS } from "../../../src/core/population-kind.ts";
import type { PeProgram, Program } from "../../../src/core/program.ts";
import { randomNumbers } from "../../../src/core/random.ts";
import type { Stimulus } from "../../../src/core/stimulus.ts";
import { kindOf } from "../../../firmware/cycles/pe-files.ts";
import {
  emulated,
  expectedOf,
  firmwareWith,
  hasFirmwareTools,
  packetsTo,
  type PeStep,
  simulatedSteps,
} from "../../support/firmware.ts";
import { LAYERS, mixedModel } from "../../support/mixed-model.ts";

const STEPS = 8;
const INPUTS = 5;
const { profile } = loadChip("spinnaker2");

function stimulusOf(scale: number): Stimulus {
  const random = randomNumbers(7);
  const values = Float32Array.from({ length: INPUTS * STEPS }, () => scale * (2 * random() - 1));
  return { kind: "dense", width: INPUTS, values, origin: "seeded", synthetic: true };
}

/** All kinds after one another, Linear ones between others, so that none of them runs on the host. */
function programOf(format: NumberFormat, weightScale: number, pes: number): Program {
  const linear = LAYERS.slice(LAYERS.indexOf("linear"));
  const cores = LAYERS.slice(0, LAYERS.indexOf("linear"));
  const kinds = [...cores.slice(0, 3), ...linear, ...cores.slice(3)];
  const layers = kinds.map((kind, i) => ({ kind, size: 7 + i }));
  const model = mixedModel({ inputs: INPUTS, layers, seed: 3, weightScale });
  return compile(model, profile, { format, order: "model", pes }).program;
}

/** Every PE's words, with what the simulator says of them. */
function bothOf(program: Program, scale: number, window?: number): [PeProgram, PeStep[], PeStep[]][] {
  const steps = simulatedSteps(program, profile, stimulusOf(scale), window);
  return program.pes.map((pe) => {
    const packets = packetsTo(pe, program, steps, window);
    const found = emulated(firmwareWith("exact"), pe, program, profile, packets, window);
    return [pe, found, expectedOf(pe, program, steps, window)];
  });
}

describe.skipIf(!hasFirmwareTools)("neurons of all kinds equal the simulator's in every word", () => {
  it.each(NUMBER_FORMATS)("%s, a PE each", (format) => {
    const program = programOf(format, 1, LAYERS.length);
    const quiet: string[] = [];
    for (const [pe, found, expected] of bothOf(program, 1.5)) {
      const kind = kindOf(program, pe);
      expect(found, kind).toEqual(expected);
      const sent = found.flatMap((step) => step.sent).length;
      if (sent === 0) quiet.push(kind);
      // Neurons that choose whether to send do both.
      if (["egru", "lif", "lif-reset", "relu"].includes(kind))
        expect(sent, kind).toBeLessThan(STEPS * pe.neurons);
    }
    expect(quiet).toEqual([]);
    expect(program.pes.map((pe) => kindOf(program, pe)).sort()).toEqual([...LAYERS].sort());
  });

  it.each(NUMBER_FORMATS)("%s, two PEs each, states that restart", (format) => {
    const program = programOf(format, 1, 2 * LAYERS.length);
    for (const [pe, found, expected] of bothOf(program, 1.5, 3))
      expect(found, kindOf(program, pe)).toEqual(expected);
  });

  // The products of int8 rows are clamped to a 64th of that range.
  it("int16 sums and states at the ends of their range", () => {
    const program = programOf("int16", 2000, LAYERS.length);
    const atEnds = new Set<string>();
    for (const [pe, found, expected] of bothOf(program, 2000)) {
      const kind = kindOf(program, pe);
      expect(found, kind).toEqual(expected);
      const words = found.flatMap(({ sums, state }) => [
        ...new Int32Array(sums.buffer),
        ...new Int32Array(state.buffer),
      ]);
      if (words.some((word) => word === 2 ** 31 - 1 || word === -(2 ** 31))) atEnds.add(kind);
    }
    // Maxima are payloads as they came, of 24 bits.
    expect([...atEnds].sort()).toEqual(LAYERS.filter((kind) => kind !== "max-pool").sort());
  });
});

it("the kinds that are compared are all that a PE's neurons can have, but for partial sums", () => {
  expect(Object.keys(NEURON_TRAITS).sort()).toEqual([...LAYERS, "partial-sum"].sort());
});
