import type { SectionKind } from "../../src/core/mapping.ts";
import {
  type PeProgram,
  POPULATION_RECORD_BYTES,
  type Program,
  type SourceBlock,
} from "../../src/core/program.ts";
import { WEIGHT_BYTES } from "../../src/core/number-format.ts";
import { ROW_FORMS } from "../../src/core/row-form.ts";
import { fault } from "./fault.ts";
import { sectionOf, wordsOf } from "./image-sections.ts";

const FIELDS = [
  "key",
  "mask",
  "rows",
  "row pointers",
  "indices",
  "weights",
  "scales",
  "widths, shift and delay",
  "form, weights and gates",
] as const;

/** The population table says what the blocks and sections beside it say, and all populations' keys are as they are sent. */
export function verifyRecords({ populations, pes }: Program): void {
  const keysOf = new Map(populations.map(({ name, keys }) => [name, keys]));
  for (const pe of pes) {
    const table = wordsOf(pe, sectionOf(pe, "population-table"));
    const words = POPULATION_RECORD_BYTES / 4;
    for (const [block, source] of pe.sources.entries()) {
      const sent = keysOf.get(source.population);
      if (sent?.base !== source.keys.base || sent.mask !== source.keys.mask)
        fault(`PE ${pe.pe} waits for other keys of ${source.population} than are sent`);
      verifyWidths(pe, source);
      for (const [field, value] of recordOf(pe, source).entries()) {
        const found = table[words * block + field];
        if (found !== value)
          fault(
            `the population table of PE ${pe.pe} gives ${found} for ${FIELDS[field]} of ${source.population}, not ${value}`,
          );
      }
    }
  }
}

/** Pointers can count a block's synapses, indices can name all of a slice's accumulators. */
function verifyWidths({ pe, neurons }: PeProgram, source: SourceBlock): void {
  if (source.synapses >= 2 ** (8 * source.pointerBytes))
    fault(`row pointers of ${source.population} on PE ${pe} are too narrow`);
  if (4 * neurons > 2 ** source.indexBits)
    fault(`indices of ${source.population} on PE ${pe} are too narrow`);
}

function recordOf(pe: PeProgram, source: SourceBlock): readonly number[] {
  const { keys, rows, form, weightFormat, gates, pointerBytes, indexBits, scaleShift, delay } = source;
  const addressOf = (kind: SectionKind): number => sectionOf(pe, kind, source)?.offset ?? 0;
  return [
    keys.base,
    keys.mask,
    rows,
    addressOf("row-pointers"),
    addressOf("indices"),
    addressOf("weights"),
    addressOf("scales"),
    (pointerBytes | (indexBits << 8) | (scaleShift << 16) | (delay << 24)) >>> 0,
    ROW_FORMS.indexOf(form) | (WEIGHT_BYTES[weightFormat] << 8) | (gates << 16),
  ];
}
