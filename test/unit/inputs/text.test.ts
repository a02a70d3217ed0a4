import { describe, expect, it } from "vitest";
import { tokensOfText } from "../../../src/inputs/text.ts";

const WORDS = ["<unk>", "<eos>", "a", "b"];

describe("tokensOfText", () => {
  it.each([
    ["splits at any white space", "a  b\ta\n", [2, 3, 2, 1]],
    ["ends each line, empty ones too", "a\n\n b \n", [2, 1, 1, 3, 1]],
    ["ends a last line without a line end", "a\nb", [2, 1, 3, 1]],
    ["reads the line ends of other systems", "a\r\nb\ra", [2, 1, 3, 1, 2, 1]],
    ["takes words that it does not know for <unk>", "a zebra <unk>\n", [2, 0, 0, 1]],
    ["splits where Python splits", "a\u00a0b\u3000a\u001cb\u0085a\n", [2, 3, 2, 3, 2, 1]],
    ["and nowhere else", "a\u200bb a\ufeffb\n", [0, 0, 1]],
    ["finds nothing in nothing", "", []],
  ])("%s", (_, text, ids) => expect(tokensOfText(text, WORDS)).toEqual(ids));

  it("takes the first of two equal words", () => {
    expect(tokensOfText("a", ["<eos>", "a", "a"])).toEqual([1, 0]);
  });

  it("names word and line where the vocabulary lacks both the word and <unk>", () => {
    expect(() => tokensOfText("a b\na zebra", ["<eos>", "a", "b"])).toThrow(
      'line 2: the vocabulary has no word "zebra", nor <unk> in its place',
    );
  });

  it("names <eos> where the vocabulary lacks it", () => {
    expect(() => tokensOfText("a b\n", ["<unk>", "a", "b"])).toThrow(
      'line 1: the vocabulary has no word "<eos>", which ends each line',
    );
  });

  it("shows only the start of a very long word", () => {
    expect(() => tokensOfText("x".repeat(1000), ["<eos>"])).toThrow(`no word "${"x".repeat(40)}…", nor`);
  });
});
