import { describe, expect, it } from "vitest";
import { type UserError, InputError, MismatchError, UnsupportedError } from "../../../src/core/errors.ts";
import type { HardwareProfile } from "../../../src/core/profile.ts";
import type { RoutingEntry } from "../../../src/core/mapping.ts";
import type { PeProgram, Program } from "../../../src/core/program.ts";
import type { Stimulus } from "../../../src/core/stimulus.ts";
import { simulate } from "../../../simulator/simulate.ts";
import { buildProgram, type Net } from "./build-program.ts";
import { cornerChip } from "./corner-chip.ts";
import { firingNet } from "./firing-net.ts";

const chip = cornerChip();
const program = buildProgram(firingNet(), chip);
const input: Stimulus = {
  kind: "dense",
  width: 2,
  values: new Float32Array(2),
  origin: "zeros",
  synthetic: true,
};

function faultOf(run: () => unknown): UserError {
  try {
    run();
  } catch (fault) {
    if (fault instanceof InputError || fault instanceof MismatchError || fault instanceof UnsupportedError)
      return fault;
    throw fault;
  }
  throw new Error("nothing was refused");
}

const faultIn = (changed: Program, profile: HardwareProfile = chip, stimulus: Stimulus = input) =>
  faultOf(() => simulate(changed, profile, stimulus));

/** The program with its first PE (layer a, neurons 0 and 1) changed. */
const withPe = (change: (pe: PeProgram) => Partial<PeProgram>, from: Program = program): Program => ({
  ...from,
  pes: from.pes.map((pe, index) => (index === 0 ? { ...pe, ...change(pe) } : pe)),
});

/** The program with bytes of its first PE's image overwritten, at an SRAM address. */
const withBytes = (
  write: (view: DataView, at: (offset: number) => number, pe: PeProgram) => void,
  from = program,
) =>
  withPe((pe) => {
    const image = pe.image.slice();
    write(new DataView(image.buffer), (offset) => offset - pe.imageOffset, pe);
    return { image };
  }, from);

const sectionOf = (pe: PeProgram, kind: string, source = "") =>
  pe.sections.find((section) => section.kind === kind && section.source === source)!.offset;

/** Overwrites word `word` of the record of source block 0 (from the input). */
/** The program with its first routing entry changed. */
const withEntry = (changed: Partial<RoutingEntry>): Program => ({
  ...program,
  routing: [{ router: 0, entries: [{ ...program.routing[0]!.entries[0]!, ...changed }] }],
});

const withRecordWord = (word: number, value: number) =>
  withBytes((view, at, pe) => view.setUint32(at(sectionOf(pe, "population-table")) + 4 * word, value, true));

