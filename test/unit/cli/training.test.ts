import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { ownPackage } from "../../../src/runtime/package-root.ts";
import { parseXml } from "../../support/xml-check.ts";
import { TINY_CONFIG, tinyText } from "../../support/tiny-training.ts";
import { run } from "./run-in-process.ts";

const folder = mkdtempSync(join(tmpdir(), "eventloom-training-"));
const at = (name: string) => join(folder, name);
const WASM = ["--backend", "wasm"];
const EXAMPLE = join(ownPackage().root, "examples/egru-wt2-small");

beforeAll(() => {
  writeFileSync(at("train.txt"), tinyText(1, 120));
  writeFileSync(at("valid.txt"), tinyText(2, 40));
  writeFileSync(
    at("tiny.yaml"),
    stringify({ ...TINY_CONFIG, pruning: { sparsity: 0.7, begin: 1, end: 2, every: 4 } }),
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const good = async (...commandLine: string[]) => {
  const outcome = await run(commandLine);
  expect(outcome.stderr).not.toContain("error:");
  expect(outcome.code).toBe(0);
  return outcome;
};
const faultOf = async (...commandLine: string[]) => {
  const { code, stderr, stdout } = await run(commandLine);
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  return stderr;
};

describe("train, evaluate, prune", () => {
  it("train a model that compile, simulate and inspect take, and keep log, curve and checkpoint", async () => {
    const { stdout, stderr } = await good("train", at("tiny.yaml"), "--out", at("run"), ...WASM);
    expect(stdout).toMatch(
      /^best model: epoch [23], validation loss [\d.]+, perplexity [\d.]+, accuracy [\d.]+ %, sparsity (70|69\.9|70\.1)[\d.]* %\n$/,
    );
    expect(stderr).toContain("TensorFlow.js on wasm, as it was asked for");
    expect(stderr).toMatch(/epoch 1: training loss .*tensors [\d.]+ MiB\)/);
    const names = [
      "curve.svg",
      "epochs.csv",
      "log.jsonl",
      "model.safetensors",
      "tfjs-model.json",
      "tfjs-weights.bin",
      "training.checkpoint",
      "training.json",
      "vocab.txt",
    ];
    expect(readdirSync(at("run")).sort()).toEqual(names);
    parseXml(readFileSync(at("run/curve.svg"), "utf8"));
    const inspected = JSON.parse((await good("inspect", at("run"), "--json")).stdout);
    expect(inspected.recurrentSparsity).toBeCloseTo(0.7, 2);
    await good("simulate", at("run"), "--text", at("valid.txt"), "--steps", "20", "--json");
  });

  it("say that a finished training has ended, and change nothing", async () => {
    const before = readFileSync(at("run/model.safetensors"));
    const { stderr } = await good("train", at("tiny.yaml"), "--out", at("run"), ...WASM);
    expect(stderr).toContain("has ended already");
    expect(readFileSync(at("run/model.safetensors"))).toEqual(before);
  });

  it("evaluate the example as the reference does", async () => {
    const text = join(EXAMPLE, "wikitext-2-test-slice.txt");
    const { stdout, stderr } = await good(
      "evaluate",
      EXAMPLE,
      "--text",
      text,
      "--streams",
      "1",
      "--window",
      "70",
      "--json",
      ...WASM,
    );
    expect(stderr).toMatch(/^note: [\d,]+ of [\d,]+ tokens \(\d+ %\) are <unk> to the vocabulary\.$/m);
    const expected = JSON.parse(readFileSync(join(EXAMPLE, "expected.json"), "utf8"));
    const found = JSON.parse(stdout);
    // The whole slice has 2,606 steps, the reference's figures are of 2,000: activities come near, the sparsity is the model's.
    expected.windowed.events_per_layer.forEach((events: number, layer: number) =>
      expect(found.activity[layer]).toBeCloseTo(events / 2000 / [192, 192, 128][layer]!, 2),
    );
    expect(found.sparsity).toBeCloseTo(0.85, 4);
    expect(found.macs.dense).toBe(528_384);
  });

  it("evaluate on the data of a configuration what training said", async () => {
    const { stdout } = await good("evaluate", at("run"), "--config", at("tiny.yaml"), "--json", ...WASM);
    const epochs = readFileSync(at("run/log.jsonl"), "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const best = epochs.findLast((entry) => entry.kind === "epoch" && entry.best);
    expect(JSON.parse(stdout).loss).toBe(best.loss);
  });

  it("prune to exactly the share that was asked for, and go on from there", async () => {
    const { stderr } = await good(
      "prune",
      at("run"),
      "--sparsity",
      "0.9",
      "--scope",
      "layer",
      "--out",
      at("pruned.safetensors"),
    );
    expect(stderr).toMatch(/sparsity of the recurrent layers 70\.\d\d % before, (90\.\d\d|89\.9\d) % now/);
    writeFileSync(
      at("tune.yaml"),
      stringify({ ...TINY_CONFIG, training: { ...TINY_CONFIG.training, epochs: 1 } }),
    );
    const tuned = await good(
      "train",
      at("tune.yaml"),
      "--from",
      at("pruned.safetensors"),
      "--out",
      at("tuned"),
      ...WASM,
    );
    expect(tuned.stdout).toMatch(/sparsity (90|89\.9)/);
  });

  it("tell the user's faults: no such file, other layers, other settings, nothing to do", async () => {
    expect(await faultOf("train", at("none.yaml"), "--out", at("x"))).toContain("none.yaml: cannot be read");
    writeFileSync(at("bad.yaml"), "seed: 1\n");
    expect(await faultOf("train", at("bad.yaml"), "--out", at("x"))).toContain("data: is missing");
    expect(existsSync(at("x"))).toBe(false);
    expect(await faultOf("train", at("tiny.yaml"), "--from", EXAMPLE, "--out", at("y"), ...WASM)).toContain(
      "has embedding 5000 x 128, egru 192, 192, 128, tied decoder of 5000, but the configuration asks for embedding 10 x 6",
    );
    writeFileSync(at("other.yaml"), stringify({ ...TINY_CONFIG, seed: 77 }));
    expect(await faultOf("train", at("other.yaml"), "--out", at("run"), ...WASM)).toContain(
      "other settings or other data",
    );
    expect(await run(["evaluate", EXAMPLE])).toMatchObject({ code: 2 });
    writeFileSync(at("short.txt"), "");
    expect(await faultOf("evaluate", EXAMPLE, "--text", at("short.txt"), ...WASM)).toContain(
      `${at("short.txt")}: holds 0 tokens; 20 are needed for two a stream`,
    );
    expect(await run(["prune", EXAMPLE, "--sparsity", "1.5", "--out", at("p")])).toMatchObject({ code: 2 });
  });
});

describe("models of characters", () => {
  it("read texts by characters in the simulator, as in training", async () => {
    const { data, training } = TINY_CONFIG;
    writeFileSync(
      at("characters.yaml"),
      stringify({
        ...TINY_CONFIG,
        data: { ...data, level: "character", words: 30 },
        training: { ...training, epochs: 1 },
      }),
    );
    await good("train", at("characters.yaml"), "--out", at("characters"), ...WASM);
    expect(readFileSync(at("characters/vocab.txt"), "utf8").split("\n").slice(0, 3)).toEqual([
      "<unk>",
      "<eos>",
      " ",
    ]);
    const text = ["--text", at("valid.txt"), "--streams", "1"];
    const { stdout, stderr } = await good("simulate", at("characters"), ...text, "--json");
    expect(stderr).not.toContain("<unk>");
    const simulated = JSON.parse(stdout).runs[0].quality;
    const evaluated = JSON.parse(
      (await good("evaluate", at("characters"), ...text, "--json", ...WASM)).stdout,
    );
    expect(simulated.tokens).toBe(readFileSync(at("valid.txt"), "utf8").length);
    expect(evaluated.scored).toBe(simulated.tokens);
    expect(simulated.perplexity).toBeCloseTo(evaluated.perplexity, 3);
  });

  it("are refused a vocabulary of words, and the other way about", async () => {
    const { data } = TINY_CONFIG;
    const config = { ...TINY_CONFIG, data: { ...data, level: "character", vocabulary: "words.txt" } };
    writeFileSync(at("words.txt"), "<unk>\n<eos>\nred\n");
    writeFileSync(at("levels.yaml"), stringify(config));
    expect(await faultOf("train", at("levels.yaml"), "--out", at("levels"), ...WASM)).toContain(
      "words.txt: is a vocabulary of words, as it holds no space, but data.level is character",
    );
  });
});

/** Pictures of 6 x 6 pixels, a bright column for each class, and recordings of the same from an event camera. */
describe("models of sequences", () => {
  const [count, size] = [30, 6];
  const header = (...shape: number[]) => [
    0,
    0,
    8,
    shape.length,
    ...shape.flatMap((extent) => [0, 0, 0, extent]),
  ];
  const pixels = Array.from({ length: count * size * size }, (_, i) =>
    i % size === 2 * (Math.floor(i / size / size) % 3) ? 200 + (i % 50) : (i * 7) % 30,
  );
  const events = (number: number) =>
    Array.from({ length: 40 }, (_, i) => [
      i % size,
      2 * (number % 3),
      (i % 2) << 7,
      (i * 1000) >> 8,
      (i * 1000) & 255,
    ]);
  const training = {
    ...TINY_CONFIG.training,
    epochs: 10,
    batch: 6,
    learningRate: 0.03,
    dropout: {},
  };
  const mnist = { kind: "mnist", images: "i.idx", labels: "l.idx", validShare: 0.4 };
  const camera = {
    kind: "events",
    folder: "recordings",
    labels: "labels.txt",
    width: size,
    height: size,
    steps: 4,
    validShare: 0.4,
  };
  const write = (name: string, data: object) =>
    writeFileSync(
      at(name),
      stringify({ seed: 5, data, model: { layers: [12], thresholdMean: 0.05 }, training }),
    );

  beforeAll(() => {
    const labels = Array.from({ length: count }, (_, number) => number % 3);
    writeFileSync(at("i.idx"), Uint8Array.from([...header(count, size, size), ...pixels]));
    writeFileSync(at("l.idx"), Uint8Array.from([...header(count), ...labels]));
    mkdirSync(at("recordings"));
    for (let number = 0; number < count; number += 1)
      writeFileSync(at(`recordings/${number}.bs2`), Uint8Array.from(events(number).flat()));
    writeFileSync(at("labels.txt"), labels.map((label, number) => `${number}\t${label}\n`).join(""));
    write("mnist.yaml", mnist);
    write("camera.yaml", camera);
  });

  it.each(["mnist", "camera"])("of %s come out of the simulated chip as out of training", async (name) => {
    await good("train", at(`${name}.yaml`), "--out", at(name), ...WASM);
    const all = ["--config", at(`${name}.yaml`), "--chip", "spinnaker2@150MHz", "--json", ...WASM];
    const { accuracy, activity, chip } = JSON.parse((await good("evaluate", at(name), ...all)).stdout);
    expect(accuracy).toBeGreaterThan(0.7);
    expect(chip).toMatchObject({ sequences: 12, accuracy });
    expect(activity[0]).toBeGreaterThan(0);
    const { stdout: text } = await good("evaluate", at(name), ...all.filter((word) => word !== "--json"));
    expect(text).toMatch(/^ {2}accuracy +[\d.]+ % \(95 %: [\d.]+ % to [\d.]+ %\)$/m);
    expect(text).not.toContain("perplexity");
    // In each step, or each but the last: what was sent then meets no recurrent weight.
    const units = 12;
    const perEvent = 3 * units;
    const inputs = name === "mnist" ? size : undefined;
    if (inputs !== undefined) expect(chip.synopsPerToken).toBeGreaterThan(inputs * perEvent);
    else expect(chip.synopsPerToken).toBeLessThan(2 * size * size * perEvent * 0.3);
  });

  it("have figures of the chip in a study, too, and are trained anew where a recording has changed", async () => {
    const study = {
      kind: "sparsity",
      cells: ["egru"],
      sparsities: [0],
      seeds: [1],
      chip: { profile: "spinnaker2@150MHz", steps: 17 },
      training: { data: camera, model: { layers: [12] }, training: { ...training, epochs: 1 } },
    };
    writeFileSync(at("camera-study.yaml"), stringify(study));
    const command = [
      "study",
      "sparsity",
      at("camera-study.yaml"),
      "--out",
      at("camera-study"),
      "--workers",
      "1",
    ];
    await good(...command, ...WASM);
    const [{ chip }] = JSON.parse(readFileSync(at("camera-study/results.json"), "utf8")).results;
    expect(chip).toMatchObject({ sequences: 4, steps: 16 });
    writeFileSync(at("recordings/7.bs2"), Uint8Array.from(events(7).slice(1).flat()));
    expect((await good(...command, ...WASM)).stderr).toContain("1 points, 0 of them finished already");
  });

  it("end in an error where the chip cannot run the model, its hint included", async () => {
    const onTrueNorth = ["--config", at("mnist.yaml"), "--chip", "truenorth", ...WASM];
    const { code, stdout, stderr } = await run(["evaluate", at("mnist"), ...onTrueNorth]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^ {2}on truenorth +cannot run$/m);
    expect(stderr).toMatch(/^error: TrueNorth.* has no float32 kernels\.\nhint: /m);
  });

  it("are run on a chip by evaluate alone; texts by simulate", async () => {
    const { code, stderr } = await run([
      "evaluate",
      at("characters"),
      "--config",
      at("characters.yaml"),
      "--chip",
      "spinnaker2@150MHz",
      ...WASM,
    ]);
    expect(code).toBe(2);
    expect(stderr).toContain("is about text, which --chip does not run here");
  });
});

describe("study", () => {
  const study = (changes: object = {}) => ({
    kind: "sparsity",
    title: "A <small> study",
    cells: ["egru", "lstm"],
    sparsities: [0, 0.8],
    seeds: [1],
    chip: { profile: "spinnaker2@150MHz", steps: 20 },
    training: { ...TINY_CONFIG, seed: undefined, training: { ...TINY_CONFIG.training, epochs: 2 } },
    ...changes,
  });

  it("trains each point, runs it on the chip, and tabulates; a second call trains nothing", async () => {
    writeFileSync(at("study.yaml"), stringify(study()));
    await good("study", "sparsity", at("study.yaml"), "--out", at("study"), "--workers", "1", ...WASM);
    const { results } = JSON.parse(readFileSync(at("study/results.json"), "utf8"));
    expect(results.map(({ cell, sparsity }: { cell: string; sparsity: number }) => [cell, sparsity])).toEqual(
      [
        ["egru", 0],
        ["egru", 0.8],
        ["lstm", 0],
        ["lstm", 0.8],
      ],
    );
    for (const result of results) {
      expect(result.measured).toBeCloseTo(result.lambdaA * result.lambdaW * (1 + result.residual), 10);
      expect(result.measuredSparsity).toBeCloseTo(result.sparsity, 2);
    }
    expect(results[0].chip.latencySeconds).toBeGreaterThan(0);
    expect(results[0].chip.energyJoules).toBeGreaterThan(0);
    expect(results[1].chip.synopsPerToken).toBeLessThan(results[0].chip.synopsPerToken);
    // An LSTM is never silent but at its beginning, where its state is 0.
    expect(results[2].lambdaA).toBeGreaterThan(0.98);
    const page = readFileSync(at("study/report.html"), "utf8");
    expect(page).toContain("A &lt;small&gt; study");
    expect(page).not.toContain("<script");
    for (const file of readdirSync(at("study")).filter((name) => name.endsWith(".svg")))
      parseXml(readFileSync(at(`study/${file}`), "utf8"));
    const again = await good(
      "study",
      "sparsity",
      at("study.yaml"),
      "--out",
      at("study"),
      "--workers",
      "1",
      ...WASM,
    );
    expect(again.stderr).toContain("4 points, 4 of them finished already");
    expect(readFileSync(at("study/results.csv"), "utf8").trim().split("\n").length).toBe(5);
  });

  it("varies weight decay of weights and biases apart, and trains a shared point once", async () => {
    const decays = {
      kind: "weight-decay",
      cells: ["egru"],
      weights: [0.01, 1],
      biases: [0.01, 1],
      fixedWeights: 0.01,
      fixedBiases: 0.01,
    };
    writeFileSync(at("decay.yaml"), stringify(study({ ...decays, sparsities: undefined, chip: undefined })));
    const { stderr } = await good(
      "study",
      "weight-decay",
      at("decay.yaml"),
      "--out",
      at("decay"),
      "--workers",
      "1",
      ...WASM,
    );
    expect(stderr).toContain("3 points, 0 of them finished already");
    const { results } = JSON.parse(readFileSync(at("decay/results.json"), "utf8"));
    const [small, weights] = results;
    expect(weights.weightDecay).toEqual({ weights: 1, biases: 0.01 });
    expect(weights.weights.deviation).toBeLessThan(small.weights.deviation);
    expect(
      readdirSync(at("decay"))
        .filter((name) => name.startsWith("distribution"))
        .sort(),
    ).toEqual([
      "distribution-biases-biases.svg",
      "distribution-biases-weights.svg",
      "distribution-weights-biases.svg",
      "distribution-weights-weights.svg",
    ]);
  });

  it("is refused where its settings are wrong, by path", async () => {
    writeFileSync(at("wrong.yaml"), stringify(study({ sparsities: [1] })));
    expect(await faultOf("study", "sparsity", at("wrong.yaml"), "--out", at("z"))).toContain(
      "wrong.yaml, sparsities[0]: must be < 1",
    );
    expect(await faultOf("study", "weight-decay", at("wrong.yaml"), "--out", at("z"))).toContain(
      'kind: is "sparsity"',
    );
    writeFileSync(
      at("deep.yaml"),
      stringify(study({ training: { ...TINY_CONFIG, model: { layers: "many" } } })),
    );
    expect(await faultOf("study", "sparsity", at("deep.yaml"), "--out", at("z"))).toContain(
      "model.layers: must be array",
    );
  });

  it("tells which point failed, and keeps the others", async () => {
    writeFileSync(
      at("failing.yaml"),
      stringify(
        study({
          cells: ["egru"],
          training: { ...TINY_CONFIG, data: { ...TINY_CONFIG.data, valid: "none.txt" } },
        }),
      ),
    );
    expect(
      await faultOf(
        "study",
        "sparsity",
        at("failing.yaml"),
        "--out",
        at("failing"),
        "--workers",
        "1",
        ...WASM,
      ),
    ).toContain("none.txt: cannot be read");
  });
});

describe("doctor", () => {
  it("says which backend is used, why, and how to get the native one", async () => {
    const { stdout } = await good("doctor");
    expect(stdout).toMatch(/Node\.js +\d+\./);
    expect(stdout).toMatch(
      /TensorFlow\.js +(wasm 4\.22\.0, as .*\n +Faster: npm install @tensorflow\/tfjs-node|native )/,
    );
  });
});
