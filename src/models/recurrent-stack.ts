import { InputError, UnsupportedError } from "../core/errors.ts";
import {
  describeTensor,
  isRecurrent,
  type Layer,
  type MatrixLayer,
  type RecurrentLayer,
} from "./layer-tensors.ts";
import type { ModelTensors } from "./model-file.ts";
import { compareNumbered, numbered } from "./natural-order.ts";

const HINT = "Number the recurrent layers in the order in which they run, as in rnns.0, rnns.1.";

/** The recurrent layers in order of evaluation: by number; where names differ in more, by the file, then by shapes alone. */
export function stackRecurrentLayers(
  layers: readonly Layer[],
  order: ModelTensors["order"],
): readonly RecurrentLayer[] {
  const recurrent = layers.filter(isRecurrent);
  const inFile = [...recurrent].sort((a, b) => a.position - b.position);
  if (order === "evaluation" && breakOf(inFile) === undefined) return inFile;
  const stems = new Set(recurrent.map(({ prefix }) => numbered(prefix).stem));
  if (stems.size === 1) {
    const byNumber = [...recurrent].sort((a, b) => compareNumbered(a.prefix, b.prefix));
    return requireChained(byNumber, layers);
  }
  if (order !== "none" && breakOf(inFile) === undefined) return inFile;
  const chains = chainsOf(inFile);
  if (chains.length === 1) return chains[0]!;
  if (chains.length === 0) return requireChained(inFile, layers);
  throw new InputError(
    {},
    `the order of the recurrent layers ${inFile.map(nameOf).join(", ")} is ambiguous: their shapes fit in several orders`,
    HINT,
  );
}

const nameOf = ({ prefix }: RecurrentLayer): string => prefix || "at the top level";

/** Index of the first layer that the next one does not fit. */
function breakOf(stack: readonly RecurrentLayer[]): number | undefined {
  const at = stack.findIndex(({ size }, i) => i + 1 < stack.length && stack[i + 1]!.inputs !== size);
  return at < 0 ? undefined : at;
}

function requireChained(
  stack: readonly RecurrentLayer[],
  layers: readonly Layer[],
): readonly RecurrentLayer[] {
  const at = breakOf(stack);
  if (at === undefined) return stack;
  const [before, after] = [stack[at]!, stack[at + 1]!];
  const between = layers.find(
    (layer): layer is MatrixLayer =>
      layer.kind === "matrix" && layer.columns === before.size && layer.rows === after.inputs,
  );
  if (between !== undefined) {
    throw new UnsupportedError(
      `the Linear layer ${between.prefix} between the recurrent layers ${nameOf(before)} and ${nameOf(after)} is not supported`,
      "Let the recurrent layers follow one another directly.",
    );
  }
  throw new InputError(
    { field: after.kernel.name },
    `the layer takes ${after.inputs} values, but ${nameOf(before)} gives ${before.size} (${describeTensor(before.recurrentKernel)})`,
    HINT,
  );
}

const MAX_CHAINS = 2;
const MAX_STEPS = 10_000;

/** Orders in which all layers fit one another; two suffice to see that there are several. */
function chainsOf(recurrent: readonly RecurrentLayer[]): readonly (readonly RecurrentLayer[])[] {
  const found: RecurrentLayer[][] = [];
  let steps = 0;
  const extend = (chain: RecurrentLayer[], rest: readonly RecurrentLayer[]): void => {
    steps += 1;
    if (rest.length === 0) found.push(chain);
    for (const layer of rest) {
      if (found.length >= MAX_CHAINS || steps > MAX_STEPS) return;
      const previous = chain.at(-1);
      if (previous !== undefined && previous.size !== layer.inputs) continue;
      extend(
        [...chain, layer],
        rest.filter((other) => other !== layer),
      );
    }
  };
  extend([], recurrent);
  return found;
}
