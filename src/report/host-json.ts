import type { RunReport } from "../compare/run.ts";
import type { HostStage } from "../core/event-graph.ts";
import { hostTransferSeconds } from "../core/profile.ts";
import type { RunJson } from "./result-schema.ts";

/** The stages around the chip: counted, never part of chip time or chip energy. */
export function hostOf({ program, chip, result }: RunReport): RunJson["host"] {
  const { host } = result.counts;
  const stages = [...program.host.encoder, ...program.host.decoder];
  const events = host.eventIn + host.eventOut;
  return {
    macsPerToken: host.mac / result.steps,
    eventsToChipPerToken: host.eventIn / result.steps,
    eventsFromChipPerToken: host.eventOut / result.steps,
    linkBytesPerToken: (events * chip.profile.host.bytesPerEvent) / result.steps,
    linkSecondsPerToken: hostTransferSeconds(chip.profile.host, events) / result.steps,
    linkBytesPerSecond: chip.profile.host.bandwidth,
    stages: stages.map((stage) => ({
      name: stage.name,
      kind: stage.kind,
      macsPerToken: stage.kind === "embedding" ? 0 : stage.inputs * stage.outputs,
      parameterBytes: sumBytes(parametersOf(stage)),
    })),
    // A tied decoder shares the embedding's matrix; the host holds it once.
    parameterBytes: sumBytes([...new Set(stages.flatMap(parametersOf))]),
  };
}

const parametersOf = (stage: HostStage): Float32Array[] =>
  stage.kind === "embedding" ? [stage.table] : [stage.weights, stage.bias];

const sumBytes = (arrays: readonly Float32Array[]): number =>
  arrays.reduce((sum, { byteLength }) => sum + byteLength, 0);
