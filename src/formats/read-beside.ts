/** Reads a file that belongs to a model, by its path relative to the model's. Refuses paths that lead out of its folder. */
export type ReadBeside = (path: string) => Uint8Array;
