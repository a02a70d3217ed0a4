import { describe, expect, it } from "vitest";
import { MismatchError } from "../../../src/core/errors.ts";
import { type EgruPopulation, populationNamed } from "../../../src/core/model-ir.ts";
import { readSafetensors } from "../../../src/formats/safetensors.ts";
import { readModel } from "../../../src/models/read-model.ts";
import {
  egru,
  fileOf,
  linear,
  outline,
  read,
  reference,
  type Shapes,
  sortedByName,
  vector,
} from "./model-files.ts";

const readFile = (path: string, more = {}) =>
  readModel({ name: "m", fileName: path, bytes: reference(path), ...more });
const text = (path: string) => new TextDecoder().decode(reference(path));

describe("readModel on the reference's files", () => {
  it("reads a stack of EGRU layers, from both formats alike", () => {
    const model = readFile("egru2/state_dict.pt");
    expect(model.populations.map(({ kind, name, size }) => [kind, name, size])).toEqual([
      ["dense-input", "input", 8],
      ["egru", "egru0", 16],
      ["egru", "egru1", 16],
    ]);
    expect(model.projections.map(({ source, target, delay }) => [source, target, delay])).toEqual([
      ["input", "egru0", 0],
      ["egru0", "egru0", 1],
      ["egru0", "egru1", 0],
      ["egru1", "egru1", 1],
    ]);
    expect(readFile("egru2/weights.safetensors")).toEqual({
      ...model,
      metadata: { source: "EvNN main b1d23e7; reference names and shapes" },
    });
  });

  it("keeps every weight, bias and threshold", () => {
    const model = readFile("egru2/state_dict.pt");
    const { tensors } = readSafetensors(reference("egru2/weights.safetensors"));
    const layer = populationNamed(model, "egru1") as EgruPopulation;
    expect([...layer.bias]).toEqual([...tensors.get("rnns.1.bias")!.data]);
    expect([...layer.recurrentBias]).toEqual([...tensors.get("rnns.1.recurrent_bias")!.data]);
    expect([...layer.threshold]).toEqual([...tensors.get("rnns.1.thr")!.data]);
    const { weights } = model.projections[3]!;
    expect(weights).toMatchObject({ kind: "sparse", sources: 16, targets: 48 });
    if (weights.kind === "sparse") {
      const kernel = tensors.get("rnns.1.recurrent_kernel")!.data;
      expect([...weights.value]).toEqual([...kernel].filter((value) => value !== 0));
    }
  });

  it("reads a language model with its config; the tied decoder shares the embedding's values", () => {
    const config = { fileName: "config.yaml", text: text("lm_dense/config.yaml") };
    for (const file of ["checkpoints/EGRU_best_model.cpt", "state_dict.pt", "weights.safetensors"]) {
      const model = readFile(`lm_dense/${file}`, { config });
      expect(model.populations.map(({ name, size }) => `${name} ${size}`)).toEqual([
        "tokens 40",
        "embedding 12",
        "egru0 20",
        "egru1 20",
        "egru2 12",
        "decoder 40",
      ]);
      const [table, decoder] = [model.projections[0]!.weights, model.projections.at(-1)!.weights];
      expect(table).toMatchObject({ kind: "dense", sources: 40, targets: 12, layout: "source-major" });
      expect(decoder).toMatchObject({ kind: "dense", sources: 12, targets: 40, layout: "target-major" });
      expect("values" in decoder && decoder.values).toBe("values" in table && table.values);
      expect(model.metadata).toMatchObject({ rnn_type: "egru", hidden_dim: "20", learning_rate: "0.0012" });
    }
  });
});

