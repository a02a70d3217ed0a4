import type { BoardProfile, DeadLink, MeshMulticastNoc, PeProfile } from "../core/profile.ts";
import { floorPlanNodes } from "./floor-plan.ts";
import { error, type ProfileFinding } from "./profile-finding.ts";
import type { ProfileJson } from "./schema.ts";

/** Chips that a profile describes, one where it has no board. */
export const chipsIn = ({ board }: ProfileJson): number => board?.chips.value.length ?? 1;

export const deadLinksOf = (links: ProfileJson["noc"]["deadLinks"]): Pick<BoardProfile, "deadLinks"> =>
  unlessEmpty(
    "deadLinks",
    links?.value.map(([one, other]): DeadLink => [one!, other!]),
  );

/** A key for a list that has something in it: where nothing is broken, a profile resolves as if it did not say so. */
export const unlessEmpty = <Key extends string, Item>(
  key: Key,
  list: readonly Item[] | undefined,
): Partial<Record<Key, readonly Item[]>> =>
  list === undefined || list.length === 0 ? {} : ({ [key]: list } as Record<Key, readonly Item[]>);

/** PEs of a chip that are not there: their indices would be those of another chip's. */
export function findStrayPes(json: ProfileJson): ProfileFinding[] {
  const [chips, count] = [chipsIn(json), json.pe.count.value];
  return (json.pe.dead?.value ?? []).flatMap((entry, index) => {
    if (typeof entry === "number") return [];
    const at = `pe.dead.value[${index}]`;
    if (entry.chip >= chips)
      return error(`${at}.chip`, `names chip ${entry.chip}, but chips are numbered from 0 to ${chips - 1}`);
    const stray = entry.pes.find((pe) => pe >= count);
    return stray === undefined
      ? []
      : error(`${at}.pes`, `names PE ${stray} of chip ${entry.chip}, but indices end at ${count - 1}`);
  });
}

/** PEs that are dead themselves, or whose node or chip is. */
export function deadPesOf(json: ProfileJson): Pick<PeProfile, "dead"> {
  const { pe, noc, board } = json;
  const count = pe.count.value;
  const named = (pe.dead?.value ?? []).flatMap((entry) =>
    typeof entry === "number" ? entry : entry.pes.map((own) => entry.chip * count + own),
  );
  const { pesPerNode } = noc.floorPlan.value;
  const nodes = floorPlanNodes(json);
  const deadNodes: MeshMulticastNoc["deadNodes"] = noc.kind === "mesh-multicast" ? noc.deadNodes?.value : [];
  const ofNodes = (deadNodes ?? []).flatMap(({ x, y }) =>
    nodes
      .filter((node) => node.x === x && node.y === y)
      .flatMap(({ firstPe }) => upTo(pesPerNode, firstPe - pe.firstPeId.value)),
  );
  const ofChips = (board?.deadChips?.value ?? [])
    .filter((chip) => chip < chipsIn(json))
    .flatMap((chip) => upTo(count, chip * count));
  return unlessEmpty(
    "dead",
    [...new Set([...named, ...ofNodes, ...ofChips])].sort((a, b) => a - b),
  );
}

const upTo = (count: number, first: number): number[] =>
  Array.from({ length: count }, (_, own) => first + own);