describe("a program is refused", () => {
  it("for another profile, with both names", () => {
    const other = { ...chip, name: "other", hash: "0".repeat(64) };
    const fault = faultIn(program, other);
    expect(fault).toBeInstanceOf(MismatchError);
    expect(fault.message).toBe("The program net was compiled for the profile corners, not for other.");
    expect(fault.hint).toBe("Compile the model again for other, or simulate with corners.");
    const changed = faultIn(program, { ...chip, hash: "0".repeat(64) });
    expect(changed.message).toBe(
      "The program net was compiled for the profile corners, not for corners, which has changed since.",
    );
  });

  it("where the chip has no kernels for its number format", () => {
    const fault = faultIn(program, cornerChip(["int8", "int16"]));
    expect(fault).toBeInstanceOf(UnsupportedError);
    expect(fault.message).toBe("Corner chip has no kernels for float32.");
    expect(fault.hint).toBe("Compile the model in one of the formats int16, int8.");
  });

  it.each<[string, Program, string]>([
    ["for a PE that is not there", withPe(() => ({ pe: 8 })), "PE 8: corners has no PE 8 (0 to 7)"],
    ["for a reserved PE", withPe(() => ({ pe: 7 })), "PE 7: system software keeps PE 7 for itself"],
    [
      "with a section beyond the data SRAM",
      withPe(({ sections }) => ({
        sections: sections.map((s) => (s.kind === "send-buffer" ? { ...s, bytes: 99_999 } : s)),
      })),
      `PE 0, byte ${sectionOf(program.pes[0]!, "send-buffer")}: the section send-buffer leaves the data SRAM (1024 to 65024)`,
    ],
    [
      "with a layer that reads events before they are sent",
      withPe(({ sources, sections }) => ({
        sources: sources.map((source) => ({ ...source, delay: 0 })),
        sections: sections.map((section) => ({ ...section, delay: 0 })),
      })),
      "PE 0: events of a would be needed before they are sent",
    ],
    [
      "with overlapping keys",
      {
        ...program,
        populations: program.populations.map((p, i) =>
          i === 1 ? { ...p, keys: { base: 0, mask: 0xfffffe00 } } : p,
        ),
      },
      "a: its keys overlap those of in",
    ],
    [
      "with a route to a PE of another node",
      withEntry({ destinations: [{ node: 1, pes: [0] }] }),
      "entry 0 of router 0: PE 0 is not at mesh node 1",
    ],
    [
      "with a route to a node that is not there",
      withEntry({ destinations: [{ node: 9, pes: [0] }] }),
      "entry 0 of router 0: corners has no mesh node 9",
    ],
    [
      "with a route to an empty PE",
      withEntry({ destinations: [{ node: 2, pes: [4] }] }),
      "entry 0 of router 0: PE 4 holds no part of the program",
    ],
    [
      "with a table of a router that is not there",
      { ...program, routing: [{ router: 1, entries: [] }] },
      "routing: corners has no router 1 (0 to 0)",
    ],
    [
      "with a route over a link that is not there",
      withEntry({ links: [0] }),
      "entry 0 of router 0: there is no link in direction 0",
    ],
    [
      "with more routes than the table holds",
      {
        ...program,
        routing: [{ router: 0, entries: Array.from({ length: 17 }, () => program.routing[0]!.entries[0]!) }],
      },
      "routing of router 0: 17 entries exceed the router's 16",
    ],
    [
      "without some of its neurons",
      { ...program, pes: program.pes.slice(1) },
      "PE 2: begins at neuron 2 of a, expected 0",
    ],
  ])("%s", (_, changed, message) => {
    const fault = faultIn(changed);
    expect(fault).toBeInstanceOf(InputError);
    expect(fault.message).toBe(message);
  });

  it("when a decoder needs MAC arrays that the chip does not have", () => {
    const net: Net = {
      ...firingNet(),
      chipDecoder: {
        name: "decoder",
        inputs: 2,
        outputs: 1,
        weights: new Int8Array(2),
        scale: new Float32Array(1),
        bias: new Float32Array(1),
        pes: [3],
        bufferBytes: 64,
      },
    };
    const { macArray: _, ...pe } = chip.pe;
    const fault = faultIn(buildProgram(net, chip), { ...chip, pe });
    expect(fault.message).toBe("Corner chip has no MAC arrays for the decoder decoder.");
    expect(fault).toBeInstanceOf(UnsupportedError);
  });
});

