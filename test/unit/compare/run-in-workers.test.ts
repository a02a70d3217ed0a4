import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import type * as Library from "../../../src/index.ts";
import { ownPackage } from "../../../src/runtime/package-root.ts";
import { tinyChip } from "../../support/tiny-chip.ts";
import { tinyModel } from "../../support/tiny-model.ts";

const { root } = ownPackage();
const EXAMPLE = join(root, "examples/egru-wt2-small");
const folder = mkdtempSync(join(tmpdir(), "streams-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** The built library: worker threads start from compiled code. */
const built = pathToFileURL(join(root, "dist/src/index.js")).href;
const { compile, inputPortOf, readStimulus, runProgram, runProgramInWorkers } = (await import(
  built
)) as typeof Library;

function resultWith(workers: number): { bytes: Buffer; talk: string } {
  const out = join(folder, `${workers}.json`);
  const { status, stderr } = spawnSync(
    process.execPath,
    [
      join(root, "dist/src/cli/main.js"),
      ...["simulate", EXAMPLE, "--text", join(EXAMPLE, "wikitext-2-test-slice.txt"), "--window", "30"],
      ...["--steps", "403", "--streams", "4", "--workers", String(workers), "--out", out],
    ],
    { encoding: "utf8" },
  );
  expect(status, stderr).toBe(0);
  return { bytes: readFileSync(out), talk: stderr };
}

describe("streams over worker threads", () => {
  it("give the same bytes whatever their number", () => {
    const [one, two, three] = [1, 2, 3].map(resultWith);
    expect(two!.bytes.equals(one!.bytes)).toBe(true);
    expect(three!.bytes.equals(one!.bytes)).toBe(true);
    const { input, quality } = JSON.parse(one!.bytes.toString("utf8")).runs[0];
    expect(input).toMatchObject({ streams: 4, steps: 400, windowSteps: 30 });
    expect(quality.tokens).toBe(400);
    for (const { talk } of [one!, two!, three!]) {
      expect(talk).toContain("4 streams of 100 steps; 3 steps of 403 not run\n");
    }
  });

  const profile = tinyChip();
  const chip = { profile, figures: [], overrides: [] };
  const model = tinyModel();
  const { program } = compile(model, profile);
  const stimulus = readStimulus({ kind: "synthetic", seed: 1, steps: 12 }, inputPortOf(model));

  it("hand back the trace of the first stream", async () => {
    const options = { streams: 3, trace: { first: 1, steps: 2 } };
    const { result } = await runProgramInWorkers(program, chip, stimulus, options, 2);
    expect(result.traces).toEqual(runProgram(program, chip, stimulus, options).result.traces);
    expect(result.traces!.map(({ phases }) => [...new Set(phases.step)])).toEqual([[1, 2]]);
  });

  it("report as one thread does, and follow each stream", async () => {
    const told: number[] = [];
    const onProgress = (done: number, steps: number) => {
      expect(steps).toBe(12);
      told.push(done);
    };
    const report = await runProgramInWorkers(program, chip, stimulus, { streams: 3, onProgress }, 3);
    expect(report).toEqual(runProgram(program, chip, stimulus, { streams: 3 }));
    expect(told.at(-1)).toBe(12);
  });

  it("refuse what one thread refuses, in the same words", async () => {
    const [first, ...others] = program.pes;
    const damaged = { ...program, pes: [{ ...first!, image: first!.image.map(() => 255) }, ...others] };
    const failure = (() => {
      try {
        return runProgram(damaged, chip, stimulus, { streams: 2 });
      } catch (error) {
        return error as Error;
      }
    })();
    expect(failure).toMatchObject({ code: "input" });
    await expect(runProgramInWorkers(damaged, chip, stimulus, { streams: 2 }, 2)).rejects.toEqual(failure);
    await expect(runProgramInWorkers(program, chip, stimulus, { streams: 13 }, 2)).rejects.toThrow(
      "the input holds 12 timesteps, too few for 13 streams (synthetic vectors, seed 1)",
    );
  });
});
