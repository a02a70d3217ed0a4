import { formatPairs, formatTable, type Style, shorten, wrap } from "./layout.ts";
import { formatBytes, formatCount, formatMean, formatShare, formatSi, plural } from "./quantities.ts";
import type { RunJson } from "./result-schema.ts";
import { describeLink } from "./text-network.ts";
import { labelOf } from "./text-policies.ts";

const NAME_WIDTH = 26;

/** Events and activity by layer. */
export function formatActivity(run: RunJson, style: Style): string[] {
  const per = run.input.stepIs;
  const rows = run.layers.map((layer) => [
    shorten(layer.name, NAME_WIDTH) + (layer.isInput ? " (from host)" : ""),
    formatCount(layer.neurons),
    layer.isInput ? "-" : formatCount(layer.pes),
    formatMean(layer.eventsPerToken),
    formatShare(layer.activity),
    formatShare(layer.activitySparsity),
  ]);
  return [
    style.heading(`Activity, mean per ${per}`),
    ...formatTable(
      ["layer", "neurons", "PEs", `events/${per}`, "activity", "activity sparsity"],
      rows,
      ["left", "right", "right", "right", "right", "right"],
      style,
    ),
  ];
}

/** Synaptic operations by projection, against the dense count and the product law. */
export function formatWork(run: RunJson, style: Style): string[] {
  const { work, projections } = run;
  const per = run.input.stepIs;
  const rows = projections.map((projection) => [
    `${shorten(projection.source, 16)} -> ${shorten(projection.target, 16)}${projection.isRecurrent ? " (t-1)" : ""}${projection.isCompared ? " *" : ""}`,
    formatCount(projection.denseWeights),
    formatCount(projection.storedWeights),
    formatMean(projection.synopsPerToken),
    formatShare(projection.share),
    formatShare(projection.shareByProductLaw),
  ]);
  const weighed = projections.filter(({ isCompared }) => !isCompared);
  const total = [
    "all",
    formatCount(work.denseSynopsPerToken),
    formatCount(weighed.reduce((sum, { storedWeights }) => sum + storedWeights, 0)),
    formatMean(work.synopsPerToken),
    formatShare(work.share),
    formatShare(work.shareByProductLaw),
  ];
  return [
    style.heading(`Synaptic operations, mean per ${per}`),
    ...formatTable(
      ["projection", "dense", "stored", `synops/${per}`, "of dense", "λ_a·λ_w"],
      [...rows, total],
      ["left", "right", "right", "right", "right", "right"],
      style,
    ),
    `  λ_a = ${formatShare(work.activity)} of sources active, λ_w = ${formatShare(work.connectionDensity)} of weights stored.`,
    ...(weighed.length < projections.length
      ? ["  * Max pooling compares values: neither weights nor products, and in no sum here."]
      : []),
  ];
}

/** Packets, memory and what was clamped. */
export function formatTraffic({ traffic, counts, input }: RunJson, style: Style): string[] {
  const { busiestLink: link, saturations } = traffic;
  const macs = counts.perPe.macArray.mac.reduce((sum, own) => sum + own, 0);
  const pairs: (readonly [string, string])[] = [
    [
      "events",
      `${formatMean(traffic.eventsSentPerToken)} sent by PEs, ${formatMean(traffic.eventsReceivedPerToken)} deliveries to PEs`,
    ],
    [
      "rows",
      `${formatMean(traffic.rowLookupsPerToken)} look-ups, of which ${formatMean(traffic.rowFetchesPerToken)} begin a row` +
        (traffic.emptySlotsPerToken > 0
          ? `; ${formatMean(traffic.emptySlotsPerToken)} stored zeros passed through`
          : ""),
    ],
    ...(macs > 0
      ? [["MAC arrays", `${formatMean(macs / input.steps)} MACs, with weights of zero too`] as const]
      : []),
    [
      "event router",
      `${formatMean(traffic.tableLookupsPerToken)} lookups, ${formatMean(traffic.packetsOutPerToken)} packets out`,
    ],
    [
      "NoC",
      `${formatMean(traffic.flitHopsPerToken)} flit hops${
        link === undefined
          ? ""
          : `; busiest link ${describeLink(link)}: ${formatMean(link.flitsPerToken)} ${link.isBetweenChips ? "packets" : "flits"}`
      }`,
    ],
    [
      "SRAM",
      `${formatBytes(traffic.sramBytesReadPerToken)} read, ${formatBytes(traffic.sramBytesWrittenPerToken)} written`,
    ],
    [
      "DRAM",
      `${formatBytes(traffic.dramBytesReadPerToken)} read, ${formatBytes(traffic.dramBytesWrittenPerToken)} written`,
    ],
  ];
  if (saturations.input + saturations.scaledPayload + saturations.accumulator > 0) {
    pairs.push([
      "clamped",
      `${plural(saturations.input, "input")}, ${plural(saturations.scaledPayload, "scaled payload")}, ` +
        `${plural(saturations.accumulator, "accumulation")} in the whole run`,
    ]);
  }
  return [style.heading(`Traffic, mean per ${input.stepIs}`), ...formatPairs(pairs)];
}

