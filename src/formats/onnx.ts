import protobuf from "protobufjs";
import { InputError } from "../core/errors.ts";
import { ONNX_PROTO } from "./onnx-proto.ts";
import { numberOf, onnxTensorReader, type WireTensor } from "./onnx-tensors.ts";
import type { ReadBeside } from "./read-beside.ts";
import type { Tensor } from "./tensors.ts";

export type OnnxAttribute = number | string | readonly number[] | readonly string[] | Tensor | "a graph";

export interface OnnxNode {
  /** Its place among the graph's nodes, from 0. */
  readonly index: number;
  readonly op: string;
  /** Empty for ONNX's own operators. */
  readonly domain: string;
  readonly name: string;
  /** Empty names stand for inputs that were left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, OnnxAttribute>;
}

export interface OnnxValue {
  readonly name: string;
  /** TensorProto.DataType. */
  readonly elementType: number;
  /** Undefined where the file does not say; an axis of unknown size is undefined in it. */
  readonly shape?: readonly (number | undefined)[];
}

export interface OnnxGraph {
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  readonly initialisers: ReadonlyMap<string, Tensor>;
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly opset: number;
  readonly metadata: Readonly<Record<string, string>>;
}

const HINT = "The file is damaged or was not copied whole: export it again.";
const MAX_NODES = 100_000;

const { root } = protobuf.parse(ONNX_PROTO);
const ModelType = root.lookupType("onnx.ModelProto");

/** Whether bytes begin as ONNX files do: with the version of the format, a small number in the first field. */
export const isOnnx = (bytes: Uint8Array): boolean =>
  bytes.length > 4 &&
  bytes[0] === 0x08 &&
  bytes[1]! > 0 &&
  bytes[1]! < 64 &&
  [0x12, 0x3a, 0x42, 0x1a, 0x22].includes(bytes[2]!);

interface WireAttribute {
  readonly name: string;
  readonly type: number;
  readonly f: number;
  readonly i: number | { toNumber(): number };
  readonly s: Uint8Array;
  readonly t: WireTensor | null;
  readonly g: Uint8Array;
  readonly floats: readonly number[];
  readonly ints: readonly (number | { toNumber(): number })[];
  readonly strings: readonly Uint8Array[];
}

interface WireModel {
  readonly producerName: string;
  readonly producerVersion: string;
  readonly opsetImport: readonly {
    readonly domain: string;
    readonly version: number | { toNumber(): number };
  }[];
  readonly metadataProps: readonly { readonly key: string; readonly value: string }[];
  readonly graph: {
    readonly name: string;
    readonly node: readonly {
      readonly input: readonly string[];
      readonly output: readonly string[];
      readonly name: string;
      readonly opType: string;
      readonly domain: string;
      readonly attribute: readonly WireAttribute[];
    }[];
    readonly initializer: readonly WireTensor[];
    readonly input: readonly WireValue[];
    readonly output: readonly WireValue[];
    readonly sparseInitializer: readonly Uint8Array[];
  } | null;
}

interface WireValue {
  readonly name: string;
  readonly type: {
    readonly tensorType: {
      readonly elemType: number;
      readonly shape: {
        readonly dim: readonly { readonly dimValue: number | { toNumber(): number } }[];
      } | null;
    } | null;
  } | null;
}

/**
 * Reads an ONNX file's graph. Nothing is computed yet.
 * @param readBeside For weights that lie in files of their own.
 */
export function readOnnx(bytes: Uint8Array, readBeside: ReadBeside): OnnxGraph {
  const { graph, opsetImport, metadataProps, producerName, producerVersion } = decode(bytes);
  if (graph === null) throw new InputError({}, "the ONNX file holds no graph", HINT);
  if (graph.node.length > MAX_NODES)
    throw new InputError({}, `the graph has ${graph.node.length} nodes; ${MAX_NODES} is the limit`, HINT);
  if (graph.sparseInitializer.length > 0)
    throw new InputError(
      {},
      "the graph holds sparse tensors, which are not read",
      "Store them dense: zeros count as pruned.",
    );
  const tensorOf = onnxTensorReader(bytes.length, readBeside);
  const initialisers = new Map(graph.initializer.map((tensor) => [tensor.name, tensorOf(tensor)]));
  const own = opsetImport.find(({ domain }) => domain === "" || domain === "ai.onnx");
  return {
    name: graph.name,
    nodes: graph.node.map(({ input, output, name, opType, domain, attribute }, index) => ({
      index,
      op: opType,
      domain: domain === "ai.onnx" ? "" : domain,
      name,
      inputs: input,
      outputs: output,
      attributes: new Map(attribute.map((entry) => [entry.name, attributeOf(entry, tensorOf)])),
    })),
    initialisers,
    inputs: graph.input.map(valueOf),
    outputs: graph.output.map(valueOf),
    opset: own === undefined ? 1 : numberOf(own.version),
    metadata: Object.fromEntries([
      ...(producerName === "" ? [] : [["producer", `${producerName} ${producerVersion}`.trim()]]),
      ...metadataProps.map(({ key, value }) => [key, value]),
    ]) as Record<string, string>,
  };
}

function decode(bytes: Uint8Array): WireModel {
  try {
    const message = ModelType.decode(bytes);
    return ModelType.toObject(message, { defaults: true, arrays: true, objects: true }) as WireModel;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new InputError({}, `not a sound ONNX file: ${error.message.split("\n", 1)[0]}`, HINT);
  }
}

/** AttributeProto.AttributeType. */
function attributeOf(entry: WireAttribute, tensorOf: (wire: WireTensor) => Tensor): OnnxAttribute {
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  switch (entry.type) {
    case 1:
      return entry.f;
    case 2:
      return numberOf(entry.i);
    case 3:
      return text(entry.s);
    case 4:
      if (entry.t !== null) return tensorOf(entry.t);
      break;
    case 6:
      return entry.floats;
    case 7:
      return entry.ints.map(numberOf);
    case 8:
      return entry.strings.map(text);
    case 5:
    case 10:
      return "a graph";
  }
  throw new InputError(
    { field: entry.name },
    `an attribute of the type ${entry.type}, which is not read`,
    HINT,
  );
}

function valueOf({ name, type }: WireValue): OnnxValue {
  const tensor = type?.tensorType;
  const dims = tensor?.shape?.dim.map(({ dimValue }) => numberOf(dimValue));
  return {
    name,
    elementType: tensor?.elemType ?? 0,
    ...(dims !== undefined && { shape: dims.map((size) => (size > 0 ? size : undefined)) }),
  };
}
