import { describe, expect, it } from "vitest";
import { runLine } from "./run-in-process.ts";

const simulate = (...options: string[]) =>
  runLine(`simulate synthetic:6,40,40,6@0.5 --steps 2 --chip spinnaker2-48 ${options.join(" ")}`);

describe("--minimise", () => {
  it("changes no result", async () => {
    const resultOf = async (choice: string) => {
      const { code, stdout, stderr } = await simulate("--json", "--minimise", choice);
      expect(code, stderr).toBe(0);
      return JSON.parse(stdout).runs[0].counts;
    };
    expect(await resultOf("always")).toEqual(await resultOf("never"));
  });

  it("is what the hint of a table that is too long asks for, where it was turned off", async () => {
    const { code, stderr } = await simulate("--minimise", "never", "--set", "eventRouter.entries=1");
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /error: The router at \(\d+, \d+\) needs \d+ routing entries, but has 1 \(\d+ short\)\.\nhint: Let the table be minimised \(--minimise auto\), or choose a chip with a larger one\.\n$/,
    );
  });

  it("leaves fewer PEs, another placer or a larger table where minimising does not do", async () => {
    const { code, stderr } = await simulate("--set", "eventRouter.entries=1");
    expect(code).toBe(1);
    expect(stderr).toContain(
      "hint: Use fewer PEs (--pes) or another --placer, so that fewer trees part here,",
    );
    const one = await runLine("simulate synthetic:6,8@0.5 --steps 2 --set eventRouter.entries=1");
    expect(one.stderr).toContain("hint: Choose a chip with a larger routing table.\n");
  });

  it("knows three choices", async () => {
    const { code, stderr } = await simulate("--minimise", "sometimes");
    expect(code).toBe(2);
    expect(stderr).toContain("auto, always, never");
  });
});
