import { describe, expect, it } from "vitest";
import { breadthFirst, reverseCuthillMcKee } from "../../../../compiler/place/graph-order.ts";
import { hilbertOrder, hilbertPosition } from "../../../../compiler/place/hilbert.ts";

const graphOf = (edges: readonly (readonly [number, number])[], size: number) => ({
  size,
  neighbours: (index: number) =>
    edges.flatMap(([a, b]) => (a === index ? [b] : b === index ? [a] : [])).sort((a, b) => a - b),
});

describe("orders of a graph", () => {
  const path = graphOf(
    [
      [3, 0],
      [0, 4],
      [4, 1],
      [1, 2],
    ],
    5,
  );

  it("lay a path end to end, whatever its numbers", () => {
    expect(reverseCuthillMcKee(path)).toEqual([3, 0, 4, 1, 2]);
    expect(breadthFirst(path, 3)).toEqual([3, 0, 4, 1, 2]);
  });

  it("go from neighbour to neighbour, then to the next part", () => {
    expect(
      breadthFirst(
        graphOf(
          [
            [0, 2],
            [0, 3],
            [3, 1],
          ],
          6,
        ),
      ),
    ).toEqual([0, 2, 3, 1, 4, 5]);
  });

  it("take a neighbour that stands there twice once", () => {
    const ring = graphOf(
      [
        [0, 1],
        [1, 0],
      ],
      2,
    );
    expect([breadthFirst(ring), reverseCuthillMcKee(ring)]).toEqual([
      [0, 1],
      [1, 0],
    ]);
  });

  it("do not mind that there is nothing", () => {
    expect(reverseCuthillMcKee(graphOf([], 0))).toEqual([]);
  });
});

describe("the Hilbert curve", () => {
  const rectangle = (width: number, height: number) =>
    Array.from({ length: width * height }, (_, i) => ({ x: i % width, y: Math.floor(i / width) }));

  it("begins at one lower corner and ends at the other", () => {
    expect([hilbertPosition(8, 0, 0), hilbertPosition(8, 7, 0)]).toEqual([0, 63]);
  });

  it.each([
    [8, 8],
    [8, 4],
    [4, 8],
    [16, 4],
    [2, 2],
  ])("passes each of %i × %i places in steps of one", (width, height) => {
    const places = rectangle(width, height);
    const order = hilbertOrder(places);
    expect(new Set(order).size).toBe(places.length);
    for (const [i, index] of order.slice(1).entries()) {
      const [a, b] = [places[order[i]!]!, places[index]!];
      expect(Math.abs(a.x - b.x) + Math.abs(a.y - b.y)).toBe(1);
    }
  });
});
