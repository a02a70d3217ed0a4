import { gunzipSync } from "fflate";
import { InputError, inFile } from "../core/errors.ts";
import { hashOf } from "../core/hash.ts";
import { binEvents, readNmnistEvents } from "../inputs/event-streams.ts";
import { readIdx } from "../inputs/idx.ts";
import type { TrainingConfig } from "./config-schema.ts";
import type { DataFiles } from "./prepare.ts";
import type { LabelledSequences } from "./tasks.ts";

type MnistSettings = Extract<TrainingConfig["data"], { kind: "mnist" }>;
type EventSettings = Extract<TrainingConfig["data"], { kind: "events" }>;

interface Split {
  readonly train: LabelledSequences;
  readonly valid: LabelledSequences;
  readonly classes: number;
  /** Of all that was read. */
  readonly hash: string;
}

/** A set as it was read, and the hash of its files' content. */
interface ReadSet extends LabelledSequences {
  readonly hash: string;
}

/** Bounds what a small .gz may unfold into. */
const MOST_UNPACKED_BYTES = 2 ** 28;
const MOST_RECORDINGS = 1_000_000;

export interface Recording {
  readonly path: string;
  readonly label: number;
}

/** MNIST's images row by row (28 steps of 28) or pixel by pixel (784 steps of 1), in 0 … 1. */
export function readMnistSequences(settings: MnistSettings, files: DataFiles): Split {
  const whole = mnistSet(settings.images, settings.labels, settings.order, files);
  const { validImages, validLabels, order, validShare } = settings;
  if (validImages !== undefined && validLabels !== undefined) {
    const valid = mnistSet(validImages, validLabels, order, files);
    return { train: whole, valid, classes: classesOf(whole, valid), hash: hashOf(whole.hash, valid.hash) };
  }
  return split(whole, validShare);
}

function mnistSet(
  imagePath: string,
  labelPath: string,
  order: MnistSettings["order"],
  files: DataFiles,
): ReadSet {
  const images = inFile(imagePath, () => readIdx(unpacked(files.bytes(imagePath))));
  const labels = inFile(labelPath, () => readIdx(unpacked(files.bytes(labelPath))));
  const [count = 0, rows = 0, columns = 0] = images.shape;
  if (images.shape.length !== 3 || labels.shape.length !== 1 || labels.shape[0] !== count || count === 0) {
    throw new InputError(
      { file: labelPath },
      `has the shape ${labels.shape.join(" x ")}, which does not fit the images' ${images.shape.join(" x ")}`,
      "Give the images and the labels of one set.",
    );
  }
  const pixels = rows * columns;
  return {
    steps: order === "rows" ? rows : pixels,
    width: order === "rows" ? columns : 1,
    count,
    sequence: (index) =>
      Float32Array.from(images.values.subarray(index * pixels, (index + 1) * pixels), (value) => value / 255),
    labels: labels.values,
    hash: hashOf(images.shape.join(), images.values, labels.values),
  };
}

function unpacked(bytes: Uint8Array): Uint8Array {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  // gzip says its length, modulo 2^32, in its last four bytes.
  const size = new DataView(bytes.buffer, bytes.byteOffset).getUint32(Math.max(0, bytes.length - 4), true);
  if (bytes.length < 18 || size > MOST_UNPACKED_BYTES) {
    throw new InputError(
      {},
      `unpacks to ${size.toLocaleString("en-US")} bytes; ${MOST_UNPACKED_BYTES.toLocaleString("en-US")} are the limit`,
      "Check that this is a file of MNIST.",
    );
  }
  try {
    return gunzipSync(bytes, { out: new Uint8Array(size) });
  } catch {
    throw new InputError({}, "is a damaged gzip file", "Copy it again.");
  }
}

/** The recordings that a list of labels names, in its order. */
export const recordingsOf = (settings: EventSettings, files: DataFiles): readonly Recording[] =>
  recordingsIn(settings.labels, files.text(settings.labels)).map(({ number, label }) => ({
    path: `${settings.folder.replace(/\/+$/, "")}/${number}.bs2`,
    label,
  }));

/** Recordings of an event camera, counted in bins of time. */
export function readEventSequences(settings: EventSettings, files: DataFiles): Split {
  const listed = recordingsOf(settings, files);
  const sequences = listed.map(({ path }) =>
    inFile(path, () => binEvents(readNmnistEvents(files.bytes(path)), settings)),
  );
  const labels = Uint8Array.from(listed, ({ label }) => label);
  const whole: ReadSet = {
    steps: settings.steps,
    width: 2 * settings.width * settings.height,
    count: listed.length,
    sequence: (index) => sequences[index]!,
    labels,
    hash: hashOf(labels, ...sequences),
  };
  return split(whole, settings.validShare);
}

function recordingsIn(file: string, text: string): { readonly number: number; readonly label: number }[] {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "" && !line.startsWith("#"));
  if (lines.length < 2 || lines.length > MOST_RECORDINGS) {
    throw new InputError(
      { file },
      `lists ${lines.length} recordings; 2 to ${MOST_RECORDINGS} are read`,
      "Write a number and a class a line.",
    );
  }
  return lines.map((line, index) => {
    const found = /^\s*(\d{1,7})[\s,]+(\d{1,3})\s*$/.exec(line);
    const label = Number(found?.[2]);
    if (found === null || label > 255) {
      throw new InputError(
        { file, field: `line ${index + 1}` },
        `"${line.slice(0, 40)}" is not a recording's number and its class`,
        "Write a number and a class of 0 to 255 a line.",
      );
    }
    return { number: Number(found[1]), label };
  });
}

/** The last share is kept for validation. */
function split(whole: ReadSet, validShare: number): Split {
  const held = Math.min(whole.count - 1, Math.max(1, Math.round(whole.count * validShare)));
  const part = (begin: number, count: number): LabelledSequences => ({
    ...whole,
    count,
    sequence: (index) => whole.sequence(begin + index),
    labels: whole.labels.subarray(begin, begin + count),
  });
  const train = part(0, whole.count - held);
  const valid = part(whole.count - held, held);
  return { train, valid, classes: classesOf(train, valid), hash: whole.hash };
}

const classesOf = (...sets: readonly LabelledSequences[]): number =>
  1 + sets.reduce((most, { labels }) => labels.reduce((a, b) => Math.max(a, b), most), 0);
