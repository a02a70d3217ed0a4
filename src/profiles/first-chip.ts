import { chipsOf, type HardwareProfile, pesOfChip } from "../core/profile.ts";

/** A board's first chip by itself, as its file describes each; a single chip is its own. */
export function firstChipOf(profile: HardwareProfile): HardwareProfile {
  const { board, ...chip } = profile;
  if (board === undefined) return profile;
  const { pe, noc } = chip;
  return {
    ...chip,
    pe: {
      ...pe,
      count: pesOfChip(profile),
      reserved: pe.reserved.slice(0, pe.reserved.length / chipsOf(profile)),
    },
    noc: { ...noc, nodes: noc.nodes.filter((node) => node.chip === 0) },
  };
}
