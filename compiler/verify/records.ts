import type { SectionKind } from "../../src/core/mapping.ts";
import {
  type PeProgram,
  POPULATION_RECORD_BYTES,
  type Program,
  type SourceBlock,
} from "../../src/core/program.ts";
import { WEIGHT_BYTES } from "../../src/core/number-format.ts";
import type { HardwareProfile } from "../../src/core/profile.ts";
import {
  BLOCK_COLUMNS,
  BLOCK_FORMS,
  gatesIn,
  isProductForm,
  storesAllColumns,
} from "../../src/core/row-form.ts";
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

/**
 * The population table says what the blocks and sections beside it say, in forms that the chip has kernels for, and all
 * populations' keys are as they are sent.
 */
export function verifyRecords({ populations, pes }: Program, profile: HardwareProfile): void {
  const keysOf = new Map(populations.map(({ name, keys }) => [name, keys]));
  for (const pe of pes) {
    const table = wordsOf(pe, sectionOf(pe, "population-table"));
    const words = POPULATION_RECORD_BYTES / 4;
    for (const [block, source] of pe.sources.entries()) {
      const sent = keysOf.get(source.population);
      const { base, mask } = source.keys;
      // All of the population's keys, or a block of them; which one, the event graph says.
      if (
        sent === undefined ||
        (base & sent.mask) >>> 0 !== sent.base ||
        (mask & sent.mask) >>> 0 !== sent.mask
      )
        fault(`PE ${pe.pe} waits for other keys of ${source.population} than are sent`);
      if (!hasKernel(source, profile))
        fault(
          `PE ${pe.pe} has no kernel for ${source.weightFormat} rows of ${source.population} as ${source.form}`,
        );
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

const hasKernel = ({ form, weightFormat }: SourceBlock, { pe }: HardwareProfile): boolean =>
  isProductForm(form)
    ? pe.macArray?.kernel !== undefined && weightFormat === "int8"
    : pe.rowForms[weightFormat]?.[form] !== undefined;

/** Pointers can count what a block stores, indices can name all that they must. */
function verifyWidths({ pe, neurons }: PeProgram, source: SourceBlock): void {
  const { form, slots, gates, pointerBytes, indexBits, population } = source;
  const counted = form === "block" ? slots / BLOCK_COLUMNS : storesAllColumns(form) ? 0 : slots;
  if (counted >= 2 ** (8 * pointerBytes)) fault(`row pointers of ${population} on PE ${pe} are too narrow`);
  const named = {
    csr: ((gatesIn(gates).at(-1) ?? -1) + 1) * neurons,
    block: Math.ceil((gatesIn(gates).length * neurons) / BLOCK_COLUMNS),
    "delta-csr": 0,
    bitmap: 0,
    dense: 0,
    "mac-array": 0,
    "mac-convolution": 0,
  }[form];
  if (named > 2 ** indexBits) fault(`indices of ${population} on PE ${pe} are too narrow`);
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
    BLOCK_FORMS.indexOf(form) | (WEIGHT_BYTES[weightFormat] << 8) | (gates << 16),
  ];
}
