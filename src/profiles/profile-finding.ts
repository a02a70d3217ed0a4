/** A fault of a description. Errors stop a profile from being read; warnings are shown by `profile check`. */
export interface ProfileFinding {
  readonly severity: "error" | "warning";
  /** Where in the JSON: "pe.reserved". */
  readonly path: string;
  readonly problem: string;
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
