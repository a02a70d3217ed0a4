import { describe, expect, it } from "vitest";
import { InputError, UnsupportedError } from "../../../src/core/errors.ts";
import { parseConfig } from "../../../src/models/config.ts";
import { egru, read } from "./model-files.ts";

const parse = (text: string) => parseConfig("config.yaml", text);

describe("parseConfig", () => {
  it("gives settings as text, nested ones by path", () => {
    const text = "a: 1\nb: x y\nc:\n  d: 1e-3\n  e: [true, null]\ncheckpoint: ''\n";
    expect(parse(text)).toEqual({
      a: "1",
      b: "x y",
      "c.d": "0.001",
      "c.e.0": "true",
      "c.e.1": "null",
      checkpoint: "",
    });
    expect(parse('{"json": 2}')).toEqual({ json: "2" });
    expect(parse("")).toEqual({});
  });

  it("gives tags no effect", () => {
    expect(parse("a: !!python/object/apply:os.system ['id']\n")).toEqual({ "a.0": "id" });
  });

  const bomb = ["a: &a [x, x, x, x, x, x, x, x, x]"];
  for (const [name, last] of ["ba", "cb", "dc", "ed", "fe", "gf"].map((pair) => pair.split(""))) {
    bomb.push(`${name}: &${name} [${Array(9).fill(`*${last}`).join(", ")}]`);
  }

  it.each([
    ["broken YAML", "a: [1,", "config.yaml: is not valid YAML: "],
    ["a list", "- 1\n", "config.yaml: does not hold settings by name"],
    ["too much text", "a".repeat(1_000_001), "config.yaml: has 1000001 characters; 1000000 is the limit"],
    ["aliases that multiply", bomb.join("\n"), "config.yaml: is not valid YAML: Excessive alias count"],
    ["an alias of itself", "a: &a [*a]", "config.yaml: "],
    [
      "deep nesting",
      `a: ${"[".repeat(40)}${"]".repeat(40)}`,
      "config.yaml: nests settings deeper than 16 levels",
    ],
    [
      "nesting beyond the stack",
      `a: ${"[".repeat(20_000)}`,
      "config.yaml: nests settings deeper than 16 levels",
    ],
    [
      "nesting in a row",
      `a:\n  ${"- ".repeat(20_000)}x`,
      "config.yaml: nests settings deeper than 16 levels",
    ],
    ["two documents", "a: 1\n---\nb: 2\n", "config.yaml: is not valid YAML: holds several documents"],
  ])("refuses %s", (_, text, message) => {
    expect(() => parse(text)).toThrow(InputError);
    expect(() => parse(text)).toThrow(message);
  });
});

describe("readModel with a config", () => {
  const shapes = { "embeddings.weight": [9, 2], ...egru("rnns.0", 2, 4), ...egru("rnns.1", 4, 2) };
  const withConfig = (text: string) => read(shapes, { config: { fileName: "config.yaml", text } });

  it("keeps settings that agree with the tensors", () => {
    const text = "rnn_type: EGRU\nhidden_dim: 4\nemb_dim: 2\nnlayers: 2\nvocab_size: 9\nzoneout: 0.0\n";
    expect(withConfig(text).metadata).toEqual({
      rnn_type: "EGRU",
      hidden_dim: "4",
      emb_dim: "2",
      nlayers: "2",
      vocab_size: "9",
      zoneout: "0",
    });
  });

  it.each([
    ["hidden_dim: 5", "config.yaml, hidden_dim: says 5, but the tensors say 4"],
    ["emb_dim: 3", "config.yaml, emb_dim: says 3, but the tensors say 2"],
    ["nlayers: 3", "config.yaml, nlayers: says 3, but the tensors say 2"],
    ["layers: 3", "config.yaml, layers: says 3, but the tensors say 2"],
    ["model:\n  vocab_size: 10", "config.yaml, model.vocab_size: says 10, but the tensors say 9"],
    ["rnn_type: lstm", "config.yaml, rnn_type: says lstm, but the tensors say egru"],
  ])("refuses %j", (text, message) => {
    expect(() => withConfig(text)).toThrow(InputError);
    expect(() => withConfig(text)).toThrow(message);
  });

  it("refuses a last layer that is neither hidden_dim nor as wide as the embedding", () => {
    const config = { fileName: "c", text: "hidden_dim: 4" };
    expect(() => read({ ...egru("rnns.0", 2, 4), ...egru("rnns.1", 4, 3) }, { config })).toThrow(
      "c, hidden_dim: says 4, but the tensors say 4, 3",
    );
  });

  it("refuses zoneout", () => {
    expect(() => withConfig("zoneout: 0.1")).toThrow(UnsupportedError);
    expect(() => withConfig("rnn:\n  zoneout: 0.1")).toThrow(
      "config.yaml: rnn.zoneout: 0.1 changes how states are updated, which is not supported",
    );
  });
});
