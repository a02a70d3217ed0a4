import { InvalidArgumentError } from "commander";
import { AS_MATRIX, MAC_CHOICES, type MacChoice } from "../../compiler/partition/choose-products.ts";
import { projectionName } from "../core/event-graph.ts";
import type { IntegerFormat, ProjectionFormats } from "../core/number-format.ts";
import { commaSeparated } from "./parse-values.ts";

const FORMATS: readonly IntegerFormat[] = ["int8", "int16"];
const RECURRENT = " (recurrent)";

/**
 * "egru0:egru1=int16, egru1:egru1=int16" as formats by projection name. A projection may also be written as reports
 * write it, "egru0 -> egru1", "egru1 -> egru1 (recurrent)"; a colon needs no quotes in a shell, and what leads back to its
 * own population is recurrent in any case.
 */
export function projectionFormats(text: string, earlier: ProjectionFormats = new Map()): ProjectionFormats {
  const formats = new Map(earlier);
  for (const entry of commaSeparated(text)) {
    const end = entry.lastIndexOf("=");
    const format = FORMATS.find((known) => known === entry.slice(end + 1).trim());
    if (end < 0 || format === undefined)
      throw new InvalidArgumentError(
        `"${entry}" is not a projection and a format, such as egru0:egru1=int16.`,
      );
    const name = nameOf(entry.slice(0, end).trim());
    if (formats.has(name)) throw new InvalidArgumentError(`${name} has a format already.`);
    formats.set(name, format);
  }
  return formats;
}

/** "off", "auto", "all", or projections by name, written as for `projectionFormats`; "=matrix" behind one unrolls a convolution. */
export function macChoice(text: string): MacChoice {
  const known = MAC_CHOICES.find((choice) => choice === text.trim());
  return known ?? new Set(commaSeparated(text).map((entry) => productNamed(entry.trim())));
}

const productNamed = (entry: string): string =>
  entry.endsWith(AS_MATRIX) ? nameOf(entry.slice(0, -AS_MATRIX.length).trim()) + AS_MATRIX : nameOf(entry);

/** The projection's name as the event graph has it. */
function nameOf(written: string): string {
  const isSaidRecurrent = written.endsWith(RECURRENT);
  const ends = (isSaidRecurrent ? written.slice(0, -RECURRENT.length) : written).split(/\s*(?:->|:)\s*/);
  const [source, target] = ends;
  if (ends.length !== 2 || !source || !target)
    throw new InvalidArgumentError(`"${written}" is not a projection, such as egru0:egru1.`);
  return projectionName({ source, target, delay: isSaidRecurrent || source === target ? 1 : 0 });
}
