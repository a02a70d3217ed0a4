import { describe, expect, it } from "vitest";
import { PLAIN_STYLE } from "../../../src/report/layout.ts";
import { formatProgramFacts } from "../../../src/report/text-facts.ts";
import { sampleReading, sampleRun } from "./sample-result.ts";

describe("formatProgramFacts", () => {
  const run = sampleRun();
  const textOf = (fit: Partial<typeof run.fit>) =>
    formatProgramFacts({ ...run, fit: { ...run.fit, ...fit } }, PLAIN_STYLE).join("\n");

  it("tells of DRAM and of several tables only where there are any", () => {
    expect(textOf({})).toMatch(/routing entries +3 of 16,384$/m);
    expect(textOf({})).not.toContain("DRAM");
    expect(textOf({ dramBytesInAll: 3 * 2 ** 20 })).toMatch(/DRAM +3(\.0+)? MiB of synaptic rows$/m);
    expect(textOf({ routingTables: 48 })).toMatch(/3 of 16,384, in the longest of 48 tables$/m);
  });

  it("counts the PEs of a board where links join chips", () => {
    expect(textOf({})).toMatch(/usable \(16 on the chip\)$/m);
    const { network, ...reading } = sampleReading();
    const links = network.links.map((link) => ({ ...link, isBetweenChips: true }));
    const board = { ...run, readings: [{ ...reading, network: { ...network, links } }] };
    expect(formatProgramFacts(board, PLAIN_STYLE).join("\n")).toMatch(/usable \(16 on the board\)$/m);
  });
});
