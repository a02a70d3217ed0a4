import type { RunReport } from "../compare/run.ts";
import { type Counts, KERNEL_ACTIONS, MAC_ARRAY_ACTIONS, type PerPe, SRAM_TRAFFIC } from "../core/counts.ts";
import type { Program } from "../core/program.ts";
import type { RunJson } from "./result-schema.ts";

/** What a run counted, in whole numbers over the whole run: by PE that holds a part of the program, by link, in all. */
export function countsOf({ program, result }: RunReport): RunJson["counts"] {
  const { counts, usedPes } = result;
  const ofUsed = (values: ArrayLike<number>): number[] => usedPes.map((pe) => values[pe]!);
  return {
    perPe: {
      pe: [...usedPes],
      layer: layersOfPes(program, usedPes),
      helpsDecoder: usedPes.map((pe) => program.chipDecoder?.pes.includes(pe) ?? false),
      kernel: picked(KERNEL_ACTIONS, counts.kernel, ofUsed),
      macArray: picked(MAC_ARRAY_ACTIONS, counts.macArray, ofUsed),
      sramBytes: picked(SRAM_TRAFFIC, counts.sram, ofUsed),
      busyCycles: ofUsed(result.busyCycles).map(Math.round),
      macArrayCycles: ofUsed(result.macArrayCycles).map(Math.round),
    },
    rows: counts.rows.map(({ weightFormat, form, actions }) => ({
      weightFormat,
      form,
      actions: { ...actions },
    })),
    links: counts.links.map(linkJson),
    noc: { ...counts.noc },
    chipLinks: { ...counts.chipLinks },
    eventRouter: { ...counts.eventRouter },
    dram: { ...counts.dram },
    host: { ...counts.host },
    saturations: { ...counts.saturations },
  };
}

const linkJson = ({
  chip,
  isBetweenChips,
  from,
  to,
  flits,
}: Counts["links"][number]): RunJson["counts"]["links"][number] => ({
  chip,
  isBetweenChips,
  from: [...from],
  to: [...to],
  flits,
});

function layersOfPes({ pes }: Program, used: readonly number[]): string[] {
  const layers = new Map(pes.map(({ pe, population }) => [pe, population]));
  return used.map((pe) => layers.get(pe) ?? "");
}

const picked = <Key extends string>(
  keys: readonly Key[],
  counts: PerPe<Key>,
  ofUsed: (values: ArrayLike<number>) => number[],
): Record<Key, number[]> =>
  Object.fromEntries(keys.map((key) => [key, ofUsed(counts[key])])) as Record<Key, number[]>;
