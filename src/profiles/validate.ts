import { Ajv2020, type ErrorObject } from "ajv/dist/2020.js";
import { schemaFaults } from "../core/schema-faults.ts";
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
  schemaFaults(errors, "the profile").map(({ path, problem }) => error(path, problem)) as [
    ProfileFinding,
    ...ProfileFinding[],
  ];
