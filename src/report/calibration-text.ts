import type { CalibrationJson, QualityJson } from "./calibration-schema.ts";
import { formatPairs, formatTable, hangingItem, shorten, type Style, wrap } from "./layout.ts";
import { formatBytes, formatCount, formatMean, formatShare, plural } from "./quantities.ts";

type Sensitivity = NonNullable<CalibrationJson["sensitivity"]>;
type Budget = NonNullable<CalibrationJson["budget"]>;

/** The page of `compile --calibrate`: what a sample showed of a model, and of the program made of it. */
export function formatCalibration(calibration: CalibrationJson, model: string, style: Style): string {
  const { sensitivity, budget } = calibration;
  const blocks = [
    [style.strong(`${shorten(model, 40)}: ${describeSample(calibration)}`)],
    qualityLines(calibration, style),
    layerLines(calibration, style),
    ...(sensitivity ? [sensitivityLines(sensitivity, style)] : []),
    ...(budget ? [budgetLines(budget, sensitivity, style)] : []),
  ];
  return `${blocks.map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

function describeSample({ sample }: CalibrationJson): string {
  const { steps, origin, windowSteps, streams } = sample;
  const carry = windowSteps === undefined ? "" : `, state restarts every ${formatCount(windowSteps)}`;
  const cut = streams === undefined ? "" : ` in ${formatCount(streams)} streams`;
  return `${plural(steps, "timestep")}${cut} of ${shorten(origin, 50)}${carry}`;
}

function qualityLines({ program, float32 }: CalibrationJson, style: Style): string[] {
  const { input, scaledPayload, accumulator } = program.saturations;
  return [
    style.heading("Quality on the sample"),
    ...formatPairs([
      ...("perplexity" in float32.quality ? [["float32", describe(float32.quality)] as const] : []),
      ["program", `${describe(program.quality)}${change(program)}`],
      ["weights", `${describeFormats(program)}, ${formatBytes(program.weightBytes)}`],
      ...(program.format === "float32"
        ? []
        : [
            [
              "saturated",
              input + scaledPayload + accumulator === 0
                ? "nothing"
                : `${plural(input, "input")}, ${plural(scaledPayload, "scaled payload")}, ${plural(accumulator, "accumulation")}`,
            ] as const,
          ]),
    ]),
  ];
}

const describe = (quality: QualityJson): string =>
  "perplexity" in quality
    ? `perplexity ${quality.perplexity.toPrecision(5)} over ${plural(quality.tokens, "token")}`
    : `output error ${formatShare(quality.rmsError)} (RMS), ${formatShare(quality.largestError)} (largest) of float32`;

/** " (+0.42 %)"; an output error says the same itself. */
const change = ({ quality, lossShare }: { quality: QualityJson; lossShare: number }): string =>
  "perplexity" in quality ? ` (${signedShare(lossShare)})` : "";

/** "+0.42 %", "−1.30 %", "0.00 %". */
function signedShare(value: number): string {
  const digits = (100 * Math.abs(value)).toFixed(2);
  const sign = value < 0 ? "−" : "+";
  return `${Number(digits) === 0 ? "" : sign}${digits} %`;
}

const short = (quality: QualityJson): string =>
  "perplexity" in quality ? quality.perplexity.toPrecision(5) : formatShare(quality.rmsError);

function describeFormats({ format, formats }: CalibrationJson["program"]): string {
  const names = Object.keys(formats);
  return names.length === 0 ? format : `${format}, but ${names.join(", ")} in ${formats[names[0]!]!}`;
}

function layerLines({ layers, program }: CalibrationJson, style: Style): string[] {
  const withOneStep = layers.some(({ oneStepAgreement }) => oneStepAgreement !== undefined);
  const rows = layers.map((layer) => [
    shorten(layer.name, 30),
    formatCount(layer.neurons),
    formatShare(layer.float32Activity),
    formatShare(layer.activity),
    formatShare(layer.agreement),
    ...(withOneStep ? [formatShare(layer.oneStepAgreement ?? 1)] : []),
  ]);
  return [
    style.heading("Events beside float32"),
    ...formatTable(
      [
        "layer",
        "neurons",
        "activity float32",
        "program",
        "events shared",
        ...(withOneStep ? ["in one step"] : []),
      ],
      rows,
      ["left", ...rows[0]!.slice(1).map(() => "right" as const)],
      style,
    ),
    ...wrap(
      "Shared: of neurons and timesteps with an event in either, those with one in both." +
        (withOneStep ? " In one step: where each timestep begins with the state that float32 left." : "") +
        (program.format === "float32" ? " The activity weighs neurons in the mapping." : ""),
      "  ",
    ),
  ];
}

function sensitivityLines({ int16, int8, projections }: Sensitivity, style: Style): string[] {
  const measure = "perplexity" in int16.quality ? "perplexity" : "RMS error";
  const rows = [
    ["all in int16", "", "", formatBytes(int16.weightBytes), short(int16.quality), ""],
    ...projections.map((projection) => [
      shorten(projection.name, 40),
      formatCount(projection.weights),
      formatBytes(projection.int8Bytes),
      formatBytes(projection.int16Bytes),
      short(projection.quality),
      signedShare(projection.harmShare),
    ]),
    [
      "all in int8",
      "",
      formatBytes(int8.weightBytes),
      "",
      short(int8.quality),
      signedShare(int8.lossShare - int16.lossShare),
    ],
  ];
  return [
    style.heading("Sensitivity: each projection alone in int8, all others in int16"),
    ...formatTable(
      ["projection", "weights", "int8", "int16", measure, "change"],
      rows,
      ["left", "right", "right", "right", "right", "right"],
      style,
    ),
  ];
}

function budgetLines(budget: Budget, sensitivity: Sensitivity | undefined, style: Style): string[] {
  const names = sensitivity?.projections.map(({ name }) => name) ?? [];
  const beyond = budget.weightBytes - budget.int8Bytes;
  return [
    style.heading(`Budget: at most ${formatMean(100 * budget.lossShare)} % worse than float32`),
    ...wrap(
      `Chosen: ${describeChoice(names, budget.int16)}: ${formatBytes(budget.weightBytes)} of weights, ` +
        `${beyond === 0 ? "as in int8" : `${formatBytes(beyond)} more than in int8`} (all in int16: ${formatBytes(budget.int16Bytes)}).`,
      "  ",
    ),
    ...budget.tried.flatMap((tried) =>
      hangingItem(
        `${describeChoice(names, tried.int16)}: ${short(tried.quality)}${change(tried)}` +
          (tried.lossShare <= budget.lossShare ? "" : ", too much"),
      ),
    ),
  ];
}

/** By what is rarer. */
function describeChoice(names: readonly string[], int16: readonly string[]): string {
  const int8 = names.filter((name) => !int16.includes(name));
  if (int16.length === 0) return "all in int8";
  if (int8.length === 0) return "all in int16";
  return int8.length < int16.length
    ? `int16, but ${int8.join(", ")} in int8`
    : `int8, but ${int16.join(", ")} in int16`;
}
