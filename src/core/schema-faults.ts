import type { ErrorObject } from "ajv/dist/2020.js";
import { suggestion } from "./did-you-mean.ts";

/** What a JSON Schema's check found at one place, in words. */
export interface SchemaFault {
  readonly path: string;
  readonly problem: string;
}

/**
 * The faults that ajv found, said for people, without those that only repeat another.
 * @param root What the value as a whole is called.
 */
export const schemaFaults = (errors: readonly ErrorObject[], root: string): SchemaFault[] =>
  errors.filter(isTelling).map((error) => faultOf(error, root));

/**
 * A missing tag is reported twice, as a missing key and as a tag that is no text: the first says it better. What fits none
 * of several forms is reported for each: that it fits none says it better.
 */
const isTelling = (error: ErrorObject): boolean =>
  !(error.keyword === "discriminator" && error.params.error === "tag") &&
  !/\/anyOf\/\d/.test(error.schemaPath);

/** "/operatingPoints/0/energy" as "operatingPoints[0].energy". */
const pathOf = (pointer: string, root: string, key?: string): string => {
  const parts = pointer
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
  if (key !== undefined) parts.push(key);
  const path = parts.map((part) => (/^\d+$/.test(part) ? `[${part}]` : `.${part}`)).join("");
  return path.replace(/^\./, "") || root;
};

function faultOf(error: ErrorObject, root: string): SchemaFault {
  const { keyword, params, instancePath, parentSchema, data, message } = error;
  const path = pathOf(instancePath, root);
  switch (keyword) {
    case "additionalProperties": {
      const key: string = params.additionalProperty;
      const known = Object.keys(parentSchema?.properties ?? {});
      return { path: pathOf(instancePath, root, key), problem: `unknown key${suggestion(key, known)}` };
    }
    case "required": {
      const key: string = params.missingProperty;
      const about: string | undefined = parentSchema?.properties?.[key]?.description;
      return {
        path: pathOf(instancePath, root, key),
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
      return { path: pathOf(instancePath, root, tag), problem: notOneOf(params.tagValue, tags) };
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
