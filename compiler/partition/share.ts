import type { Slice } from "../../src/core/mapping.ts";
import { busiestOf, cutWithin, type Layer } from "./cut.ts";

/** What a strategy makes small, of the cycles of each layer's busiest slice. */
export type Aim = "slowest layer" | "sum of layers";

/** A layer that is to be shared among PEs, and the fewest that its memory allows. */
export interface SharedLayer extends Layer {
  readonly fewest: number;
}

/**
 * PEs for each layer, as if its neurons were divisible: each further PE goes where it gains most. Cycles of a slice fall
 * ever more slowly as a layer gets more PEs, so that no other choice does better.
 */
export function shareIdeally(layers: readonly SharedLayer[], pes: number, aim: Aim): number[] {
  const shares = layers.map(({ fewest }) => fewest);
  const cycles = (i: number, slices: number) =>
    Math.max(layers[i]!.work.evenly(slices), layers[i]!.work.largest);
  const gainOf = (i: number): number => {
    const { population, grain } = layers[i]!.sizer;
    if (shares[i]! >= population.size / grain.neurons) return 0;
    const now = cycles(i, shares[i]!);
    return now > cycles(i, shares[i]! + 1)
      ? aim === "slowest layer"
        ? now
        : now - cycles(i, shares[i]! + 1)
      : 0;
  };
  const gains = layers.map((_, i) => gainOf(i));
  for (let left = pes - shares.reduce((a, b) => a + b, 0); left > 0; left -= 1) {
    const best = gains.reduce((most, gain, i) => (gain > gains[most]! ? i : most), 0);
    if (!(gains[best]! > 0)) break;
    shares[best]! += 1;
    gains[best] = gainOf(best);
  }
  return shares;
}

/** So many slices can be cut of which the busiest works so long. */
export interface Choice {
  readonly slices: number;
  readonly cycles: number;
}

/** How far from the ideal cycles cuts are tried, in steps of about 1 %: neurons are not divisible, few a slice least of all. */
const NEAREST = -10;
const FURTHEST = 30;
const STEP = 1.0125;

/**
 * PEs for each layer as its neurons can in fact be cut: the ideal shares leave slices half filled, above all where they
 * hold few neurons. Of the cuts tried around each layer's ideal the best that fit the PEs together are found exactly.
 */
export function shareByCuts(layers: readonly SharedLayer[], pes: number, aim: Aim): number[] {
  const ideal = shareIdeally(layers, pes, aim);
  const choices = layers.map((layer, i) => cutsAround(layer, ideal[i]!, pes));
  return chooseTogether(choices, pes, aim).map((choice, i) => choices[i]![choice]!.slices);
}

/**
 * Which choice each layer takes, so that together they fit the PEs and take least time.
 *
 * @param choices Of each layer, fewest slices first, as `fasterWithMore` leaves them; those with fewest slices fit together.
 */
export function chooseTogether(
  choices: readonly (readonly Choice[])[],
  pes: number,
  aim: Aim,
): readonly number[] {
  const bound = aim === "sum of layers" ? Infinity : leastSlowest(choices, pes);
  return leastSum(choices, pes, bound);
}

/** Fewest slices first; without the choices that are no faster than one with fewer. */
export function fasterWithMore<T extends Choice>(choices: readonly T[]): T[] {
  let fastest = Infinity;
  return [...choices]
    .sort((a, b) => a.slices - b.slices || a.cycles - b.cycles)
    .filter(({ cycles }) => {
      if (cycles >= fastest) return false;
      fastest = cycles;
      return true;
    });
}

/** Cuts about as fast as so many slices would be, were neurons divisible. */
function cutsAround(layer: SharedLayer, slices: number, pes: number): Choice[] {
  const { work } = layer;
  const choiceOf = (cut: readonly Slice[]): Choice => ({ slices: cut.length, cycles: busiestOf(cut, work) });
  // What memory allows at least; the other layers may need all other PEs.
  const found = [choiceOf(cutWithin(layer, Infinity, pes)!)];
  const ideal = Math.max(work.evenly(slices), work.largest);
  for (let step = FURTHEST; step >= NEAREST; step -= 1) {
    const cut = cutWithin(layer, ideal * STEP ** step, pes);
    if (cut === undefined) break;
    found.push(choiceOf(cut));
  }
  return fasterWithMore(found);
}

/** The least that the slowest layer can take. */
function leastSlowest(choices: readonly (readonly Choice[])[], pes: number): number {
  const bounds = choices.flatMap((own) => own.map(({ cycles }) => cycles)).sort((a, b) => a - b);
  const isEnough = (bound: number) =>
    choices.reduce((sum, own) => sum + (own.find(({ cycles }) => cycles <= bound)?.slices ?? Infinity), 0) <=
    pes;
  return bounds.find(isEnough)!;
}

/** The choice of each layer with the least sum of cycles, of all within the bound that fit the PEs together. */
function leastSum(choices: readonly (readonly Choice[])[], pes: number, bound: number): number[] {
  // least[p]: the least sum of the layers so far on at most p PEs; taken[layer][p]: the choice that this one then makes.
  let least = new Float64Array(pes + 1);
  const taken = choices.map((own) => {
    const next = new Float64Array(pes + 1).fill(Infinity);
    const picked = new Int32Array(pes + 1).fill(-1);
    for (const [choice, { slices, cycles }] of own.entries()) {
      if (cycles > bound) continue;
      for (let p = slices; p <= pes; p += 1) {
        const sum = least[p - slices]! + cycles;
        if (sum >= next[p]!) continue;
        next[p] = sum;
        picked[p] = choice;
      }
    }
    least = next;
    return picked;
  });
  const found: number[] = [];
  for (let layer = choices.length - 1, left = pes; layer >= 0; layer -= 1) {
    const choice = taken[layer]![left]!;
    found.unshift(choice);
    left -= choices[layer]![choice]!.slices;
  }
  return found;
}
