import { InputError } from "../core/errors.ts";

const MOST_SHOWN = 10;

/** A fault of a description. Errors stop a profile from being read; warnings are shown by `profile check`. */
export interface ProfileFinding {
  readonly severity: "error" | "warning";
  /** Where in the JSON: "pe.reserved". */
  readonly path: string;
  readonly problem: string;
}

/** A profile that cannot be read, with its faults one by one beside the message that lists them. */
export class ProfileError extends InputError {
  constructor(
    file: string,
    readonly findings: readonly [ProfileFinding, ...ProfileFinding[]],
    hint: string,
  ) {
    const [first, ...others] = findings;
    const more = others.slice(0, MOST_SHOWN - 1).map(({ path, problem }) => `\n  ${path}: ${problem}`);
    const left = others.length - more.length;
    if (left > 0) more.push(`\n  and ${left} more`);
    super({ file, field: first.path }, first.problem + more.join(""), hint);
  }
}

export const error = (path: string, problem: string): ProfileFinding => ({
  severity: "error",
  path,
  problem,
});

export const warning = (path: string, problem: string): ProfileFinding => ({
  severity: "warning",
  path,
  problem,
});
