import { createMeshNetwork } from "../simulator/detailed/mesh/mesh-network.ts";
import { openMachine, startSimulation } from "../simulator/simulate.ts";
import { sumOf } from "../src/core/counts.ts";
import type { NumberFormat } from "../src/core/number-format.ts";
import { randomNumbers } from "../src/core/random.ts";
import {
  compile,
  inputPortOf,
  loadProfileText,
  readProfile,
  readStimulus,
  syntheticModel,
} from "../src/index.ts";
import { formatTable, nanosecondsPerUnit } from "./measure.ts";
import { createBareLoop, eventsNow, FULL_SIZE } from "./whole.ts";

const BATCH = 10;

interface DetailedTime {
  /** Of batches of steps, the fastest and the middle one: with the replay, without it, and the bare loop. */
  readonly least: number;
  readonly median: number;
  readonly fast: number;
  readonly bare: number;
  readonly packetsPerStep: number;
}

/** Simulates a model of that shape step by step twice, with and without a replay of every packet. */
function timeDetailed(
  shape: typeof FULL_SIZE,
  format: NumberFormat,
  overrides: readonly string[],
  steps: number,
): DetailedTime {
  const { text, fileName } = loadProfileText("spinnaker2");
  const { profile } = readProfile(text, fileName, overrides);
  const model = syntheticModel({ ...shape, name: "bench" });
  const { program } = compile(model, profile, { format });
  const stimulus = readStimulus({ kind: "synthetic", seed: 1, steps }, inputPortOf(model));
  // Each run has a machine of its own, so that they can take turns.
  const [fast, detailed] = [[], [{ point: profile.operatingPoints[0]! }]].map((replays) =>
    startSimulation(openMachine(program, profile), stimulus, { replays }),
  ) as [ReturnType<typeof startSimulation>, ReturnType<typeof startSimulation>];
  const bare = createBareLoop(openMachine(program, profile));
  const times: [number[], number[], number[]] = [[], [], []];
  const take = (kind: 0 | 1 | 2, work: () => void, calls: number) => {
    const start = performance.now();
    for (let call = 0; call < calls; call += 1) work();
    times[kind].push((performance.now() - start) / calls);
  };
  for (let done = 0; done < steps; done += BATCH) {
    take(0, () => fast.step(), BATCH);
    take(1, () => detailed.step(), BATCH);
    const events = program.populations.map(({ name }) => eventsNow(detailed.state(name).output));
    take(2, () => bare(events), 1);
  }
  const sorted = times[1].toSorted((a, b) => a - b);
  return {
    least: sorted[0]!,
    median: sorted[sorted.length >> 1]!,
    fast: Math.min(...times[0]),
    bare: Math.min(...times[2]),
    packetsPerStep: sumOf(detailed.result().counts.kernel.packetReceive) / steps,
  };
}

const whole = (value: number): string => Math.round(value).toLocaleString("en-US");

/** The full-size model on one SpiNNaker2 chip, every packet replayed. */
export function benchDetailed(): string {
  const rows = (["float32", "int8"] as const).map((format) => {
    const { least, median, fast, bare, packetsPerStep } = timeDetailed(FULL_SIZE, format, [], 300);
    return [
      format,
      whole(1000 / least),
      whole(1000 / median),
      least.toFixed(2),
      fast.toFixed(2),
      (least / fast).toFixed(1),
      bare.toFixed(2),
      (least / bare).toFixed(1),
      whole(packetsPerStep),
    ];
  });
  return formatTable(
    "Whole `detailed` simulation, 750 -> 1350, 1350, 750, 95 % pruned, one core; baselines: the fast fidelity, and a bare counting loop",
    [
      [
        "format",
        "tokens/s, best",
        "median",
        "ms/token, best",
        "fast, ms",
        "ratio",
        "bare loop, ms",
        "ratio",
        "packets/token",
      ],
      ...rows,
    ],
  );
}

/** Models of half, one and twice the width on a chip with more memory a PE. */
export function benchDetailedGrowth(): string {
  const rows = [0.5, 1, 2].map((factor) => {
    const scaled = (size: number) => Math.round(factor * size);
    const { inputs, layers } = FULL_SIZE;
    const shape = { ...FULL_SIZE, inputs: scaled(inputs), layers: layers.map(scaled) };
    const { least, fast, packetsPerStep } = timeDetailed(shape, "float32", ["pe.sram.bytes=1MiB"], 100);
    return [
      `${shape.inputs} -> ${shape.layers.join(", ")}`,
      whole(packetsPerStep),
      least.toFixed(2),
      fast.toFixed(2),
      (least / fast).toFixed(1),
      ((1000 * least) / packetsPerStep).toFixed(3),
    ];
  });
  return formatTable("Growth of `detailed` with packets, float32, 1 MiB a PE", [
    ["model", "packets/token", "ms/token, best", "fast, ms", "ratio", "ms/1,000 packets"],
    ...rows,
  ]);
}

