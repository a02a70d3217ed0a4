import type { ModelIr } from "../core/model-ir.ts";

/** What a model reads, as far as a stimulus must know. */
export type InputPort =
  | { readonly kind: "tokens"; readonly size: number; readonly vocabulary?: readonly string[] | undefined }
  | { readonly kind: "vectors"; readonly width: number };

/** From the model's first population. */
export function inputPortOf({ populations, vocabulary }: ModelIr): InputPort {
  const first = populations[0]!;
  return first.kind === "token-input"
    ? { kind: "tokens", size: first.size, vocabulary }
    : { kind: "vectors", width: first.size };
}
