import type { ModelIr } from "../core/model-ir.ts";

/** What a model reads, as far as a stimulus must know. */
export type InputPort =
  | {
      readonly kind: "tokens";
      readonly size: number;
      readonly vocabulary?: readonly string[] | undefined;
      /** False where the outputs are not one a word, as a classifier's: then no token is there to be predicted. */
      readonly predicts?: false | undefined;
    }
  | { readonly kind: "vectors"; readonly width: number };

/** From the model's first population. */
export function inputPortOf({ populations, vocabulary }: ModelIr): InputPort {
  const first = populations[0]!;
  const last = populations.at(-1)!;
  if (first.kind !== "token-input") return { kind: "vectors", width: first.size };
  const isClassifier = last.kind === "linear" && last.size !== first.size;
  return { kind: "tokens", size: first.size, vocabulary, ...(isClassifier && { predicts: false as const }) };
}
