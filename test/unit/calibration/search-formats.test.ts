import { describe, expect, it } from "vitest";
import { type Candidate, searchFormats } from "../../../src/calibration/search-formats.ts";

const candidate = (name: string, harm: number, bytes = 100): Candidate => ({ name, harm, bytes });

/** Losses that add up over what is narrow. */
const additive =
  (candidates: readonly Candidate[]) =>
  (wide: readonly string[]): number =>
    candidates.reduce((sum, { name, harm }) => sum + (wide.includes(name) ? 0 : harm), 0);

describe("searching formats by a budget", () => {
  const candidates = [candidate("a", 1), candidate("b", 4), candidate("c", 2), candidate("d", 0)];

  it("stays narrow where that is within the budget", () => {
    const { chosen, tried } = searchFormats(candidates, 7, additive(candidates));
    expect(chosen).toEqual({ wide: [], loss: 7 });
    expect(tried).toHaveLength(1);
  });

  it("widens what causes most harm a byte first, and stops as soon as it may", () => {
    const { chosen, tried } = searchFormats(candidates, 3, additive(candidates));
    expect(chosen).toEqual({ wide: ["b"], loss: 3 });
    expect(tried.map(({ wide }) => wide)).toEqual([[], ["b"]]);
    const heavy = [candidate("a", 1, 10), candidate("b", 4, 1000), candidate("c", 2, 10)];
    expect(searchFormats(heavy, 4, additive(heavy)).chosen).toEqual({ wide: ["a", "c"], loss: 4 });
  });

  it("narrows again what is not needed once a later one has brought the loss down", () => {
    // Alone "a" looks worst, but "b" is what the rest turns on.
    const loss = (wide: readonly string[]) => (wide.includes("b") ? 0 : 5) + (wide.includes("c") ? 0 : 0.5);
    const looks = [candidate("a", 3), candidate("b", 2), candidate("c", 1)];
    const { chosen, tried } = searchFormats(looks, 1, loss);
    expect(chosen).toEqual({ wide: ["b"], loss: 0.5 });
    expect(tried.map(({ wide }) => wide)).toEqual([[], ["a"], ["a", "b"], ["b"]]);
  });

  it("keeps what it narrowed in vain", () => {
    const loss = (wide: readonly string[]) => 3 - wide.length;
    const equal = [candidate("a", 1), candidate("b", 1), candidate("c", 1)];
    const { chosen, tried } = searchFormats(equal, 0, loss);
    expect(chosen).toEqual({ wide: ["a", "b", "c"], loss: 0 });
    expect(tried.map(({ wide }) => wide.length)).toEqual([0, 1, 2, 3, 2, 2]);
  });

  it("says that nothing is within reach, with all that it tried", () => {
    const { chosen, tried } = searchFormats(candidates, -1, additive(candidates));
    expect(chosen).toBeUndefined();
    expect(tried.at(-1)).toEqual({ wide: ["a", "b", "c", "d"], loss: 0 });
    expect(searchFormats(candidates, 1, () => NaN).chosen).toBeUndefined();
  });
});
