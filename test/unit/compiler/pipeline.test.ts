import { describe, expect, it } from "vitest";
import { compile, runPasses } from "../../../compiler/pipeline.ts";
import { CapacityError, UnsupportedError } from "../../../src/core/errors.ts";
import { WEIGHT_BYTES } from "../../../src/core/number-format.ts";
import { dataBytesOf } from "../../../src/core/profile.ts";
import { encodeProgram } from "../../../src/core/program-codec.ts";
import { rowsOf } from "../../../src/core/program-rows.ts";
import { tinyChip } from "../../support/tiny-chip.ts";
import { tinyModel } from "../../support/tiny-model.ts";

const model = tinyModel({ inputs: 5, layers: [12, 9], density: 0.4 });
const chip = tinyChip();

/** The synapses that a program's images hold, as `target layer: delay source gate-column -> weight`, by model names. */
function synapsesIn(program: ReturnType<typeof compile>["program"]): Map<string, number> {
  const found = new Map<string, number>();
  for (const pe of program.pes) {
    pe.sources.forEach((source, block) => {
      const { rowStart, index, weight } = rowsOf(pe, block);
      const size = program.populations.find(({ name }) => name === pe.population)!.size;
      for (let row = 0; row < source.rows; row += 1) {
        for (let i = rowStart[row]!; i < rowStart[row + 1]!; i += 1) {
          const accumulator = Math.floor(index[i]! / pe.neurons);
          const gate = accumulator === 3 ? 2 : accumulator;
          const column = gate * size + pe.firstNeuron + (index[i]! % pe.neurons);
          const key = `${source.population} -> ${pe.population} ${row} ${column}`;
          expect(found.has(key), `${key} stored twice`).toBe(false);
          found.set(key, weight[i]!);
        }
      }
    });
  }
  return found;
}

