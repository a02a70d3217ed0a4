import { openMachine, startSimulation } from "../simulator/simulate.ts";
import { sumOf } from "../src/core/counts.ts";
import {
  compile,
  inputPortOf,
  loadBaseText,
  loadProfileText,
  readProfile,
  readStimulus,
  syntheticModel,
} from "../src/index.ts";
import { formatTable } from "./measure.ts";

/** Fills the 7,296 PEs of a board: some 54 million synapses, of which each PE holds about 7,400. */
const MODEL = { name: "board", inputs: 2048, layers: [8192, 8192, 8192], density: 0.05, seed: 1 };
const STEPS = 12;
const DETAILED_STEPS = 3;

/** Compiles and simulates a model that fills a board of 48 chips. Times by stage, and the memory that they take. */
export function benchBoard(): string {
  const { text, fileName } = loadProfileText("spinnaker2-48");
  const { profile } = readProfile(text, fileName, [], loadBaseText);
  const model = syntheticModel(MODEL);
  const begun = performance.now();
  const { program } = compile(model, profile, { format: "float32" });
  const compiled = performance.now();
  const machine = openMachine(program, profile);
  const loaded = performance.now();
  const stimulus = readStimulus({ kind: "synthetic", seed: 1, steps: STEPS }, inputPortOf(model));
  const simulation = startSimulation(machine, stimulus, {});
  simulation.step();
  const warm = performance.now();
  for (let step = 1; step < STEPS; step += 1) simulation.step();
  const perStep = (performance.now() - warm) / (STEPS - 1);
  const { counts, populations, usedPes } = simulation.result();
  const [point] = profile.operatingPoints;
  const replayed = startSimulation(machine, stimulus, { replays: [{ point: point! }] });
  replayed.step();
  const replayBegun = performance.now();
  for (let step = 0; step < DETAILED_STEPS; step += 1) replayed.step();
  const perReplayedStep = (performance.now() - replayBegun) / DETAILED_STEPS;
  const synops = sumOf(counts.kernel.synop) / STEPS;
  const events = populations.slice(1).reduce((sum, { events }) => sum + events, 0);
  const neurons = populations.slice(1).reduce((sum, { size }) => sum + size, 0);
  const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
  return formatTable(
    `A model of ${MODEL.inputs} -> ${MODEL.layers.join(", ")}, 95 % pruned, on a board of 48 SpiNNaker2 chips`,
    [
      ["PEs in use", usedPes.length.toLocaleString("en-US")],
      ["synapses", program.manifest.storedWeights.toLocaleString("en-US")],
      ["compiling", seconds(compiled - begun)],
      ["loading", seconds(loaded - compiled)],
      ["activity", `${((100 * events) / (neurons * STEPS)).toFixed(1)} %`],
      ["synops a token", Math.round(synops).toLocaleString("en-US")],
      [
        "a token, fast fidelity",
        `${perStep.toFixed(0)} ms, ${((1e6 * perStep) / synops).toFixed(2)} ns a synop`,
      ],
      ["a token, detailed fidelity", seconds(perReplayedStep)],
      ["peak memory", `${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB`],
    ],
  );
}