describe("readModel finds the architecture", () => {
  it.each<[string, Shapes]>([
    ["with any prefix", { ...egru("net.rnn.0", 3, 4), ...egru("net.rnn.1", 4, 2) }],
    ["with DataParallel's prefix", { ...egru("module.rnns.0", 3, 4), ...egru("module.rnns.1", 4, 2) }],
    ["compiled", { ...egru("_orig_mod.module.a1", 3, 4), ...egru("_orig_mod.module.a2", 4, 2) }],
    ["in the wrong order in the file", { ...egru("rnns.1", 4, 2), ...egru("rnns.0", 3, 4) }],
    ["under names of their own", { ...egru("first", 3, 4), ...egru("then", 4, 2) }],
    ["under names in no order", { ...egru("zeta", 4, 2), ...egru("alpha", 3, 4) }],
  ])("of layers %s", (_, shapes) => {
    expect(outline(shapes)).toBe("input 3, egru0 4, egru1 2");
  });

  it("of one layer without a prefix, and ignores training's buffers", () => {
    const buffers = { _max_norm: [1], dampening_factor: [1], pseudo_derivative_support: [1] };
    expect(outline({ ...buffers, ...egru("", 3, 4) })).toBe("input 3, egru0 4");
  });

  it("numbers layers by value: 10 after 9", () => {
    const sizes = Array.from({ length: 12 }, (_, i) => i + 2);
    const layers = sizes.slice(1).map((size, i): [number, Shapes] => [i, egru(`rnns.${i}`, sizes[i]!, size)]);
    const sorted = layers.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)).map(([, shapes]) => shapes);
    const expected = sizes.map((size, i) => (i === 0 ? `input ${size}` : `egru${i - 1} ${size}`)).join(", ");
    expect(outline(Object.assign({}, ...sorted))).toBe(expected);
  });

  it.each<[string, Shapes, string]>([
    [
      "an untied decoder",
      { "embeddings.weight": [9, 3], ...linear("decoder.decoder", 4, 9), ...egru("rnns.0", 3, 4) },
      "tokens 9, embedding 3, egru0 4, decoder 9",
    ],
    [
      "a projection",
      {
        "embeddings.weight": [9, 3],
        ...linear("decoder.decoder", 3, 9),
        ...linear("decoder.projection", 4, 3),
        ...egru("rnns.0", 3, 4),
      },
      "tokens 9, embedding 3, egru0 4, projection 3, decoder 9",
    ],
    [
      "a tied decoder that was saved as its bias alone",
      { "embeddings.weight": [9, 3], "decoder.decoder.bias": [9], ...egru("rnns.0", 3, 3) },
      "tokens 9, embedding 3, egru0 3, decoder 9",
    ],
    [
      "Linear layers before and after, sorted by name",
      sortedByName({
        ...linear("fc_in", 5, 3),
        ...linear("fc_mid", 4, 7),
        ...linear("fc_out", 7, 2),
        ...egru("rnn", 3, 4),
      }),
      "input 5, fc_in 3, egru0 4, fc_mid 7, fc_out 2",
    ],
    [
      "Linear layers against the order of the file",
      { ...linear("b", 4, 7), ...egru("rnn", 3, 4), ...linear("a", 5, 3) },
      "input 5, a 3, egru0 4, b 7",
    ],
    [
      "an embedding, then a Linear layer",
      { ...linear("up", 2, 3), "word_embedding.weight": [9, 2], ...egru("rnn", 3, 4) },
      "tokens 9, embedding 2, up 3, egru0 4",
    ],
    [
      "an embedding that is not named so",
      { "encoder.weight": [9, 3], ...linear("decoder", 3, 9), ...egru("rnn", 3, 3) },
      "tokens 9, embedding 3, egru0 3, decoder 9",
    ],
    [
      "square layers by the order of the file",
      { ...linear("one", 4, 4), ...egru("rnn", 4, 4), ...linear("a", 4, 4) },
      "input 4, one 4, egru0 4, a 4",
    ],
    [
      "square layers by what their names mean, where the file is sorted",
      sortedByName({ ...linear("decoder", 4, 4), ...linear("encoder", 4, 4), ...egru("rnn", 4, 4) }),
      "input 4, encoder 4, egru0 4, decoder 4",
    ],
    [
      "square layers by number, where the file is sorted",
      sortedByName({ ...linear("head.10", 4, 4), ...linear("head.9", 4, 4), ...egru("rnn", 4, 4) }),
      "input 4, egru0 4, head.9 4, head.10 4",
    ],
    [
      "a Linear layer whose name is taken",
      { ...linear("input", 5, 3), ...egru("rnn", 3, 4) },
      "input 5, input_linear 3, egru0 4",
    ],
  ])("with %s", (_, shapes, expected) => {
    expect(outline(shapes)).toBe(expected);
  });

  it("with a bias of zeros where a Linear layer has none", () => {
    const model = read({ "head.weight": [2, 4], ...egru("rnn", 3, 4) });
    expect(model.populations.at(-1)).toEqual({
      kind: "linear",
      name: "head",
      size: 2,
      bias: new Float32Array(2),
    });
  });

  it("with tensors that safetensors' save_model left out because they are shared", () => {
    const bytes = fileOf(
      { ...linear("decoder.decoder", 3, 9), ...egru("rnns.0", 3, 3) },
      { "embeddings.weight": "decoder.decoder.weight", format: "pt" },
    );
    const model = readModel({ name: "m", fileName: "m", bytes });
    expect(model.populations.map(({ name }) => name)).toEqual(["tokens", "embedding", "egru0", "decoder"]);
    expect(model.metadata).toMatchObject({ format: "pt" });
  });

  it("with the masks of torch.nn.utils.prune applied", () => {
    const { kernel, ...rest } = egru("", 1, 2);
    expect(kernel).toEqual([1, 6]);
    const mask = { ...vector(1, 0, 0, 1, 0, 1), shape: [1, 6] };
    const original = { ...vector(1, 2, 3, 4, 5, 6), shape: [1, 6] };
    const { projections } = read({ kernel_orig: original, kernel_mask: mask, ...rest });
    expect(projections[0]!.weights).toMatchObject({
      target: Uint32Array.of(0, 3, 5),
      value: Float32Array.of(1, 4, 6),
    });
  });
});

