import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { type Machine } from "../simulator/engine/machine.ts";
import { openMachine, startSimulation } from "../simulator/simulate.ts";
import { sumOf } from "../src/core/counts.ts";
import {
  compile,
  inputPortOf,
  loadProfileText,
  readProfile,
  readStimulus,
  syntheticModel,
} from "../src/index.ts";
import { NUMBER_FORMATS, type NumberFormat } from "../src/core/number-format.ts";
import { ownPackage } from "../src/runtime/package-root.ts";
import { formatTable } from "./measure.ts";

export const FULL_SIZE = { inputs: 750, layers: [1350, 1350, 750], density: 0.05, seed: 1 };
const STEPS = 1500;
const BATCH = 50;

interface WholeTime {
  readonly compileMs: number;
  readonly loadMs: number;
  /** Of batches of steps: the fastest and the middle one. */
  readonly leastMs: number;
  readonly medianMs: number;
  readonly synopsPerStep: number;
  readonly packetsPerStep: number;
  readonly activity: number;
  /** Of the bare loop over the same events. */
  readonly bareMs: number;
}

/** Simulates a model of that shape on random vectors, with all counters on. */
function timeWhole(
  shape: typeof FULL_SIZE,
  format: NumberFormat,
  overrides: readonly string[],
  steps: number,
): WholeTime {
  const { text, fileName } = loadProfileText("spinnaker2");
  const { profile } = readProfile(text, fileName, overrides);
  const model = syntheticModel({ ...shape, name: "bench" });
  const begun = performance.now();
  const { program } = compile(model, profile, { format });
  const compiled = performance.now();
  const machine = openMachine(program, profile);
  const loaded = performance.now();
  const stimulus = readStimulus({ kind: "synthetic", seed: 1, steps }, inputPortOf(model));
  const simulation = startSimulation(machine, stimulus, {});
  const bare = createBareLoop(machine);
  const times: number[] = [];
  const bareTimes: number[] = [];
  for (let done = 0; done < steps; done += BATCH) {
    const start = performance.now();
    for (let i = 0; i < BATCH; i += 1) simulation.step();
    times.push((performance.now() - start) / BATCH);
    const events = program.populations.map(({ name }) => eventsNow(simulation.state(name).output));
    const bareStart = performance.now();
    bare(events);
    bareTimes.push(performance.now() - bareStart);
  }
  const { counts, populations, projections } = simulation.result();
  const [, ...layers] = populations;
  const sorted = times.toSorted((a, b) => a - b);
  return {
    compileMs: compiled - begun,
    loadMs: loaded - compiled,
    leastMs: sorted[0]!,
    medianMs: sorted[sorted.length >> 1]!,
    synopsPerStep: sumOf(projections.map(({ synops }) => synops)) / steps,
    packetsPerStep: sumOf(counts.kernel.packetReceive) / steps,
    activity: sumOf(layers.map(({ events }) => events)) / steps / sumOf(layers.map(({ size }) => size)),
    bareMs: Math.min(...bareTimes),
  };
}

export const eventsNow = (output: Float32Array | Int32Array): Uint32Array =>
  Uint32Array.from([...output.keys()].filter((neuron) => output[neuron] !== 0));

/**
 * The least that anybody would write to know what a timestep costs: for each event, walk its row and count a
 * synop where its target lives. No arithmetic, no time, no links.
 */
export function createBareLoop({
  projections,
  slices,
  program,
}: Machine): (events: readonly Uint32Array[]) => void {
  const synops = new Float64Array(slices.length);
  const sliceOf = program.populations.map(({ name, size }) => {
    const slice = new Uint16Array(4 * size);
    for (const [index, { population, first, neurons }] of slices.entries()) {
      if (population !== name) continue;
      for (let gate = 0; gate < 4; gate += 1)
        slice.fill(index, gate * size + first, gate * size + first + neurons);
    }
    return slice;
  });
  return (events) => {
    for (const { source, target: population, strands } of projections) {
      const slice = sliceOf[population]!;
      const sending = events[source]!;
      for (const { rowStart, target } of strands) {
        for (let event = 0; event < sending.length; event += 1) {
          const end = rowStart[sending[event]! + 1]!;
          for (let i = rowStart[sending[event]!]!; i < end; i += 1) synops[slice[target[i]!]!]! += 1;
        }
      }
    }
  };
}

