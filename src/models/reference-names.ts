import { UserError } from "../core/errors.ts";
import type { ModelIr, Population, Projection, WeightMatrix } from "../core/model-ir.ts";
import type { NamedTensors, Tensor } from "../formats/tensors.ts";
import { arrangeLayers } from "./arrange-layers.ts";
import { findLayers } from "./find-layers.ts";
import { sourceMajor, targetMajor } from "./matrix-layout.ts";
import { parseVocabulary } from "./vocabulary.ts";

/**
 * The tensors of a stack of EGRU layers under the reference's names; undefined where those names would not say the model
 * again: other kinds of layers, other connections than a chain, names and words that would not come back.
 */
export function referenceTensors(model: ModelIr): NamedTensors | undefined {
  const { populations, projections, vocabulary } = model;
  if (!isReferenceChain(model)) return undefined;
  if (vocabulary !== undefined && !isSameWords(parseVocabulary(vocabulary.join("\n")), vocabulary))
    return undefined;
  const tensors = new Map<string, Tensor>();
  const keep = (name: string, shape: readonly number[], data: Float32Array): void => {
    tensors.set(name, { name, dtype: "float32", shape, data });
  };
  const weightsInto = ({ name }: Population, delay: 0 | 1): WeightMatrix =>
    projections.find((projection) => projection.target === name && projection.delay === delay)!.weights;
  const prefixes: string[] = [];
  let layer = 0;
  for (const population of populations.slice(1)) {
    const incoming = weightsInto(population, 0);
    const { sources, targets } = incoming;
    const prefix = prefixOf(population, layer);
    prefixes.push(prefix);
    if (population.kind === "embedding") keep(`${prefix}.weight`, [sources, targets], sourceMajor(incoming));
    if (population.kind === "linear") {
      keep(`${prefix}.weight`, [targets, sources], targetMajor(incoming));
      keep(`${prefix}.bias`, [targets], population.bias);
    }
    if (population.kind !== "egru") continue;
    const recurrent = weightsInto(population, 1);
    keep(`${prefix}.kernel`, [sources, targets], sourceMajor(incoming));
    keep(`${prefix}.recurrent_kernel`, [recurrent.sources, recurrent.targets], sourceMajor(recurrent));
    keep(`${prefix}.bias`, [targets], population.bias);
    keep(`${prefix}.recurrent_bias`, [targets], population.recurrentBias);
    keep(`${prefix}.thr`, [population.size], population.threshold);
    layer += 1;
  }
  return orderOf(tensors)?.join("\n") === prefixes.join("\n") ? tensors : undefined;
}

function prefixOf({ kind, name }: Population, layer: number): string {
  if (kind === "embedding") return "embeddings";
  if (kind === "egru") return `rnns.${layer}`;
  return name === "decoder" || name === "projection" ? `decoder.${name}` : name;
}

/** Layers in the order in which a reader would arrange them; undefined where it could not. */
function orderOf(tensors: NamedTensors): readonly string[] | undefined {
  try {
    const { embedding, before, recurrent, after } = arrangeLayers(findLayers(tensors), "evaluation");
    return [...(embedding ? [embedding] : []), ...before, ...recurrent, ...after].map(({ prefix }) => prefix);
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

const isSameWords = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((word, i) => word === b[i]);

/** An input, Linear layers, EGRU layers, Linear layers, each fed by the one before it, under the names that a reader gives. */
function isReferenceChain({ populations, projections }: ModelIr): boolean {
  const egrus = populations.filter(({ kind }) => kind === "egru");
  const wanted = populations.slice(1).length + egrus.length;
  if (egrus.length === 0 || projections.length !== wanted) return false;
  let layer = 0;
  const chained = populations.every((population, index) => {
    const { kind, name } = population;
    const into = projections.filter(({ target }) => target === name);
    if (index === 0) return into.length === 0 && isReferenceInput(population, populations[1]);
    const forward = into.find(({ delay }) => delay === 0);
    if (forward?.source !== populations[index - 1]!.name || forward.weights.kind === "convolution")
      return false;
    if (kind === "embedding") return index === 1 && name === "embedding" && isDense(forward, "source-major");
    if (kind === "linear")
      return population.activation === undefined && isLinearName(name) && isDense(forward, "target-major");
    if (kind !== "egru" || name !== `egru${layer}`) return false;
    layer += 1;
    const recurrent = into.find(({ delay }) => delay === 1);
    return (
      recurrent?.source === name && [forward, recurrent].every(({ weights }) => weights.kind === "sparse")
    );
  });
  return chained && isUnbroken(populations);
}

function isReferenceInput(input: Population, next: Population | undefined): boolean {
  if (input.kind === "token-input") return input.name === "tokens" && next?.kind === "embedding";
  return input.kind === "dense-input" && input.name === "input" && input.silentZeros === undefined;
}

const isDense = ({ weights }: Projection, layout: "source-major" | "target-major"): boolean =>
  weights.kind === "dense" && weights.layout === layout;

/** Names that become tensors' names and come back: no reserved one, none that a wrapper or a layer's part would have. */
const isLinearName = (name: string): boolean =>
  /^[\w.-]+$/.test(name) &&
  !/^(tokens|embedding|input|egru\d+|rnns\.\d+|embeddings)$/.test(name) &&
  !/(^|\.)(module|_orig_mod|decoder\.(decoder|projection))($|\.)/.test(name);

/** EGRU layers follow one another. */
function isUnbroken(populations: readonly Population[]): boolean {
  const at = populations.flatMap(({ kind }, index) => (kind === "egru" ? [index] : []));
  return at.at(-1)! - at[0]! + 1 === at.length;
}
