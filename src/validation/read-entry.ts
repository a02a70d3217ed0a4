import { Ajv2020 } from "ajv/dist/2020.js";
import type { TSchema } from "typebox";
import { InputError } from "../core/errors.ts";
import { schemaFaults } from "../core/schema-faults.ts";
import { EntrySchema, type Workload, WORKLOADS, type WrittenEntry } from "./entry-schema.ts";
import { QUANTITIES, UNITS } from "./quantities.ts";

const HINT = "Correct the definition; examples/validation/README.md describes its fields.";

/** A workload by name, with what it assumes. */
export interface Case {
  readonly name: string;
  readonly says: string;
  readonly workload: Workload;
  /** Name of the case of which this is a sensitivity. */
  readonly variantOf?: string;
}

export interface Entry extends Omit<WrittenEntry, "cases"> {
  readonly cases: readonly Case[];
}

/** A definition from its JSON text. @throws InputError that says what is wrong, by path. */
export function readEntry(text: string, file: string): Entry {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new InputError({ file }, "is not JSON", HINT);
  }
  const written = checked<WrittenEntry>(EntrySchema, value, file, "the entry");
  const cases = casesOf(written, file);
  checkNames(written, cases, file);
  for (const [index, measured] of written.measured.entries())
    checkMeasured(written, measured, cases, file, `measured[${index}]`);
  return { ...written, cases };
}

function checked<Value>(schema: TSchema, value: unknown, file: string, root: string): Value {
  const options = { allErrors: true, verbose: true, meta: false, validateSchema: false, strict: false };
  const check = new Ajv2020(options).compile<Value>(schema);
  if (check(value)) return value;
  const [first, ...others] = schemaFaults(check.errors ?? [], root);
  const more = others.slice(0, 9).map(({ path, problem }) => `\n  ${path}: ${problem}`);
  throw new InputError({ file, field: first!.path }, first!.problem + more.join(""), HINT);
}

/** Cases with their workloads; that of a variant is the one that it varies, with its changes. */
function casesOf({ cases = [] }: WrittenEntry, file: string): Case[] {
  return cases.map(({ name, says, workload, variantOf, changes }, index) => {
    const fault = (problem: string) => new InputError({ file, field: `cases[${index}]` }, problem, HINT);
    if ((workload === undefined) === (variantOf === undefined))
      throw fault("must have either a workload or a case that it varies");
    if (workload !== undefined) {
      const own = checked<Workload>(WORKLOADS[workload.kind], workload, file, `cases[${index}].workload`);
      return { name, says, workload: own };
    }
    const base = cases.find((other) => other.name === variantOf)?.workload;
    if (base === undefined) throw fault(`varies "${variantOf}", which is no case with a workload`);
    const varied = checked<Workload>(
      WORKLOADS[base.kind],
      { ...base, ...changes },
      file,
      `cases[${index}].changes`,
    );
    return { name, says, workload: varied, variantOf: variantOf! };
  });
}

function checkNames({ measured }: WrittenEntry, cases: readonly Case[], file: string): void {
  for (const [field, names] of [
    ["cases", cases.map(({ name }) => name)],
    ["measured", measured.map(({ metric }) => metric)],
  ] as const) {
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined)
      throw new InputError({ file, field }, `"${twice}" is there twice`, "Rename one.");
  }
}

function checkMeasured(
  { why, citation }: WrittenEntry,
  measured: WrittenEntry["measured"][number],
  cases: readonly Case[],
  file: string,
  field: string,
): void {
  const fault = (problem: string) => new InputError({ file, field }, problem, HINT);
  const { predictions, unit, value, split, fits } = measured;
  if ((split === "calibrate") !== (fits !== undefined))
    throw fault('has "fits" if and only if its split is "calibrate"');
  if (fits !== undefined && citation === undefined)
    throw fault("fits figures, but the entry has no citation");
  if (predictions === undefined) {
    if (measured.why === undefined && why === undefined)
      throw fault("has neither predictions nor a reason why there are none");
    return;
  }
  if (typeof value === "string" || !(Math.min(...[value].flat()) > 0))
    throw fault("is predicted, but no number or range above 0");
  for (const prediction of predictions) {
    if (!cases.some(({ name }) => name === prediction.case))
      throw fault(`is predicted from "${prediction.case}", which is no case`);
    if (UNITS[unit]?.[0] !== QUANTITIES[prediction.quantity])
      throw fault(`is in ${unit}, but ${prediction.quantity} is in ${QUANTITIES[prediction.quantity]}`);
  }
}
