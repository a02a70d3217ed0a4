import { InputError } from "../core/errors.ts";
import type { Hdf5Outcome } from "./hdf5-worker-url.ts";
import { loadHdf5 } from "./hdf5.ts";

const hdf5 = await loadHdf5();

/** What a worker thread runs: reads one HDF5 file a task. */
export function startWorker() {
  return (bytes: Uint8Array): Hdf5Outcome => {
    try {
      return { group: hdf5.read(bytes) };
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      const { place, problem, hint } = error;
      return { fault: { place, problem, hint } };
    }
  };
}
