import { InputError, type Place } from "../core/errors.ts";
import { type Hdf5Group, loadHdf5 } from "./hdf5.ts";

/** Where worker threads find this module. */
export const HDF5_WORKER = import.meta.url;

/** Errors lose their class on the way between threads. */
export type Hdf5Outcome =
  | { readonly group: Hdf5Group }
  | { readonly fault: { readonly place: Place; readonly problem: string; readonly hint: string } };

const hdf5 = await loadHdf5();

/** Reads one HDF5 file a task. */
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