describe("readModel settles thresholds", () => {
  const thresholds = (shapes: Shapes) => {
    const found = read(shapes).populations.find(({ kind }) => kind === "egru") as EgruPopulation;
    return [...found.threshold];
  };

  it("clamps thr to 0 … 1, as the reference does in each step", () => {
    expect(thresholds({ ...egru("r", 2, 3), "r.thr": vector(-0.5, 0.25, 1.5) })).toEqual([0, 0.25, 1]);
  });

  it("takes σ of v0.1's thr_reparam", () => {
    const { "r.thr": _, ...rest } = egru("r", 2, 3);
    const read = thresholds({ ...rest, "r.thr_reparam": vector(0, Math.log(3), -100) });
    expect(read[0]).toBe(0.5);
    expect(read[1]).toBeCloseTo(0.75, 7);
    expect(read[2]).toBeCloseTo(0, 7);
  });

  it("refuses both at once", () => {
    expect(() => read({ ...egru("r", 2, 3), "r.thr_reparam": [3] })).toThrow(
      "m.safetensors, r.thr_reparam: stands beside thr; a layer has one of the two",
    );
  });
});

describe("readModel with a vocabulary", () => {
  const shapes = { "embeddings.weight": [3, 2], ...egru("rnns.0", 2, 4) };
  const withWords = (words: string) => read(shapes, { vocabulary: { fileName: "vocab.txt", text: words } });

  it("takes one word a line, in either line ending", () => {
    expect(withWords("a\nb b\nc\n").vocabulary).toEqual(["a", "b b", "c"]);
    expect(withWords("a\r\nb\r\n<unk>").vocabulary).toEqual(["a", "b", "<unk>"]);
  });

  it("refuses another number of words than the embedding has rows, saying both", () => {
    expect(() => withWords("a\nb\n")).toThrow(MismatchError);
    expect(() => withWords("a\nb\n")).toThrow("vocab.txt has 2 words, but the model's embedding has 3 rows");
  });

  it("refuses an empty line, and a vocabulary for a model that reads vectors", () => {
    expect(() => withWords("a\n\nc\n")).toThrow("vocab.txt: line 2 is empty");
    expect(() => withWords("a\nb\na\n")).toThrow('vocab.txt: lines 1 and 3 hold the same word, "a"');
    const vocabulary = { fileName: "v", text: "a" };
    expect(() => read(egru("r", 1, 2), { vocabulary })).toThrow("v: the model reads vectors, not tokens");
  });
});
