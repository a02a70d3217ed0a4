import { describe, expect, it } from "vitest";
import { describeSeconds, showProgress } from "../../../src/cli/progress.ts";

/** A stderr that is kept, and a clock that is set by hand. */
function stage(isTerminal: boolean, label = "simulating") {
  const said: string[] = [];
  const clock = { now: 0 };
  const io = {
    stdout: { isTerminal: false, write: () => expect.fail("progress is no data") },
    stderr: { isTerminal, write: (text: string | Uint8Array) => void said.push(String(text)) },
    environment: {},
    now: () => clock.now,
  };
  return { said, clock, progress: showProgress(io, label, "steps") };
}

describe("progress", () => {
  it("is silent for the first two seconds", () => {
    const { said, clock, progress } = stage(false);
    clock.now = 1999;
    progress.advance(10, 100);
    progress.end();
    expect(said).toEqual([]);
  });

  it("is a line every ten seconds where there is no terminal", () => {
    const { said, clock, progress } = stage(false);
    for (clock.now = 0; clock.now <= 24_000; clock.now += 500) progress.advance(clock.now / 10, 4_000);
    progress.end();
    expect(said).toEqual([
      "simulating: 200 of 4,000 steps, 100 a second, 38 s left\n",
      "simulating: 1,200 of 4,000 steps, 100 a second, 28 s left\n",
      "simulating: 2,200 of 4,000 steps, 100 a second, 18 s left\n",
    ]);
  });

  it("is one line that renews itself on a terminal, and goes away", () => {
    const { said, clock, progress } = stage(true);
    clock.now = 2_000;
    progress.advance(1, 100);
    clock.now = 2_100;
    progress.advance(2, 100);
    clock.now = 4_000;
    progress.advance(20, 100);
    progress.end();
    const first = "\rsimulating: 1 of 100 steps, 0.5 a second, 3 min 18 s left";
    const second = "\rsimulating: 20 of 100 steps, 5 a second, 16 s left";
    expect(said).toEqual([first, second.padEnd(first.length), `\r${" ".repeat(second.length - 1)}\r`]);
  });

  it("stays on one line of 80 columns, whatever the name", () => {
    const { said, clock, progress } = stage(true, `simulating ${"x".repeat(36)}`);
    clock.now = 100_000;
    progress.advance(1_234_567, 98_765_432);
    expect(said.join("")).toMatch(
      /^\rsimulat…x+: 1,234,567 of 98,765,432 steps, 12,346 a second, 2 h 11 min left$/,
    );
    expect(said.join("").length - 1).toBeLessThan(80);
  });

  it("writes times as people say them", () => {
    expect([0.2, 59, 60, 3599, 7500].map(describeSeconds)).toEqual([
      "1 s",
      "59 s",
      "1 min 0 s",
      "59 min 59 s",
      "2 h 5 min",
    ]);
  });
});
