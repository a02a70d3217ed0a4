import { describe, expect, it } from "vitest";
import { parseJson } from "../../../src/profiles/parse-json.ts";
import { fileText } from "./shipped.ts";

const faultIn = (text: string): string => {
  try {
    parseJson(text, "a.json");
  } catch (fault) {
    return (fault as Error).message;
  }
  throw new Error("the text was parsed without an error");
};

describe("parseJson", () => {
  it("reads what JSON.parse reads", () => {
    const text = fileText("hw-profiles/spinnaker2.json");
    expect(parseJson(text, "a.json")).toEqual(JSON.parse(text));
    const values = [
      "-0.5e+3",
      '"a\\u00e9\\n"',
      "[ ]",
      "{ }",
      ' [1, {"a": [true, false, null]}]\n',
      "\uFEFF1",
    ];
    expect(values.map((value) => parseJson(value, "a.json"))).toEqual([
      -500,
      "aé\n",
      [],
      {},
      [1, { a: [true, false, null] }],
      1,
    ]);
  });

  it.each([
    ["", "a.json, byte 0: not valid JSON at line 1, column 1: expected a value, but the text ends"],
    [
      '{\n  "a": 1,\n}',
      'a.json, byte 12: not valid JSON at line 3, column 1: expected a key in double quotes, but found "}"',
    ],
    ["[1 2]", 'a.json, byte 3: not valid JSON at line 1, column 4: expected "," or "]", but found "2"'],
    ['{"a" 1}', 'a.json, byte 5: not valid JSON at line 1, column 6: expected ":", but found "1"'],
    ["[1] 2", "a.json, byte 4: not valid JSON at line 1, column 5: more text after the end of the value"],
    ["[01]", 'a.json, byte 1: not valid JSON at line 1, column 2: expected a value, but found "0"'],
    ['["é", nul]', 'a.json, byte 7: not valid JSON at line 1, column 7: expected a value, but found "n"'],
    [
      '{"a": 1, "a": 2}',
      'a.json, byte 9: not valid JSON at line 1, column 10: the key "a" appears twice in one object',
    ],
    [
      '["a',
      "a.json, byte 1: not valid JSON at line 1, column 2: a text that begins here is not closed, or holds a line break or an unknown escape",
    ],
    [
      '{"\\x": 1}',
      "a.json, byte 1: not valid JSON at line 1, column 2: a text that begins here is not closed, or holds a line break or an unknown escape",
    ],
  ])("places the fault of %j", (text, message) => {
    expect(faultIn(text)).toBe(message);
  });

  it("refuses 65 levels and takes 64", () => {
    expect(parseJson("[".repeat(64) + "]".repeat(64), "a.json")).toHaveLength(1);
    expect(faultIn("[".repeat(100_000))).toMatch(/nested deeper than 64 levels$/);
  });

  it("refuses more than a megabyte before it reads any of it", () => {
    expect(faultIn(" ".repeat(1_000_001))).toBe(
      "a.json: is 1,000,001 characters long; a profile has at most 1,000,000",
    );
  });
});
