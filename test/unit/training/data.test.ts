import { gzipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { binEvents, readNmnistEvents } from "../../../src/inputs/event-streams.ts";
import { readIdx } from "../../../src/inputs/idx.ts";
import { InputError } from "../../../src/core/errors.ts";
import { checkTrainingConfig, readTrainingConfig } from "../../../src/training/config.ts";
import { prepareTraining } from "../../../src/training/prepare.ts";
import { idsOfText, vocabularyOf } from "../../../src/training/text-data.ts";
import { TINY_CONFIG, TINY_FILES } from "../../support/tiny-training.ts";

const idx = (shape: readonly number[], values: readonly number[]) =>
  Uint8Array.of(
    0,
    0,
    8,
    shape.length,
    ...shape.flatMap((size) => [size >>> 24, (size >>> 16) & 255, (size >>> 8) & 255, size & 255]),
    ...values,
  );

/** One event of 5 bytes. */
const event = (x: number, y: number, polarity: number, time: number) => [
  x,
  y,
  (polarity << 7) | (time >>> 16),
  (time >>> 8) & 255,
  time & 255,
];

describe("vocabularies", () => {
  const text = "b a b\n\nc a b";

  it("hold the most frequent words, <unk> and <eos> first, equals in order", () => {
    expect(vocabularyOf(text, "word", 10)).toEqual(["<unk>", "<eos>", "b", "a", "c"]);
    expect(vocabularyOf(text, "word", 3)).toEqual(["<unk>", "<eos>", "b"]);
  });

  it("give ids to words, or to characters, and an end to each line", () => {
    expect([...idsOfText(text, ["<unk>", "<eos>", "b"], 1)]).toEqual([2, 0, 2, 1, 1, 0, 0, 2, 1]);
    const characters = vocabularyOf("ab a", "character", 10);
    expect(characters).toEqual(["<unk>", "<eos>", " ", "a", "b"]);
    expect([...idsOfText("ba\nx", characters, 1)]).toEqual([4, 3, 1, 0, 1]);
  });

  it("say where a text is too short", () => {
    expect(() => idsOfText("a b", ["<unk>", "<eos>"], 20)).toThrow("holds 3 tokens; 20 are needed");
  });
});

describe("IDX files", () => {
  it("are read", () => {
    const { shape, values } = readIdx(idx([2, 1, 2], [1, 2, 3, 4]));
    expect(shape).toEqual([2, 1, 2]);
    expect([...values]).toEqual([1, 2, 3, 4]);
  });

  it.each([
    ["", new Uint8Array(), "ends before its header"],
    ["another format", Uint8Array.of(1, 2, 3, 4), "not an IDX file"],
    ["floats", Uint8Array.of(0, 0, 13, 1, 0, 0, 0, 0), "elements of type 13"],
    ["many dimensions", Uint8Array.of(0, 0, 8, 200), "200 dimensions"],
    ["a header cut off", Uint8Array.of(0, 0, 8, 3, 0, 0), "within its header"],
    ["a size that lies", idx([1000, 1000], [1]), "has 1 elements, but its header says 1000 x 1000"],
    ["a size beyond all bounds", idx([0xffffffff, 0xffffffff, 0xffffffff], [1]), "but its header says"],
  ])("are refused: %s", (_what, bytes, problem) => {
    expect(() => readIdx(bytes)).toThrow(InputError);
    expect(() => readIdx(bytes)).toThrow(problem);
  });
});

describe("events of N-MNIST", () => {
  const bytes = Uint8Array.from([
    ...event(3, 5, 1, 70_000),
    ...event(0, 240, 0, 0),
    ...event(1, 2, 0, 60_000),
  ]);

  it("are read, the overflow of the time counted", () => {
    const events = readNmnistEvents(bytes);
    expect([...events.x]).toEqual([3, 1]);
    expect([...events.y]).toEqual([5, 2]);
    expect([...events.polarity]).toEqual([1, 0]);
    expect([...events.time]).toEqual([70_000, 68_192]);
  });

  it("are counted in bins of time from the first event on", () => {
    const events = readNmnistEvents(
      Uint8Array.from([...event(0, 0, 0, 10), ...event(0, 0, 0, 11), ...event(1, 0, 1, 1010)]),
    );
    const bins = binEvents(events, { width: 2, height: 1, steps: 2, binMicroseconds: 1000 });
    expect([...bins].map((value) => Math.round(Math.expm1(value)))).toEqual([2, 0, 0, 0, 0, 0, 0, 1]);
  });

  it("are refused where they are cut off, empty, or outside the picture", () => {
    expect(() => readNmnistEvents(bytes.subarray(0, 7))).toThrow("no whole number of events");
    expect(() => readNmnistEvents(new Uint8Array())).toThrow("no whole number of events");
    expect(() =>
      binEvents(readNmnistEvents(bytes), { width: 2, height: 9, steps: 1, binMicroseconds: 1 }),
    ).toThrow("event 0: lies at (3, 5), outside the picture of 2 x 9");
  });
});

describe("sequences", () => {
  const images = idx(
    [6, 2, 2],
    Array.from({ length: 24 }, (_, i) => i * 10),
  );
  const labels = idx([6], [0, 1, 2, 0, 1, 2]);
  const config = (data: object) =>
    checkTrainingConfig("mnist.yaml", {
      data: { kind: "mnist", images: "i", labels: "l", ...data },
      model: { layers: [3] },
      training: { batch: 2 },
    });
  const files = (changed: Readonly<Record<string, Uint8Array>> = {}) => ({
    text: () => "",
    bytes: (path: string) => changed[path] ?? (path === "i" ? gzipSync(images) : labels),
  });

  it("of MNIST come row by row or pixel by pixel, packed or not, the last share for validation", () => {
    const { task, shape } = prepareTraining(config({ validShare: 0.34 }), files());
    expect(shape).toMatchObject({ input: { kind: "vectors", width: 2 }, outputs: 3, tied: false });
    expect(task.stepsIn(0)).toBe(2);
    expect(task.batchAt(0, 0)).toMatchObject({ steps: 2, batch: 2 });
    expect(prepareTraining(config({ order: "pixels" }), files()).task.batchAt(0, 0).steps).toBe(4);
  });

  it("are the same in the same epoch, and in another order in the next", () => {
    const { task } = prepareTraining(config({}), files());
    expect(task.batchAt(1, 0)).toEqual(task.batchAt(1, 0));
    const orders = [0, 1, 2, 3].map((epoch) => [...task.batchAt(epoch, 0).input].join());
    expect(new Set(orders).size).toBeGreaterThan(1);
  });

  it.each([
    [
      "labels of another set",
      { l: idx([5], [0, 1, 2, 0, 1]) },
      "l: has the shape 5, which does not fit the images' 6 x 2 x 2",
    ],
    ["a damaged gzip", { i: gzipSync(images).fill(7, 12, 20) }, /^i: /],
    [
      "a gzip that unfolds beyond bounds",
      { i: Uint8Array.from([0x1f, 0x8b, ...new Array<number>(16).fill(0), 255, 255, 255, 255]) },
      "unpacks to 4,294,967,295 bytes",
    ],
  ])("are refused: %s", (_what, changed, problem) => {
    expect(() => prepareTraining(config({}), files(changed))).toThrow(problem);
  });
});

describe("a configuration", () => {
  it("has the defaults that it leaves out", () => {
    const { training, pruning } = checkTrainingConfig("x.yaml", {
      ...TINY_CONFIG,
      pruning: { sparsity: 0.5, end: 2 },
    });
    expect(training.window).toEqual({ mean: 12, deviation: 2, shortShare: 0.05, shortest: 5 });
    expect(training.schedule).toEqual({ warmupSteps: 0, cosineStart: 0, finalShare: 0 });
    expect(pruning).toEqual({ sparsity: 0.5, end: 2, begin: 0, initial: 0, every: 100, scope: "global" });
  });

  it.each([
    [{ modle: {} }, "x.yaml, modle: unknown key"],
    [
      { training: { ...TINY_CONFIG.training, epochs: "ten" } },
      'x.yaml, training.epochs: must be number, but is "ten"',
    ],
    [{ training: { ...TINY_CONFIG.training, learningrate: 1 } }, 'unknown key; did you mean "learningRate"?'],
    [{ training: { ...TINY_CONFIG.training, epochs: 1.5 } }, "1.5 is not a whole number of epochs"],
    [
      { model: { ...TINY_CONFIG.model, cell: "rnn" } },
      'model.cell: is "rnn"; must be one of "egru", "paper-egru", "lstm", "gru"',
    ],
    [
      { model: { ...TINY_CONFIG.model, layers: [10, 7] } },
      "the last layer has 7 units, but a tied decoder needs 6",
    ],
    [{ pruning: { sparsity: 1, end: 2 } }, "pruning.sparsity: must be < 1"],
    [{ pruning: { sparsity: 0.5, begin: 2, end: 1 } }, "pruning.end: 1 lies before the beginning, 2"],
    [{ pruning: { sparsity: 0.5, end: 9 } }, "pruning.end: 9 lies behind the last epoch, 3"],
    [{ data: { kind: "images" } }, "x.yaml, data"],
    [{ data: { kind: "text", train: "a" } }, "x.yaml, data.valid: is missing (text file)"],
  ])("that says %j is refused", (changes, problem) => {
    expect(() => checkTrainingConfig("x.yaml", { ...TINY_CONFIG, ...changes })).toThrow(problem);
  });

  it("is bounded and read as data", () => {
    expect(() => readTrainingConfig("x.yaml", "a: [")).toThrow("x.yaml: is not valid YAML");
    expect(() => readTrainingConfig("x.yaml", "- 1")).toThrow("does not hold settings by name");
    expect(() => readTrainingConfig("x.yaml", `${"[".repeat(200)}`)).toThrow("deeper than 16 levels");
    expect(() => readTrainingConfig("x.yaml", '{"__proto__": {"polluted": 1}, "seed": 1}')).toThrow(
      InputError,
    );
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  it("names the file that a fault of the data lies in", () => {
    const files = {
      ...TINY_FILES,
      text: (path: string) => (path === "valid.txt" ? "red" : TINY_FILES.text(path)),
    };
    expect(() => prepareTraining(checkTrainingConfig("x.yaml", TINY_CONFIG), files)).toThrow(
      "valid.txt: holds 2 tokens",
    );
  });
});
