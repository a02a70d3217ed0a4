import { InputError } from "../core/errors.ts";
import { isEmbeddingName } from "./find-layers.ts";
import { describeTensor, type RecurrentLayer, type Layer, type MatrixLayer } from "./layer-tensors.ts";
import type { ModelTensors } from "./model-file.ts";
import { compareNumbered } from "./natural-order.ts";
import { stackRecurrentLayers } from "./recurrent-stack.ts";

/** Layers in order of evaluation. */
export interface Arrangement {
  readonly embedding?: MatrixLayer;
  readonly before: readonly MatrixLayer[];
  readonly recurrent: readonly RecurrentLayer[];
  readonly after: readonly MatrixLayer[];
}

/**
 * Finds where each layer stands. Shapes decide; where they leave a choice, numbers in the names do, then what
 * names commonly mean (a decoder follows), then the order of the file.
 * @throws InputError naming a layer that fits nowhere, or two arrangements that fit alike.
 */
export function arrangeLayers(layers: readonly Layer[], order: ModelTensors["order"]): Arrangement {
  const recurrent = stackRecurrentLayers(layers, order);
  const matrices = layers.filter((layer) => layer.kind === "matrix");
  const named = fittingArrangements(recurrent, matrices, (layer) => isEmbeddingName(layer.prefix));
  const { fitting, misfit } =
    named.fitting.length > 0 ? named : fittingArrangements(recurrent, matrices, () => true);
  if (fitting.length === 0) return refuseMisfit(misfit, recurrent);
  const choices = [
    ...(order === "evaluation" ? [isInFileOrder] : []),
    followsNames,
    ...(order === "declaration" ? [isInFileOrder] : []),
  ];
  const left = choices.reduce<readonly Arrangement[]>((candidates, isLikely) => {
    const likely = candidates.filter(isLikely);
    return likely.length > 0 ? likely : candidates;
  }, fitting);
  if (left.length > 1) refuseAmbiguous(left[0]!, left[1]!);
  return left[0]!;
}

interface Search {
  readonly fitting: readonly Arrangement[];
  /** Where nothing fits: a layer that the best attempt could not place. */
  readonly misfit: MatrixLayer | undefined;
}

/** Bounds the search where many layers have one shape and nothing in their names tells them apart. */
const MAX_STEPS = 50_000;

function fittingArrangements(
  recurrent: readonly RecurrentLayer[],
  matrices: readonly MatrixLayer[],
  mayEmbed: (layer: MatrixLayer) => boolean,
): Search {
  const fitting: Arrangement[] = [];
  let unplaced = matrices;
  let steps = 0;

  /** Grows the front backwards from the recurrent layers; `width` is what it must deliver. */
  const growFront = (arrangement: Arrangement, width: number, rest: readonly MatrixLayer[]): void => {
    growBack(arrangement, recurrent.at(-1)!.size, rest);
    for (const layer of rest) {
      if (steps > MAX_STEPS) return;
      const others = rest.filter((other) => other !== layer);
      if (layer.bias === undefined && layer.columns === width && mayEmbed(layer)) {
        growBack({ ...arrangement, embedding: layer }, recurrent.at(-1)!.size, others);
      }
      const mayPrecede = arrangement.before.every(
        (later) => compareNumbered(layer.prefix, later.prefix) <= 0,
      );
      if (layer.rows === width && mayPrecede) {
        growFront({ ...arrangement, before: [layer, ...arrangement.before] }, layer.columns, others);
      }
    }
  };

  /** Grows the back forwards; `width` is what it receives. */
  const growBack = (arrangement: Arrangement, width: number, rest: readonly MatrixLayer[]): void => {
    steps += 1;
    if (rest.length < unplaced.length) unplaced = rest;
    if (rest.length === 0) fitting.push(arrangement);
    for (const layer of rest) {
      if (steps > MAX_STEPS) return;
      const mayFollow = [...arrangement.before, ...arrangement.after].every(
        (earlier) => compareNumbered(earlier.prefix, layer.prefix) <= 0,
      );
      if (layer.columns !== width || !mayFollow) continue;
      const others = rest.filter((other) => other !== layer);
      growBack({ ...arrangement, after: [...arrangement.after, layer] }, layer.rows, others);
    }
  };

  growFront({ before: [], recurrent, after: [] }, recurrent[0]!.inputs, matrices);
  return { fitting, misfit: unplaced[0] };
}

const INPUT_NAME = /(^|[._])(enc|encoder|in|input|inp)([._]|$)/i;
const OUTPUT_NAME = /(^|[._])(dec|decoder|projection|out|output|head|lm_head|classifier|readout)([._]|$)/i;

/** Whether embeddings stand first, encoders in front and decoders behind, the last of them `decoder.decoder`. */
function followsNames({ embedding, before, after }: Arrangement): boolean {
  const linear = [...before, ...after];
  return (
    (embedding !== undefined ||
      !linear.some(({ prefix, bias }) => bias === undefined && isEmbeddingName(prefix))) &&
    !before.some(({ prefix }) => OUTPUT_NAME.test(prefix)) &&
    !after.some(({ prefix }) => INPUT_NAME.test(prefix) || isEmbeddingName(prefix)) &&
    !after.slice(0, -1).some(({ prefix }) => /(^|\.)decoder\.decoder$/.test(prefix))
  );
}

function isInFileOrder({ embedding, before, recurrent, after }: Arrangement): boolean {
  const sequence = [...(embedding ? [embedding] : []), ...before, ...recurrent, ...after];
  return sequence.every(({ position }, i) => i === 0 || sequence[i - 1]!.position < position);
}

const SUPPORTED =
  "Supported are an embedding or Linear layers, then recurrent layers, then Linear layers, each fitting the next.";

function refuseMisfit(misfit: MatrixLayer | undefined, recurrent: readonly RecurrentLayer[]): never {
  const [first, last] = [recurrent[0]!, recurrent.at(-1)!];
  throw new InputError(
    { field: misfit?.weight.name },
    `the layer ${misfit === undefined ? "" : describeTensor(misfit.weight)} fits neither before the recurrent layers, ` +
      `which take ${first.inputs} values (${describeTensor(first.kernel)}), ` +
      `nor behind them, which give ${last.size} (${describeTensor(last.recurrentKernel)})`,
    SUPPORTED,
  );
}

function refuseAmbiguous(one: Arrangement, other: Arrangement): never {
  const text = ({ embedding, before, recurrent, after }: Arrangement) =>
    [...(embedding ? [embedding] : []), ...before, ...recurrent, ...after]
      .map(({ prefix }) => prefix || "(top level)")
      .join(" > ");
  throw new InputError(
    {},
    `the order of the layers is ambiguous; their shapes fit as ${text(one)} and as ${text(other)}`,
    "Name the layers by their place, such as input.weight and decoder.weight.",
  );
}
