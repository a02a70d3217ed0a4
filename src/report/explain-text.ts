import type { Explanation, Limit, PeFacts } from "../../compiler/explain.ts";
import type { RouteFacts } from "../../compiler/explain-traffic.ts";
import { formatPairs, formatTable, hangingItem, printable, shorten, type Style, wrap } from "./layout.ts";
import { formatBytes, formatCount, formatMean, formatPercent, plural } from "./quantities.ts";
import { storageLines } from "./storage-text.ts";
import { describeLink } from "./text-network.ts";

/** Rows of each table of the page. */
const SHOWN = 5;
/** Layers of the table of loads. */
const MOST_LAYERS = 12;

/** The page of `compile --explain`: why the mapping is as it is, and what runs out first. */
export function formatExplanation(facts: Explanation, style: Style): string {
  const blocks = [
    [style.strong(`${shorten(facts.model, 40)} on ${shorten(facts.chip, 40)}`)],
    limitLines(facts, style),
    memoryLines(facts, style),
    storageLines(facts.storage, style),
    loadLines(facts, style),
    trafficLines(facts, style),
    routingLines(facts, style),
    changeLines(facts, style),
  ];
  return `${blocks.map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

function limitLines({ limits, load }: Explanation, style: Style): string[] {
  const rows = limits.map((limit) => [
    limit.resource,
    quantityOf(limit, limit.used),
    quantityOf(limit, limit.available),
    formatPercent(limit.used, limit.available),
    whereOf(limit),
  ]);
  return [
    style.heading("What limits"),
    ...formatTable(
      ["resource", "used", "available", "share", "where"],
      rows,
      ["left", "right", "right", "right", "left"],
      style,
    ),
    ...roomLines(limits),
    ...wrap(
      `Speed: ${load.counts === "sum of layers" ? "the busiest PE of each layer decides, one layer after the other" : "the busiest PE of all decides"}; ` +
        `spread evenly over the same PEs, its work would be ${formatPercent(1, load.imbalance)} of what it is.`,
      "  ",
    ),
  ];
}

const quantityOf = ({ resource }: Limit, value: number): string =>
  resource === "SRAM" ? formatBytes(value) : formatCount(value);

function whereOf({ resource, at, fewest }: Limit): string {
  if (fewest !== undefined) return `memory needs at least ${formatCount(fewest)}`;
  if (at === undefined) return "";
  return resource === "SRAM" ? `fullest: PE ${at}` : `longest table: router ${at}`;
}

/** SRAM and PEs in use follow from how far slices were spread; how few PEs would do is what a larger model runs out of. */
function roomLines(limits: readonly Limit[]): string[] {
  const entries = limits.find(({ resource }) => resource === "routing entries")!;
  const pes = limits.find(({ resource }) => resource === "PEs")!;
  const memory = (pes.fewest ?? pes.used) / pes.available;
  const first = memory >= entries.used / entries.available ? "memory" : "the longest routing table";
  return wrap(
    `Room: ${formatPercent(memory, 1)} of the PEs' memory and ${formatPercent(entries.used, entries.available)} of the longest ` +
      `routing table are needed; ${first} runs out first.`,
    "  ",
  );
}

function memoryLines({ sram, dram, pes }: Explanation, style: Style): string[] {
  const share = (bytes: number) =>
    `${formatBytes(bytes)} of ${formatBytes(sram.availableBytes)} (${formatPercent(bytes, sram.availableBytes)})`;
  return [
    style.heading("Memory"),
    ...formatPairs([
      ["SRAM of a PE, mean", `${share(sram.meanBytes)} over ${plural(pes.length, "PE")}`],
      ["SRAM of a PE, most", share(sram.maxBytes)],
      [
        "rows in DRAM",
        dram
          ? `${formatBytes(dram.bytes)}, ${plural(dram.synapses, "synapse")}: ${dram.blocks.join(", ")}`
          : "none",
      ],
    ]),
  ];
}

function loadLines({ load, pes }: Explanation, style: Style): string[] {
  const busiest = pes
    .filter(({ neurons }) => neurons > 0)
    .sort((a, b) => b.cycles - a.cycles || a.pe - b.pe)
    .slice(0, SHOWN);
  return [
    style.heading(`Load: PE cycles that a timestep is expected to take, rows as ${load.rowForm}`),
    ...formatTable(
      ["layer", "PEs", "mean", "busiest", "of the mean"],
      load.layers
        .slice(0, MOST_LAYERS)
        .map((layer) => [
          shorten(printable(layer.population), 30),
          formatCount(layer.pes),
          formatCount(layer.meanCycles),
          formatCount(layer.maxCycles),
          `${formatMean(layer.maxCycles / layer.meanCycles)} ×`,
        ]),
      ["left", "right", "right", "right", "right"],
      style,
    ),
    ...(load.layers.length > MOST_LAYERS
      ? [`  and ${plural(load.layers.length - MOST_LAYERS, "layer")} more`]
      : []),
    ...formatTable(
      ["busiest PEs", "holds", "synapses", "cycles", "SRAM"],
      busiest.map((pe) => [
        `PE ${pe.pe}`,
        sliceName(pe),
        formatCount(pe.synapses),
        formatCount(pe.cycles),
        formatBytes(pe.dataBytes),
      ]),
      ["left", "left", "right", "right", "right"],
      style,
    ),
    ...hangingItem(eventsNote(load)),
  ];
}