describe("compile", () => {
  it.each(["spread", "compact"])("stores every weight of the model exactly once (%s)", (partition) => {
    const { program } = compile(model, chip, { partition, order: "model" });
    const expected = new Map<string, number>();
    for (const { source, target, weights } of model.projections) {
      if (weights.kind !== "sparse") throw new Error("the tiny model is sparse");
      for (let row = 0; row < weights.sources; row += 1) {
        for (let i = weights.rowStart[row]!; i < weights.rowStart[row + 1]!; i += 1) {
          expected.set(`${source} -> ${target} ${row} ${weights.target[i]}`, weights.value[i]!);
        }
      }
    }
    expect(new Map([...synapsesIn(program)].sort())).toEqual(new Map([...expected].sort()));
  });

  it("gives the same bytes for the same inputs, and others for another seed", () => {
    const bytes = (seed: number) => encodeProgram(compile(model, chip, { seed }).program);
    expect(bytes(1)).toEqual(bytes(1));
    expect(bytes(1)).not.toEqual(bytes(2));
  });

  it("keeps integer weights within half a step of the model's", () => {
    const { program } = compile(model, chip, { format: "int8", scales: "matrix" });
    const exact = synapsesIn(compile(model, chip).program);
    const largest = new Map<string, number>();
    const projectionOf = (key: string) => key.split(" ").slice(0, 3).join(" ");
    for (const [key, value] of exact) {
      largest.set(projectionOf(key), Math.max(largest.get(projectionOf(key)) ?? 0, Math.abs(value)));
    }
    const quantised = synapsesIn(program);
    for (const [key, value] of exact) {
      const step = largest.get(projectionOf(key))! / 127;
      expect(Math.abs((quantised.get(key) ?? 0) * step - value)).toBeLessThanOrEqual(step / 2 + 1e-12);
    }
  });

  it("keeps every section inside the PE's data memory and apart from the others", () => {
    for (const format of ["float32", "int16", "int8"] as const) {
      const { program } = compile(model, chip, { format, partition: "compact" });
      for (const { sections, pe } of program.pes) {
        let end = chip.pe.sram.codeBytes;
        for (const { offset, bytes, kind } of sections) {
          expect(offset, `${kind} on PE ${pe}`).toBeGreaterThanOrEqual(end);
          end = offset + bytes;
        }
        expect(end).toBeLessThanOrEqual(chip.pe.sram.bytes - chip.pe.sram.stackBytes);
        const weights = sections
          .filter(({ kind }) => kind === "weights")
          .reduce((sum, { bytes }) => sum + bytes, 0);
        const synapses = program.pes
          .find((other) => other.pe === pe)!
          .sources.reduce((sum, { synapses: n }) => sum + n, 0);
        expect(weights).toBe(synapses * WEIGHT_BYTES[format]);
      }
    }
  });

  it("uses fewest PEs when compact, and all that help when spread", () => {
    expect(compile(model, chip, { partition: "compact" }).program.pes).toHaveLength(2);
    expect(compile(model, chip, { partition: "spread" }).program.pes.length).toBeGreaterThan(10);
    expect(compile(model, chip, { partition: "spread", pes: 4 }).program.pes).toHaveLength(4);
  });

  it("cuts evenly where a PE could hold far more than the model", () => {
    const roomy = tinyChip({ sramBytes: 2 ** 31 });
    expect(compile(model, roomy, { partition: "spread", pes: 4 }).program.pes).toHaveLength(4);
  });

  it("leaves reserved PEs alone", () => {
    const { program } = compile(model, tinyChip({ reserved: [0, 3, 4] }));
    expect(program.pes.map(({ pe }) => pe).filter((pe) => [0, 3, 4].includes(pe))).toEqual([]);
  });

  it("says what is short, by how much, and that int8 would fit", () => {
    const large = tinyModel({ inputs: 40, layers: [90], density: 1 });
    const small = tinyChip({ pesPerNode: 1, sramBytes: 20_000 });
    const error = outcome(() => compile(large, small, { rows: "sram" }));
    expect(error).toBeInstanceOf(CapacityError);
    const { needed, available } = (error as CapacityError).shortage;
    expect(available).toBe(8);
    expect(needed).toBeGreaterThan(8);
    expect((error as Error).message).toBe(
      `tiny needs ${needed} processing elements, but has 8 (${needed - 8} short).`,
    );
    expect((error as CapacityError).hint).toMatch(/^Use int(16|8) weights, which would need \d PEs\.$/);
  });

  it("says what else would help where no narrower format does", () => {
    const large = tinyModel({ inputs: 40, layers: [90], density: 1 });
    expect(outcome(() => compile(large, chip, { pes: 2, rows: "sram" }))).toMatchObject({
      message: expect.stringMatching(/^tiny needs \d+ processing elements, but has 2 /),
      hint: expect.stringMatching(/^Allow at least \d+ PEs; the chip has 16 to use\.$/),
    });
    const small = tinyChip({ pesPerNode: 1, sramBytes: 6_000 });
    expect(outcome(() => compile(large, small, { format: "int8", rows: "sram" }))).toMatchObject({
      hint: expect.stringMatching(
        /^Prune the model to about \d+ % of the weights it has, or choose a chip with more memory\.$/,
      ),
    });
    const cramped = tinyChip({ sramBytes: 1_800 });
    expect(outcome(() => compile(model, cramped, { rows: "sram" }))).toMatchObject({
      hint: "Choose a chip with more memory a PE, or shrink what takes most of it: packet-fifo with 128 bytes.",
    });
  });

  it("names a neuron that alone is too large", () => {
    const wide = tinyModel({ inputs: 2000, layers: [1], density: 1 });
    const error = outcome(() => compile(wide, chip, { rows: "sram", partitionBy: "neurons" }));
    expect((error as Error).message).toMatch(
      new RegExp(
        `^One neuron alone \\(egru0\\[0\\]\\) needs [\\d,]+ SRAM bytes, but has ${dataBytesOf(chip.pe.sram).toLocaleString("en-US")} `,
      ),
    );
  });

  it("points to scales a matrix where scales a row take most of the memory", () => {
    const wide = tinyModel({ inputs: 2000, layers: [1], density: 1 });
    expect(
      outcome(() => compile(wide, chip, { format: "int8", rows: "sram", partitionBy: "neurons" })),
    ).toMatchObject({
      hint: "Choose a chip with more memory a PE, or shrink what takes most of it: scales with 8,000 bytes (--scales matrix).",
    });
  });

  it("refuses a number format that the chip has no kernels for", () => {
    const { int8: _, ...kernels } = chip.pe.kernels;
    const error = outcome(() => compile(model, { ...chip, pe: { ...chip.pe, kernels } }, { format: "int8" }));
    expect(error).toBeInstanceOf(UnsupportedError);
    expect((error as Error).message).toBe("Tiny chip has no int8 kernels.");
  });

  it("refuses a routing table that is too short", () => {
    const error = outcome(() =>
      compile(model, { ...chip, eventRouter: { ...chip.eventRouter, entries: 2 } }),
    );
    expect((error as Error).message).toBe("tiny needs 3 routing entries, but has 2 (1 short).");
  });
});

