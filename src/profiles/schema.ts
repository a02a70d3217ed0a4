import { type Static, Type } from "typebox";
import { CapabilitiesSchema } from "./schema-capabilities.ts";
import { CLOSED, FIGURE_DEFINITIONS } from "./figures.ts";
import { DramSchema, DvfsSchema, HostSchema, PeSchema, SynchronisationSchema } from "./schema-chip.ts";
import { OperatingPointSchema } from "./schema-energy.ts";
import { BoardSchema, EventRouterSchema, NocSchema } from "./schema-noc.ts";

/** A hardware profile as it is written: one JSON file a chip. Keys that are not named here are errors. */
export const ProfileSchema = Type.Object(
  {
    $schema: Type.Optional(Type.String({ description: "For editors; not read" })),
    name: Type.String({
      pattern: "^[a-z0-9][a-z0-9._-]*$",
      maxLength: 64,
      description: "Short name, as on the command line",
    }),
    title: Type.String({ minLength: 1, maxLength: 200 }),
    pe: PeSchema,
    noc: NocSchema,
    eventRouter: EventRouterSchema,
    dram: Type.Optional(DramSchema),
    board: Type.Optional(BoardSchema),
    host: HostSchema,
    synchronisation: Type.Optional(SynchronisationSchema),
    capabilities: Type.Optional(CapabilitiesSchema),
    dvfs: Type.Optional(DvfsSchema),
    operatingPoints: Type.Array(OperatingPointSchema, {
      minItems: 1,
      maxItems: 64,
      description: "The first is the default",
    }),
  },
  { ...CLOSED, title: "Hardware profile of eventloom", $defs: FIGURE_DEFINITIONS },
);
export type ProfileJson = Static<typeof ProfileSchema>;

/** The JSON Schema (draft 2020-12) of profiles, as in `hw-profiles/schema.json`. */
export function profileJsonSchema(): Readonly<Record<string, unknown>> {
  const schema: Record<string, unknown> = JSON.parse(JSON.stringify(ProfileSchema));
  return { $schema: "https://json-schema.org/draft/2020-12/schema", ...schema };
}
