import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { InputError } from "../../../src/core/errors.ts";
import { loadModelFiles, readerBeside } from "../../../src/runtime/model-files.ts";

let folder: string;
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), "eventloom-models-")), "my-model");
  mkdirSync(join(folder, "checkpoints"), { recursive: true });
});
afterEach(() => rmSync(join(folder, ".."), { recursive: true, force: true }));

const put = (name: string, text = name) => writeFileSync(join(folder, name), text);

function faultOf(act: () => unknown): InputError {
  try {
    act();
  } catch (error) {
    if (error instanceof InputError) return error;
    throw error;
  }
  return expect.fail("nothing was thrown");
}

describe("loadModelFiles", () => {
  it("finds the one checkpoint of a training's folder, with settings and words from above it", () => {
    put("checkpoints/EGRU_best_model.cpt", "weights");
    put("config.yaml", "nlayers: 3");
    put("vocab.txt", "a\nb\n");
    const expected = {
      name: "my-model",
      fileName: join(folder, "checkpoints", "EGRU_best_model.cpt"),
      bytes: new TextEncoder().encode("weights"),
      config: { fileName: join(folder, "config.yaml"), text: "nlayers: 3" },
      vocabulary: { fileName: join(folder, "vocab.txt"), text: "a\nb\n" },
    };
    expect(loadModelFiles(folder)).toEqual(expected);
    expect(loadModelFiles(join(folder, "checkpoints"))).toEqual(expected);
    expect(loadModelFiles(expected.fileName)).toEqual(expected);
  });

  it("takes a lone file by its own name, and what lies beside it", () => {
    put("net.safetensors");
    put("other.pt");
    put("config.yaml", "x: 1");
    const files = loadModelFiles(join(folder, "net.safetensors"));
    expect(files.name).toBe("net");
    expect(files.config?.text).toBe("x: 1");
    expect(files.vocabulary).toBeUndefined();
  });

  it("looks one folder up for checkpoints/ only", () => {
    mkdirSync(join(folder, "weights"));
    put("weights/net.pt");
    put("config.yaml");
    expect(loadModelFiles(join(folder, "weights", "net.pt")).config).toBeUndefined();
  });

  it("prefers a vocabulary that was named", () => {
    put("net.pt");
    put("vocab.txt", "found");
    put("words.txt", "named");
    expect(loadModelFiles(folder, join(folder, "words.txt")).vocabulary).toEqual({
      fileName: join(folder, "words.txt"),
      text: "named",
    });
  });

  it("does not choose between several", () => {
    put("b.PT");
    put("a.cpt");
    put("checkpoints/c.pth");
    const fault = faultOf(() => loadModelFiles(folder));
    expect(fault.message).toBe(`${folder}: the folder holds 3 model files: a.cpt, b.PT, c.pth`);
    expect(fault.hint).toBe(`Name one of them, for example ${join(folder, "a.cpt")}.`);
  });

  it("says what it looked for in an empty folder", () => {
    const fault = faultOf(() => loadModelFiles(folder));
    expect(fault.message).toBe(
      `${folder}: the folder holds no model file (*.cpt, *.pt, *.pth, *.safetensors, *.onnx, *.nir, *.h5, *.hdf5, *.keras), nor does its checkpoints/`,
    );
  });

  it("says what could be named instead of nothing", () => {
    const fault = faultOf(() => loadModelFiles(join(folder, "none.cpt")));
    expect(fault.message).toBe(`${join(folder, "none.cpt")}: there is no such file or folder`);
    expect(fault.hint).toContain("synthetic:WIDTHS@DENSITY");
  });
});

describe("a description beside a safetensors file", () => {
  it("bears its name, or is model.json", () => {
    put("net.safetensors");
    put("model.json", "{}");
    expect(loadModelFiles(join(folder, "net.safetensors")).description?.text).toBe("{}");
    expect(loadModelFiles(folder).fileName).toBe(join(folder, "net.safetensors"));
    put("net.json", "[]");
    expect(loadModelFiles(folder).description?.fileName).toBe(join(folder, "net.json"));
    put("net.onnx");
    expect(loadModelFiles(join(folder, "net.onnx")).description).toBeUndefined();
  });

  it("is the model where nothing else is: a model.json of TensorFlow.js", () => {
    put("model.json", "{}");
    put("group1-shard1of1.bin");
    expect(loadModelFiles(folder)).toMatchObject({ name: "my-model", fileName: join(folder, "model.json") });
  });
});

describe("readerBeside", () => {
  const text = (path: string) => new TextDecoder().decode(readerBeside(join(folder, "model.json"))(path));

  it("reads files in the model's folder, and below it", () => {
    put("a.bin", "one");
    put("checkpoints/b.bin", "two");
    expect([text("a.bin"), text("checkpoints/b.bin"), text("checkpoints/../a.bin")]).toEqual([
      "one",
      "two",
      "one",
    ]);
  });

  it("reads nothing elsewhere, whatever way leads there", () => {
    writeFileSync(join(folder, "..", "secret"), "secret");
    symlinkSync(join(folder, "..", "secret"), join(folder, "link"));
    for (const path of [
      "../secret",
      join(folder, "..", "secret"),
      "link",
      "checkpoints/../../secret",
      "..",
      ".",
      "",
      "../nothing",
    ]) {
      const { message } = faultOf(() => text(path));
      expect(message, path).toContain("weights are said to lie outside the model's folder");
    }
  });

  it("names a file that is missing", () => {
    expect(faultOf(() => text("w.bin")).message).toBe(
      `${join(folder, "w.bin")}: cannot be read: there is no such file or directory`,
    );
  });
});
