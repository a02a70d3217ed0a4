import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseSettings } from "../../../src/models/config.ts";
import { ownPackage } from "../../../src/runtime/package-root.ts";
import { pointsOf } from "../../../src/study/points.ts";
import { readStudy, type StudyKind } from "../../../src/study/read-study.ts";
import { readTrainingConfig } from "../../../src/training/config.ts";

const FOLDERS = ["examples/training", "examples/study-wt2-small"].map((name) =>
  join(ownPackage().root, name),
);
const files = FOLDERS.flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith(".yaml"))
    .map((name) => join(folder, name)),
);

describe("settings among the examples", () => {
  it.each(files)("are read: %s", (file) => {
    const text = readFileSync(file, "utf8");
    const { kind } = parseSettings(file, text) as { kind?: StudyKind };
    if (kind === undefined) expect(readTrainingConfig(file, text).training.epochs).toBeGreaterThan(0);
    else expect(pointsOf(readStudy(file, text, kind), file).length).toBeGreaterThan(1);
  });
});
