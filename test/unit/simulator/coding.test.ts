import { describe, expect, it } from "vitest";
import { compile } from "../../../compiler/pipeline.ts";
import { simulate } from "../../../simulator/simulate.ts";
import { joinStreams } from "../../../simulator/streams.ts";
import { sumOf } from "../../../src/core/counts.ts";
import { parseEventCoding, spikesOfSteps, stepsOfPayload } from "../../../src/core/event-coding.ts";
import { inputPortOf } from "../../../src/inputs/input-port.ts";
import { readStimulus } from "../../../src/inputs/read-stimulus.ts";
import { tinyChip } from "../../support/tiny-chip.ts";
import { tinyModel } from "../../support/tiny-model.ts";

const chip = tinyChip();
const model = tinyModel({ inputs: 5, layers: [7, 6], density: 1 });
const stimulus = readStimulus({ kind: "synthetic", seed: 4, steps: 12 }, inputPortOf(model));
const programOf = (coding?: string) =>
  compile(model, chip, { format: "int16", ...(coding && { coding: parseEventCoding(coding) }) }).program;

describe("coded events", () => {
  it.each(["bits:6", "rate:9", "graded:6"])(
    "%s: packets and synops are those of each event's spikes",
    (text) => {
      const coding = parseEventCoding(text);
      const spikes = new Map<string, number>();
      const program = programOf(text);
      const result = simulate(program, chip, stimulus, {
        observe(_, view) {
          for (const { name } of program.populations) {
            const { output } = view.population(name);
            const sent = [...output].reduce(
              (sum, payload) => sum + spikesOfSteps(coding, stepsOfPayload(coding, payload)),
              0,
            );
            spikes.set(name, (spikes.get(name) ?? 0) + sent);
          }
        },
      });
      for (const { name, spikes: counted } of result.populations)
        expect(counted, name).toBe(spikes.get(name));
      // Every row of the first layer's input is full: 7 neurons of 3 gates.
      const ofInput = result.projections.find(({ source }) => source === "input")!;
      expect(ofInput.synops).toBe((spikes.get("input")! * ofInput.synapses) / 5);
      const chipSpikes = result.populations.slice(1).reduce((sum, { spikes: own = 0 }) => sum + own, 0);
      expect(sumOf(result.counts.kernel.eventSend)).toBe(chipSpikes);
    },
  );

  it("rounds what is computed with, so that fewer bits come further from the whole", () => {
    const outputsOf = (coding?: string) => {
      const values: number[] = [];
      simulate(programOf(coding), chip, stimulus, {
        observe: (_, view) => values.push(...view.population("egru1").state),
      });
      return values;
    };
    const exact = outputsOf();
    const distance = (coding: string) =>
      Math.sqrt(outputsOf(coding).reduce((sum, value, i) => sum + (value - exact[i]!) ** 2, 0));
    expect(distance("graded:14")).toBeLessThan(distance("graded:6"));
    expect(distance("bits:6")).toBe(distance("graded:6"));
  });

  it("adds up over streams", () => {
    const result = simulate(programOf("bits:6"), chip, stimulus, { streams: 2 });
    expect(result.populations[0]!.spikes).toBeGreaterThan(result.populations[0]!.events);
    expect(joinStreams([result]).populations[0]!.spikes).toBe(result.populations[0]!.spikes);
  });

  it("has no packet-by-packet replay", () => {
    const point = chip.operatingPoints[0]!;
    expect(() => simulate(programOf("bits:6"), chip, stimulus, { replays: [{ point }] })).toThrow(
      "The detailed fidelity replays events as they are, not as the spikes of --coding bits:6.",
    );
  });
});
