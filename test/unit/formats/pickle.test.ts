import { describe, expect, it } from "vitest";
import { readPickle } from "../../../src/formats/pickle.ts";
import type { PickleHooks } from "../../../src/formats/pickle-machine.ts";

/** Opcodes as characters, one byte each. */
const bytesOf = (opcodes: string) => Uint8Array.from(opcodes, (character) => character.charCodeAt(0));

const calls: string[] = [];
const HOOKS: PickleHooks = {
  global: (name, offset) => void calls.push(`${name} at ${offset}`),
  call: ({ name }, args) => [name, ...args].join(" "),
  persistentId: (id) => `stored ${id}`,
};
const read = (opcodes: string) => readPickle(bytesOf(opcodes), HOOKS);
const items = (opcodes: string) => (read(opcodes) as { items: unknown[] }).items;

describe("readPickle", () => {
  it("reads plain values of protocol 2", () => {
    expect(
      items("\x80\x02(N\x88\x89K\x07M\x02\x01J\xff\xff\xff\xffG\x3f\xf8\0\0\0\0\0\0X\x03\0\0\0a\xc3\xa4t."),
    ).toEqual([null, true, false, 7, 258, -1, 1.5, "aä"]);
  });

  it("reads whole numbers of any length", () => {
    expect(read("\x8a\x00.")).toBe(0);
    expect(read("\x8a\x01\xff.")).toBe(-1);
    expect(read("\x8a\x02\xff\x00.")).toBe(255);
    expect(read("\x8a\x09\0\0\0\0\0\0\0\0\x40.")).toBe(2n ** 70n);
  });

  it("reads the text forms of protocol 0", () => {
    expect(items("(I42\nI01\nL7L\nF0.5\nS'it'\nVab\nt.")).toEqual([42, true, 7, 0.5, "it", "ab"]);
  });

  it("builds lists, dictionaries and sets, and recalls from the memo", () => {
    expect(items("]q\x05(K\x01K\x02eK\x03ah\x05.")).toEqual([1, 2, 3]);
    expect(read("}(X\x01\0\0\0aK\x01X\x01\0\0\0bK\x02uX\x01\0\0\0cK\x03s.")).toEqual({
      kind: "dict",
      entries: new Map([
        ["a", 1],
        ["b", 2],
        ["c", 3],
      ]),
    });
    expect(items("\x80\x04\x8f\x94(K\x01K\x02\x90.")).toEqual([1, 2]);
    expect(items("K\x09\x94K\x08\x94h\x00h\x01\x87.")).toEqual([8, 9, 8]);
  });

  it("hands names, calls and persistent ids to the hooks", () => {
    calls.length = 0;
    expect(read("ca.b\nc\nK\x01\x85R.")).toBe("a.b.c 1");
    expect(read("\x8c\x03a.b\x8c\x01c\x93)R.")).toBe("a.b.c");
    expect(read("K\x05Q.")).toBe("stored 5");
    expect(read("P17\n.")).toBe("stored 17");
    expect(read("(K\x01ia\nb\n.")).toBe("a.b 1");
    expect(read("(ca\nb\nK\x02o.")).toBe("a.b 2");
    expect(calls).toEqual(["a.b.c at 0", "a.b.c at 8", "a.b at 3", "a.b at 1"]);
  });

  it.each([
    ["an end that never comes", "K\x01", "byte 2: the pickle is cut off here"],
    ["a text that is cut off", "X\x09\0\0\0abc", "byte 5: the pickle is cut off here"],
    ["a length of 2^63", "\x8d\0\0\0\0\0\0\0\x80a.", "byte 9: the pickle is cut off here"],
    ["a line without an end", "Vabc", "byte 4: the pickle is cut off here"],
    ["text that is no UTF-8", "X\x01\0\0\0\xff.", "byte 5: the text is not valid UTF-8"],
    ["an empty stack", ".", "byte 0: the pickle takes a value that was never made"],
    ["a mark as a value", "(.", "byte 1: the pickle takes a value that was never made"],
    ["a mark that was never set", "K\x01t.", "byte 2: the pickle refers to a mark that was never set"],
    ["a memo that was never set", "h\x03.", "byte 0: the pickle recalls memo 3, which was never set"],
    [
      "an item of a list",
      "]K\x01K\x02s.",
      "byte 5: the pickle sets an item of something that is no dictionary",
    ],
    ["a key without a value", "}(K\x01u.", "byte 4: the pickle sets a key without a value"],
    ["an append to a dictionary", "}K\x01a.", "byte 3: the pickle extends something that is no list"],
    ["a call of a text", "X\x01\0\0\0a)R.", "byte 7: the pickle calls something that is no function"],
    ["a call without a tuple", "ca\nb\nK\x01R.", "byte 7: the pickle calls a.b without a tuple of arguments"],
    ["attributes of an object", "K\x01}b.", "byte 3: the pickle sets attributes on an object"],
    ["a vast whole number", "\x8b\0\0\0\x10.", "byte 0: a whole number of 268435456 bytes is not read"],
    ["an unknown opcode", "\xff.", "byte 0: the pickle's opcode 0xff is not read"],
    ["an unknown protocol", "\x80\x09.", "byte 0: pickle protocol 9 is not read"],
  ])("refuses %s", (_, opcodes, message) => {
    expect(() => read(opcodes)).toThrow(message);
  });

  it("counts objects, so that a small pickle cannot fill the memory", () => {
    expect(() => read("}".repeat(1_000_001))).toThrow(
      "byte 1000000: the pickle makes more than 1000000 objects",
    );
  });

  it("is not troubled by deep nesting", () => {
    const depth = 200_000;
    expect(read(`${"]".repeat(depth)}${"a".repeat(depth - 1)}.`)).toHaveProperty("kind", "list");
  });
});
