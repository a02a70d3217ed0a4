import { Worker } from "node:worker_threads";

/** What a module must export to work in a pool. All that goes to and fro is copied. */
export interface WorkerModule<Setup, Task, Result> {
  /** Called once a worker. Returns what does one task; it may tell how far it has come. */
  readonly startWorker: (setup: Setup) => (task: Task, advance: (done: number) => void) => Result;
}

export interface WorkerStart {
  readonly module: string;
  readonly setup: unknown;
}
export interface ToWorker {
  readonly index: number;
  readonly task: unknown;
}
export type FromWorker =
  | { readonly kind: "ready" }
  | { readonly kind: "progress"; readonly index: number; readonly done: number }
  | { readonly kind: "result"; readonly index: number; readonly result: unknown };

/** Thrown where tasks took longer than they were given. */
export class DeadlinePassed extends Error {}

/** The compiled one beside compiled code. */
const ENTRY = new URL(import.meta.url.replace(/worker-pool(\.\w+)$/, "worker-entry$1"));

/**
 * Does tasks in worker threads, each taken by the first that is free. One that fails ends all.
 *
 * @param module   URL of a module that exports `startWorker`.
 * @param setup    Given to each worker once.
 * @param workers  Threads, at most one a task.
 * @param onProgress Told how far each task has come, as the module counts it.
 * @param deadlineMs For all tasks together, in milliseconds; whatever a thread does then, it is ended. Absent: for ever.
 * @returns The results in the order of the tasks.
 */
export async function runInWorkers<Setup, Task, Result>(
  module: string,
  setup: Setup,
  tasks: readonly Task[],
  workers: number,
  onProgress?: (done: readonly number[]) => void,
  deadlineMs?: number,
): Promise<Result[]> {
  const results = new Array<Result>(tasks.length);
  const progress = tasks.map(() => 0);
  const start: WorkerStart = { module, setup };
  const threads = Array.from(
    { length: Math.min(workers, tasks.length) },
    () => new Worker(ENTRY, { workerData: start }),
  );
  let next = 0;
  const serve = (worker: Worker): Promise<void> =>
    new Promise((resolve, reject) => {
      worker.on("error", reject);
      worker.on("exit", (code) => reject(new Error(`a worker thread ended with code ${code}`)));
      worker.on("message", (message: FromWorker) => {
        if (message.kind === "progress") {
          progress[message.index] = message.done;
          onProgress?.(progress);
          return;
        }
        if (message.kind === "result") results[message.index] = message.result as Result;
        if (next === tasks.length) {
          resolve();
          return;
        }
        const index = next++;
        worker.postMessage({ index, task: tasks[index] } satisfies ToWorker);
      });
    });
  let timer: ReturnType<typeof setTimeout> | undefined;
  const deadline = new Promise<never>((_, reject) => {
    if (deadlineMs === undefined) return;
    timer = setTimeout(() => reject(new DeadlinePassed(`not done after ${deadlineMs} ms`)), deadlineMs);
  });
  try {
    await Promise.race([Promise.all(threads.map(serve)), deadline]);
  } finally {
    clearTimeout(timer);
    await Promise.all(threads.map((worker) => worker.terminate()));
  }
  return results;
}
