import { join, resolve } from "node:path";
import { hashOf } from "../core/hash.ts";
import { InputError, UserError } from "../core/errors.ts";
import { printable } from "../report/layout.ts";
import { formatJson } from "../report/result-json.ts";
import { studyCharts } from "../report/study-charts.ts";
import { studyCsv, studyHtml } from "../report/study-report.ts";
import { runChild } from "../runtime/child-process.ts";
import { READ_LIMITS, readTextBounded } from "../runtime/files.ts";
import { filesBeside, openFolder } from "../runtime/run-folder.ts";
import { openTensorBackend } from "../runtime/tensor-backend.ts";
import type { BackendWish } from "../runtime/backend-wish.ts";
import { dataFilesOf, pointId, pointsOf, type StudyPoint } from "../study/points.ts";
import type { PointResult } from "../study/point-result.ts";
import { readStudy, type StudyKind } from "../study/read-study.ts";
import { finishedResult, runPoint } from "../study/run-point.ts";
import { type IdentifiedPoint, runStudy } from "../study/run-study.ts";
import { type CommandIo, say } from "./command-io.ts";
import { describeSeconds } from "./progress.ts";
import type { StudyOptions } from "./study.ts";

const POINT_FILE = "point.json";

/** A point's failure in another process, told as its own. */
class PointFailure extends UserError {
  readonly code = "point";
  readonly hint = "Run the point's folder alone with `eventloom study point` to see more.";
}

/** What `eventloom study` does, apart from it, so that other commands start without TensorFlow.js. */
export async function runStudyFrom(
  kind: StudyKind,
  file: string,
  options: StudyOptions,
  io: CommandIo,
): Promise<void> {
  const study = readStudy(file, readTextBounded(file, READ_LIMITS.settings), kind);
  const out = openFolder(options.out);
  const points = identified(pointsOf(study, file), file);
  const started = io.now();
  const waiting = points.filter(({ id }) => finishedResult(pointFolder(options.out, id), id) === undefined);
  say(
    io,
    `${points.length} points, ${points.length - waiting.length} of them finished already; ${options.workers} at once`,
  );
  const results = await runStudy(
    points,
    options.workers,
    async (point) =>
      finishedResult(pointFolder(options.out, point.id), point.id) ??
      (await runElsewhere(point, file, options, io)),
    ({ id, point }, result, done) => {
      const fresh = done - (points.length - waiting.length);
      const left = fresh > 0 ? ((io.now() - started) / 1000 / fresh) * (points.length - done) : undefined;
      say(
        io,
        printable(
          `${done} of ${points.length}: ${point.cell}, sparsity ${point.sparsity}, decay ${point.weightDecay.weights} / ` +
            `${point.weightDecay.biases}, seed ${point.seed}: perplexity ${result.evaluation.perplexity.toFixed(2)} (${id})` +
            (left === undefined || done === points.length ? "" : `, ${describeSeconds(left)} left`),
        ),
      );
    },
  );
  const charts = studyCharts(study, results);
  for (const { name, svg } of charts) out.write(`${name}.svg`, svg);
  out.write("results.csv", studyCsv(results));
  out.write("results.json", formatJson({ study, results }));
  out.write("report.html", studyHtml(study, results, charts));
  say(
    io,
    printable(`wrote report.html, results.csv, results.json and ${charts.length} charts to ${options.out}`),
  );
}

function identified(points: readonly StudyPoint[], file: string): IdentifiedPoint[] {
  const files = filesBeside(file);
  const known = new Map<string, string>();
  const hashOfFile = (path: string): string => {
    const hash = known.get(path) ?? hashOf(files.bytes(path));
    known.set(path, hash);
    return hash;
  };
  return points.map((point) => ({
    id: pointId(point, hashOf(dataFilesOf(point, files).map(hashOfFile).join())),
    point,
  }));
}

const pointFolder = (out: string, id: string) => openFolder(join(out, "points", id));

/** Trains in a process of its own, or in this one where only one point is trained at a time. */
async function runElsewhere(
  { id, point }: IdentifiedPoint,
  file: string,
  { out, workers, backend }: StudyOptions,
  io: CommandIo,
): Promise<PointResult> {
  const folder = pointFolder(out, id);
  folder.write(POINT_FILE, formatJson({ id, file: resolve(file), point }));
  if (workers === 1) return runStoredPoint(folder.path, backend, io);
  const program = process.argv[1];
  if (program === undefined) throw new Error("the program's own path is not known");
  const { code, signal, lastWords } = await runChild(process.execPath, [
    ...process.execArgv,
    program,
    "study",
    "point",
    folder.path,
    "--backend",
    backend,
  ]);
  const result = finishedResult(folder, id);
  if (code === 0 && result !== undefined) return result;
  const told = lastWords.split("\n").findLast((line) => line.startsWith("error: "));
  throw new PointFailure(
    told?.slice("error: ".length) ?? `its process ended with ${signal ?? `code ${code}`}`,
  );
}

/** Runs the point that a folder describes. */
export async function runStoredPoint(
  path: string,
  backend: BackendWish,
  io: CommandIo,
): Promise<PointResult> {
  const folder = openFolder(path);
  const { id, file, point } = storedPoint(folder.read(POINT_FILE), join(path, POINT_FILE));
  await openTensorBackend(backend);
  return runPoint(point, id, filesBeside(file), folder, {
    onEpoch: ({ epoch, perplexity }) =>
      say(
        io,
        `${id}: epoch ${epoch + 1} of ${point.config.training.epochs}, validation perplexity ${perplexity.toFixed(2)}`,
      ),
  });
}

interface StoredPoint {
  readonly id: string;
  readonly file: string;
  readonly point: StudyPoint;
}

function storedPoint(bytes: Uint8Array | undefined, file: string): StoredPoint {
  try {
    const value = JSON.parse(new TextDecoder().decode(bytes ?? new Uint8Array())) as StoredPoint;
    if (typeof value.id === "string" && typeof value.file === "string" && typeof value.point === "object")
      return value;
  } catch {
    // Said below.
  }
  throw new InputError(
    { file },
    "does not describe a point of a study",
    "Run `eventloom study`, which writes it.",
  );
}
