import { CapacityError } from "../../src/core/errors.ts";
import type { RoutingTable } from "../../src/core/mapping.ts";
import type { HardwareProfile } from "../../src/core/profile.ts";
import type { RouterGraph } from "../../src/core/router-graph.ts";
import { tableLength } from "../../src/core/table-length.ts";
import type { MinimiseChoice } from "./minimise/minimise.ts";

/** @throws CapacityError where the hardware's table is too short. */
export function verifyLength(
  table: RoutingTable,
  model: string,
  profile: HardwareProfile,
  { routers, places }: RouterGraph,
  minimise: MinimiseChoice,
): void {
  const available = profile.eventRouter.entries;
  const needed = tableLength(table, profile);
  if (needed <= available) return;
  const isList = profile.noc.kind === "mesh-unicast";
  const { x, y } = places[table.router]!;
  const place = isList ? `PE ${table.router}` : `The router at (${x}, ${y})`;
  throw new CapacityError(
    { resource: "routing entries", where: routers === 1 ? model : place, needed, available },
    isList ? "Use fewer PEs (--pes), so that an event has fewer destinations." : wayOut(routers, minimise),
  );
}

function wayOut(routers: number, minimise: MinimiseChoice): string {
  if (minimise === "never")
    return "Let the table be minimised (--minimise auto), or choose a chip with a larger one.";
  return routers === 1
    ? "Choose a chip with a larger routing table."
    : "Use fewer PEs (--pes) or another --placer, so that fewer trees part here, or choose a chip with a larger routing table.";
}
