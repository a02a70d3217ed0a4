import type { GroupSummary, Judgement, Sensitivity, Statistics } from "../validation/judge.ts";
import { reasonsOf } from "./validation-text.ts";
import {
  formatError,
  formatErrorShare,
  formatPredicted,
  PREDICTED_COLUMNS,
  predictedRows,
} from "./validation-words.ts";

const INTRODUCTION = `# Validation against published measurements

Made by \`eventloom validate --page docs/validation.md\`, from the definitions in \`examples/validation/\`; do not edit.

Each definition is one publication's figures: the workload as far as it is known, the profile that predicts it, what was measured, the
source, and which figures are **fitted** (a figure of a profile comes from them) and which **tested** (none does). Nothing is both. A figure that
cannot be predicted says why. Most sources were seen as quotes or notes in other texts, not as the papers themselves.

≥ marks a lower bound: something that happened has no published cost or time. Such figures are counted apart. An error of −38 % is a prediction
that is 38 % too small; × and ÷ mark factors of ten and more. Of a measured range the middle counts.`;

/** The validation as a page of Markdown. */
export function validationPage(judgements: readonly Judgement[], statistics: Statistics): string {
  const { entries, predictedEntries, figures, tested, calibrated, given, unpredicted } = statistics.counts;
  const sections = [
    INTRODUCTION,
    `${entries} entries, ${predictedEntries} of them with a prediction. Of ${figures} figures ${tested} are tested, ${calibrated} are fitted (${given} of them given back here), and the other ${unpredicted} have no prediction.`,
    "## Tested",
    table(PREDICTED_COLUMNS, predictedRows(judgements, "test")),
    "## Errors",
    ...errorSections(statistics),
    "## Fitted",
    "Given back by the profiles that were made from them; no test of anything.",
    table(PREDICTED_COLUMNS, predictedRows(judgements, "calibrate")),
    "## Entries in detail",
    ...judgements.filter(({ entry }) => entry.cases.length > 0).flatMap(detailOf),
    "## Not predicted",
    judgements
      .flatMap(reasonsOf)
      .map((reason) => `- ${reason}`)
      .join("\n"),
    "## Sources",
    judgements
      .map(({ entry }) => {
        const caveats = entry.caveats === undefined ? "" : ` Caveat: ${entry.caveats}.`.replace("..", ".");
        return `- ${entry.id}: ${entry.source}; seen as ${entry.seenAs}.${caveats}`;
      })
      .join("\n"),
  ];
  return `${sections.join("\n\n")}\n`;
}

function errorSections({ complete, lowerBounds }: Statistics): string[] {
  return [
    "Relative errors of the tested figures, the first reading of each. Figures of one entry are not independent of each other (energy is power times " +
      "time). Pearson's correlation stands only within one kind of figure and for five and more.",
    "Complete totals:",
    groups(complete),
    "Lower bounds:",
    groups(lowerBounds),
    "Bars set by others: SANA-FE reports at most 11.7 % error in energy and 24.3 % in latency on Loihi, after a fit of its costs to that chip; a runtime " +
      "model of Loihi 2 reports a Pearson correlation of at least 0.97. Their measurements are not public, so that eventloom could not be held " +
      "against the same ones.",
  ];
}

function groups(summaries: readonly GroupSummary[]): string {
  if (summaries.length === 0) return "None.";
  return table(
    ["group", "n", "mean error", "worst error", "Pearson"],
    summaries.map(({ group, errors, pearson }) => [
      group,
      String(errors.n),
      formatErrorShare(errors.mean),
      formatErrorShare(errors.worst),
      pearson?.toFixed(3) ?? "–",
    ]),
  );
}

/** Assumptions, what they are worth, and what else a run showed. */
function detailOf({ entry, cases, sensitivities }: Judgement): string[] {
  const list = (items: readonly string[]) => items.map((item) => `- ${item}`).join("\n");
  const bases = entry.cases.filter(({ variantOf }) => variantOf === undefined);
  // What several cases share is said of the first.
  const said = new Set<string>();
  const isNew = (fact: string): boolean => {
    const content = fact.slice(fact.indexOf(": "));
    return !said.has(content) && said.add(content) !== undefined;
  };
  const facts = cases.flatMap(({ name, outcome }) =>
    "refused" in outcome
      ? [`${name}: ${outcome.refused}`]
      : [
          ...(outcome.facts.length > 0 ? [`${name}: ${outcome.facts.join("; ")}`] : []),
          ...(outcome.unpriced.length > 0
            ? [`${name}: no known cost of ${outcome.unpriced.join(", ")}`]
            : []),
          ...(outcome.untimed.length > 0 ? [`${name}: no known time of ${outcome.untimed.join(", ")}`] : []),
        ],
  );
  const newFacts = facts.filter(isNew);
  return [
    `### ${entry.id}`,
    `${entry.title}.`,
    list(bases.map(({ name, says }) => `${name}: ${says}`)),
    ...(entry.assumptions ? ["Assumptions:", list(entry.assumptions)] : []),
    ...(sensitivities.length > 0 ? ["What they are worth:", sensitivityTable(sensitivities)] : []),
    ...(entry.evidence ? ["Which reading:", list(entry.evidence)] : []),
    ...(newFacts.length > 0
      ? [
          "Of the runs (intervals are 95 % by batch means over timesteps; what cases share is said once):",
          list(newFacts),
        ]
      : []),
  ];
}

const sensitivityTable = (sensitivities: readonly Sensitivity[]): string =>
  table(
    ["case", "which is", "figure", "reading", "predicted", "error"],
    sensitivities.flatMap(({ name, says, comparisons, why }) => [
      ...comparisons.map((comparison, index) => [
        index === 0 ? name : "",
        index === 0 ? says : "",
        comparison.metric,
        comparison.reading ?? "",
        formatPredicted(comparison),
        formatError(comparison),
      ]),
      ...(why === undefined ? [] : [[name, says, "–", "", why, ""]]),
    ]),
  );

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(header), line(header.map(() => "---")), ...rows.map(line)].join("\n");
}
