import type { Place } from "../core/errors.ts";
import type { Hdf5Group } from "./hdf5.ts";

/** Where worker threads find what reads HDF5 files; compiled beside compiled code. */
export const HDF5_WORKER = import.meta.url.replace(/-url(\.\w+)$/, "$1");

/** What such a thread answers: errors lose their class on the way between threads. */
export type Hdf5Outcome =
  | { readonly group: Hdf5Group }
  | { readonly fault: { readonly place: Place; readonly problem: string; readonly hint: string } };
