import { InputError } from "../core/errors.ts";
import { counted } from "../core/wording.ts";

export interface NumberTable {
  /** Column names, where the first line holds them. */
  readonly header?: readonly string[];
  /** Finite numbers; all rows are equally long. */
  readonly rows: readonly (readonly number[])[];
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
const NOT_FINITE = /^[+-]?(nan|inf|infinity)$/i;

/**
 * Reads a table of numbers: fields apart by commas, semicolons or tabs (whichever the first line has), or by
 * spaces. Empty lines and lines that begin with # are passed over; the first line may name the columns.
 * @throws InputError with the number of the first line that is wrong.
 */
export function readNumberTable(text: string): NumberTable {
  const lines = text.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/);
  const rows: number[][] = [];
  let header: readonly string[] | undefined;
  let separator: string | RegExp | undefined;
  let width: number | undefined;
  for (const [index, line] of lines.entries()) {
    const trimmed = line.trim();
    if (trimmed === "" || trimmed.startsWith("#")) continue;
    separator ??= separatorOf(trimmed);
    const fields = trimmed.split(separator).map(unquoted);
    const place = `line ${index + 1}`;
    width ??= fields.length;
    if (fields.length !== width) {
      fail(place, `has ${counted(fields.length, "field")}, but the lines before it have ${width}`);
    }
    if (header === undefined && rows.length === 0 && fields.every(isColumnName)) header = fields;
    else rows.push(fields.map((field, column) => finiteNumber(field, `${place}, column ${column + 1}`)));
  }
  if (rows.length === 0) fail(undefined, "the table holds no numbers");
  return header === undefined ? { rows } : { header, rows };
}

const separatorOf = (line: string): string | RegExp =>
  [",", ";", "\t"].find((separator) => line.includes(separator)) ?? /\s+/;

const unquoted = (field: string): string =>
  field
    .trim()
    .replace(/^"(.*)"$/, "$1")
    .trim();

const isColumnName = (field: string): boolean =>
  field !== "" && !NUMBER.test(field) && !NOT_FINITE.test(field);

function finiteNumber(field: string, place: string): number {
  if (field === "") return fail(place, "is empty");
  if (NOT_FINITE.test(field)) return fail(place, `"${field}" is not a finite number`);
  if (!NUMBER.test(field)) return fail(place, `"${shortened(field)}" is not a number`);
  const value = Number(field);
  return Number.isFinite(value) ? value : fail(place, `"${field}" is too large`);
}

const shortened = (text: string): string => (text.length > 40 ? `${text.slice(0, 40)}…` : text);

function fail(field: string | undefined, problem: string): never {
  throw new InputError({ field }, problem, "Write one row of numbers a line, fields apart by commas.");
}
