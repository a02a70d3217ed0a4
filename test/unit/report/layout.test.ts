import { describe, expect, it } from "vitest";
import {
  alignColumns,
  hangingItem,
  printable,
  shorten,
  shortenApart,
  wrap,
} from "../../../src/report/layout.ts";

describe("layout", () => {
  it("aligns columns and leaves no space at the end of a line", () => {
    expect(
      alignColumns(
        [
          ["a", "1", ""],
          ["long", "22", "x"],
        ],
        ["left", "right", "left"],
      ),
    ).toEqual(["a      1", "long  22  x"]);
  });

  it("cuts names in the middle", () => {
    expect(shorten("rnns.0.kernel", 13)).toBe("rnns.0.kernel");
    expect(shorten("rnns.0.kernel", 8)).toBe("rnns…nel");
  });

  it("keeps different names different", () => {
    const names = [
      "synthetic:egru:64,64@0.1",
      "synthetic:lstm:64,64@0.1",
      "short",
      "synthetic:egru:64,64@0.1",
    ];
    expect(shortenApart(names, 10)).toEqual(["…egru:64,…", "…lstm:64,…", "short", "…egru:64,…"]);
    expect(shortenApart(["aaaaaaaaaaaax", "aaaaaaaaaaaay"], 8)).toEqual(["aaaa…aax", "aaaa…aay"]);
    // Alike at both ends and for long after: only a number tells them apart.
    const [one, other] = shortenApart([`${"a".repeat(9)}x${"b".repeat(9)}`, "a".repeat(30)], 8);
    expect(one).not.toBe(other);
    const three = ["xxxxAAAAAAAAyzzzzz", "xxxxAAAAAAAAwzzzzz", "xxxxBBBBBBBBBzzzzz"];
    expect(new Set(shortenApart(three, 9)).size).toBe(3);
  });

  it("replaces what a terminal would obey, and text direction marks", () => {
    expect(printable("a\u001b[31mb\u009bc\u202ed\ne")).toBe("a\ufffd[31mb\ufffdc\ufffdd\ufffde");
    expect(printable("µ λ ≥ 漢")).toBe("µ λ ≥ 漢");
  });

  it("wraps words, and lets a word that is too long stand alone", () => {
    expect(wrap("aa bb cc", "  ", 7)).toEqual(["  aa bb", "  cc"]);
    expect(wrap("aa 85 %", "", 5)).toEqual(["aa", "85 %"]);
    expect(wrap("aaaaaaaaaa b", "", 5)).toEqual(["aaaaaaaaaa", "b"]);
    expect(hangingItem("word ".repeat(30).trim())).toEqual([
      `  - ${"word ".repeat(19).trim()}`,
      `    ${"word ".repeat(11).trim()}`,
    ]);
  });
});
