import { SCALES_IN_WORDS } from "../core/number-format.ts";
import { formatAgainst, formatPerplexity } from "./text-accuracy.ts";
import { formatPairs, type Style, shorten } from "./layout.ts";
import { formatBytes, formatCount, formatShare, plural } from "./quantities.ts";
import type { RunJson } from "./result-schema.ts";

/** What was run, and how it sits on the chip. */
export function formatProgramFacts(run: RunJson, style: Style): string[] {
  const { fit, quality } = run;
  const pairs: (readonly [string, string])[] = [
    ["input", describeInput(run)],
    ["weights", describeWeights(run)],
    [
      "PEs",
      `${formatCount(fit.pesUsed)} of ${formatCount(fit.pesUsable)} usable (${formatCount(fit.pesOnChip)} on the ${isBoard(run) ? "board" : "chip"})`,
    ],
    [
      "fullest PE",
      `${formatBytes(fit.fullestPe.dataBytes)} of ${formatBytes(fit.dataBytesPerPe)} data SRAM (PE ${fit.fullestPe.pe}); ` +
        `${formatBytes(fit.dataBytesInAll)} on all PEs`,
    ],
    ...((fit.dramBytesInAll ?? 0) > 0
      ? [["DRAM", `${formatBytes(fit.dramBytesInAll!)} of synaptic rows`] as const]
      : []),
    [
      "routing entries",
      `${formatCount(fit.routingEntriesUsed)} of ${formatCount(fit.routingEntriesAvailable)}` +
        (fit.routingTables > 1 ? `, in the longest of ${formatCount(fit.routingTables)} tables` : ""),
    ],
  ];
  if (quality !== undefined) {
    pairs.push([
      "perplexity",
      `${formatPerplexity(quality)} over ${plural(quality.tokens, "token")}, computed from the chip's own events`,
    ]);
  }
  if (run.againstFloat32 !== undefined) pairs.push(["against float32", formatAgainst(run.againstFloat32)]);
  return [style.heading("Program"), ...formatPairs(pairs)];
}

/** Chips of a board are joined by links of their own. */
const isBoard = ({ readings }: RunJson): boolean =>
  readings.some(({ network }) => network.links.some(({ isBetweenChips }) => isBetweenChips));

function describeInput({ input }: RunJson): string {
  const carry =
    input.windowSteps === undefined
      ? "state carried on throughout"
      : `state restarts every ${plural(input.windowSteps, input.stepIs)}`;
  const cut = input.streams === undefined ? "" : ` in ${formatCount(input.streams)} streams`;
  return `${plural(input.steps, input.stepIs)}${cut}: ${shorten(input.origin, 60)}; ${carry}`;
}

function describeWeights({ program }: RunJson): string {
  const scales = program.scales === undefined ? "" : `, ${SCALES_IN_WORDS[program.scales]}`;
  const { formats } = program.options;
  const mixed = formats === undefined ? "" : ` but ${formats}`;
  const accumulators =
    program.accumulatorBits === undefined ? "" : `, ${program.accumulatorBits}-bit accumulators`;
  const sparsity = program.denseWeights === 0 ? 0 : 1 - program.storedWeights / program.denseWeights;
  return (
    `${program.format}${mixed}${scales}${accumulators}; ${formatCount(program.storedWeights)} of ` +
    `${formatCount(program.denseWeights)} stored (sparsity ${formatShare(sparsity)})`
  );
}
