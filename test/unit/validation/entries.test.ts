import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { bundledProfiles, loadProfileText } from "../../../src/runtime/profile-files.ts";
import { loadValidationTexts } from "../../../src/runtime/validation-files.ts";
import { UNITS } from "../../../src/validation/quantities.ts";
import { readEntry } from "../../../src/validation/read-entry.ts";

/** The run on SpiNNaker2 that is predicted. */
const EGRU = /2312\.09084|Nazeer/;

const entries = loadValidationTexts().map(({ text, fileName }) => readEntry(text, fileName));

interface Figure {
  readonly basis: string;
  readonly value?: unknown;
  readonly unit?: string;
  readonly source?: string;
}

/** Every figure of a profile as written, with its path. */
function figuresIn(node: unknown, path = ""): [string, Figure][] {
  if (typeof node !== "object" || node === null) return [];
  const here: [string, Figure][] =
    "source" in node && "basis" in node ? [[path.replace(/^\./, ""), node as unknown as Figure]] : [];
  const below = Object.entries(node).flatMap(([key, value]) =>
    figuresIn(value, Array.isArray(node) ? `${path}[${key}]` : `${path}.${key}`),
  );
  return [...here, ...below];
}

const profileFigures = (name: string) => figuresIn(JSON.parse(loadProfileText(name).text));

describe("the validation entries", () => {
  it("are all there, each once and under its own id", () => {
    expect(entries).toHaveLength(45);
    expect(new Set(entries.map(({ id }) => id)).size).toBe(entries.length);
    expect(entries.map(({ id }) => id)).toContain("s2_egru_lm");
  });

  it("are fitted where they say so: the profile's figure exists and names their source", () => {
    const fitted = entries.flatMap(({ citation, measured }) =>
      measured.flatMap(({ fits = [] }) => fits.map((fit) => ({ fit, citation: citation! }))),
    );
    expect(fitted.length).toBeGreaterThan(10);
    for (const { fit, citation } of fitted) {
      const [name = "", path = ""] = fit.split(": ");
      const figure = profileFigures(name).find(([at]) => at === path)?.[1];
      expect(figure?.source, fit).toContain(citation);
    }
  });

  it("hold no tested figure that a profile which predicts it has as one of its own", () => {
    for (const { id, cases, measured } of entries) {
      const names = [...new Set(cases.map(({ workload }) => workload.chip))];
      const values = names
        .flatMap(profileFigures)
        .flatMap(([, { value, unit }]) =>
          typeof value === "number" && UNITS[unit!] !== undefined
            ? [`${UNITS[unit!]![0]} ${(value * UNITS[unit!]![1]).toPrecision(6)}`]
            : [],
        );
      for (const { metric, value, unit, split, predictions } of measured) {
        if (split !== "test" || predictions === undefined) continue;
        const [base, size] = UNITS[unit]!;
        expect(values, `${id}, ${metric}`).not.toContain(`${base} ${(Number(value) * size).toPrecision(6)}`);
      }
    }
  });

  it("keep the EGRU's publication out of every profile, but where measurements stand beside the figures", () => {
    const sourced = bundledProfiles().flatMap((name) =>
      profileFigures(name)
        .filter(([path, { source }]) => !path.startsWith("measurements") && EGRU.test(source ?? ""))
        .map(([path]) => `${name}: ${path}`),
    );
    expect(sourced).toEqual([]);
  });

  it("stand on the page, each with a source", () => {
    const page = readFileSync(join(import.meta.dirname, "../../../docs/validation.md"), "utf8");
    for (const { id, source } of entries) expect(page).toContain(`- ${id}: ${source}; seen as`);
  });
});
