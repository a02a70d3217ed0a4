import picocolors from "picocolors";
import { PLAIN_STYLE, type Style } from "../report/layout.ts";
import type { CommandIo, Output } from "./command-io.ts";

/** Colours where the output is a terminal and NO_COLOR (https://no-color.org) does not forbid them. */
export function styleFor(output: Output, { environment }: CommandIo): Style {
  if (!output.isTerminal || environment.NO_COLOR || environment.TERM === "dumb") return PLAIN_STYLE;
  const colours = picocolors.createColors(true);
  return {
    heading: (text) => colours.bold(colours.cyan(text)),
    strong: colours.bold,
    faint: colours.dim,
    warning: (text) => colours.bold(colours.yellow(text)),
  };
}
