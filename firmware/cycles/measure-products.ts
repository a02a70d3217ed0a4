import { compile } from "../../compiler/pipeline.ts";
import { type ModelIr, sparseFromDense, verifyModel } from "../../src/core/model-ir.ts";
import { type Figure, figureOf, fitFigures } from "./figures.ts";
import { type Bench, countPackets, keyOf } from "./measure.ts";
import type { WirePacket } from "./pe-files.ts";
import type { Cycles } from "./trace.ts";

/** What the core does for products on the MAC array, beside `packetReceive` and `rowLookup`. */
export interface ProductFigures {
  /** Of an event. */
  readonly macOperand: Figure;
  /** Of a column. */
  readonly macResult: Figure;
  /** Of a product, whatever its size; what the array itself takes is not in it. */
  readonly macStart: Figure;
}

const INPUTS = 32;
const EVENTS = [2, 8, 32];
const COLUMNS = [16, 41, 80];
/** Scaled by a shift that the short way knows, as those of trained layers are. */
const PAYLOAD = 2 ** 17;

/**
 * Timesteps with events against those without, in which products are passed over. Events come in pairs that cancel out, so
 * that neurons are updated alike.
 *
 * @param arrival Cycles of an event from its packet to its row, both included.
 */
export function measureProducts(bench: Bench, arrival: Cycles): ProductFigures {
  const points = COLUMNS.flatMap((columns) => {
    const { program } = compile(sumsModel(columns), bench.profile, {
      format: "int8",
      mac: "all",
      order: "model",
      pes: 1,
    });
    const [pe] = program.pes;
    const packets = (count: number): WirePacket[] =>
      Array.from({ length: count }, (_, i) => ({
        key: keyOf(program, "input", i),
        payload: i % 2 === 0 ? PAYLOAD : -PAYLOAD,
      }));
    const [idle, ...counted] = countPackets(bench, program, pe!, [[], ...EVENTS.map(packets)]);
    return counted.map((cycles, i) => {
      const events = EVENTS[i]!;
      const y = figureOf((reading) => cycles[reading] - idle![reading] - events * arrival[reading]);
      return { x: [1, events, columns], y };
    });
  });
  const [macStart, macOperand, macResult] = fitFigures(points);
  return { macOperand: macOperand!, macResult: macResult!, macStart: macStart! };
}

/** Sums of inputs that all weigh the same. */
const sumsModel = (columns: number): ModelIr =>
  verifyModel({
    version: 1,
    name: "products",
    metadata: {},
    populations: [
      { kind: "dense-input", name: "input", size: INPUTS },
      { kind: "linear", name: "layer", size: columns, bias: new Float32Array(columns), activation: "relu" },
    ],
    projections: [
      {
        source: "input",
        target: "layer",
        delay: 0,
        weights: sparseFromDense(new Float32Array(INPUTS * columns).fill(0.5), INPUTS, columns),
      },
    ],
  });
