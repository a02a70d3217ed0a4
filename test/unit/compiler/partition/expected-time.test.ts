import { describe, expect, it } from "vitest";
import { expectedActivity } from "../../../../compiler/expected-activity.ts";
import { NO_DRAM_ROWS } from "../../../../compiler/partition/dram-transfers.ts";
import { planTimer } from "../../../../compiler/partition/expected-time.ts";
import { idealSharesOf, layersOf, PARTITION_STRATEGIES } from "../../../../compiler/partition/partition.ts";
import { compile } from "../../../../compiler/pipeline.ts";
import { tinyChip } from "../../../support/tiny-chip.ts";
import { tinyModel } from "../../../support/tiny-model.ts";

const chip = tinyChip({ pesPerNode: 1, sramBytes: 65_536 });
const clock = chip.operatingPoints[0]!.peClock;
const { graph } = compile(tinyModel({ inputs: 30, layers: [60, 40], density: 0.5 }), chip, {
  order: "model",
});
const problem = { graph, profile: chip, pes: 8, activity: expectedActivity(graph) };
const inSram = { graph, dram: NO_DRAM_ROWS };
const inDram = { graph, dram: { blocks: new Set(graph.projections), burstBytes: chip.dram!.burstBytes } };
const [leastLatency, spread] = PARTITION_STRATEGIES;

describe("planTimer", () => {
  it.each([
    ["adds up the layers", leastLatency!, (cycles: number[]) => cycles.reduce((a, b) => a + b, 0)],
    ["counts the slowest layer of a pipeline", spread!, (cycles: number[]) => Math.max(...cycles)],
  ])("%s where PEs have room", (_, strategy, of) => {
    const { secondsOf, bound } = planTimer(problem, strategy);
    const layers = layersOf(problem);
    const shares = idealSharesOf(layers, 8, strategy);
    const cycles = layers.map(({ work }, i) => Math.max(work.evenly(shares[i]!), work.largest));
    expect(secondsOf(inSram) * clock).toBeCloseTo(of(cycles), 6);
    expect(bound).toBe(secondsOf(inSram));
  });

  it("overlapped, leaves out what recurrent events cost, and of a pipeline nothing", () => {
    const { secondsOf, overlappedSecondsOf } = planTimer(problem, leastLatency!);
    const layers = layersOf(problem);
    const shares = idealSharesOf(layers, 8, leastLatency!);
    const { packetReceive, rowLookup, rowFetch, synop } = chip.pe.kernels.float32!;
    const recurrent = graph.projections.filter(({ delay }) => delay === 1);
    const cycles = recurrent.reduce((sum, { source, synapses }, i) => {
      const sent = problem.activity.get(source)![0]!;
      const { rowStart, target } = synapses;
      let begun = 0;
      for (let row = 0; row + 1 < rowStart.length; row += 1)
        begun += sent * (1 - (1 - 1 / shares[i]!) ** (rowStart[row + 1]! - rowStart[row]!));
      const events = sent * (rowStart.length - 1);
      return (
        sum +
        events * (packetReceive + rowLookup) +
        begun * rowFetch +
        (sent * target.length * synop) / shares[i]!
      );
    }, 0);
    expect((secondsOf(inSram) - overlappedSecondsOf(inSram)) * clock).toBeCloseTo(cycles, 6);
    const pipelined = planTimer(problem, spread!);
    expect(pipelined.overlappedSecondsOf(inSram)).toBe(pipelined.secondsOf(inSram));
    expect(overlappedSecondsOf({ ...inSram, dram: inDram.dram })).toBeGreaterThanOrEqual(
      overlappedSecondsOf(inSram),
    );
  });

  it("takes as long as DRAM does where that is slow", () => {
    const seconds = [1e6, 5e5].map((bandwidth) => {
      const profile = { ...chip, dram: { ...chip.dram!, bandwidth } };
      return planTimer({ ...problem, profile }, leastLatency!).secondsOf(inDram);
    });
    const latency = 2 * chip.dram!.latency;
    expect((seconds[1]! - latency) / (seconds[0]! - latency)).toBeCloseTo(2, 6);
    // 30 inputs and 20 events of neurons; a weight and its index take 5 bytes, and rows begin anywhere in a burst.
    const met = graph.projections.reduce(
      (sum, { source, synapses }) => sum + synapses.target.length * problem.activity.get(source)![0]!,
      0,
    );
    expect((seconds[0]! - latency) * 1e6).toBeGreaterThan(5 * met);
  });

  it("counts twice the lookups of a projection that is divided, and nothing else", () => {
    const { secondsOf } = planTimer(problem, leastLatency!);
    const [first, ...rest] = graph.projections;
    const empty = { ...first!.synapses, rowStart: first!.synapses.rowStart.map(() => 0) };
    const second = {
      ...first!,
      part: 1,
      synapses: { ...empty, target: new Uint32Array(0), weight: new Float32Array(0) },
    };
    const divided = { graph: { ...graph, projections: [first!, second, ...rest] }, dram: NO_DRAM_ROWS };
    const lookups = 30 * chip.pe.kernels.float32!.rowLookup;
    expect((secondsOf(divided) - secondsOf(inSram)) * clock).toBeCloseTo(lookups, 6);
  });

  it("is endless where the rest does not fit", () => {
    const profile = tinyChip({ pesPerNode: 1, sramBytes: 8_000 });
    const { secondsOf, bound } = planTimer({ ...problem, profile }, leastLatency!);
    expect(secondsOf(inSram)).toBe(Infinity);
    expect(bound).toBeLessThan(Infinity);
    expect(secondsOf(inDram)).toBeLessThan(Infinity);
  });

  it("finds PEs that are full to work longer, as layers share them by memory", () => {
    const profile = tinyChip({ pesPerNode: 1, sramBytes: 12_500 });
    const timer = planTimer({ ...problem, profile }, leastLatency!);
    expect(timer.secondsOf(inSram)).toBeGreaterThanOrEqual(timer.bound);
  });
});
