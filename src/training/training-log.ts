import type { EpochEntry, LogEntry } from "./trainer.ts";

/** The epochs of a log as CSV, a line each. */
export function tableOfLog(log: readonly LogEntry[]): string {
  const epochs = log.filter((entry): entry is EpochEntry => entry.kind === "epoch");
  const layers = epochs[0]?.activity.length ?? 0;
  const activities = Array.from({ length: layers }, (_, layer) => `activity_layer_${layer}`);
  const header = [
    "epoch",
    "step",
    "train_loss",
    "valid_loss",
    "valid_perplexity",
    "valid_accuracy",
    ...activities,
  ];
  const rows = epochs.map((entry) => [
    entry.epoch + 1,
    entry.step,
    entry.trainLoss,
    entry.loss,
    entry.perplexity,
    entry.accuracy,
    ...entry.activity,
    entry.sparsity,
    entry.denseMacs,
    entry.effectiveMacs,
  ]);
  const lines = [[...header, "sparsity", "dense_macs", "effective_macs"], ...rows].map((row) =>
    row.join(","),
  );
  return `${lines.join("\n")}\n`;
}
