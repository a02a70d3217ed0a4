import type { HardwareProfile } from "../core/profile.ts";
import { routerGraphOf } from "../core/router-graph.ts";
import { cutOffFrom, shown } from "./check-reach.ts";
import { error, type ProfileFinding } from "./profile-finding.ts";

/** Whether each chip has a place of its own, links join them all, and the host's chip is one of them. */
export function* checkBoard(profile: HardwareProfile): Generator<ProfileFinding> {
  const { board, noc } = profile;
  if (board === undefined) return;
  if (noc.kind !== "central-event-router") {
    yield error(
      "board",
      `joins the event routers of chips, which a NoC of kind "${noc.kind}" has not; give all nodes in the floor plan`,
    );
    return;
  }
  const { chips, hostChip } = board;
  if (hostChip >= chips.length) {
    yield error(
      "board.hostChip",
      `names chip ${hostChip}, but chips are numbered from 0 to ${chips.length - 1}`,
    );
  }
  const places = chips.map(shown);
  const twice = places.find((place, chip) => places.indexOf(place) !== chip);
  if (twice !== undefined) {
    yield error("board.chips", `two chips stand at ${twice}`);
    return;
  }
  const [cutOff, ...others] = cutOffFrom(routerGraphOf(profile), 0);
  if (cutOff !== undefined) {
    const more = others.length > 0 ? ` and ${others.length} more` : "";
    yield error(
      "board.chips",
      `no links lead from chip 0 at ${places[0]} to chip ${cutOff} at ${places[cutOff]}${more}`,
    );
  }
}
