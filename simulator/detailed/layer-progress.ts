import type { Machine } from "../engine/machine.ts";
import { type Agenda, DUE } from "./agenda.ts";

/**
 * Which layers of a timestep are through, and which may begin. Layer 0 is the host's input, then come the phases: the
 * recurrent layers, and a decoder on the chip.
 */
export interface LayerProgress {
  /** A timestep begins, or an interval of a pipeline. */
  begin(time: number): void;
  /** Whether the layer's sources are through. */
  isOpen(layer: number): boolean;
  workerIsThrough(layer: number, time: number): void;
  hostIsThrough(time: number): void;
  /** What waited for this layer may begin. */
  open(layer: number, time: number): void;
  /** Layers that are not through. */
  left(): number;
  /** When a layer might begin at the earliest, and when it was through. */
  beganAt(layer: number): number;
  endedAt(layer: number): number;
}

/**
 * @param isPipelined All layers work at once, each on what came before.
 * @param pace  When what follows on a layer may begin; by data flow it begins at once, with its sources only.
 * @param start Tells a worker that its layer's sources are through.
 */
export function createLayerProgress(
  { projections, phases, program }: Machine,
  agenda: Agenda,
  isPipelined: boolean,
  pace: ((end: number) => number) | undefined,
  start: (worker: number, time: number) => void,
): LayerProgress {
  const layers = phases.length;
  const recurrent = program.populations.length - 1;
  const sourcesOf = (target: number): number[] => {
    if (isPipelined || target === 0) return [];
    const sources = projections.filter((each) => each.target === target && each.delay === 0);
    const decoded = target > recurrent ? [recurrent] : [];
    const before = pace && target > 1 ? [target - 1] : [];
    return [...new Set([...sources.map(({ source }) => source), ...decoded, ...before])];
  };
  const sources = Array.from({ length: layers + 1 }, (_, target) => sourcesOf(target));
  const targets = sources.map((_, layer) =>
    [...sources.keys()].filter((target) => sources[target]!.includes(layer)),
  );
  const workersOf = [[], ...phases.map(({ workers }) => workers)];
  const workersLeft = new Int32Array(layers + 1);
  const sourcesLeft = new Int32Array(layers + 1);
  const began = new Float64Array(layers + 1);
  const ended = new Float64Array(layers + 1);
  let layersLeft = 0;

  const startLayer = (layer: number, time: number): void => {
    for (const worker of workersOf[layer]!) start(worker, time);
  };
  const open = (layer: number, time: number): void => {
    for (const target of targets[layer]!) {
      sourcesLeft[target]! -= 1;
      if (sourcesLeft[target] === 0) startLayer(target, time);
    }
  };
  const layerIsThrough = (layer: number, time: number): void => {
    ended[layer] = time;
    layersLeft -= 1;
    const next = layer === 0 || pace === undefined ? time : pace(time);
    if (layer > 0 && layer < layers && !isPipelined) began[layer + 1] = next;
    if (layer === 0 || pace === undefined) open(layer, time);
    else if (targets[layer]!.length > 0) agenda.add(next, DUE.open, layer);
  };

  return {
    begin(time) {
      layersLeft = layers + 1;
      began.fill(time);
      for (let layer = 0; layer <= layers; layer += 1) {
        workersLeft[layer] = workersOf[layer]!.length;
        sourcesLeft[layer] = sources[layer]!.length;
      }
      for (let layer = 1; layer <= layers; layer += 1) {
        if (sources[layer]!.length === 0) startLayer(layer, time);
      }
    },
    isOpen: (layer) => sourcesLeft[layer] === 0,
    workerIsThrough(layer, time) {
      workersLeft[layer]! -= 1;
      if (workersLeft[layer] === 0) layerIsThrough(layer, time);
    },
    hostIsThrough: (time) => layerIsThrough(0, time),
    open,
    left: () => layersLeft,
    beganAt: (layer) => began[layer]!,
    endedAt: (layer) => ended[layer]!,
  };
}
