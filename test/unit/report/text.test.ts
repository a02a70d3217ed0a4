import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { PLAIN_STYLE, REPORT_WIDTH } from "../../../src/report/layout.ts";
import { formatResult } from "../../../src/report/text.ts";
import { sampleReading, sampleRefusal, sampleResult, sampleRun } from "./sample-result.ts";

const golden = (name: string) => join(import.meta.dirname, "../../golden/report", name);

const fast = sampleReading({
  operatingPoint: "300MHz",
  peClockHertz: 300e6,
  voltageVolts: 0.8,
  latencySecondsPerToken: 1.22e-3,
  energyIsLowerBound: true,
  unpriced: [{ component: "noc", action: "flitHop", count: 18_000 }],
});

describe("formatResult", () => {
  it("shows a run at two operating points side by side", async () => {
    const text = formatResult(sampleResult(sampleRun({ readings: [sampleReading(), fast] })));
    await expect(text).toMatchFileSnapshot(golden("two-points.txt"));
  });

  it("shows a run that fits, one that does not, and both in an overview", async () => {
    const text = formatResult(sampleResult(sampleRun(), sampleRefusal));
    await expect(text).toMatchFileSnapshot(golden("refused.txt"));
  });

  it("keeps to the width of a terminal, whatever the names and however many readings", () => {
    const long = "n".repeat(300);
    const readings = ["sequential", "pipelined"].flatMap((schedule) =>
      [1, 2, 3].map((n) => ({
        ...fast,
        operatingPoint: `point-number-${n}`,
        schedule: schedule as "sequential",
      })),
    );
    const [first, second] = sampleRun().layers;
    const { host } = sampleRun();
    const run = sampleRun({
      model: { name: long, sha256: "" },
      input: { ...sampleRun().input, origin: `text ${long}` },
      host: { ...host, stages: Array.from({ length: 9 }, () => ({ ...host.stages[1]!, name: long })) },
      readings: readings.map((reading) => ({ ...reading, phases: [{ name: long, secondsPerToken: 1 }] })),
      layers: [{ ...first!, name: long }, second!],
      projections: sampleRun().projections.map((projection) => ({
        ...projection,
        source: long,
        target: long,
      })),
    });
    const lines = formatResult(sampleResult(run, run)).split("\n");
    expect(lines.filter((line) => line.length > REPORT_WIDTH)).toEqual([]);
    expect(lines.filter((line) => line.includes("point-number-3")).length).toBeGreaterThanOrEqual(2);
  });

  it("says at least where costs are unknown, and which", () => {
    const text = formatResult(sampleResult(sampleRun({ readings: [fast] })));
    expect(text).toContain("at least 45.6 µJ");
    expect(text).toContain("at least 18.8 mW");
    expect(text).toMatch(/NoC +unpriced/);
    expect(text).toContain('"at least": no cost is known for noc.flitHop (18,000 times).');
    expect(formatResult(sampleResult(sampleRun()))).not.toContain("at least");
  });

  it("names a base power that is unknown without counting it", () => {
    const unpriced = [{ component: "base", action: "power", count: 1 }];
    const text = formatResult(sampleResult(sampleRun({ readings: [{ ...fast, unpriced }] })));
    expect(text).toContain('"at least": no cost is known for base.power (all the time).');
  });

  it("warns of synthetic input before any figure", () => {
    const { input } = sampleRun();
    const text = formatResult(sampleResult(sampleRun({ input: { ...input, synthetic: true } })));
    expect(text.indexOf("SYNTHETIC INPUT")).toBeGreaterThan(0);
    expect(text.indexOf("SYNTHETIC INPUT")).toBeLessThan(text.indexOf("Program"));
    expect(formatResult(sampleResult(sampleRun()))).not.toContain("SYNTHETIC");
  });

  it("says that spikes were drawn at the rates that were given", () => {
    const input = { ...sampleRun().input, synthetic: true, ratesGiven: true } as const;
    const text = formatResult(sampleResult(sampleRun({ input })));
    expect(text).toContain("RANDOM SPIKES: the input was drawn by seed at the rates that were given.");
    expect(text).not.toContain("SYNTHETIC");
  });

  it("speaks of vectors where the model reads vectors, and of no window where there is none", () => {
    const { windowSteps: _, ...input } = { ...sampleRun().input, stepIs: "vector" as const };
    const { latencySecondsPerWindow: _l, energyJoulesPerWindow: _e, ...reading } = sampleReading();
    const { quality: _q, ...run } = sampleRun({ input, readings: [reading] });
    const text = formatResult(sampleResult(run));
    expect(text).toContain("Activity, mean per vector");
    expect(text).toContain("state carried on throughout");
    expect(text).not.toMatch(/token|window|perplexity/);
  });

  it("warns where the host link is slower than the chip", () => {
    const { host } = sampleRun();
    const slow = { ...host, linkSecondsPerToken: 2e-3 };
    const pipelined = sampleReading({ schedule: "pipelined", secondsBetweenTokens: 1.43e-3 });
    const text = formatResult(
      sampleResult(sampleRun({ host: slow, readings: [sampleReading(), pipelined] })),
    );
    expect(text).toContain("763 B: 2.00 ms at 125 MB/s");
    expect(text.replace(/\n +/g, " ")).toContain(
      "WARNING: the link takes longer than the chip between tokens at 150MHz pipelined. There the host would set the pace.",
    );
    expect(formatResult(sampleResult(sampleRun({ host: slow })))).not.toContain("WARNING");
  });

  it("says that a window is extrapolated where the run, or a stream of it, is shorter", () => {
    const textOf = (steps: number, windowSteps: number, streams?: number) => {
      const input = { ...sampleRun().input, steps, windowSteps, ...(streams && { streams }) };
      return formatResult(sampleResult(sampleRun({ input })));
    };
    expect(textOf(1, 70)).toContain(
      "Figures of a window are means times 70 (extrapolated: the run has fewer steps, 1 token).",
    );
    expect(textOf(100, 70, 2)).toContain("(extrapolated: the run has fewer steps, 50 tokens)");
    expect(textOf(70, 70)).not.toContain("extrapolated");
    expect(textOf(70, 1)).toContain("latency of a window (1 token) ");
  });

  it("shows small shares of the energy as less than one percent, and none as none", () => {
    const [base, pe] = sampleReading().energyByComponent;
    const causes = [
      { cause: "sending events", joulesPerToken: 0.1e-6 },
      { cause: "row look-ups", joulesPerToken: 0 },
    ];
    const reading = sampleReading({ energyByComponent: [base!, { ...pe!, causes }] });
    const text = formatResult(sampleResult(sampleRun({ readings: [reading] })));
    expect(text).toMatch(/sending events +100 nJ {2}<1 %\n/);
    expect(text).toMatch(/row look-ups +0 J {3}0 %\n/);
  });

  it("says once, at the end, what several runs rest on alike", () => {
    const runs = ["a", "b"].map((name) =>
      sampleRun({ model: { name, sha256: "" }, assumptions: ["Common.", `Of ${name} alone.`] }),
    );
    const text = formatResult(sampleResult(...runs));
    expect(text.match(/Common\./g)).toHaveLength(1);
    expect(text.endsWith("\n\n\nWhat all these figures rest on\n  - Common.\n")).toBe(true);
    expect(text.match(/What these figures rest on\n {2}- Of [ab] alone\.\n/g)).toHaveLength(2);
    const alike = formatResult(sampleResult(sampleRun(), sampleRun()));
    expect(alike).not.toContain("What these figures rest on");
  });

  it("lists the busiest PEs first, five at most, ties by number", () => {
    const { counts } = sampleRun();
    const n = 7;
    const column = (values: number[]) => values;
    const perPe = {
      ...counts.perPe,
      pe: [1, 2, 3, 4, 5, 6, 7],
      layer: Array.from({ length: n }, () => "egru0"),
      helpsDecoder: Array.from({ length: n }, () => false),
      kernel: {
        ...counts.perPe.kernel,
        synop: column([1, 2, 3, 4, 5, 6, 7]),
        packetReceive: column([0, 0, 0, 0, 0, 0, 0]),
      },
      busyCycles: [10, 30, 30, 5, 50, 1, 2],
      macArrayCycles: [0, 0, 0, 0, 0, 0, 0],
    };
    const text = formatResult(sampleResult(sampleRun({ counts: { ...counts, perPe } })));
    const table = text.slice(text.indexOf("Busiest PEs"), text.indexOf("Time and energy"));
    expect([...table.matchAll(/^ +(\d+) {2}egru0/gm)].map(([, pe]) => Number(pe))).toEqual([5, 2, 3, 1, 4]);
  });

  it("says on which chip the busiest link is, and what a link between chips carries", () => {
    const { traffic } = sampleRun();
    const textOf = (changes: object) =>
      formatResult(
        sampleResult(
          sampleRun({ traffic: { ...traffic, busiestLink: { ...traffic.busiestLink!, ...changes } } }),
        ),
      );
    expect(textOf({})).toMatch(/busiest link \(4, 4\) -> \(3, 4\): 12 flits$/m);
    expect(textOf({ chip: 7 })).toMatch(/busiest link \(4, 4\) -> \(3, 4\) on chip 7: 12 flits$/m);
    expect(textOf({ isBetweenChips: true })).toMatch(/-> \(3, 4\) between chips: 12 packets$/m);
  });

  it("speaks of operations with a decoder only where there is one", () => {
    const { metrics } = sampleRun();
    const alone = {
      ...metrics,
      synapticOperationsWithDecoderPerToken: metrics.synapticOperationsPerToken,
    };
    expect(formatResult(sampleResult(sampleRun()))).toContain("with decoder");
    expect(formatResult(sampleResult(sampleRun({ metrics: alone })))).not.toContain("with decoder");
  });

  it("counts what was clamped, and says nothing where nothing was", () => {
    const { traffic } = sampleRun();
    const clamped = { ...traffic, saturations: { input: 1, scaledPayload: 0, accumulator: 2345 } };
    expect(formatResult(sampleResult(sampleRun({ traffic: clamped })))).toContain(
      "1 input, 0 scaled payloads, 2,345 accumulations in the whole run",
    );
    expect(formatResult(sampleResult(sampleRun()))).not.toContain("clamped");
  });

  it("warns of values that were clamped before any figure, and says what to do", () => {
    const run = sampleRun();
    const withClamped = (input: number, scaledPayload: number) => {
      const traffic = { ...run.traffic, saturations: { input, scaledPayload, accumulator: 7 } };
      const program = { ...run.program, format: "int8" } as const;
      return formatResult(sampleResult(sampleRun({ traffic, program })));
    };
    const text = withClamped(2, 40);
    expect(text.indexOf("CLAMPED VALUES")).toBeLessThan(text.indexOf("Program"));
    expect(text).toContain("2 inputs beyond what a payload holds. Scale the input down.");
    expect(text).toContain("40 events too large for int8 rows of such weights. Use --format int16");
    expect(withClamped(0, 0)).not.toContain("CLAMPED");
  });

  it("counts packets that routers dropped, and says nothing where none were", () => {
    const shown = (droppedPackets: number) => {
      const replay = { largestFifo: 3, refusedPackets: 5, stalledSends: 0, droppedPackets };
      const reading = sampleReading({ fidelity: "detailed", replay });
      return formatResult(sampleResult(sampleRun({ readings: [sampleReading(), reading] })));
    };
    expect(shown(1234)).toMatch(/dropped and sent again in all +- +1,234/);
    expect(shown(0)).not.toContain("dropped");
  });

  it("sets each replay against the closed form of its own schedule and synchronisation", () => {
    const replay = { largestFifo: 3, refusedPackets: 5, stalledSends: 0, droppedPackets: 0 };
    const pipelined = { schedule: "pipelined", latencySecondsPerToken: 3e-3 } as const;
    const barrier = { kind: "barrier", barrierSeconds: 1e-6, secondsPerToken: 2e-6 } as const;
    const readings = [
      sampleReading({ latencySecondsPerToken: 2e-3 }),
      sampleReading(pipelined),
      sampleReading({ latencySecondsPerToken: 1.5e-3, fidelity: "detailed", replay }),
      sampleReading({ ...pipelined, latencySecondsPerToken: 3.3e-3, fidelity: "detailed", replay }),
      sampleReading({ synchronisation: barrier, fidelity: "detailed", replay }),
    ];
    const text = formatResult(sampleResult(sampleRun({ readings })));
    const cells = [...text.matchAll(/against fast(.*)/g)].flatMap(([, row]) => row!.trim().split(/\s{2,}/));
    expect(cells.filter((cell) => cell !== "-")).toEqual(["−25.0 %", "+10.0 %"]);
    expect(text).toContain("150MHz detailed pipelined");
  });

  it("says how long transfers waited for DRAM's ports", () => {
    const dram = { transfers: 1000, waitingSeconds: 2e-3, longestWaitSeconds: 7e-6 };
    const replay = { largestFifo: 3, refusedPackets: 5, stalledSends: 12, droppedPackets: 0, dram };
    const reading = sampleReading({ fidelity: "detailed", replay });
    const text = formatResult(sampleResult(sampleRun({ readings: [reading] })));
    expect(text).toMatch(/waiting for DRAM's ports +2\.00 µs, at most 7\.00 µs/);
    expect(text).toMatch(/sends held up in all +12/);
  });

  it("lets no name command the terminal", () => {
    const text = formatResult(
      sampleResult(sampleRun({ model: { name: "evil\u001b[2J\r\nname", sha256: "" } })),
    );
    expect(text).not.toContain("\u001b");
    expect(text.split("\n")[0]).toBe("evil\ufffd[2J\ufffd\ufffdname on A chip");
  });

  it("emphasises whole lines only, so that columns stay aligned", () => {
    const run = sampleResult(sampleRun());
    const marked = formatResult(run, {
      ...PLAIN_STYLE,
      heading: (text) => `<h>${text}`,
      strong: (t) => `<b>${t}`,
    });
    expect(marked.replaceAll(/<[hb]>/g, "")).toBe(formatResult(run));
    expect(marked).toMatch(/^<b> {2}latency /m);
  });
});
