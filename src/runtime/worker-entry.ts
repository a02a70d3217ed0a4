import { parentPort, workerData } from "node:worker_threads";
import type { FromWorker, ToWorker, WorkerModule, WorkerStart } from "./worker-pool.ts";

/** What a worker thread runs: it loads the module that it was told, and then does one task after another. */
const { module, setup } = workerData as WorkerStart;
const port = parentPort!;
const say = (message: FromWorker): void => port.postMessage(message);

const { startWorker } = (await import(module)) as WorkerModule<unknown, unknown, unknown>;
const run = startWorker(setup);
port.on("message", ({ index, task }: ToWorker) => {
  say({ kind: "result", index, result: run(task, (done) => say({ kind: "progress", index, done })) });
});
say({ kind: "ready" });
