import { describe, expect, it } from "vitest";
import { runLine } from "./run-in-process.ts";

const MODEL = "synthetic:9x4,6,4@0.5";

describe("--streams", () => {
  it("says how the input is cut, in talk, report and JSON", async () => {
    const { code, stdout, stderr } = await runLine(`simulate ${MODEL} --steps 22 --streams 4`);
    expect(code).toBe(0);
    expect(stderr).toContain("4 streams of 5 steps; 2 steps of 22 not run\n");
    expect(stderr).toContain("on spinnaker2: 20 steps\n");
    expect(stdout).toContain("20 tokens in 4 streams:");
    const { stdout: json } = await runLine(`compare ${MODEL} --steps 22 --streams 4 --json`);
    expect(JSON.parse(json).runs[0].input).toMatchObject({ steps: 20, streams: 4 });
  });

  it("is nothing new for one stream, however many workers wait for others", async () => {
    const [plain, one] = await Promise.all(
      ["", "--streams 1 --workers 3"].map((options) =>
        runLine(`simulate ${MODEL} --steps 6 ${options} --json`),
      ),
    );
    const note = "note: --workers 3 has no effect on one stream; --streams cuts the input into several.\n";
    expect(one!.stderr).toContain(note);
    expect({ ...one, stderr: one!.stderr.replace(note, "") }).toEqual(plain);
    expect(JSON.parse(one!.stdout).runs[0].input).not.toHaveProperty("streams");
  });

  it("refuses more streams than steps with exit 1, and none with exit 2", async () => {
    const many = await runLine(`simulate ${MODEL} --steps 3 --streams 4`);
    expect(many).toMatchObject({ code: 1, stdout: "" });
    expect(many.stderr).toContain(
      "error: the input holds 3 timesteps, too few for 4 streams (synthetic tokens, seed 1)\n" +
        "hint: Give a longer input, or cut it into fewer streams.\n",
    );
    const none = await runLine(`compare ${MODEL} --streams 0`);
    expect(none.code).toBe(2);
    expect(none.stderr).toContain("It must be a whole number from 1 to 1,000,000.");
  });
});
