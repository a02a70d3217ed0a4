import { sha256 } from "@noble/hashes/sha2.js";
import protobuf from "protobufjs";
import { InputError, UnsupportedError } from "./errors.ts";
import type { HostStage, HostStages } from "./event-graph.ts";
import type { Activation } from "./model-ir.ts";
import type { ChipDecoder, Program } from "./program.ts";
import { PROGRAM_PROTO } from "./program-proto.ts";
import { verifyProgram } from "./verify-program.ts";
import { counted } from "./wording.ts";

const FORMAT = "eventloom.program/4";
const REBUILD = "Compile the model again.";

const { root } = protobuf.parse(PROGRAM_PROTO);
const EnvelopeType = root.lookupType("eventloom.Envelope");
const ProgramType = root.lookupType("eventloom.Program");

/** A protobuf message holds no more. */
const MOST_BYTES = 2 ** 31 - 1;

/**
 * A Program as the bytes of a `.loom` file. Equal programs give equal bytes.
 * @throws UnsupportedError where they would be more than a file of this form can hold.
 */
export function encodeProgram(program: Program): Uint8Array {
  const blobs = new BlobPool();
  const images = program.pes.reduce((sum, { image, dramImage }) => sum + image.length + dramImage.length, 0);
  verifyLength(images);
  const { manifest, host, chipDecoder } = program;
  const { quantisation, ...rest } = manifest;
  const message = {
    ...program,
    populations: program.populations.map((population) => ({
      ...population,
      order: population.order ? bytesOf(population.order) : new Uint8Array(0),
    })),
    manifest: {
      ...rest,
      options: sortedByKey(rest.options),
      denseByProjection: sortedByKey(rest.denseByProjection),
      numberFormat: quantisation.format,
      scales: quantisation.scales,
      accumulatorBits: quantisation.accumulatorBits,
    },
    host: {
      encoder: host.encoder.map((stage) => wireStage(stage, blobs)),
      decoder: host.decoder.map((stage) => wireStage(stage, blobs)),
      tokens: host.tokens ?? 0,
      vocabulary: host.vocabulary ?? [],
    },
    ...(chipDecoder && {
      chipDecoder: {
        ...chipDecoder,
        weights: bytesOf(chipDecoder.weights),
        scale: bytesOf(chipDecoder.scale),
        bias: bytesOf(chipDecoder.bias),
      },
    }),
    blobs: blobs.bytes,
  };
  const body = ProgramType.encode(message).finish();
  verifyLength(body.length + ENVELOPE_BYTES);
  return EnvelopeType.encode({ format: FORMAT, sha256: sha256(body), program: body }).finish();
}

/** At most, beside the program. */
const ENVELOPE_BYTES = 128;

function verifyLength(bytes: number): void {
  if (bytes <= MOST_BYTES) return;
  throw new UnsupportedError(
    `The program takes ${bytes.toLocaleString("en-US")} bytes; a program file holds at most ${MOST_BYTES.toLocaleString("en-US")}.`,
    "Simulate or compare the model itself: both compile it in memory and write no program.",
  );
}

/**
 * Reads a `.loom` file. The result keeps every promise of `verifyProgram`.
 * @throws InputError where the bytes are no program, are damaged, or contradict themselves.
 */
export function decodeProgram(bytes: Uint8Array): Program {
  if (bytes.length === 0) throw new InputError({}, "the file is empty", REBUILD);
  const envelope = decoded<WireEnvelope>(
    EnvelopeType,
    bytes,
    "this is not an eventloom program, or it is truncated",
  );
  if (envelope.format !== FORMAT) {
    throw new InputError(
      { field: "format" },
      "this is not an eventloom program of a version that can be read",
      REBUILD,
    );
  }
  const expected = sha256(envelope.program);
  if (envelope.sha256.length !== expected.length || expected.some((byte, i) => byte !== envelope.sha256[i])) {
    throw new InputError(
      { field: "sha256" },
      "the program's bytes do not match their checksum: the file is damaged",
      REBUILD,
    );
  }
  const length = envelopeBytes(envelope);
  if (length !== bytes.length) {
    throw new InputError(
      { offset: length },
      `${counted(bytes.length - length, "byte")} more than the program has`,
      "The file was appended to or joined with another: copy it again, or compile the model again.",
    );
  }
  const wire = decoded<WireProgram>(ProgramType, envelope.program, "the program cannot be decoded");
  return verifyProgram(fromWire(wire));
}

/** How long an envelope is as `encodeProgram` writes it: three fields, each a tag, a length and its bytes. */
const envelopeBytes = ({ format, sha256: hash, program }: WireEnvelope): number =>
  [new TextEncoder().encode(format).length, hash.length, program.length].reduce(
    (sum, length) => sum + 1 + varintBytes(length) + length,
    0,
  );

const varintBytes = (value: number): number =>
  value < 2 ** 7 ? 1 : 1 + varintBytes(Math.floor(value / 2 ** 7));

function decoded<T>(type: protobuf.Type, bytes: Uint8Array, problem: string): T {
  try {
    return type.toObject(type.decode(bytes), {
      defaults: true,
      arrays: true,
      objects: true,
      longs: Number,
    }) as T;
  } catch {
    throw new InputError({}, problem, REBUILD);
  }
}

