import protobuf from "protobufjs";
import { ONNX_PROTO } from "../../src/formats/onnx-proto.ts";

const Model = protobuf.parse(ONNX_PROTO).root.lookupType("onnx.ModelProto");

export interface OnnxFile {
  readonly nodes: readonly {
    readonly op: string;
    readonly name?: string;
    readonly domain?: string;
    readonly inputs?: readonly string[];
    readonly outputs?: readonly string[];
    readonly attributes?: Readonly<Record<string, number | string | readonly number[] | readonly string[]>>;
  }[];
  /** Shapes; values are small, all different and not zero. */
  readonly initialisers?: Readonly<Record<string, readonly number[] | object>>;
  readonly inputs?: Readonly<Record<string, readonly number[]>>;
  readonly integers?: boolean;
  readonly outputs?: readonly string[];
}

/** An ONNX file made by hand, for what no exporter would write. */
export function onnxFile({
  nodes,
  initialisers = {},
  inputs = { x: [5, 1, 3] },
  integers,
  outputs = ["y"],
}: OnnxFile): Uint8Array {
  let next = 0;
  const initializer = Object.entries(initialisers).map(([name, given]) => {
    if (!Array.isArray(given)) return { name, ...given };
    const values = Float32Array.from({ length: given.reduce((a, b) => a * b, 1) }, () => ++next / 64);
    return { name, dims: given, dataType: 1, rawData: new Uint8Array(values.buffer) };
  });
  const node = nodes.map(
    ({ op, name = "", domain = "", inputs: from = ["x"], outputs: to = ["y"], attributes = {} }) => ({
      opType: op,
      name,
      domain,
      input: from,
      output: to,
      attribute: Object.entries(attributes).map(([key, value]) => ({ name: key, ...wireAttribute(value) })),
    }),
  );
  const input = Object.entries(inputs).map(([name, shape]) => ({
    name,
    type: {
      tensorType: {
        elemType: integers === true ? 7 : 1,
        shape: { dim: shape.map((size) => ({ dimValue: size })) },
      },
    },
  }));
  const graph = { node, name: "g", initializer, input, output: outputs.map((name) => ({ name })) };
  const message = { irVersion: 9, producerName: "by hand", graph, opsetImport: [{ version: 17 }] };
  return new Uint8Array(Model.encode(Model.fromObject(message)).finish());
}

function wireAttribute(value: number | string | readonly number[] | readonly string[]): object {
  if (typeof value === "number")
    return Number.isInteger(value) ? { type: 2, i: value } : { type: 1, f: value };
  if (typeof value === "string") return { type: 3, s: new TextEncoder().encode(value) };
  return typeof value[0] === "string"
    ? { type: 8, strings: (value as readonly string[]).map((text) => new TextEncoder().encode(text)) }
    : { type: 7, ints: value };
}
