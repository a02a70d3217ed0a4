import { unzipSync, zipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { UserError } from "../../../src/core/errors.ts";
import { randomNumbers } from "../../../src/core/random.ts";
import { readModel } from "../../../src/models/read-model.ts";
import { egru, fileOf, reference } from "./model-files.ts";

type Outcome = "read" | "refused";

/** Whatever a file holds, it is read or refused with a message for the user; anything else is a bug. */
function outcomeOf(bytes: Uint8Array): Outcome {
  try {
    readModel({ name: "m", fileName: "m", bytes });
    return "read";
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    expect(error.hint).not.toBe("");
    return "refused";
  }
}

/** One to three bytes changed at random places. */
function mutated(bytes: Uint8Array, random: () => number): Uint8Array {
  const changed = new Uint8Array(bytes);
  for (let n = 1 + Math.floor(3 * random()); n > 0; n -= 1) {
    changed[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
  }
  return changed;
}

function mutationOutcomes(
  bytes: Uint8Array,
  count: number,
  wrap: (bytes: Uint8Array) => Uint8Array,
): Outcome[] {
  const random = randomNumbers(2024);
  return Array.from({ length: count }, () => outcomeOf(wrap(mutated(bytes, random))));
}

const checkpoint = reference("egru2/state_dict.pt");
const records = unzipSync(checkpoint);
const pickle = records["state_dict/data.pkl"]!;
/** The checkpoint with another pickle, checksums and all. */
const withPickle = (bytes: Uint8Array) => zipSync({ ...records, "state_dict/data.pkl": bytes }, { level: 0 });

describe("a truncated file", () => {
  it("is refused at every cut of a checkpoint's directory, and at many before", () => {
    expect(outcomeOf(checkpoint)).toBe("read");
    for (let end = 0; end < checkpoint.length; end += end < 15_000 ? 97 : 1) {
      expect(outcomeOf(checkpoint.subarray(0, end)), `cut at ${end}`).toBe("refused");
    }
  });

  it("is refused at every cut of the pickle inside", () => {
    for (let end = 0; end < pickle.length; end += 1) {
      expect(outcomeOf(withPickle(pickle.subarray(0, end))), `cut at ${end}`).toBe("refused");
    }
  });

  it("is refused at every cut of a safetensors file", () => {
    const file = fileOf(egru("rnns.0", 2, 3));
    expect(outcomeOf(file)).toBe("read");
    for (let end = 0; end < file.length; end += 1) {
      expect(outcomeOf(file.subarray(0, end)), `cut at ${end}`).toBe("refused");
    }
  });
});

describe("a corrupted file", () => {
  it("is read or refused, never anything else: checkpoint", () => {
    const outcomes = mutationOutcomes(checkpoint, 300, (bytes) => bytes);
    // Only bytes that nothing reads (padding, dates) may change unnoticed.
    expect(outcomes.filter((outcome) => outcome === "refused").length).toBeGreaterThan(150);
  });

  it("is read or refused, never anything else: pickle with sound checksums", () => {
    const outcomes = mutationOutcomes(pickle, 1000, withPickle);
    expect(new Set(outcomes)).toEqual(new Set(["read", "refused"]));
  });

  it("is read or refused, never anything else: header of a safetensors file", () => {
    const file = reference("egru2/weights.safetensors");
    const headerBytes = 1300;
    const outcomes = mutationOutcomes(file.subarray(0, headerBytes), 300, (head) => {
      const whole = new Uint8Array(file);
      whole.set(head);
      return whole;
    });
    expect(outcomes.filter((outcome) => outcome === "refused").length).toBeGreaterThan(250);
  });

  it("is refused where a weight has changed, since checksums tell", () => {
    const changed = new Uint8Array(checkpoint);
    changed[2000]! ^= 0x10;
    expect(() => readModel({ name: "m", fileName: "m.pt", bytes: changed })).toThrow(
      "m.pt, state_dict/data/1, byte 1984: the entry's checksum (CRC-32) is wrong",
    );
  });
});

describe("a hostile file", () => {
  const bytesOf = (opcodes: string) => Uint8Array.from(opcodes, (character) => character.charCodeAt(0));

  it("that wants to call something is refused by name, with the file", () => {
    const bytes = withPickle(bytesOf("\x80\x02cposix\nsystem\nX\x02\0\0\0id\x85R."));
    expect(() => readModel({ name: "m", fileName: "evil.pt", bytes })).toThrow(
      'evil.pt, state_dict/data.pkl, byte 2: the pickle asks for "posix.system", which no file of weights needs; it was not run',
    );
  });

  it("that is a zip bomb is refused before it is expanded", () => {
    const bytes = zipSync({ "m/data.pkl": pickle, "m/data/0": new Uint8Array(40 * 2 ** 20) }, { level: 9 });
    expect(() => readModel({ name: "m", fileName: "bomb.pt", bytes })).toThrow(
      /^bomb\.pt: the archive would expand from \d+ to 41944366 bytes; 16777216 is the limit \(a zip bomb\?\)$/,
    );
  });
});
