import { describe, expect, it } from "vitest";
import { readNumberTable } from "../../../src/formats/csv.ts";
import { rateOf, rateStimulus, stimulusOfEvents } from "../../../src/inputs/events.ts";

describe("random spikes", () => {
  it("come at their rates, the same for the same seed", () => {
    const stimulus = rateStimulus(3, [0, 0.25, 1], 7, 4000);
    const counts = [0, 0, 0];
    stimulus.values.forEach((value, i) => {
      expect(value === 0 || value === 1).toBe(true);
      counts[i % 3]! += value;
    });
    expect([counts[0], counts[2]]).toEqual([0, 4000]);
    // Three standard deviations of a binomial count: 3·√(4000·0.25·0.75) = 82.
    expect(Math.abs(counts[1]! - 1000)).toBeLessThan(82);
    expect(rateStimulus(3, [0, 0.25, 1], 7, 4000)).toEqual(stimulus);
    expect(rateStimulus(3, [0, 0.25, 1], 8, 4000).values).not.toEqual(stimulus.values);
    expect(stimulus.origin).toBe("random spikes, 3 rates, seed 7");
  });

  it("need probabilities, as many as components, and room", () => {
    expect(() => rateStimulus(3, [0.1, 0.2], 1, 10)).toThrow("2 rates are given, but the model reads 3");
    expect(() => rateStimulus(2, [0.1, 1.5], 1, 10)).toThrow("is 1.5, not a probability of 0 to 1");
    expect(() => rateStimulus(2 ** 20, [0.1], 1, 1000)).toThrow("more than the 128 that fit");
    expect([rateOf("0.05"), rateOf(".5"), rateOf("1"), rateOf("rates.csv"), rateOf("5%")]).toEqual([
      0.05,
      0.5,
      1,
      undefined,
      undefined,
    ]);
    expect(["1e-3", "-0.1"].map(rateOf)).toEqual([0.001, -0.1]);
    expect(() => rateStimulus(2, [-0.1], 1, 10)).toThrow(/^rate: is -0.1, not a probability/);
  });
});

describe("replayed events", () => {
  const replay = (text: string) => stimulusOfEvents(readNumberTable(text), 3, "events x.csv");

  it("stand at their steps and neurons, with a value or 1", () => {
    expect([...replay("step,neuron\n2,1\n0,0").values]).toEqual([1, 0, 0, 0, 0, 0, 0, 1, 0]);
    expect([...replay("0,2,0.5\n1,0,-2\n").values]).toEqual([0, 0, 0.5, -2, 0, 0]);
  });

  it.each([
    ["0,3\n", "neuron 3 is not one of the model's inputs, 0 to 2"],
    ["-1,0\n", "step -1 is not a whole number from 0 on"],
    ["0.5,0\n", "step 0.5 is not a whole number"],
    ["1e12,0\n", "step 1000000000000 is not a whole number"],
    ["2000000000,0\n", "more than the 44739242 that fit"],
    ["1,1\n0,0\n1,1\n", "event 3: neuron 1 has a second event in step 1"],
    ["0,1,0\n", "the value 0 is 0 in float32"],
    ["0,1,1e300\n", "the value 1e+300 is Infinity in float32"],
    ["0\n", "has 1 columns, not step, neuron and perhaps value"],
  ])("are refused where they make no sense: %j", (text, problem) => {
    expect(() => replay(text)).toThrow(problem);
  });
});
