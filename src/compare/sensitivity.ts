import type { FormatAction } from "../core/counts.ts";
import type { NumberFormat } from "../core/number-format.ts";
import type { Stimulus } from "../core/stimulus.ts";
import type { Program } from "../core/program.ts";
import { UserError } from "../core/errors.ts";
import type { KnownBasis } from "../profiles/figures.ts";
import type { Provenance } from "../profiles/provenance.ts";
import type { Chip } from "./chips.ts";
import { type Reading, type RunOptions, type RunReport, readRun, runProgram } from "./run.ts";

/** Relative uncertainty that estimated figures are taken to have: half as much again, or half. docs/model.md says why. */
export const ESTIMATED_UNCERTAINTY = 0.5;
/** Small enough to be local, large beside rounding. */
const STEP = 0.01;

/** Units of figures that shape the mapping in jumps, where a derivative means nothing. */
const DISCRETE = new Set(["count", "bit", "B", "KiB", "MiB", "GiB"]);

export interface Derivative {
  readonly path: string;
  readonly basis: KnownBasis;
  /** Percent per percent; absent where the run's time is unknown. */
  readonly latency?: number;
  readonly energy: number;
}

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** How the first reading of a run depends on single figures of its profile. */
export interface Sensitivity {
  readonly model: string;
  readonly chip: Chip;
  readonly reading: Reading;
  /** Relative, of estimated figures. */
  readonly estimatedUncertainty: number;
  /** Largest first. */
  readonly derivatives: readonly Derivative[];
  readonly latencySeconds?: Interval;
  readonly energyJoules: Interval;
}

/** The figures of which derivatives are taken: numbers above 0 that are known, and that do not change in jumps alone. */
export const variedFigures = ({ figures }: Pick<Chip, "figures">): Provenance[] =>
  figures.filter(
    ({ path, value, unit, basis }) =>
      typeof value === "number" &&
      value > 0 &&
      unit !== undefined &&
      !DISCRETE.has(unit) &&
      basis !== "derived" &&
      !isTimeBase(path, figures),
  );

/** Whether it is a clock to whose whole cycles times are rounded: raising it moves them by that rounding, not by their own change. */
const isTimeBase = (path: string, figures: readonly Provenance[]): boolean =>
  path.endsWith(".clock") &&
  figures.some(
    (figure) =>
      figure.path.startsWith(path.slice(0, -"clock".length)) &&
      (figure.unit === "ns" || figure.unit === "us"),
  );

/**
 * Local derivatives of time and energy for every figure, the mapping kept as it is: each figure is raised by a hundredth,
 * or by one cycle. What only prices a run is priced again; what shapes it is simulated again.
 *
 * @param variantOf The chip with one more override `path=value`.
 */
export function sensitivityOf(
  report: RunReport,
  stimulus: Stimulus,
  options: RunOptions,
  variantOf: (override: string) => Chip,
  onFigure?: (done: number, all: number) => void,
): Sensitivity {
  const { program, chip } = report;
  const reading = report.readings[0]!;
  const figures = variedFigures(chip);
  const derivatives = figures.flatMap((figure, index): Derivative[] => {
    onFigure?.(index, figures.length);
    const raised = raise(figure, chip);
    const other = attempt(() => {
      const variant = variantOf(`${figure.path}=${raised}${figure.unit}`);
      return readVariant(report, program, variant, stimulus, options);
    });
    return other === undefined ? [] : [derivativeOf(figure, raised, reading, other)];
  });
  const isTimed = reading.timing.untimed === undefined;
  return {
    model: program.manifest.modelName,
    chip,
    reading,
    estimatedUncertainty: ESTIMATED_UNCERTAINTY,
    derivatives: derivatives
      .filter(({ latency = 0, energy }) => Math.max(Math.abs(latency), Math.abs(energy)) > 1e-6)
      .toSorted((a, b) => weightOf(b) - weightOf(a) || (a.path < b.path ? -1 : 1)),
    ...(isTimed && {
      latencySeconds: intervalOf(
        reading.timing.latencyPerStep,
        derivatives,
        chip,
        ({ latency = 0 }) => latency,
      ),
    }),
    energyJoules: intervalOf(reading.energy.perStep, derivatives, chip, ({ energy }) => energy),
  };
}

/** Latencies count in whole cycles: they are raised by one at least. */
function raise({ path, value, unit }: Provenance, { profile }: Chip): number {
  const number = value as number;
  const cycles = unit === "cycles" ? number : cyclesAt(path, profile);
  if (cycles === undefined) return number * (1 + STEP);
  return (number * (cycles + Math.max(1, Math.round(STEP * cycles)))) / cycles;
}

/** Cycles that a latency given as a time comes to; undefined for what is not rounded to cycles. */
function cyclesAt(path: string, { noc, eventRouter, board, pe }: Chip["profile"]): number | undefined {
  const [, format, action] = /^pe\.kernels\.(\w+)\.(\w+)$/.exec(path) ?? [];
  if (format !== undefined) return pe.kernels[format as NumberFormat]?.[action as FormatAction];
  return {
    "noc.hopLatency": noc.hopCycles,
    "noc.flitTime": noc.flitCycles,
    "noc.buffers.creditLatency": noc.buffers.creditCycles,
    "eventRouter.pipelineLatency": eventRouter.pipelineCycles,
    "board.link.packetTime": board?.link.packetCycles,
    "board.link.latency": board?.link.latencyCycles,
  }[path];
}

/** A value that contradicts other figures (a clock that no time is a multiple of) has no derivative. */
function attempt<Value>(make: () => Value): Value | undefined {
  try {
    return make();
  } catch (fault) {
    if (fault instanceof UserError) return undefined;
    throw fault;
  }
}

function readVariant(
  report: RunReport,
  program: Program,
  chip: Chip,
  stimulus: Stimulus,
  options: RunOptions,
): Reading {
  const { profile } = chip;
  const first = { ...options, operatingPoints: [report.readings[0]!.point.name] };
  if (profile.hash === report.chip.profile.hash) return readRun(report.result, program, chip, first)[0]!;
  const rebound = { ...program, manifest: { ...program.manifest, profileHash: profile.hash } };
  return runProgram(rebound, chip, stimulus, first).readings[0]!;
}

function derivativeOf(figure: Provenance, raised: number, from: Reading, to: Reading): Derivative {
  const change = raised / (figure.value as number) - 1;
  const slope = (before: number, after: number) => (before === 0 ? 0 : (after / before - 1) / change);
  return {
    path: figure.path,
    basis: figure.basis as KnownBasis,
    ...(from.timing.untimed === undefined && {
      latency: slope(from.timing.latencyPerStep, to.timing.latencyPerStep),
    }),
    energy: slope(from.energy.perStep, to.energy.perStep),
  };
}

const weightOf = ({ latency = 0, energy }: Derivative): number => Math.abs(latency) + Math.abs(energy);

/** Uncertainties of estimated figures, carried on to first order as if independent. What was set by --set is a choice, not uncertain. */
function intervalOf(
  value: number,
  derivatives: readonly Derivative[],
  { figures }: Chip,
  slopeOf: (derivative: Derivative) => number,
): Interval {
  const chosen = new Set(figures.filter(({ source }) => source === "override").map(({ path }) => path));
  let variance = 0;
  for (const derivative of derivatives) {
    if (derivative.basis !== "estimated" || chosen.has(derivative.path)) continue;
    variance += (slopeOf(derivative) * ESTIMATED_UNCERTAINTY) ** 2;
  }
  const spread = value * Math.sqrt(variance);
  return { low: Math.max(0, value - spread), high: value + spread };
}
