import type { Net, NetProjection } from "./build-program.ts";

/**
 * A float32 net whose firing is known: an input of 2 feeds layer a (3 neurons on PEs 0 and 2), which feeds
 * itself and layer b (2 neurons on PE 6). In each step a's neurons 0 and 1 and b's neuron 0 fire, and no other;
 * weights are too small to change that.
 */
export const firingNet = (): Net => ({
  quantisation: { format: "float32", scales: "row", accumulatorBits: 32 },
  populations: [
    { name: "in", size: 2, payloadFractionBits: 0, start: [], threshold: [] },
    { name: "a", size: 3, payloadFractionBits: 0, start: firing(3), threshold: [0.1, 0.1, 0.9] },
    { name: "b", size: 2, payloadFractionBits: 0, start: firing(2), threshold: [0.1, 0.9] },
  ],
  projections: [
    projection("in", "a", 0, 3, { 0: ["z0", "z2"] }),
    projection("a", "a", 1, 3, { 0: ["r1"], 1: ["v2"], 2: ["z0", "z1", "z2"] }),
    projection("a", "b", 0, 2, { 0: ["z0", "r0", "g1"] }),
  ].map((fields) => ({ ...fields, multiplier: [0], shift: 0 })),
  slices: [
    { population: "a", first: 0, count: 2, pe: 0 },
    { population: "a", first: 2, count: 1, pe: 2 },
    { population: "b", first: 0, count: 2, pe: 6 },
  ],
});

/** The keep gate is shut and g is tanh 1: c is 0.76 in every step. */
const firing = (size: number): number[] => [-20, 0, 1, 0].flatMap((start) => Array<number>(size).fill(start));

/** Weights of 0.001 at the named places: z, r, g, or v for the recurrent part of g, and a neuron. */
function projection(
  source: string,
  target: string,
  delay: 0 | 1,
  size: number,
  rows: Readonly<Record<number, readonly string[]>>,
): Omit<NetProjection, "multiplier" | "shift"> {
  const sources = source === "in" ? 2 : 3;
  const weights = Array.from({ length: sources }, (_, row) => {
    const places = (rows[row] ?? []).map((place) => "zrgv".indexOf(place[0]!) * size + Number(place[1]));
    return Array.from({ length: 4 * size }, (_, at) => (places.includes(at) ? Math.fround(0.001) : 0));
  });
  return { source, target, delay, weights };
}
