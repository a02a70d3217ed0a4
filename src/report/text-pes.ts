import { formatTable, type Style, shorten } from "./layout.ts";
import { formatMean, formatShare } from "./quantities.ts";
import type { RunJson } from "./result-schema.ts";
import { labelOf } from "./text-policies.ts";

const SHOWN = 5;

/** The PEs that set the pace, busiest first; their share of the first reading's time. */
export function formatBusiestPes({ counts, input, readings }: RunJson, style: Style): string[] {
  const { pe: ids, layer, helpsDecoder, kernel, busyCycles, macArrayCycles } = counts.perPe;
  // Cycles are a share of the time only where all have one length.
  const reading = readings.find(({ dvfs }) => dvfs === undefined);
  const cyclesOfRun = reading && reading.totalSeconds * reading.peClockHertz;
  const busy = ids.map((_, index) => busyCycles[index]! + macArrayCycles[index]!);
  const busiest = [...ids.keys()].sort((a, b) => busy[b]! - busy[a]! || a - b).slice(0, SHOWN);
  const rows = busiest.map((index) => [
    String(ids[index]),
    roleOf(layer[index]!, helpsDecoder[index]!),
    formatMean(kernel.synop[index]! / input.steps),
    formatMean(kernel.packetReceive[index]! / input.steps),
    formatMean(busy[index]! / input.steps),
    cyclesOfRun === undefined ? "-" : formatShare(Math.min(1, busy[index]! / cyclesOfRun)),
  ]);
  const per = input.stepIs;
  return [
    style.heading(`Busiest PEs, mean per ${per}${reading ? `; busy at ${labelOf(reading)}` : ""}`),
    ...formatTable(
      ["PE", "layer", `synops/${per}`, `packets/${per}`, `cycles/${per}`, "busy"],
      rows,
      ["right", "left", "right", "right", "right", "right"],
      style,
    ),
  ];
}

function roleOf(layer: string, helpsDecoder: boolean): string {
  if (!helpsDecoder) return shorten(layer, 26);
  return layer === "" ? "decoder" : `${shorten(layer, 26)}, decoder`;
}
