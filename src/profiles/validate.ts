import { Ajv2020, type ErrorObject } from "ajv/dist/2020.js";
import { suggestion } from "./did-you-mean.ts";
import { error, ProfileError, type ProfileFinding } from "./profile-finding.ts";
import { type ProfileJson, ProfileSchema } from "./schema.ts";

/**
 * Compiled once, for one or two profiles a run: so without inlining and optimising, and without compiling the
 * meta-schema (a test checks the schema against it). That takes a tenth of the time.
 */
const compileSchema = () =>
  new Ajv2020({
    allErrors: true,
    discriminator: true,
    verbose: true,
    meta: false,
    validateSchema: false,
    inlineRefs: false,
    code: { optimize: false },
  }).compile<ProfileJson>(ProfileSchema);
let compiled: ReturnType<typeof compileSchema> | undefined;

/** The value as a profile, or an error that lists what is wrong, each fault with its JSON path. */
export function validateProfile(json: unknown, file: string): ProfileJson {
  compiled ??= compileSchema();
  if (compiled(json)) return json;
  throw new ProfileError(
    file,
    faultsOf(compiled.errors ?? []),
    "Correct the profile; hw-profiles/schema.json describes every key, hw-profiles/README.md the units.",
  );
}

/** What a validator says, as findings. */
export const faultsOf = (errors: readonly ErrorObject[]) =>
  errors
    .filter(isTelling)
    .map(faultOf)
    .map(({ path, problem }) => error(path, problem)) as [ProfileFinding, ...ProfileFinding[]];

interface Fault {
  readonly path: string;
  readonly problem: string;
}

/**
 * A missing tag is reported twice, as a missing key and as a tag that is no text: the first says it better. What fits none
 * of several forms is reported for each: that it fits none says it better.
 */
const isTelling = (error: ErrorObject): boolean =>
  !(error.keyword === "discriminator" && error.params.error === "tag") &&
  !/\/anyOf\/\d/.test(error.schemaPath);

/** "/operatingPoints/0/energy" as "operatingPoints[0].energy". */
const pathOf = (pointer: string, key?: string): string => {
  const parts = pointer
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
  if (key !== undefined) parts.push(key);
  const path = parts.map((part) => (/^\d+$/.test(part) ? `[${part}]` : `.${part}`)).join("");
  return path.replace(/^\./, "") || "the profile";
};

function faultOf(error: ErrorObject): Fault {
  const { keyword, params, instancePath, parentSchema, data, message } = error;
  const path = pathOf(instancePath);
  switch (keyword) {
    case "additionalProperties": {
      const key: string = params.additionalProperty;
      const known = Object.keys(parentSchema?.properties ?? {});
      return { path: pathOf(instancePath, key), problem: `unknown key${suggestion(key, known)}` };
    }
    case "required": {
      const key: string = params.missingProperty;
      const about: string | undefined = parentSchema?.properties?.[key]?.description;
      return {
        path: pathOf(instancePath, key),
        problem: about === undefined ? "is missing" : `is missing (${about})`,
      };
    }
    case "enum":
      return { path, problem: notOneOf(data, params.allowedValues) };
    case "const":
      return { path, problem: notOneOf(data, [params.allowedValue]) };
    case "discriminator": {
      const tag: string = params.tag;
      const branches: readonly TagBranch[] = parentSchema?.oneOf ?? [];
      const tags = branches.flatMap(
        ({ properties }) => properties[tag]?.enum ?? properties[tag]?.const ?? [],
      );
      return { path: pathOf(instancePath, tag), problem: notOneOf(params.tagValue, tags) };
    }
    case "anyOf":
      return {
        path,
        problem: `must be ${parentSchema?.description ?? "of another form"}, but is ${shown(data)}`,
      };
    default:
      return { path, problem: `${message}, but is ${shown(data)}` };
  }
}

interface TagBranch {
  readonly properties: Readonly<Record<string, { readonly enum?: string[]; readonly const?: string }>>;
}

function notOneOf(value: unknown, allowed: readonly (string | number)[]): string {
  const list = allowed.map((one) => JSON.stringify(one)).join(", ");
  const which = allowed.length === 1 ? `must be ${list}` : `must be one of ${list}`;
  const decimalSize = allowed.includes("KiB") && typeof value === "string" && /^[kKMG]B$/.test(value);
  return decimalSize
    ? `is "${value}", which is read as powers of 1000 and of 1024; ${which}`
    : `is ${shown(value)}; ${which}`;
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? "undefined";
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