describe("a memory image is refused", () => {
  it.each<[string, Program, string]>([
    [
      "whose record has another key",
      withRecordWord(0, 5),
      "PE 0: source block 0 (in): the image's key is 5, but the program says 0",
    ],
    [
      "whose record has other rows",
      withRecordWord(2, 2 ** 31),
      "PE 0: source block 0 (in): the image's number of rows is 2147483648, but the program says 2",
    ],
    [
      "with a pointer out of bounds",
      withRecordWord(3, 2 ** 31),
      "PE 0, byte 2147483648: the population table looks for row-pointers of in (delay 0) where no such section lies",
    ],
    [
      "with a pointer to another section",
      withRecordWord(5, 1024),
      "PE 0, byte 1024: the population table looks for weights of in (delay 0) where no such section lies",
    ],
    [
      "with odd sizes",
      withRecordWord(7, 3 | (1 << 8)),
      "PE 0: source block 0 (in): the image's pointer size is 3, but the program says 2",
    ],
    [
      "whose rows run backwards",
      withBytes((view, at, pe) => view.setUint16(at(sectionOf(pe, "row-pointers", "in")) + 2, 9, true)),
      "PE 0: source block 0 (in): row 1 ends before it starts",
    ],
    [
      "whose rows hold more synapses than are said",
      withBytes((view, at, pe) => view.setUint16(at(sectionOf(pe, "row-pointers", "in")) + 4, 9, true)),
      "PE 0: source block 0 (in): rows end at slot 9, but the program says 1",
    ],
    [
      "with an index past the accumulators",
      withBytes((view, at, pe) => view.setUint8(at(sectionOf(pe, "indices", "in")), 8)),
      "PE 0: source block 0 (in): row 0 names accumulator 8 of 8",
    ],
    [
      "with a row that names an accumulator twice",
      withBytes((view, at, pe) => view.setUint8(at(sectionOf(pe, "indices", "a")) + 2, 0)),
      "PE 0: source block 1 (a): row 2 is not ascending",
    ],
    [
      "with a weight that is not a number",
      withBytes((view, at, pe) => view.setFloat32(at(sectionOf(pe, "weights", "in")), Number.NaN, true)),
      `PE 0, byte ${sectionOf(program.pes[0]!, "weights", "in")}: a number is NaN`,
    ],
    [
      "that is cut short",
      withPe(({ image }) => ({ image: image.slice(0, image.length - 8) })),
      "PE 0: section parameters lies outside the memory image",
    ],
  ])("%s", (_, changed, message) => {
    const fault = faultIn(changed);
    expect(fault).toBeInstanceOf(InputError);
    expect(fault.message).toBe(message);
    expect(fault.hint).toMatch(/^Compile the model again/);
  });

  it("with integer weights or multipliers beyond their range", () => {
    const net = firingNet();
    const integers = buildProgram(
      {
        ...net,
        quantisation: { format: "int8", scales: "matrix", accumulatorBits: 32 },
        populations: net.populations.map((p) => ({
          ...p,
          start: p.start.map(Math.round),
          threshold: p.threshold.map(Math.round),
        })),
        projections: net.projections.map((p) => ({
          ...p,
          weights: p.weights.map((row) => row.map(Math.ceil)),
          multiplier: [1],
        })),
      },
      chip,
    );
    const weight = withBytes(
      (view, at, pe) => view.setInt8(at(sectionOf(pe, "weights", "in")), -128),
      integers,
    );
    expect(faultIn(weight).message).toBe("PE 0: source block 0 (in) holds a weight below -127");
    const scale = withBytes(
      (view, at, pe) => view.setUint32(at(sectionOf(pe, "scales", "in")), 2 ** 24, true),
      integers,
    );
    expect(faultIn(scale).message).toBe(
      "PE 0: source block 0 (in) holds the row multiplier 16777216, of over 24 bits",
    );
  });
});

describe("a stimulus is refused", () => {
  const embedding = {
    kind: "embedding" as const,
    name: "embedding",
    rows: 3,
    width: 2,
    table: new Float32Array(6),
  };
  const decoder = {
    kind: "linear" as const,
    name: "decoder",
    inputs: 2,
    outputs: 4,
    weights: new Float32Array(8),
    bias: new Float32Array(4),
  };
  const words: Program = { ...program, host: { encoder: [embedding], decoder: [decoder], tokens: 3 } };
  const tokens = (ids: number[], targets?: number[]): Stimulus => ({
    kind: "tokens",
    ids: Uint32Array.from(ids),
    ...(targets && { targets: Uint32Array.from(targets) }),
    origin: "",
    synthetic: true,
  });
  const dense = (width: number, values: number[]): Stimulus =>
    ({ ...input, width, values: Float32Array.from(values) }) as Stimulus;

  it.each<[string, Program, Stimulus, string]>([
    ["of tokens for vectors", program, tokens([0]), "The stimulus holds token ids, but net reads vectors."],
    ["of vectors for tokens", words, input, "The stimulus holds vectors, but net reads token ids."],
    [
      "of another width",
      program,
      dense(3, [0, 0, 0]),
      "The stimulus has vectors of 3 values, but net reads 2.",
    ],
    [
      "that ends within a vector",
      program,
      dense(2, [0, 0, 0]),
      "values: 3 values are not a whole number of vectors of 2",
    ],
    ["that is not finite", program, dense(2, [0, 0, 0, Number.NaN]), "values[1][1]: the value is NaN"],
    ["with an unknown token", words, tokens([0, 3]), "tokens: token 1 is 3, but the model knows 3"],
    [
      "with a target past the outputs",
      words,
      tokens([0], [4]),
      "targets: target 0 is 4, but the model knows 4",
    ],
    ["with too few targets", words, tokens([0, 1], [0]), "targets: 1 targets do not match 2 tokens"],
  ])("%s", (_, changed, stimulus, message) => {
    expect(faultIn(changed, chip, stimulus).message).toBe(message);
  });

  it("with a window that is not a whole number of steps", () => {
    expect(faultOf(() => simulate(program, chip, input, { window: 0 })).message).toBe(
      "window: a window of 0 timesteps",
    );
  });
});
