import { UnsupportedError } from "../../../src/core/errors.ts";
import type { HardwareProfile } from "../../../src/core/profile.ts";
import { routerGraphOf } from "../../../src/core/router-graph.ts";
import type { Transport, TransportPlan } from "./transport.ts";

/**
 * Why nothing moves any more, though the timestep is not through: whoever waits does so in a circle.
 *
 * @param stalled Slices that wait for room on their way into the NoC.
 */
export function standstillOf(
  { profile, slices }: Pick<TransportPlan, "profile" | "slices">,
  { routers }: Pick<Transport, "routers">,
  stalled: readonly number[],
): Error {
  const blocked = routers
    .map((router, index) => ({ index, packets: router.blockedPackets() }))
    .filter(({ packets }) => packets > 0)
    .sort((a, b) => b.packets - a.packets);
  const [fullest] = blocked;
  if (fullest !== undefined && profile.eventRouter.dropAfter === undefined) {
    const { index, packets } = fullest;
    const held = `${packets} ${packets === 1 ? "packet" : "packets"}`;
    return new UnsupportedError(
      `The routers wait for each other, or for PEs that wait for them: ${nameOf(profile, index)} holds ${held} and cannot send the first one on, and nothing else moves.`,
      "Let routers drop packets that wait for too long (eventRouter.dropAfter), or give them longer queues (eventRouter.queue).",
    );
  }
  const [slice] = stalled;
  if (slice === undefined) return new Error("the replay stands still");
  return new UnsupportedError(
    `PEs wait for each other: PE ${slices[slice]!.pe} cannot send, because packets for PEs that cannot send either fill the NoC.`,
    "Give PEs longer FIFOs (pe.sram.packetFifoEntries), or the NoC longer buffers (noc.buffers).",
  );
}

function nameOf(profile: HardwareProfile, router: number): string {
  const { x, y } = routerGraphOf(profile).places[router]!;
  if (profile.noc.kind === "mesh-multicast") return `the router at (${x}, ${y})`;
  return profile.board === undefined ? "the event router" : `the event router of the chip at (${x}, ${y})`;
}
