import type { EpochEntry, LogEntry } from "../training/trainer.ts";
import { formatLineChart } from "./line-chart.ts";

/** A training's log as a chart: perplexity (or loss) of batches and of validations over the steps. */
export function formatLearningCurve(log: readonly LogEntry[], title: string): string {
  const steps = log.filter((entry) => entry.kind === "step");
  const epochs = log.filter((entry): entry is EpochEntry => entry.kind === "epoch");
  const best = epochs.findLast((entry) => entry.best);
  return formatLineChart({
    title,
    subtitle:
      best === undefined
        ? ""
        : `best validation: perplexity ${best.perplexity.toFixed(2)} after epoch ${best.epoch + 1}`,
    x: { label: "step" },
    y: { label: "perplexity", scale: "log" },
    series: [
      { name: "training batch", points: steps.map(({ step, perplexity }) => ({ x: step, y: perplexity })) },
      { name: "validation", points: epochs.map(({ step, perplexity }) => ({ x: step, y: perplexity })) },
    ],
  });
}
