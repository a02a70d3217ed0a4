import type { RunReport } from "../compare/run.ts";
import type { HostStage } from "../core/event-graph.ts";
import { type HardwareProfile, hostTransferSeconds, pesOfChip } from "../core/profile.ts";
import type { Program } from "../core/program.ts";
import type { RunJson } from "./result-schema.ts";

/** The stages around the chip: counted, never part of chip time or chip energy. */
export function hostOf({ program, chip, result }: RunReport): RunJson["host"] {
  const { eventIn, eventOut, mac } = result.counts.host;
  const { bytesPerEvent, bandwidth, byteEnergy } = chip.profile.host;
  const stages = [...program.host.encoder, ...program.host.decoder];
  const { steps } = result;
  const bytes = ((eventIn + eventOut) * bytesPerEvent) / steps;
  return {
    macsPerToken: mac / steps,
    eventsToChipPerToken: eventIn / steps,
    eventsFromChipPerToken: eventOut / steps,
    linkBytesPerToken: bytes,
    linkBytesToChipPerToken: (eventIn * bytesPerEvent) / steps,
    linkBytesFromChipPerToken: (eventOut * bytesPerEvent) / steps,
    linkSecondsPerToken: hostTransferSeconds(chip.profile.host, eventIn + eventOut) / steps,
    linkBytesPerSecond: bandwidth,
    ...(byteEnergy !== undefined && { linkJoulesPerToken: bytes * byteEnergy }),
    loading: loadingOf(program, chip.profile),
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

/** What goes over the host link before the first timestep. */
export function loadingOf(
  { pes, routing, chipDecoder }: Pick<Program, "pes" | "routing" | "chipDecoder">,
  profile: HardwareProfile,
): RunJson["host"]["loading"] {
  const { bandwidth, byteEnergy } = profile.host;
  const imageBytes = pes.reduce((sum, { image, dramImage }) => sum + image.length + dramImage.length, 0);
  const entries = routing.reduce((sum, table) => sum + table.entries.length, 0);
  const routingBytes = entries * bytesOfEntry(profile);
  const decoderBytes = chipDecoder
    ? chipDecoder.weights.byteLength + chipDecoder.scale.byteLength + chipDecoder.bias.byteLength
    : 0;
  const bytes = imageBytes + routingBytes + decoderBytes;
  return {
    imageBytes,
    routingBytes,
    decoderBytes,
    bytes,
    seconds: bytes / bandwidth,
    ...(byteEnergy !== undefined && { joules: bytes * byteEnergy }),
  };
}

const WORD = 4;
const LINKS_AND_HOST = 7;

/** Key and mask, then a bit for each PE of a chip, six links and the host, in whole words. */
const bytesOfEntry = (profile: HardwareProfile): number =>
  WORD * (2 + Math.ceil((pesOfChip(profile) + LINKS_AND_HOST) / (8 * WORD)));

const parametersOf = (stage: HostStage): Float32Array[] =>
  stage.kind === "embedding" ? [stage.table] : [stage.weights, stage.bias];

const sumBytes = (arrays: readonly Float32Array[]): number =>
  arrays.reduce((sum, { byteLength }) => sum + byteLength, 0);
