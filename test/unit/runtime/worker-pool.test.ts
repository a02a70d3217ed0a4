import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { ownPackage } from "../../../src/runtime/package-root.ts";
import type * as Pool from "../../../src/runtime/worker-pool.ts";

/** The built one: worker threads start from compiled code. */
const built = pathToFileURL(join(ownPackage().root, "dist/src/runtime/worker-pool.js")).href;
const { runInWorkers } = (await import(built)) as typeof Pool;

const moduleOf = (code: string): string => `data:text/javascript,${encodeURIComponent(code)}`;

/** Powers of what it is set up with. Later tasks end sooner. */
const POWERS = moduleOf(`
  export const startWorker = (base) => (exponent, advance) => {
    advance(exponent);
    const end = performance.now() + 40 - 10 * exponent;
    while (performance.now() < end);
    if (exponent < 0) throw new RangeError("a negative exponent");
    return { power: base ** exponent };
  };
`);

describe("runInWorkers", () => {
  it.each([1, 2, 9])("returns results in the order of the tasks, with %i workers", async (workers) => {
    const told: number[][] = [];
    const results = await runInWorkers(POWERS, 3, [0, 1, 2, 3], workers, (done) => told.push([...done]));
    expect(results).toEqual([{ power: 1 }, { power: 3 }, { power: 9 }, { power: 27 }]);
    expect(told.at(-1)).toEqual([0, 1, 2, 3]);
  });

  it("does nothing where there is nothing to do", async () => {
    expect(await runInWorkers(POWERS, 3, [], 4)).toEqual([]);
  });

  it("fails with the first task that fails", async () => {
    await expect(runInWorkers(POWERS, 3, [1, -1, 2], 2)).rejects.toThrow("a negative exponent");
  });

  it("ends threads that come to no end in time, whatever they do", async () => {
    const endless = moduleOf("export const startWorker = () => () => { for (;;); };");
    await expect(runInWorkers(endless, 0, [1, 2], 2, undefined, 300)).rejects.toThrow(
      "not done after 300 ms",
    );
  });

  it("fails where a worker cannot start, or ends by itself", async () => {
    await expect(runInWorkers(moduleOf("throw new Error('no such luck')"), 0, [1], 1)).rejects.toThrow(
      "no such luck",
    );
    const quitting = moduleOf("export const startWorker = () => () => process.exit(7)");
    await expect(runInWorkers(quitting, 0, [1], 1)).rejects.toThrow("a worker thread ended with code 7");
  });
});
