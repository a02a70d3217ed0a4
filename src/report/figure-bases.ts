import type { Chip } from "../compare/chips.ts";
import type { RunJson } from "./result-schema.ts";

/** How many of a profile's figures were measured, published, counted, estimated, or are not known. */
export function figureBases({ figures }: Pick<Chip, "figures">): RunJson["chip"]["figures"] {
  const bases = { measured: 0, published: 0, counted: 0, estimated: 0, unknown: 0 };
  for (const { basis } of figures) if (basis !== "derived") bases[basis] += 1;
  return bases;
}
