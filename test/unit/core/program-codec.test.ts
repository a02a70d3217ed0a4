import { readFileSync } from "node:fs";
import { join } from "node:path";
import protobuf from "protobufjs";
import { describe, expect, it } from "vitest";
import { compile } from "../../../compiler/pipeline.ts";
import { InputError, UserError } from "../../../src/core/errors.ts";
import type { Program } from "../../../src/core/program.ts";
import { decodeProgram, encodeProgram } from "../../../src/core/program-codec.ts";
import { PROGRAM_PROTO } from "../../../src/core/program-proto.ts";
import { formatProgram } from "../../../src/core/program-text.ts";
import { randomNumbers } from "../../../src/core/random.ts";
import { verifyProgram } from "../../../src/core/verify-program.ts";
import { tinyChip } from "../../support/tiny-chip.ts";
import { tinyModel } from "../../support/tiny-model.ts";

const words = {
  ...tinyModel({ inputs: 6, layers: [8, 6], vocabulary: 3 }),
  vocabulary: ["<unk>", "<eos>", "loom"],
};
const programs = {
  float32: compile(words, tinyChip()).program,
  int8: compile(words, tinyChip(), { format: "int8", partition: "compact" }).program,
  "decoder on the chip": compile(words, tinyChip(), { format: "int16", decoder: "chip" }).program,
  "dense input": compile(tinyModel(), tinyChip()).program,
};

describe("program files", () => {
  it.each(Object.entries(programs))(
    "%s: reads back equal, and writes the same bytes again",
    (_name, program) => {
      const bytes = encodeProgram(program);
      const back = decodeProgram(bytes);
      expect(back).toEqual(program);
      expect(encodeProgram(back)).toEqual(bytes);
    },
  );

  it("stores a tied matrix once", () => {
    const back = decodeProgram(encodeProgram(programs.float32));
    const [embedding, decoder] = [back.host.encoder[0]!, back.host.decoder[0]!];
    if (embedding.kind !== "embedding" || decoder.kind !== "linear") throw new Error("unexpected stages");
    expect(decoder.weights).toBe(embedding.table);
  });

  it("can be read by any protobuf implementation with docs/program.proto", () => {
    const text = readFileSync(join(import.meta.dirname, "../../../docs/program.proto"), "utf8");
    expect(text).toBe(PROGRAM_PROTO);
    const { root } = protobuf.parse(text);
    const envelope = root
      .lookupType("eventloom.Envelope")
      .decode(encodeProgram(programs.float32)) as unknown as { format: string };
    expect(envelope.format).toBe("eventloom.program/4");
  });

  it("says so where a program is larger than a file of its form can be", () => {
    const [pe] = programs.float32.pes;
    const image = new Uint8Array(2 ** 20);
    const pes = Array.from({ length: 2048 }, () => ({ ...pe!, image }));
    const error = expect(() => encodeProgram({ ...programs.float32, pes }));
    error.toThrow("The program takes 2,147,483,648 bytes; a program file holds at most 2,147,483,647.");
  });

  it("refuses what follows a program, and nothing at all", () => {
    const bytes = encodeProgram(programs.int8);
    for (const extra of [[0], [0x20, 1], [...bytes]]) {
      const longer = Uint8Array.from([...bytes, ...extra]);
      expect(() => decodeProgram(longer)).toThrow(UserError);
    }
    // A field that the format does not know, as another tool might append.
    expect(() => decodeProgram(Uint8Array.from([...bytes, 0x20, 1]))).toThrow(
      `byte ${bytes.length}: 2 bytes more than the program has`,
    );
    expect(() => decodeProgram(new Uint8Array(0))).toThrow("the file is empty");
  });

  it("refuses every truncation and every flipped byte with a user's error", () => {
    const bytes = encodeProgram(programs.int8);
    for (let length = 0; length < bytes.length; length += 37) {
      expect(() => decodeProgram(bytes.subarray(0, length)), `cut at ${length}`).toThrow(UserError);
    }
    const random = randomNumbers(3);
    for (let trial = 0; trial < 200; trial += 1) {
      const damaged = bytes.slice();
      const at = Math.floor(random() * bytes.length);
      damaged[at]! ^= 1 << Math.floor(random() * 8);
      expect(() => decodeProgram(damaged), `byte ${at}`).toThrow(InputError);
    }
  });

  it("says that a damaged file is damaged", () => {
    const damaged = encodeProgram(programs.float32).slice();
    damaged[damaged.length - 5]! ^= 0x10;
    expect(() => decodeProgram(damaged)).toThrow(
      "sha256: the program's bytes do not match their checksum: the file is damaged",
    );
  });
});

describe("verifyProgram", () => {
  const program = programs.float32;
  const pe = program.pes[0]!;
  const withPe = (change: Partial<typeof pe>): Program => ({
    ...program,
    pes: [{ ...pe, ...change }, ...program.pes.slice(1)],
  });
  const shortened = pe.sections.map((s) => (s.kind === "indices" ? { ...s, bytes: s.bytes - 1 } : s));
  const overlapping = pe.sections.map((s, i) => (i === 2 ? { ...s, offset: s.offset - 4 } : s));

  it.each<[string, Program, RegExp]>([
    ["a missing neuron", { ...program, pes: program.pes.slice(1) }, /neuron/],
    ["overlapping sections", withPe({ sections: overlapping }), /overlaps the one before/],
    [
      "sections that are too short",
      withPe({ sections: shortened }),
      /indices of source ".*" should have \d+ bytes, not \d+/,
    ],
    [
      "an image that ends early",
      withPe({ image: pe.image.subarray(0, 40) }),
      /lies outside the memory image/,
    ],
    [
      "an unknown source",
      withPe({ sources: [{ ...pe.sources[0]!, population: "nowhere" }] }),
      /rows for source "nowhere"/,
    ],
    [
      "a key outside its mask",
      {
        ...program,
        routing: [{ router: 0, entries: [{ ...program.routing[0]!.entries[0]!, key: 0xffffffff }] }],
      },
      /has bits outside mask/,
    ],
    [
      "an unknown format",
      {
        ...program,
        manifest: {
          ...program.manifest,
          quantisation: { ...program.manifest.quantisation, format: "int4" as never },
        },
      },
      /"int4" is not known/,
    ],
  ])("refuses %s", (_name, broken, message) => {
    expect(() => verifyProgram(broken)).toThrow(message);
  });
});

describe("formatProgram", () => {
  it("shows manifest, keys, router table, memory map and rows", async () => {
    const tiny = compile(tinyModel({ inputs: 2, layers: [2], density: 0.6 }), tinyChip(), {
      format: "int8",
      partition: "compact",
    }).program;
    await expect(formatProgram(tiny, { rows: true })).toMatchFileSnapshot(
      "../../golden/program/tiny-int8.txt",
    );
  });
});
