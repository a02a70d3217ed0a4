/** A fault the user can act on. Anything else that is thrown is a bug of ours. */
export abstract class UserError extends Error {
  abstract readonly code: string;
  /** One thing to try next, as an imperative sentence. */
  abstract readonly hint: string;
}

/** Where in an input a fault lies. `field` is a tensor name, a JSON path or a column; `offset` counts bytes. */
export interface Place {
  readonly file?: string | undefined;
  readonly field?: string | undefined;
  readonly offset?: number | undefined;
}

const formatPlace = ({ file, field, offset }: Place): string =>
  [file, field, offset === undefined ? undefined : `byte ${offset}`].filter(Boolean).join(", ");

/** A file or value from outside is damaged, hostile or of the wrong form. */
export class InputError extends UserError {
  readonly code = "input";

  constructor(
    readonly place: Place,
    readonly problem: string,
    readonly hint: string,
  ) {
    super(
      place.file || place.field || place.offset !== undefined ? `${formatPlace(place)}: ${problem}` : problem,
    );
  }

  /** The same fault with the file named, for readers that saw bytes only. */
  inFile(file: string): InputError {
    return new InputError({ ...this.place, file }, this.problem, this.hint);
  }
}

/** The input is sound, but asks for something that eventloom or the chip cannot do. */
export class UnsupportedError extends UserError {
  readonly code = "unsupported";

  constructor(
    message: string,
    readonly hint: string,
  ) {
    super(message);
  }
}

/** Two inputs that belong together do not: a program and another profile, a model and another vocabulary. */
export class MismatchError extends UserError {
  readonly code = "mismatch";

  constructor(
    message: string,
    readonly hint: string,
  ) {
    super(message);
  }
}

export interface Shortage {
  readonly resource:
    | "SRAM bytes"
    | "DRAM bytes"
    | "routing entries"
    | "routing keys"
    | "processing elements"
    | "axons"
    | "synapses"
    | "memory bytes";
  readonly where: string;
  readonly needed: number;
  readonly available: number;
}

/** A resource of the chosen hardware ran out. The fields are the message's facts, for tests and JSON. */
export class CapacityError extends UserError {
  readonly code = "capacity";

  constructor(
    readonly shortage: Shortage,
    readonly hint: string,
  ) {
    const { resource, where, needed, available } = shortage;
    const count = (n: number) => n.toLocaleString("en-US");
    super(
      `${where} needs ${count(needed)} ${resource}, but has ${count(available)} (${count(needed - available)} short).`,
    );
  }
}

/** Runs what reads a file's content; its errors name the file. */
export function inFile<Result>(file: string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    throw error instanceof InputError && error.place.file === undefined ? error.inFile(file) : error;
  }
}