/** The stages around the chip, apart from all chip figures. */
export function formatHost(run: RunJson, style: Style): string[] {
  const { host, input } = run;
  const per = input.stepIs;
  return [
    style.heading(`On the host, per ${per} (outside chip time and energy)`),
    ...formatPairs([
      [
        "stages",
        host.stages.length === 0
          ? "none"
          : host.stages
              .map(({ name, kind, macsPerToken }) =>
                kind === "embedding"
                  ? `${shorten(name, 24)} (look-up)`
                  : `${shorten(name, 24)} (${formatCount(macsPerToken)} MAC)`,
              )
              .join(", "),
      ],
      ["work", `${formatMean(host.macsPerToken)} MAC; ${formatBytes(host.parameterBytes)} of parameters`],
      [
        "link",
        `${formatMean(host.eventsToChipPerToken)} events to the chip, ${formatMean(host.eventsFromChipPerToken)} back, ` +
          `${formatBytes(host.linkBytesPerToken)}: ${formatSi(host.linkSecondsPerToken, "s")} at ${formatSi(host.linkBytesPerSecond, "B/s")}; ` +
          `${formatBytes(host.linkBytesToChipPerToken)} in, ${formatBytes(host.linkBytesFromChipPerToken)} out; ${formatLinkEnergy(host.linkJoulesPerToken)}`,
      ],
      [
        "loading",
        `the program once: ${formatBytes(host.loading.bytes)}, ${formatSi(host.loading.seconds, "s")} over the link, in no chip time; ` +
          formatLinkEnergy(host.loading.joules),
      ],
    ]),
    ...formatSlowLink(run, style),
  ];
}

const formatLinkEnergy = (joules: number | undefined): string =>
  joules === undefined ? "energy unpriced" : `${formatSi(joules, "J")}, in no chip energy`;

/** The host never keeps the simulated chip waiting; where a real link would, the report says so. */
function formatSlowLink({ host, input, readings }: RunJson, style: Style): string[] {
  const slowed = readings.filter(
    ({ secondsBetweenTokens }) => host.linkSecondsPerToken > secondsBetweenTokens,
  );
  if (slowed.length === 0) return [];
  const where = slowed.map(labelOf).join(", ");
  return wrap(
    `WARNING: the link takes longer than the chip between ${input.stepIs}s at ${where}. There the host would set the pace.`,
    "  ",
  ).map(style.warning);
}

/** NeuroBench's names for what the sections above show. */
export function formatMetrics({ metrics, input }: RunJson, style: Style): string[] {
  const describe = ({ effectiveMacs, effectiveAcs, dense }: Operations) =>
    `effective MACs ${formatCount(effectiveMacs)}, effective ACs ${formatCount(effectiveAcs)}, dense ${formatCount(dense)}`;
  const { synapticOperationsPerToken: recurrent, synapticOperationsWithDecoderPerToken: withDecoder } =
    metrics;
  const hasDecoder = withDecoder.dense > recurrent.dense;
  return [
    style.heading(`NeuroBench metrics, operations per ${input.stepIs}`),
    ...formatPairs([
      ["footprint", `${formatCount(metrics.footprintBytes)} bytes on the chip`],
      ["connection sparsity", metrics.connectionSparsity.toFixed(4)],
      ["activation sparsity", metrics.activationSparsity.toFixed(4)],
      ["synaptic operations", describe(recurrent)],
      ...(hasDecoder ? [["  with decoder", describe(withDecoder)] as const] : []),
    ]),
    ...wrap(
      "Footprint: the memory images as loaded, and synaptic rows and a decoder's weights in DRAM; state and buffers, which " +
        "start at zero, are not in it. Sparsities and operations: of the layers on the chip.",
      "  ",
    ),
  ];
}

type Operations = RunJson["metrics"]["synapticOperationsPerToken"];