const rate = (ms: number): string => Math.round(1000 / ms).toLocaleString("en-US");

/** The full-size model on one SpiNNaker2 chip. */
export function benchWhole(): string {
  const rows = NUMBER_FORMATS.map((format) => {
    const { compileMs, loadMs, leastMs, medianMs, bareMs, activity } = timeWhole(
      FULL_SIZE,
      format,
      [],
      STEPS,
    );
    return [
      format,
      `${(100 * activity).toFixed(1)} %`,
      rate(leastMs),
      rate(medianMs),
      leastMs.toFixed(3),
      bareMs.toFixed(3),
      (leastMs / bareMs).toFixed(2),
      compileMs.toFixed(0),
      loadMs.toFixed(0),
    ];
  });
  const memory = Math.round(process.resourceUsage().maxRSS / 1024);
  return (
    formatTable(
      "Whole `fast` simulation, 750 -> 1350, 1350, 750, 95 % pruned, one core; baseline: a bare counting loop in JavaScript",
      [
        [
          "format",
          "activity",
          "tokens/s, best",
          "median",
          "ms/token, best",
          "bare loop, ms",
          "ratio",
          "compile, ms",
          "load, ms",
        ],
        ...rows,
      ],
    ) + `  peak memory of all three in one process: ${memory} MiB\n`
  );
}

/** Models of half, one and twice the width on a chip with more memory a PE. */
export function benchScaling(): string {
  const rows = [0.5, 1, 2].map((factor) => {
    const scaled = (size: number) => Math.round(factor * size);
    const { inputs, layers } = FULL_SIZE;
    const shape = { ...FULL_SIZE, inputs: scaled(inputs), layers: layers.map(scaled) };
    const { leastMs, synopsPerStep, packetsPerStep } = timeWhole(
      shape,
      "float32",
      ["pe.sram.bytes=1MiB"],
      300,
    );
    const count = (value: number) => Math.round(value).toLocaleString("en-US");
    return [
      `${shape.inputs} -> ${shape.layers.join(", ")}`,
      count(synopsPerStep),
      count(packetsPerStep),
      leastMs.toFixed(3),
      ((1e6 * leastMs) / synopsPerStep).toFixed(2),
      ((1e6 * leastMs) / packetsPerStep).toFixed(2),
    ];
  });
  return formatTable("Growth with size, float32, 1 MiB a PE", [
    ["model", "synops/token", "packets/token", "ms/token, best", "ns/synop", "ns/packet"],
    ...rows,
  ]);
}

/** From the shell's point of view: start, compile or read, load, one token, report. */
export function benchStart(folder: string): string {
  const main = join(ownPackage().root, "dist/src/cli/main.js");
  const model = "synthetic:750,1350,1350,750@0.05";
  const program = join(folder, "full-size.loom");
  const call = (...words: string[]) =>
    execFileSync(process.execPath, [main, ...words], { stdio: ["ignore", "ignore", "pipe"] });
  call("compile", model, "-o", program);
  const seconds = (...words: string[]): string => {
    const times = [1, 2, 3].map(() => {
      const start = performance.now();
      call(...words);
      return (performance.now() - start) / 1000;
    });
    return Math.min(...times).toFixed(2);
  };
  return formatTable("From the start of the command to its end after one token, seconds, best of three", [
    ["eventloom --version", seconds("--version")],
    ["eventloom simulate full-size.loom --steps 1", seconds("simulate", program, "--steps", "1")],
    [`eventloom simulate ${model} --steps 1`, seconds("simulate", model, "--steps", "1")],
  ]);
}
