import { Ajv2020 } from "ajv/dist/2020.js";
import { type Static, Type } from "typebox";
import { canonicalJson, hashOf } from "../core/hash.ts";
import { NUMBER_FORMATS } from "../core/number-format.ts";
import type { RooflineProfile } from "../core/roofline.ts";
import { type BytesPerSecond, seconds, watts } from "../core/units.ts";
import { type BaseReader, extendProfile } from "./extend-profile.ts";
import { CLOSED, cost, FIGURE_DEFINITIONS, quantity, recordOf } from "./figures.ts";
import { applyOverrides } from "./overrides.ts";
import { error, ProfileError, type ProfileFinding } from "./profile-finding.ts";
import { type Provenance, writtenFigures } from "./provenance.ts";
import { mapValues } from "./resolve.ts";
import { withUnitsApart } from "./text-figures.ts";
import { toSi } from "./units.ts";
import { faultsOf } from "./validate.ts";

const MemorySchema = Type.Object(
  {
    capacity: quantity("size", "All memory that weights can lie in"),
    bandwidth: quantity("bandwidth", "Of that memory"),
    onChip: quantity("size", "Memory that keeps weights from one timestep to the next"),
    onChipBandwidth: Type.Optional(quantity("bandwidth", "Of that memory; no limit where absent")),
  },
  CLOSED,
);

/** A machine that computes densely: a profile of `"kind": "roofline"`. */
export const RooflineSchema = Type.Object(
  {
    $schema: Type.Optional(Type.String({ description: "For editors; not read" })),
    kind: Type.Literal("roofline"),
    name: Type.String({ pattern: "^[a-z0-9][a-z0-9._-]*$", maxLength: 64 }),
    title: Type.String({ minLength: 1, maxLength: 200 }),
    peak: Type.Partial(
      recordOf(NUMBER_FORMATS, (format) => quantity("throughput", `Dense peak in ${format}`), ""),
      { ...CLOSED, minProperties: 1, description: "Peak by number format" },
    ),
    memory: MemorySchema,
    power: Type.Object(
      {
        active: quantity("power", "At full load"),
        idle: cost("power", "Without work"),
      },
      CLOSED,
    ),
    launch: cost("duration", "For starting one layer's work"),
    measurements: Type.Array(
      Type.Object(
        {
          workload: Type.String({ minLength: 1, maxLength: 300 }),
          latency: quantity("duration", "Of one inference"),
          power: quantity("power", "Mean"),
          energy: quantity("energy", "Of one inference"),
        },
        CLOSED,
      ),
      { maxItems: 64, description: "Published runs, shown beside the estimate" },
    ),
  },
  { ...CLOSED, title: "Dense baseline of eventloom", $defs: FIGURE_DEFINITIONS },
);
export type RooflineJson = Static<typeof RooflineSchema>;

/** The JSON Schema of dense baselines, as in `hw-profiles/schema-roofline.json`. */
export const rooflineJsonSchema = (): Record<string, unknown> => ({
  $schema: "https://json-schema.org/draft/2020-12/schema",
  ...(JSON.parse(JSON.stringify(RooflineSchema)) as Record<string, unknown>),
});

export interface LoadedRoofline {
  readonly profile: RooflineProfile;
  readonly figures: readonly Provenance[];
  readonly json: RooflineJson;
}

/** Whether a profile's text describes a dense baseline; text that is no JSON does not. */
export function isRoofline(text: string): boolean {
  try {
    const json: unknown = JSON.parse(text);
    return json !== null && typeof json === "object" && "kind" in json && json.kind === "roofline";
  } catch {
    return false;
  }
}

let compiled: ReturnType<typeof compileSchema> | undefined;
const compileSchema = () =>
  new Ajv2020({
    allErrors: true,
    discriminator: true,
    verbose: true,
    meta: false,
    validateSchema: false,
  }).compile<RooflineJson>(RooflineSchema);

/** Reads a dense baseline as `readProfile` reads a chip. */
export function readRoofline(
  text: string,
  fileName: string,
  overrides: readonly string[] = [],
  baseOf?: BaseReader,
): LoadedRoofline {
  const { json: written, file } = extendProfile(text, fileName, baseOf);
  const json = applyOverrides(withUnitsApart(written), overrides);
  compiled ??= compileSchema();
  if (!compiled(json)) {
    throw new ProfileError(
      file,
      faultsOf(compiled.errors ?? []),
      "Correct the profile; hw-profiles/schema-roofline.json describes every key.",
    );
  }
  const profile = resolveRoofline(json);
  const [first, ...others] = findingsOf(profile);
  if (first !== undefined)
    throw new ProfileError(
      file,
      [first, ...others],
      "Correct the profile: its figures contradict each other.",
    );
  return { profile, figures: writtenFigures(json, ""), json };
}

function resolveRoofline({ $schema: _, ...json }: RooflineJson): RooflineProfile {
  const { memory, power, launch } = json;
  return {
    kind: json.kind,
    name: json.name,
    title: json.title,
    sha256: hashOf(canonicalJson(json)),
    peak: mapValues(json.peak, (figure) => toSi("throughput", figure)),
    memory: {
      capacity: toSi("size", memory.capacity),
      bandwidth: toSi("bandwidth", memory.bandwidth) as BytesPerSecond,
      onChip: toSi("size", memory.onChip),
      ...(memory.onChipBandwidth && {
        onChipBandwidth: toSi("bandwidth", memory.onChipBandwidth) as BytesPerSecond,
      }),
    },
    power: {
      active: watts(toSi("power", power.active)),
      idle: power.idle.basis === "unknown" ? undefined : watts(toSi("power", power.idle)),
    },
    launch: launch.basis === "unknown" ? undefined : seconds(toSi("duration", launch)),
    measurements: json.measurements.map(({ workload, latency, power: drawn, energy }) => ({
      workload,
      seconds: seconds(toSi("duration", latency)),
      watts: watts(toSi("power", drawn)),
      joules: toSi("energy", energy),
      source: latency.source,
    })),
  };
}

function* findingsOf({ memory, power }: RooflineProfile): Generator<ProfileFinding> {
  if (memory.onChip > memory.capacity)
    yield error("memory.onChip", `is ${memory.onChip} B of ${memory.capacity} B of memory`);
  if (power.idle !== undefined && power.idle > power.active)
    yield error("power.idle", `is ${power.idle} W, more than ${power.active} W at work`);
}
