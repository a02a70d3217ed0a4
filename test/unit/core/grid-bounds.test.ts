import { describe, expect, it } from "vitest";
import { boundsOf } from "../../../src/core/grid-bounds.ts";

describe("boundsOf", () => {
  it("holds all places and no more", () => {
    const places = [
      { x: 5, y: 7 },
      { x: 3, y: 9 },
      { x: 4, y: 8 },
    ];
    expect(boundsOf(places)).toEqual({ left: 3, bottom: 7, width: 3, height: 3 });
    expect(boundsOf([{ x: 2, y: 1 }])).toEqual({ left: 2, bottom: 1, width: 1, height: 1 });
  });

  it("takes a million places", () => {
    const places = Array.from({ length: 1_000_000 }, (_, place) => ({
      x: place % 1000,
      y: Math.floor(place / 1000),
    }));
    expect(boundsOf(places)).toMatchObject({ width: 1000, height: 1000 });
  });
});
