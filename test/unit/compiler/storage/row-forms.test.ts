import { describe, expect, it } from "vitest";
import { type CompileOptions, compile } from "../../../../compiler/pipeline.ts";
import { storageFacts } from "../../../../compiler/storage/storage-facts.ts";
import { ROW_VARIANTS } from "../../../../compiler/storage/row-variants.ts";
import { WEIGHT_BYTES } from "../../../../src/core/number-format.ts";
import { decodeProgram, encodeProgram } from "../../../../src/core/program-codec.ts";
import type { Program } from "../../../../src/core/program.ts";
import { rowsOf } from "../../../../src/core/program-rows.ts";
import { formatProgram } from "../../../../src/core/program-text.ts";
import { gatesIn, ROW_FORMS, rowBytesOf } from "../../../../src/core/row-form.ts";
import { oneEventEach } from "../../../support/one-event-each.ts";
import { bytesOfSection } from "../../../support/row-form-mutations.ts";
import { tinyChip, withForms } from "../../../support/tiny-chip.ts";
import { tinyModel } from "../../../support/tiny-model.ts";

const model = tinyModel({ inputs: 6, layers: [37, 9], density: 0.3 });
const chip = withForms(tinyChip());
const csrChip = withForms(tinyChip(), "csr");
const FORMATS = ["float32", "int16", "int8"] as const;

const blocksOf = ({ pes }: Program) =>
  pes.flatMap((pe) => pe.sources.map((source, block) => ({ pe, source, block })));

/** Every synapse with its weight, in the order of the images. */
const synapsesOf = (program: Program) =>
  blocksOf(program).map(({ pe, source, block }) => {
    const { rowStart, index, weight } = rowsOf(pe, block);
    return [pe.population, pe.firstNeuron, source.population, [...rowStart], [...index], [...weight]];
  });

describe.each(ROW_FORMS)("rows as %s", (rowForms) => {
  const made = (options: CompileOptions) =>
    compile(model, chip, { pes: 4, order: "model", rowForms, ...options });

  it.each(FORMATS)("hold the synapses that they hold as csr, in SRAM and in DRAM: %s", (format) => {
    for (const rows of ["sram", "dram"] as const) {
      const { program, mapping } = made({ format, rows });
      expect(decodeProgram(encodeProgram(program))).toEqual(program);
      expect(new Set(blocksOf(program).map(({ source }) => source.form))).toEqual(new Set([rowForms]));
      const { mapping: plain, graph } = compile(model, csrChip, { pes: 4, order: "model", format, rows });
      const expected = graph.projections.reduce((sum, { synapses }) => sum + synapses.target.length, 0);
      expect(blocksOf(program).reduce((sum, { source }) => sum + source.synapses, 0)).toBe(expected);
      if (JSON.stringify(plain.partition) !== JSON.stringify(mapping.partition)) continue;
      const asCsr = compile(model, csrChip, { pes: 4, order: "model", format, rows });
      expect(synapsesOf(program)).toEqual(synapsesOf(asCsr.program));
    }
  });

  it("take the bytes that their layout says, and no others", () => {
    for (const { pe, source } of blocksOf(made({ format: "int16" }).program)) {
      const columns = gatesIn(source.gates).length * pe.neurons;
      const weightBytes = WEIGHT_BYTES[source.weightFormat];
      const bytes = rowBytesOf({ ...source, columns, weightBytes });
      expect(bytesOfSection(pe, source, "row-pointers")).toHaveLength(bytes.pointers);
      expect(bytesOfSection(pe, source, "indices")).toHaveLength(bytes.indices);
      expect(bytesOfSection(pe, source, "weights")).toHaveLength(bytes.weights);
    }
  });

  it("are named in the manifest, a remark and the disassembly", () => {
    const { program, remarks } = made({});
    expect(program.manifest.options["rowForms"]).toBe(rowForms);
    expect(formatProgram(program, { rows: true })).toContain(` synapses, ${rowForms} float32`);
    const named = remarks.filter((remark) => remark.includes("rows as"));
    expect(named).toHaveLength(rowForms === "csr" ? 0 : 4);
  });
});

describe("what a choice would cost", () => {
  const activity = oneEventEach(model.populations);
  const compilation = compile(model, chip, { format: "int8", pes: 4, activity });

  it("is what a program of that form alone costs", () => {
    for (const form of ROW_VARIANTS) {
      for (const [index, facts] of storageFacts(compilation, chip).entries()) {
        const { bytes, cycles } = facts.forms.find((one) => one.form === form)!;
        const [slots, rows, words] = countedIn(compilation, index, form);
        const costs = chip.pe.rowForms.int8![form.startsWith("delta") ? "delta-csr" : (form as "csr")]!;
        const synops = facts.synapses;
        expect(cycles).toBeCloseTo(
          rows * costs.rowFetch +
            words * costs.rowWord +
            synops * costs.synop +
            (slots - synops) * costs.emptySlot,
          6,
        );
        expect(bytes).toBeGreaterThanOrEqual(slots);
      }
    }
  });

  it("adds up to what was chosen", () => {
    for (const { forms, cycles, bytes, slots, synapses } of storageFacts(compilation, chip)) {
      expect(slots).toBeGreaterThanOrEqual(synapses);
      const pes = compilation.mapping.partition.length;
      const used = forms.reduce((sum, form) => sum + form.pes, 0);
      expect(used).toBeLessThanOrEqual(pes);
      expect(used).toBeGreaterThan(0);
      expect(cycles).toBeLessThanOrEqual(Math.min(...forms.map((form) => form.cycles)) + 1e-9);
      expect(bytes).toBeGreaterThan(0);
    }
  });
});

/** Slots, begun rows and words of structure that a timestep of one event from every neuron meets, read from the images. */
function countedIn({ program, graph }: ReturnType<typeof compile>, index: number, form: string) {
  const projection = graph.projections[index]!;
  const inbound = graph.projections.filter(({ target }) => target === projection.target);
  let [slots, begun, words] = [0, 0, 0];
  for (const pe of program.pes.filter(({ population }) => population === projection.target)) {
    const block = inbound.indexOf(projection);
    const { rowStart, index: indices } = rowsOf(pe, block);
    const gates = gatesIn(pe.sources[block]!.gates);
    const columns = gates.length * pe.neurons;
    for (let row = 0; row + 1 < rowStart.length; row += 1) {
      const own = [...indices.subarray(rowStart[row]!, rowStart[row + 1])];
      if (own.length === 0 && form !== "dense") continue;
      begun += 1;
      const gaps = own.map((at, i) => at - (own[i - 1] ?? -1) - 1);
      const blocks = new Set(
        own.map((at) => (gates.indexOf(Math.floor(at / pe.neurons)) * pe.neurons + (at % pe.neurons)) >> 2),
      ).size;
      const bridges = (reach: number) => gaps.reduce((sum, gap) => sum + Math.floor(gap / reach), 0);
      if (form === "delta-csr/4") slots += bridges(16);
      if (form === "delta-csr/8") slots += bridges(256);
      slots += form === "dense" ? columns : form === "block" ? 4 * blocks : own.length;
      words += form === "block" ? blocks : form === "bitmap" ? Math.ceil(columns / 32) : 0;
    }
  }
  return [slots, begun, words] as const;
}
