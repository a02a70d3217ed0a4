import { canonicalJson, hashOf } from "../core/hash.ts";
import { checkTrainingConfig } from "../training/config.ts";
import type { TrainingConfig } from "../training/config-schema.ts";
import type { DataFiles } from "../training/prepare.ts";
import { recordingsOf } from "../training/sequence-data.ts";
import type { Cell } from "../training/shape.ts";
import type { Study } from "./study-schema.ts";

/** What distinguishes one point of a study from the others. */
export interface PointFacts {
  readonly cell: Cell;
  readonly seed: number;
  readonly sparsity: number;
  readonly weightDecay: { readonly weights: number; readonly biases: number };
}

/** One training of a study, with all that its result hangs on. */
export interface StudyPoint extends PointFacts {
  readonly config: TrainingConfig;
  readonly test?: string | undefined;
  readonly chip?: Study["chip"];
}

/** All points, in order. Points that are the same in two sweeps are trained once. */
export function pointsOf(study: Study, fileName: string): readonly StudyPoint[] {
  const base = checkTrainingConfig(`${fileName}: training`, study.training);
  const points = new Map<string, StudyPoint>();
  for (const facts of factsOf(study, base)) {
    const point: StudyPoint = {
      ...facts,
      config: configOf(base, facts, fileName),
      test: study.test,
      chip: study.chip,
    };
    points.set(canonicalJson(facts), point);
  }
  return [...points.values()];
}

function factsOf(study: Study, base: TrainingConfig): PointFacts[] {
  const everywhere = (make: (cell: Cell, seed: number) => PointFacts[]) =>
    study.cells.flatMap((cell) => study.seeds.flatMap((seed) => make(cell, seed)));
  if (study.kind === "sparsity") {
    const { weightDecay } = base.training;
    return everywhere((cell, seed) =>
      study.sparsities.map((sparsity) => ({ cell, seed, sparsity, weightDecay })),
    );
  }
  const sparsity = base.pruning?.sparsity ?? 0;
  const { fixedWeights, fixedBiases } = study;
  return everywhere((cell, seed) => [
    ...study.weights.map((weights) => ({
      cell,
      seed,
      sparsity,
      weightDecay: { weights, biases: fixedBiases },
    })),
    ...study.biases.map((biases) => ({
      cell,
      seed,
      sparsity,
      weightDecay: { weights: fixedWeights, biases },
    })),
  ]);
}

function configOf(
  base: TrainingConfig,
  { cell, seed, sparsity, weightDecay }: PointFacts,
  fileName: string,
): TrainingConfig {
  const { pruning, ...rest } = base;
  return checkTrainingConfig(`${fileName}: training`, {
    ...rest,
    seed,
    model: { ...base.model, cell },
    training: { ...base.training, weightDecay },
    ...(sparsity > 0 && { pruning: { ...(pruning ?? defaultPruning(base)), sparsity } }),
  });
}

/** Where the training says nothing of pruning: gradually through its middle half. */
const defaultPruning = ({ training: { epochs } }: TrainingConfig) => ({
  begin: epochs / 4,
  end: (3 * epochs) / 4,
});

/**
 * The name of a point's folder: a hash of settings, data and chip, so that a result is found again exactly where nothing
 * that it hangs on has changed.
 * @param dataHash Of all files that the point reads.
 */
export const pointId = (point: StudyPoint, dataHash: string): string =>
  hashOf(canonicalJson({ version: 1, ...point }), dataHash).slice(0, 24);

/** Files of the point's data, for the hash. Of event recordings, each that the labels name. */
export function dataFilesOf({ config: { data }, test }: StudyPoint, files: DataFiles): readonly string[] {
  const own =
    data.kind === "text"
      ? [data.train, data.valid, data.vocabulary]
      : data.kind === "mnist"
        ? [data.images, data.labels, data.validImages, data.validLabels]
        : [data.labels, ...recordingsOf(data, files).map(({ path }) => path)];
  return [...own, test].filter((path) => path !== undefined);
}
