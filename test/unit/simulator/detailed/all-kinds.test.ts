import { describe, expect, it } from "vitest";
import { compile } from "../../../../compiler/pipeline.ts";
import { simulate } from "../../../../simulator/simulate.ts";
import { replayedTimeOf } from "../../../../simulator/time-of.ts";
import { sumOf } from "../../../../src/core/counts.ts";
import type { HardwareProfile } from "../../../../src/core/profile.ts";
import type { ReplayRequest, Synchronisation } from "../../../../src/core/run-policy.ts";
import type { TokenStimulus } from "../../../../src/core/stimulus.ts";
import { tinyChip } from "../../../support/tiny-chip.ts";
import { tinyModel } from "../../../support/tiny-model.ts";
import { tinyBoard, tinyMulticast, tinyUnicast } from "../../../support/tiny-networks.ts";

const model = tinyModel({ inputs: 9, layers: [12, 10, 9], density: 0.6, vocabulary: 40 });
const STEPS = 8;
const stimulus: TokenStimulus = {
  kind: "tokens",
  ids: Uint32Array.from({ length: STEPS }, (_, step) => (7 * step) % 40),
  origin: "words",
  synthetic: true,
};

const withDram = (profile: HardwareProfile, x: number, y: number): HardwareProfile => ({
  ...profile,
  noc: { ...profile.noc, dramNode: { x, y } },
});
const chips: Readonly<Record<string, HardwareProfile>> = {
  "one event router": tinyChip(),
  "one event router, DRAM's place known": withDram(tinyChip(), 2, 1),
  "a board": withDram(tinyBoard(), 0, 0),
  "routers at every node": tinyMulticast(),
  "lists of destinations": withDram(tinyUnicast(), 1, 1),
};
const synchronisations: readonly Synchronisation[] = [
  { kind: "data-flow" },
  { kind: "barrier", seconds: 1e-6 },
  { kind: "timer", period: 20e-6 },
];

describe.each(Object.entries(chips))("replays on %s", (_, chip) => {
  const [point] = chip.operatingPoints as [(typeof chip.operatingPoints)[number]];
  const replays = (["sequential", "pipelined"] as const).flatMap((schedule) =>
    synchronisations.map((synchronisation): ReplayRequest => ({ point, schedule, synchronisation })),
  );

  it.each([
    { rows: "sram", decoder: "host" },
    { rows: "dram", decoder: "host" },
    { rows: "sram", decoder: "chip" },
    { rows: "dram", decoder: "chip" },
  ] as const)("come to an end and change no count: %o", (options) => {
    const { program } = compile(model, chip, options);
    const { replays: replayed, ...result } = simulate(program, chip, stimulus, { replays });
    expect(result).toEqual(simulate(program, chip, stimulus));
    const again = simulate(program, chip, stimulus, { replays }).replays;
    expect(again, "the same once more").toEqual(replayed);
    for (const request of replays) {
      const timing = replayedTimeOf({ ...result, replays: replayed! }, chip, request);
      expect(timing.secondsPerStep).toBeGreaterThan(0);
      expect(timing.phases.every(({ seconds }) => seconds > 0)).toBe(true);
    }
    const [sequential] = replayed!;
    if (options.rows === "sram" && options.decoder === "host") expect(sequential!.dram).toBeUndefined();
    if (options.rows !== "dram" || options.decoder !== "host") return;
    // Rows of the last step's recurrent events may or may not be asked for before the run ends.
    const rows = sumOf(result.counts.kernel.rowFetch);
    expect(sequential!.dram!.transfers).toBeGreaterThanOrEqual(2 * rows);
    expect(sequential!.dram!.transfers).toBeLessThanOrEqual(2 * rows * (1 + 2 / STEPS));
  });
});