function fromWire(wire: WireProgram): Program {
  if (!wire.manifest || !wire.host) throw new InputError({ field: "manifest" }, "is missing", REBUILD);
  const { numberFormat, scales, accumulatorBits, ...manifest } = wire.manifest;
  const blobs = wire.blobs.map((blob, index) => floats(blob, `blobs[${index}]`));
  const stages = (list: readonly WireStage[], field: string) =>
    list.map((stage) => stageFromWire(stage, blobs, field));
  const { tokens, vocabulary } = wire.host;
  const host: HostStages = {
    encoder: stages(wire.host.encoder, "host.encoder"),
    decoder: stages(wire.host.decoder, "host.decoder"),
    ...(tokens > 0 && { tokens }),
    ...(vocabulary.length > 0 && { vocabulary }),
  };
  return {
    manifest: { ...manifest, quantisation: { format: numberFormat, scales, accumulatorBits } },
    populations: wire.populations.map(({ order, partOf, silentZeros, ...population }) => ({
      ...population,
      ...(silentZeros && { silentZeros }),
      ...(partOf !== "" && { partOf }),
      ...(order.length > 0 && { order: words(order, `populations ${population.name}`) }),
    })),
    // A copy: views into an image need its start to be aligned.
    pes: wire.pes.map((pe) => ({
      ...pe,
      sources: pe.sources.map(({ convolution, ...source }) => ({
        ...source,
        ...(convolution && { convolution }),
      })),
      image: Uint8Array.from(pe.image),
      dramImage: Uint8Array.from(pe.dramImage),
    })),
    routing: wire.routing,
    host,
    ...(wire.chipDecoder && { chipDecoder: decoderFromWire(wire.chipDecoder) }),
  } as Program;
}

const decoderFromWire = (wire: WireChipDecoder): ChipDecoder => ({
  ...wire,
  weights: Int8Array.from(wire.weights, (byte) => (byte << 24) >> 24),
  scale: floats(wire.scale, "chipDecoder.scale"),
  bias: floats(wire.bias, "chipDecoder.bias"),
});

function stageFromWire(stage: WireStage, blobs: readonly Float32Array[], field: string): HostStage {
  const { name, inputs, outputs } = stage;
  const blob = (index: number): Float32Array => {
    const found = blobs[index];
    if (found === undefined)
      throw new InputError({ field }, `names blob ${index}, which is not there`, REBUILD);
    return found;
  };
  return stage.kind === "embedding"
    ? { kind: "embedding", name, rows: inputs, width: outputs, table: blob(stage.weights) }
    : {
        kind: "linear",
        name,
        inputs,
        outputs,
        weights: blob(stage.weights),
        bias: blob(stage.bias),
        ...(stage.activation !== "" && { activation: stage.activation }),
      };
}

function wireStage(stage: HostStage, blobs: BlobPool): WireStage {
  const { kind, name } = stage;
  return stage.kind === "embedding"
    ? {
        kind,
        name,
        inputs: stage.rows,
        outputs: stage.width,
        weights: blobs.add(stage.table),
        bias: 0,
        activation: "",
      }
    : {
        kind,
        name,
        inputs: stage.inputs,
        outputs: stage.outputs,
        weights: blobs.add(stage.weights),
        bias: blobs.add(stage.bias),
        activation: stage.activation ?? "",
      };
}

/** Arrays that a file holds once, however many stages share them. */
class BlobPool {
  readonly bytes: Uint8Array[] = [];
  readonly #indices = new Map<Float32Array, number>();

  add(values: Float32Array): number {
    const known = this.#indices.get(values);
    if (known !== undefined) return known;
    this.#indices.set(values, this.bytes.length);
    return this.bytes.push(bytesOf(values)) - 1;
  }
}

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

function floats(bytes: Uint8Array, field: string): Float32Array {
  if (bytes.length % 4 !== 0)
    throw new InputError({ field }, `${counted(bytes.length, "byte")} cannot be a float32 array`, REBUILD);
  return new Float32Array(Uint8Array.from(bytes).buffer);
}

function words(bytes: Uint8Array, field: string): Uint32Array {
  if (bytes.length % 4 !== 0)
    throw new InputError({ field }, `${counted(bytes.length, "byte")} cannot be a uint32 array`, REBUILD);
  return new Uint32Array(Uint8Array.from(bytes).buffer);
}

const sortedByKey = <Value>(record: Readonly<Record<string, Value>>): Record<string, Value> =>
  Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));

interface WireEnvelope {
  readonly format: string;
  readonly sha256: Uint8Array;
  readonly program: Uint8Array;
}

interface WireStage {
  readonly activation: Activation | "";
  readonly kind: string;
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly weights: number;
  readonly bias: number;
}

type WireChipDecoder = Omit<ChipDecoder, "weights" | "scale" | "bias"> &
  Readonly<Record<"weights" | "scale" | "bias", Uint8Array>>;

interface WireProgram extends Omit<Program, "manifest" | "populations" | "host" | "chipDecoder"> {
  readonly populations: readonly (Omit<Program["populations"][number], "order" | "partOf"> & {
    readonly order: Uint8Array;
    readonly partOf: string;
  })[];
  readonly manifest?: Omit<Program["manifest"], "quantisation"> & {
    readonly numberFormat: Program["manifest"]["quantisation"]["format"];
    readonly scales: Program["manifest"]["quantisation"]["scales"];
    readonly accumulatorBits: Program["manifest"]["quantisation"]["accumulatorBits"];
  };
  readonly host?: {
    readonly encoder: readonly WireStage[];
    readonly decoder: readonly WireStage[];
    readonly tokens: number;
    readonly vocabulary: readonly string[];
  };
  readonly chipDecoder?: WireChipDecoder | null;
  readonly blobs: readonly Uint8Array[];
}
