import { UserError } from "../core/errors.ts";
import { counted } from "../core/wording.ts";
import type { PointResult } from "./point-result.ts";
import type { StudyPoint } from "./points.ts";

export interface IdentifiedPoint {
  readonly id: string;
  readonly point: StudyPoint;
}

/** Points that failed; the others are finished and kept. */
export class StudyError extends UserError {
  readonly code = "study";
  readonly hint = "Mend the cause and run the study again: finished points are not run again.";

  constructor(readonly failures: readonly { readonly id: string; readonly reason: string }[]) {
    const [first] = failures;
    super(`${counted(failures.length, "point")} of the study failed; ${first!.id}: ${first!.reason}`);
  }
}

/**
 * Runs all points, so many at once, in their order. One that fails does not stop the others.
 * @param runOne Trains, judges and keeps one point, here or in another process.
 * @returns The results in the order of the points. @throws StudyError where some failed, after all others have ended.
 */
export async function runStudy(
  points: readonly IdentifiedPoint[],
  workers: number,
  runOne: (point: IdentifiedPoint) => Promise<PointResult>,
  onDone: (point: IdentifiedPoint, result: PointResult, done: number) => void,
): Promise<PointResult[]> {
  const results = new Array<PointResult>(points.length);
  const failures: { id: string; reason: string }[] = [];
  let [next, done] = [0, 0];
  const work = async (): Promise<void> => {
    for (let index = next++; index < points.length; index = next++) {
      const point = points[index]!;
      try {
        const result = await runOne(point);
        results[index] = result;
        done += 1;
        onDone(point, result, done);
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        failures.push({ id: point.id, reason: error.message });
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(workers, points.length) }, work));
  if (failures.length > 0) throw new StudyError(failures);
  return results;
}
