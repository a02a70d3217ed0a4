import { availableParallelism } from "node:os";
import { Command, Option } from "commander";
import type { BackendWish } from "../runtime/backend-wish.ts";
import type { CommandIo } from "./command-io.ts";
import { filePath, wholeNumber } from "./parse-values.ts";
import { withExample } from "./shared-options.ts";
import { backendOption } from "./train.ts";

export interface StudyOptions {
  readonly out: string;
  readonly workers: number;
  readonly backend: BackendWish;
}

/** `eventloom study`: sweeps of trainings, from one configuration to tables and charts. */
export function studyCommand(io: CommandIo): Command {
  const command = new Command("study")
    .summary("train many models over sparsities or weight decays, and set them side by side")
    .description(
      "Runs a study from one configuration: trains each point, judges it, compiles and simulates it on a chip, and writes\n" +
        "tables and charts. Called again, it goes on where it was stopped; finished points are not run again.",
    );
  command.addCommand(
    sweepCommand(
      "sparsity",
      "EGRU beside LSTM over connection sparsities: perplexity, activity, work, and λ_a·λ_w",
      io,
    ),
  );
  command.addCommand(
    sweepCommand(
      "weight-decay",
      "degrees of weight decay, of weights and biases apart: perplexity, activity, distributions",
      io,
    ),
  );
  const point = new Command("point")
    .summary("run one point of a study, as its folder says (called by the others)")
    .description(
      "Trains and judges one point of a study, as the point.json in its folder says. The sweeps call it.",
    )
    .argument("<folder>", "the point's folder")
    .addOption(backendOption())
    .action(async (folder: string, { backend }: { backend: BackendWish }) => {
      const { runStoredPoint } = await import("./study-run.ts");
      await runStoredPoint(folder, backend, io);
    });
  command.addCommand(withExample(point, "study point runs/sparsity/points/6d991fc755db234daaad4412"));
  return withExample(
    command,
    "study sparsity examples/training/sparsity.yaml --out runs/sparsity --workers 2",
  );
}

function sweepCommand(kind: "sparsity" | "weight-decay", summary: string, io: CommandIo): Command {
  const command = new Command(kind)
    .summary(summary)
    .description(`A study of ${summary}.`)
    .argument("<config>", "the study's settings, .yaml or .json")
    .addOption(
      new Option("-o, --out <folder>", "where points, tables and charts go")
        .argParser(filePath)
        .makeOptionMandatory(),
    )
    .addOption(
      new Option("--workers <n>", "points to train at once, a process each")
        .argParser(wholeNumber(1, 1024))
        .default(Math.max(1, availableParallelism() - 1)),
    )
    .addOption(backendOption())
    .action(async (config: string, options: StudyOptions) => {
      const { runStudyFrom } = await import("./study-run.ts");
      await runStudyFrom(kind, config, options, io);
    });
  return withExample(command, `study ${kind} examples/training/${kind}.yaml --out runs/${kind}`);
}
