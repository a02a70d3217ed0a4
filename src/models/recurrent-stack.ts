import { InputError, UnsupportedError } from "../core/errors.ts";
import { describeTensor, type EgruLayer, type Layer, type MatrixLayer } from "./layer-tensors.ts";
import type { ModelTensors } from "./model-file.ts";
import { compareNumbered, numbered } from "./natural-order.ts";

const HINT = "Number the recurrent layers in the order in which they run, as in rnns.0, rnns.1.";

/** The EGRU layers in order of evaluation: by number; where names differ in more, by the file, then by shapes alone. */
export function stackEgruLayers(
  layers: readonly Layer[],
  order: ModelTensors["order"],
): readonly EgruLayer[] {
  const egrus = layers.filter((layer) => layer.kind === "egru");
  const inFile = [...egrus].sort((a, b) => a.position - b.position);
  if (order === "evaluation" && breakOf(inFile) === undefined) return inFile;
  const stems = new Set(egrus.map(({ prefix }) => numbered(prefix).stem));
  if (stems.size === 1) {
    const byNumber = [...egrus].sort((a, b) => compareNumbered(a.prefix, b.prefix));
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

const nameOf = ({ prefix }: EgruLayer): string => prefix || "at the top level";

/** Index of the first layer that the next one does not fit. */
function breakOf(stack: readonly EgruLayer[]): number | undefined {
  const at = stack.findIndex(({ size }, i) => i + 1 < stack.length && stack[i + 1]!.inputs !== size);
  return at < 0 ? undefined : at;
}

function requireChained(stack: readonly EgruLayer[], layers: readonly Layer[]): readonly EgruLayer[] {
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
function chainsOf(egrus: readonly EgruLayer[]): readonly (readonly EgruLayer[])[] {
  const found: EgruLayer[][] = [];
  let steps = 0;
  const extend = (chain: EgruLayer[], rest: readonly EgruLayer[]): void => {
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
  extend([], egrus);
  return found;
}
