import { Ajv2020 } from "ajv/dist/2020.js";
import { InputError } from "../core/errors.ts";
import { schemaFaults } from "../core/schema-faults.ts";
import { parseSettings } from "../models/config.ts";
import { SparsityStudySchema, type Study, WeightDecayStudySchema } from "./study-schema.ts";
import { pointsOf } from "./points.ts";

const HINT = "Correct the file; docs/training.md shows a study's settings.";
const SCHEMAS = { sparsity: SparsityStudySchema, "weight-decay": WeightDecayStudySchema } as const;
export type StudyKind = keyof typeof SCHEMAS;
const MOST_POINTS = 10_000;

/** A study from YAML or JSON. @throws InputError that lists what is wrong, by path. */
export function readStudy(fileName: string, text: string, kind: StudyKind): Study {
  const value = parseSettings(fileName, text);
  const named = (value as { kind?: unknown }).kind;
  if (named !== kind) {
    throw new InputError(
      { file: fileName, field: "kind" },
      `is ${JSON.stringify(named)?.slice(0, 40) ?? "missing"}, but this command runs studies of the kind "${kind}"`,
      `Write kind: ${kind}, or use the command of the other kind.`,
    );
  }
  const options = {
    allErrors: true,
    verbose: true,
    useDefaults: true,
    meta: false,
    validateSchema: false,
    strict: false,
  };
  const check = new Ajv2020(options).compile<Study>(SCHEMAS[kind]);
  const filled: unknown = structuredClone(value);
  if (!check(filled)) {
    const [first, ...others] = schemaFaults(check.errors ?? [], "the study");
    const more = others.slice(0, 9).map(({ path, problem }) => `\n  ${path}: ${problem}`);
    throw new InputError({ file: fileName, field: first!.path }, first!.problem + more.join(""), HINT);
  }
  const points = pointsOf(filled, fileName);
  if (points.length > MOST_POINTS) {
    throw new InputError(
      { file: fileName },
      `asks for ${points.length} points; ${MOST_POINTS} is the limit`,
      "Divide the study.",
    );
  }
  return filled;
}
