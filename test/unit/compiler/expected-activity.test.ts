import { describe, expect, it } from "vitest";
import { expectedActivity, guessedPopulations } from "../../../compiler/expected-activity.ts";
import { lower } from "../../../compiler/lower/lower.ts";
import { compile } from "../../../compiler/pipeline.ts";
import { tinyChip } from "../../support/tiny-chip.ts";
import { tinyModel } from "../../support/tiny-model.ts";

const model = tinyModel({ inputs: 5, layers: [14, 9], density: 0.6 });
const graph = lower(model);
const measured = new Map([["egru1", Float64Array.from({ length: 9 }, (_, i) => i / 9)]]);

describe("expectedActivity", () => {
  it("keeps what was measured, takes inputs to be dense and a fifth of the other neurons to send", () => {
    const activity = expectedActivity(graph, measured);
    expect([...activity.keys()]).toEqual(["input", "egru0", "egru1"]);
    expect(activity.get("egru1")).toBe(measured.get("egru1"));
    expect([...activity.get("input")!]).toEqual(Array(5).fill(1));
    expect([...activity.get("egru0")!]).toEqual(Array(14).fill(0.2));
  });

  it("names the layers whose events are a guess, inputs never", () => {
    expect(guessedPopulations(graph)).toEqual(["egru0", "egru1"]);
    expect(guessedPopulations(graph, measured)).toEqual(["egru0"]);
  });

  it("is what placers and forms of rows are reckoned with", () => {
    const { flows, guessed } = compile(model, tinyChip(), { activity: measured, order: "model" });
    expect(guessed).toEqual(["egru0"]);
    expect(flows.map(({ events }) => [...events])).toEqual(
      [...expectedActivity(graph, measured).values()].map((values) => [...values]),
    );
  });
});
