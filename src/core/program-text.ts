import type { HostStage } from "./event-graph.ts";
import { formatWeight } from "./event-graph-text.ts";
import { NEURON_TRAITS, type PopulationKind } from "./population-kind.ts";
import type { MemorySection, NodeDestination, RoutingEntry } from "./mapping.ts";
import { dataBytesOfPe, type PeProgram, type Program, type SourceBlock } from "./program.ts";
import { rowsOf } from "./program-rows.ts";
import { storesAllColumns } from "./row-form.ts";
import { describeConvolution } from "./shared-convolution.ts";

/**
 * A Program as text to be read by people: manifest, keys, router table, then each PE with its memory map and
 * source blocks; with `rows`, every stored synapse too.
 */
export function formatProgram(program: Program, options: { readonly rows?: boolean } = {}): string {
  const { manifest, populations, routing, pes, host, chipDecoder } = program;
  const { quantisation: q } = manifest;
  const lines = [
    `program ${manifest.modelName} for ${manifest.profileName}`,
    `  model    ${manifest.modelHash}`,
    `  profile  ${manifest.profileHash}`,
    `  format   ${q.format}${q.format === "float32" ? "" : `, scales by ${q.scales}, ${q.accumulatorBits}-bit accumulators`}`,
    `  seed     ${manifest.seed}`,
    `  options  ${Object.entries(manifest.options)
      .map(([key, value]) => `${key}=${value}`)
      .join(" ")}`,
    `  weights  ${manifest.storedWeights} stored of ${manifest.denseWeights}`,
    "",
    "host",
    ...host.encoder.map((stage) => `  before the chip: ${describeStage(stage)}`),
    ...host.decoder.map((stage) => `  after the chip:  ${describeStage(stage)}`),
    ...(chipDecoder
      ? [
          `decoder on the chip: ${chipDecoder.name} ${chipDecoder.inputs} -> ${chipDecoder.outputs}, int8, on ${chipDecoder.pes.length} PEs`,
        ]
      : []),
    "",
    "populations",
    ...populations.map(
      ({ name, kind, size, keys, payloadFractionBits, order, partOf, silentZeros }) =>
        `  ${name}: ${kind}${partOf === undefined ? "" : ` (part of ${partOf})`}, ${size} neurons, keys ${hex(keys.base)}/${hex(keys.mask)}${payloadFractionBits > 0 ? `, payload Q${payloadFractionBits}` : ""}${silentZeros ? ", zeros are silent" : ""}${order ? ", in another order than the model's" : ""}`,
    ),
    "",
    ...routing.flatMap(({ router, entries }) => [`router ${router}`, ...entries.map(describeEntry)]),
  ];
  const gatesOf = new Map(populations.map(({ name, kind }) => [name, gateNames(kind)]));
  for (const pe of pes)
    lines.push("", ...formatPe(pe, options.rows ?? false, gatesOf.get(pe.population) ?? []));
  return `${lines.join("\n")}\n`;
}

/** What a neuron's accumulators are called; nothing where it has only one. */
function gateNames(kind: PopulationKind): readonly string[] {
  const names = kind === "input" ? [] : NEURON_TRAITS[kind].accumulators;
  return names.length === 1 ? [""] : names;
}

function formatPe(pe: PeProgram, withRows: boolean, gates: readonly string[]): string[] {
  const { population, firstNeuron, neurons, sections } = pe;
  const lines = [
    `pe ${pe.pe}: ${population}[${firstNeuron}..${firstNeuron + neurons - 1}], ${dataBytesOfPe(pe)} bytes`,
  ];
  for (const section of sections) {
    const { kind, source, offset, bytes } = section;
    const of = source === "" ? "" : ` ${describeConnection(section)}`;
    lines.push(`  ${hex(offset)} ${String(bytes).padStart(7)}  ${kind}${of}`);
  }
  for (const section of pe.dramSections) {
    const { kind, offset, bytes } = section;
    lines.push(
      `  ${hex(offset)} ${String(bytes).padStart(7)}  ${kind} ${describeConnection(section)}, in DRAM`,
    );
  }
  pe.sources.forEach((source, index) => {
    lines.push(`  ${describeSource(source)}`);
    if (withRows) lines.push(...formatRows(pe, index, gates));
  });
  return lines;
}

function formatRows(pe: PeProgram, source: number, gates: readonly string[]): string[] {
  const { rowStart, index, weight } = rowsOf(pe, source);
  const lines: string[] = [];
  for (let row = 0; row + 1 < rowStart.length; row += 1) {
    if (rowStart[row] === rowStart[row + 1]) continue;
    const entries = [];
    for (let i = rowStart[row]!; i < rowStart[row + 1]!; i += 1) {
      const accumulator = gates[Math.floor(index[i]! / pe.neurons)];
      entries.push(`${accumulator}${pe.firstNeuron + (index[i]! % pe.neurons)}*${formatWeight(weight[i]!)}`);
    }
    lines.push(`    ${row}: ${entries.join(" ")}`);
  }
  return lines;
}

const describeConnection = ({
  source,
  delay,
  part,
}: Pick<MemorySection, "source" | "delay" | "part">): string =>
  `${source}${delay === 1 ? " (recurrent)" : ""}${part > 0 ? ` (part ${part})` : ""}`;

const describeSource = ({
  population,
  delay,
  part,
  keys,
  rows,
  synapses,
  form,
  slots,
  weightFormat,
  pointerBytes,
  indexBits,
  scalePerRow,
  scaleShift,
  convolution,
}: SourceBlock): string =>
  `from ${describeConnection({ source: population, delay, part })}: keys ${hex(keys.base)}/${hex(keys.mask)}, ${rows} rows, ${synapses} synapses, ` +
  `${form} ${weightFormat}${convolution ? ` with a kernel of ${slots} values, ${describeConvolution(convolution)}` : slots > synapses ? ` in ${slots} slots` : ""}` +
  `${storesAllColumns(form) || convolution ? "" : `, ${8 * pointerBytes}-bit pointers`}${indexBits > 0 ? `, ${indexBits}-bit indices` : ""}${scaleShift > 0 ? `, scale by ${scalePerRow ? "row" : "matrix"} >> ${scaleShift}` : ""}`;

const describeStage = (stage: HostStage): string =>
  stage.kind === "embedding"
    ? `${stage.name}: embedding ${stage.rows} x ${stage.width}`
    : `${stage.name}: linear ${stage.inputs} -> ${stage.outputs}${stage.activation ? `, ${stage.activation}` : ""}`;

const describeEntry = ({ key, mask, destinations, links, toHost }: RoutingEntry, index: number): string => {
  const to = [
    ...destinations.map(describeDestination),
    ...links.map((link) => `link${link}`),
    ...(toHost ? ["host"] : []),
  ];
  return `  ${index}: ${hex(key)}/${hex(mask)} -> ${to.join(" ")}`;
};

const describeDestination = ({ node, pes }: NodeDestination): string => `node${node}[${pes.join(",")}]`;

const hex = (value: number): string => `0x${value.toString(16).padStart(8, "0")}`;
