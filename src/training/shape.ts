/** What is trained: the layers, their sizes and how they begin. */
export const CELLS = ["egru", "paper-egru", "lstm", "gru"] as const;
export type Cell = (typeof CELLS)[number];

export interface ModelShape {
  readonly cell: Cell;
  readonly input:
    | { readonly kind: "tokens"; readonly vocabulary: number; readonly embedding: number }
    | {
        readonly kind: "vectors";
        readonly width: number;
        /** Components at 0 are no events, as those of an event camera. */
        readonly silentZeros?: true;
      };
  /** Units of each recurrent layer. */
  readonly layers: readonly number[];
  /** Outputs of the decoder. Tied, its weights are the embedding's. */
  readonly outputs: number;
  readonly tied: boolean;
  readonly surrogate: { readonly dampening: number; readonly support: number };
  /** Mean of the Beta distribution from which thresholds are drawn. */
  readonly thresholdMean: number;
}

export const gatesOf = (cell: Cell): number => (cell === "lstm" ? 4 : 3);
export const hasEvents = (cell: Cell): boolean => cell === "egru" || cell === "paper-egru";
export const inputWidthOf = ({ input }: ModelShape): number =>
  input.kind === "tokens" ? input.embedding : input.width;

export type Role = "embedding" | "kernel" | "recurrent-kernel" | "decoder" | "bias" | "threshold";

export interface ParameterShape {
  /** As in the reference's files; LSTM and GRU take torch's names there. */
  readonly name: string;
  readonly role: Role;
  readonly shape: readonly number[];
  /** Recurrent layer that it belongs to. */
  readonly layer?: number;
}

export const EMBEDDING = "embeddings.weight";
export const DECODER = "decoder.decoder.weight";
export const DECODER_BIAS = "decoder.decoder.bias";

/** All parameters, in order of evaluation. */
export function parameterShapes(shape: ModelShape): readonly ParameterShape[] {
  const { cell, input, layers, outputs, tied } = shape;
  const list: ParameterShape[] = [];
  if (input.kind === "tokens")
    list.push({ name: EMBEDDING, role: "embedding", shape: [input.vocabulary, input.embedding] });
  let width = inputWidthOf(shape);
  for (const [layer, units] of layers.entries()) {
    const columns = gatesOf(cell) * units;
    const add = (leaf: string, role: Role, size: readonly number[]) =>
      list.push({ name: `rnns.${layer}.${leaf}`, role, shape: size, layer });
    add("kernel", "kernel", [width, columns]);
    add("recurrent_kernel", "recurrent-kernel", [units, columns]);
    add("bias", "bias", [columns]);
    if (cell !== "paper-egru") add("recurrent_bias", "bias", [columns]);
    if (hasEvents(cell)) add("thr", "threshold", [units]);
    width = units;
  }
  if (!tied) list.push({ name: DECODER, role: "decoder", shape: [outputs, width] });
  list.push({ name: DECODER_BIAS, role: "bias", shape: [outputs] });
  return list;
}

/** Weights that pruning may take, and that a chip stores as synapses. */
export const isPrunable = ({ role }: ParameterShape): boolean =>
  role === "kernel" || role === "recurrent-kernel";
