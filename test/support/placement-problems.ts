import fc from "fast-check";
import { type Flow, type PlacementProblem } from "../../compiler/place/problem.ts";
import type { Slice } from "../../src/core/mapping.ts";
import { type HardwareProfile, usablePes } from "../../src/core/profile.ts";
import { damagedBy, faults } from "./faulty-machines.ts";
import { tinyChip } from "./tiny-chip.ts";
import { tinyBoard, tinyMulticast, tinyUnicast } from "./tiny-networks.ts";

/** Small machines of each kind, some PEs of which are not to be used. */
export const machines: fc.Arbitrary<HardwareProfile> = fc.constantFrom<HardwareProfile>(
  tinyChip(),
  tinyChip({ pesPerNode: 4, reserved: [0, 5, 6] }),
  tinyBoard({ reserved: [0, 3] }),
  tinyMulticast({ reserved: [1] }),
  tinyMulticast({ neighbours: 4, isTorus: true }),
  tinyUnicast(),
  tinyUnicast({ reserved: [2, 3] }),
);

/** Layers of so many slices that send to themselves and to the next; the first also hears the host, the last tells it. */
export function layeredProblem(
  profile: HardwareProfile,
  layers: readonly number[],
  eventsOf: (layer: number, slice: number) => number = () => 1,
): PlacementProblem {
  const names = layers.map((_, layer) => `layer${layer}`);
  const flow = (source: string, targets: readonly string[], events: Float64Array, toHost = false): Flow => ({
    source,
    targets,
    toHost,
    events,
  });
  return {
    profile,
    pes: usablePes(profile),
    slices: layers.flatMap((size, layer) =>
      Array.from({ length: size }, (_, first): Slice => ({ population: names[layer]!, first, count: 1 })),
    ),
    flows: [
      flow("input", names.slice(0, 1), Float64Array.of(3)),
      ...layers.map((size, layer) =>
        flow(
          names[layer]!,
          names.slice(layer, layer + 2),
          Float64Array.from({ length: size }, (_, slice) => eventsOf(layer, slice)),
          layer === layers.length - 1,
        ),
      ),
    ],
  };
}

/** Sizes of up to three layers; now and then more slices than a small machine has PEs. */
const layerSizes = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 3 });

export const placementProblems: fc.Arbitrary<PlacementProblem> = fc
  .tuple(
    machines,
    fc.option(faults, { nil: undefined }),
    layerSizes,
    fc.array(fc.double({ min: 0, max: 2, noNaN: true }), { minLength: 1 }),
  )
  .map(([machine, broken, layers, events]) =>
    layeredProblem(
      broken ? damagedBy(machine, broken) : machine,
      layers,
      (layer, slice) => events[(7 * layer + slice) % events.length]!,
    ),
  );