describe("decoder on the chip", () => {
  const words = tinyModel({ inputs: 6, layers: [8, 6], vocabulary: 30 });

  it("moves the decoder from the host to the MAC arrays, int8 with a scale an output", () => {
    const host = compile(words, chip).program;
    const { program } = compile(words, chip, { decoder: "chip" });
    expect(host.host.decoder).toHaveLength(1);
    expect(program.host.decoder).toEqual([]);
    const { weights, scale, inputs, outputs, pes } = program.chipDecoder!;
    expect([inputs, outputs, pes.length]).toEqual([6, 30, 16]);
    const exact = host.host.decoder[0]!;
    if (exact.kind !== "linear") throw new Error("the decoder is linear");
    for (let i = 0; i < weights.length; i += 1) {
      const step = scale[Math.floor(i / inputs)]!;
      expect(Math.abs(weights[i]! * step - exact.weights[i]!)).toBeLessThanOrEqual(step * 0.5001);
    }
    const output = program.routing[0]!.entries.at(-1)!;
    expect(output.toHost).toBe(false);
    expect(output.destinations.flatMap(({ pes: at }) => at)).toEqual(pes);
  });

  it("keeps to the PEs that it may use, and to one output a PE at least", () => {
    const few = compile(words, chip, { decoder: "chip", partition: "compact", pes: 3 }).program;
    expect(new Set([...few.pes.map(({ pe }) => pe), ...few.chipDecoder!.pes]).size).toBe(3);
    const short = tinyModel({ inputs: 6, layers: [6], vocabulary: 3 });
    expect(compile(short, chip, { decoder: "chip" }).program.chipDecoder!.pes).toHaveLength(3);
  });

  it("needs MAC arrays and room in DRAM", () => {
    const { macArray: _, ...pe } = chip.pe;
    expect(outcome(() => compile(words, { ...chip, pe }, { decoder: "chip" }))).toMatchObject({
      message: "Tiny chip has no MAC arrays for a decoder.",
    });
    const dram = { ...chip.dram!, bytes: 100 };
    expect(outcome(() => compile(words, { ...chip, dram }, { decoder: "chip" }))).toMatchObject({
      shortage: { resource: "DRAM bytes", needed: 30 * 6 + 8 * 30, available: 100 },
    });
  });
});

describe("runPasses", () => {
  it("names a pass whose requirement nobody established", () => {
    const pass = {
      name: "late",
      summary: "",
      requires: ["quantised"],
      establishes: [],
      run: (graph: never) => graph,
    } as const;
    expect(() => runPasses(compile(model, chip).graph, [pass], { seed: 1 })).toThrow(
      "late requires quantised, which no earlier pass establishes",
    );
  });

  it("names a pass that breaks the graph", () => {
    const graph = compile(model, chip).graph;
    const pass = {
      name: "breaker",
      summary: "",
      requires: [],
      establishes: [],
      run: () => ({ ...graph, projections: [{ ...graph.projections[0]!, target: "input" }] }),
    } as const;
    expect(() => runPasses(graph, [pass], { seed: 1 })).toThrow(
      /^pass breaker broke the graph; its input began:\ngraph tiny float32/,
    );
  });
});

function outcome(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}
