import type { StepView } from "../../simulator/simulate.ts";
import type { RunReport } from "../compare/run.ts";
import { UnsupportedError } from "../core/errors.ts";
import type { Program } from "../core/program.ts";
import { writeSafetensors } from "../formats/safetensors.ts";
import type { Tensor } from "../formats/tensors.ts";
import { requireWritable, writeFileWhole } from "../runtime/files.ts";
import { type CommandIo, say } from "./command-io.ts";
import { UsageError } from "./failures.ts";

/** Values that are kept until the run has ended. */
const MOST_VALUES = 2 ** 27;

/** Before long work: whether functional outputs can be written where they should. */
export function checkOutputs(path: string | undefined, out: string | undefined): void {
  if (path === undefined) return;
  if (!path.toLowerCase().endsWith(".safetensors")) {
    throw new UsageError(
      `--outputs ${path} is no safetensors file.`,
      "Give it a name that ends in .safetensors.",
    );
  }
  if (path === out) throw new UsageError("--out and --outputs name the same file.", "Name two files.");
  requireWritable(path);
}

export interface OutputRecord {
  readonly observe: (step: number, view: StepView) => void;
  /** Writes `output`, shape [steps, width], and `events.<population>`, shape [steps]. */
  readonly write: (path: string, report: RunReport, io: CommandIo) => void;
}

/** Keeps what the last layer sends in each step: the values of its events, 0 where a neuron sent none. */
export function recordOutputs({ populations }: Program, steps: number): OutputRecord {
  const { name, size, payloadFractionBits } = populations.at(-1)!;
  if (steps * size > MOST_VALUES) {
    throw new UnsupportedError(
      `--outputs would hold ${(steps * size).toLocaleString("en-US")} values of ${name}; ${MOST_VALUES.toLocaleString("en-US")} is the limit.`,
      "Simulate fewer --steps.",
    );
  }
  const one = 2 ** payloadFractionBits;
  const values = new Float32Array(steps * size);
  return {
    observe(step, view) {
      const { output } = view.population(name);
      for (let neuron = 0; neuron < size; neuron += 1) values[step * size + neuron] = output[neuron]! / one;
    },
    write(path, { result }, io) {
      const tensors: Tensor[] = [
        { name: "output", dtype: "float32", shape: [steps, size], data: values },
        ...result.populations.map(({ name: population, eventsPerStep }) => ({
          name: `events.${population}`,
          dtype: "uint32" as const,
          shape: [steps],
          data: eventsPerStep,
        })),
      ];
      const metadata = { model: result.manifest.modelName, layer: name, input: result.origin };
      writeFileWhole(
        path,
        writeSafetensors(new Map(tensors.map((tensor) => [tensor.name, tensor])), metadata),
      );
      say(io, `wrote ${path}`);
    },
  };
}
