import { dataBytesOf, type HardwareProfile, usablePes } from "../core/profile.ts";
import { dataBytesOfPe, type Program } from "../core/program.ts";
import { tableLength } from "../core/table-length.ts";
import type { RunJson } from "./result-schema.ts";

export type FitJson = RunJson["fit"];

/** How a program sits on its chip: PEs, memory byte by byte, entries of the longest routing table. */
export function fitOf(program: Program, profile: HardwareProfile): FitJson {
  const bytes = dataBytesByPe(program);
  let fullest = { pe: 0, dataBytes: 0 };
  for (const [pe, dataBytes] of bytes) if (dataBytes > fullest.dataBytes) fullest = { pe, dataBytes };
  return {
    pesUsed: bytes.size,
    pesUsable: usablePes(profile).length,
    pesOnChip: profile.pe.count,
    fullestPe: fullest,
    dataBytesPerPe: dataBytesOf(profile.pe.sram),
    sramBytesPerPe: profile.pe.sram.bytes,
    dataBytesInAll: [...bytes.values()].reduce((sum, value) => sum + value, 0),
    ...(profile.dram && {
      dramBytesInAll: program.pes.reduce((sum, { dramImage }) => sum + dramImage.length, 0),
    }),
    routingTables: program.routing.length,
    routingEntriesUsed: program.routing.reduce(
      (longest, table) => Math.max(longest, tableLength(table, profile)),
      0,
    ),
    routingEntriesAvailable: profile.eventRouter.entries,
  };
}

/** Bytes laid out on each PE that holds something, by PE index, ascending. */
function dataBytesByPe({ pes, chipDecoder }: Program): Map<number, number> {
  const bytes = new Map<number, number>();
  for (const pe of pes) bytes.set(pe.pe, dataBytesOfPe(pe));
  // PEs that hold a slice have the decoder's buffer among their sections already.
  for (const pe of chipDecoder?.pes ?? []) if (!bytes.has(pe)) bytes.set(pe, chipDecoder?.bufferBytes ?? 0);
  return new Map([...bytes].sort(([a], [b]) => a - b));
}