const SIDE = 8;
const PACKETS = 40_000;
/** As the replay has them on SpiNNaker2. */
const MESH = {
  width: SIDE,
  height: SIDE,
  localPorts: 1,
  link: { cycles: 5, creditCycles: 2, bufferFlits: 7 },
  injection: { cycles: 1, creditCycles: 1, bufferFlits: 4 },
  ejection: { cycles: 1, creditCycles: 1, bufferFlits: 4 },
  flitCycles: 1,
  sourceQueueFlits: 128,
};

interface Traffic {
  /** First packet of each cycle; one more at the end. */
  readonly first: Int32Array;
  readonly from: Int32Array;
  readonly to: Int32Array;
  readonly flitHops: number;
}

/** Uniform traffic: each node draws in each cycle whether it sends, and to whom. */
function uniformTraffic(load: number): Traffic {
  const nodes = SIDE * SIDE;
  const random = randomNumbers(3);
  const first = new Int32Array(Math.round(PACKETS / (nodes * load)) + 1);
  const from: number[] = [];
  const to: number[] = [];
  for (let cycle = 1; cycle < first.length; cycle += 1) {
    for (let node = 0; node < nodes; node += 1) {
      if (random() >= load) continue;
      from.push(node);
      to.push(Math.floor(random() * nodes));
    }
    first[cycle] = from.length;
  }
  const hops = (a: number, b: number) =>
    Math.abs((a % SIDE) - (b % SIDE)) + Math.abs(Math.floor(a / SIDE) - Math.floor(b / SIDE));
  return {
    first,
    from: Int32Array.from(from),
    to: Int32Array.from(to),
    flitHops: sumOf(from.map((node, packet) => hops(node, to[packet]!))),
  };
}

/** Sends all packets at their time and waits for the last. */
function throughMesh({ first, from, to, flitHops }: Traffic): void {
  let delivered = 0;
  const mesh = createMeshNetwork({ ...MESH, receive: () => (delivered += 1) > 0 });
  for (let cycle = 0; cycle + 1 < first.length; cycle += 1) {
    const end = first[cycle + 1]!;
    if (first[cycle] === end) continue;
    mesh.advance(cycle);
    for (let packet = first[cycle]!; packet < end; packet += 1) {
      if (!mesh.inject(from[packet]!, to[packet]!, packet)) throw new Error("a source queue is full");
    }
  }
  mesh.advance(Number.POSITIVE_INFINITY);
  if (delivered !== from.length || mesh.figures().flitHops !== flitHops)
    throw new Error("the mesh lost a flit");
}

/** The least that anybody would write to know how busy links are: walks each packet's way and counts it on each link. */
function alongPaths({ from, to, flitHops }: Traffic): void {
  const flits = new Int32Array(4 * SIDE * SIDE);
  for (let packet = 0; packet < from.length; packet += 1) {
    const goal = to[packet]!;
    let node = from[packet]!;
    while (node !== goal) {
      const dx = (goal % SIDE) - (node % SIDE);
      const direction = dx > 0 ? 0 : dx < 0 ? 1 : goal > node ? 2 : 3;
      flits[4 * node + direction]! += 1;
      node += [1, -1, SIDE, -SIDE][direction]!;
    }
  }
  if (flits.reduce((sum, count) => sum + count, 0) !== flitHops)
    throw new Error("a path has the wrong length");
}

/** The mesh alone, from injection to delivery. */
export function benchMesh(): string {
  const rows = [0.02, 0.2, 0.35].map((load) => {
    const traffic = uniformTraffic(load);
    const units = traffic.flitHops;
    const [mesh, paths] = nanosecondsPerUnit(
      [
        { name: "mesh", run: () => throughMesh(traffic), units },
        { name: "paths", run: () => alongPaths(traffic), units },
      ],
      15,
    ) as [number, number];
    return [
      String(load),
      whole(units),
      (units / traffic.from.length).toFixed(2),
      mesh.toFixed(1),
      paths.toFixed(1),
      (mesh / paths).toFixed(1),
    ];
  });
  return formatTable(
    `The mesh alone, ${SIDE} x ${SIDE}, uniform traffic; baseline: a loop in JavaScript that counts each packet on the links of its way`,
    [["packets/node and cycle", "flit-hops", "hops/packet", "ns/flit-hop", "baseline", "ratio"], ...rows],
  );
}