/** Where the events come from by which load and traffic are weighed. */
export const eventsNote = ({ isMeasured, guessed, guessedEvents }: Explanation["load"]): string =>
  guessed.length === 0
    ? `Events: ${isMeasured ? "as measured on the sample, inputs" : "dense layers and inputs"} one a timestep.`
    : `Events: dense layers and inputs one a timestep; nobody measured those of ${guessedText(guessed, guessedEvents)} a neuron (--calibrate measures them).`;

/** "egru0, egru1, taken to be 0.2; lif0, taken to be 0.05". */
const guessedText = (names: readonly string[], events: readonly number[]): string =>
  [...new Set(events)]
    .map((each) => `${names.filter((_, index) => events[index] === each).join(", ")}, taken to be ${each}`)
    .join("; ");

/** "egru1[0..26]", as traces name slices. */
export const sliceName = ({ population, firstNeuron, neurons }: PeFacts): string =>
  neurons === 0 ? "decoder" : `${shorten(population, 30)}[${firstNeuron}..${firstNeuron + neurons - 1}]`;

function trafficLines({ traffic }: Explanation, style: Style): string[] {
  const { eventHops, chipEventHops, busiest, routes } = traffic;
  const isBoard = traffic.links.some(({ isBetweenChips }) => isBetweenChips);
  return [
    style.heading("Traffic of a timestep, as expected from the same events"),
    ...formatPairs([
      [
        "event-hops",
        formatCount(eventHops) + (isBoard ? `, of them ${formatCount(chipEventHops)} between chips` : ""),
      ],
      [
        "busiest link",
        busiest
          ? `${describeLink({ ...busiest, from: [...busiest.from], to: [...busiest.to] })}: ${formatMean(busiest.events)} events`
          : "no event crosses a link",
      ],
    ]),
    ...formatTable(
      ["longest routes", "from", "to", "router links", "mesh hops"],
      routes
        .slice(0, SHOWN)
        .map((route) => [
          shorten(route.population, 30),
          endOf(route.fromPe),
          endOf(route.toPe),
          formatCount(route.routerLinks),
          formatCount(route.meshHops),
        ]),
      ["left", "left", "left", "right", "right"],
      style,
    ),
  ];
}

const endOf = (pe: RouteFacts["toPe"]): string => (pe < 0 ? "host" : `PE ${pe}`);

function routingLines({ routing, noc }: Explanation, style: Style): string[] {
  const { tables, entries, entriesBefore, isMinimised, availablePerTable } = routing;
  const isList = noc === "mesh-unicast";
  const before = (count: number) => (isMinimised ? [formatCount(count)] : []);
  return [
    style.heading(isList ? "Lists of destinations, lines by PE" : "Routing entries by router"),
    ...formatPairs([
      ["longest", `${formatCount(tables[0]?.entries ?? 0)} of ${formatCount(availablePerTable)}`],
      [
        "total",
        `${formatCount(entries)} in ${plural(tables.length, isList ? "list" : "table")}` +
          (isMinimised ? `, ${formatCount(entriesBefore)} before they were minimised` : "; not minimised"),
      ],
    ]),
    ...formatTable(
      [isList ? "PE" : "router", "at", "entries", ...(isMinimised ? ["before"] : [])],
      tables
        .slice(0, SHOWN)
        .map((table) => [
          String(table.router),
          `(${table.place.join(", ")})`,
          formatCount(table.entries),
          ...before(table.entriesBefore),
        ]),
      ["right", "left", "right", ...before(0).map(() => "right" as const)],
      style,
    ),
  ];
}

function changeLines({ passes, stages, remarks }: Explanation, style: Style): string[] {
  const lines = passes.flatMap(({ name, synapsesBefore, synapsesAfter, remarks: own }) => [
    synapsesBefore === synapsesAfter
      ? `${name}: ${own.length === 0 ? "changed nothing" : `${plural(synapsesAfter, "synapse")} before and after`}`
      : `${name}: ${formatCount(synapsesBefore)} -> ${plural(synapsesAfter, "synapse")}`,
    ...own.map((remark) => `${name}: ${remark}`),
  ]);
  return [
    style.heading("What passes and stages changed"),
    ...[...lines, ...stageLines(stages), ...remarks].flatMap((line) => hangingItem(printable(line))),
  ];
}

function stageLines({
  partition,
  slices,
  layers,
  placer,
  hopsOverSequential,
  router,
}: Explanation["stages"]) {
  const change = 100 * Math.abs(1 - hopsOverSequential);
  const hops =
    change < 0.05
      ? "as many event-hops as"
      : `${change.toFixed(1)} % ${hopsOverSequential < 1 ? "fewer" : "more"} event-hops than`;
  return [
    `partition: ${partition}, ${plural(slices, "slice")} of ${plural(layers, "layer")}`,
    `place: ${placer}, ${hops} with slices in order on PEs in order`,
    ...(router === undefined ? [] : [`route: ${router}`]),
  ];
}
