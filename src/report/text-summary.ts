import type { LayerSummary, MacSummary, MatrixSummary, ModelSummary } from "../models/summary.ts";
import { formatPairs, formatTable, PLAIN_STYLE, printable, type Style, shorten } from "./layout.ts";
import { formatCount, formatMean, formatShare } from "./quantities.ts";

/** A model as `inspect` shows it: layers, matrices, and its work a token with and without decoder. */
export function formatSummary(summary: ModelSummary, style: Style = PLAIN_STYLE): string {
  const { layers, denseMacs, effectiveMacs } = summary;
  const matrices = layers.flatMap((layer) => layer.matrices);
  const hasDecoder = denseMacs.decoder > 0;
  const facts: (readonly [string, string])[] = [
    ["parameters", `${formatCount(summary.parameters)} (pruned ones too, tied ones once)`],
    ["weight sparsity", formatShare(summary.recurrentSparsity)],
    ["dense MACs", describeMacs(denseMacs, hasDecoder)],
    ["of non-zero weights", describeMacs(effectiveMacs, hasDecoder)],
  ];
  if (denseMacs.encoder > 0) facts.push(["dense MACs before", formatCount(denseMacs.encoder)]);
  if (summary.vocabulary !== undefined)
    facts.push(["vocabulary", `${formatCount(summary.vocabulary)} words`]);
  const lines = [
    style.strong(printable(summary.name)),
    "",
    style.heading("Layers"),
    ...formatTable(
      ["layer", "kind", "size", "parameters", "threshold min/mean/max"],
      layers.map(layerRow),
      ["left", "left", "right", "right", "right"],
      style,
    ),
    "",
    style.heading("Matrices"),
    ...formatTable(
      ["matrix", "shape", "non-zero", "sparsity", ""],
      matrices.map(matrixRow),
      ["left", "right", "right", "right", "left"],
      style,
    ),
    "",
    style.heading("In all, MACs per token or input vector"),
    ...formatPairs(facts),
  ];
  return `${lines.join("\n")}\n`;
}

const describeMacs = ({ recurrent, withDecoder }: MacSummary, hasDecoder: boolean): string =>
  `${formatCount(recurrent)} in the layers on the chip` +
  (hasDecoder ? `; ${formatCount(withDecoder)} with decoder` : "");

function layerRow({ name, kind, size, parameters, thresholds }: LayerSummary): string[] {
  const { min = 0, mean = 0, max = 0 } = thresholds ?? {};
  return [
    shorten(name, 30),
    kind,
    formatCount(size),
    formatCount(parameters),
    thresholds === undefined ? "" : `${formatMean(min)} / ${formatMean(mean)} / ${formatMean(max)}`,
  ];
}

const matrixRow = (matrix: MatrixSummary): string[] => [
  `${shorten(matrix.source, 18)} -> ${shorten(matrix.target, 18)}${matrix.delay === 1 ? " (t-1)" : ""}`,
  `${matrix.sources} x ${matrix.targets}`,
  formatCount(matrix.nonZeros),
  formatShare(matrix.connectionSparsity),
  matrix.tiedTo === undefined ? "" : `tied to ${shorten(matrix.tiedTo, 24)}`,
];
