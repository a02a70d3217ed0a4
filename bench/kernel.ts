import { copyTo } from "../simulator/functional/allocate.ts";
import { createEventList } from "../simulator/functional/event-list.ts";
import { createKernel } from "../simulator/functional/kernel.ts";
import { addSynapses } from "../simulator/functional/synapses.ts";
import { NUMBER_FORMATS, type NumberFormat } from "../src/core/number-format.ts";
import { type KernelInputs, kernelInputs } from "./kernel-inputs.ts";
import { formatTable, nanosecondsPerUnit } from "./measure.ts";
import { compileNative, inFolder, timeNative } from "./native.ts";

const ROUNDS = 200;
const PASSES = 10;
const COMPILERS = ["cc", "clang"] as const;

interface KernelTime {
  readonly nanoseconds: number;
  readonly checksum: number;
}

/** The simulator's kernel, called as the simulator calls it. */
function timeKernel(format: NumberFormat, inputs: KernelInputs): KernelTime {
  const kernel = createKernel(2 ** 23);
  const place = <Values extends Parameters<typeof copyTo>[1]>(values: Values) =>
    copyTo(kernel.allocate, values);
  const { neurons, payloads, rowStart } = inputs;
  const events = createEventList(rowStart.length - 1, format !== "float32", kernel.allocate);
  events.count = neurons.length;
  events.neurons.set(neurons);
  events.payloads.set(payloads);
  const rows = {
    format,
    rowStart: place(rowStart),
    target: place(inputs.target),
    weight: place(inputs.weight),
    multiplier: place(inputs.multiplier),
    shift: inputs.shift,
    peRows: kernel.allocate(Uint32Array, rowStart.length - 1),
  };
  const accumulators = place(
    format === "float32" ? new Float32Array(inputs.accumulators) : new Int32Array(inputs.accumulators),
  );
  const saturations = { input: 0, scaledPayload: 0, accumulator: 0 };
  const pass = () => addSynapses(kernel, rows, events, accumulators, 32, saturations);
  pass();
  const words = new Uint32Array(accumulators.buffer, accumulators.byteOffset, accumulators.length);
  const checksum = words.reduce((sum, word) => (Math.imul(sum, 31) + word) >>> 0, 0);
  const run = () => {
    accumulators.fill(0);
    for (let i = 0; i < PASSES; i += 1) pass();
  };
  const [nanoseconds] = nanosecondsPerUnit([{ name: format, run, units: PASSES * inputs.synops }], ROUNDS);
  return { nanoseconds: nanoseconds!, checksum };
}

/** The synapse kernel against the same C, compiled for this machine. */
export function benchKernel(): string {
  return inFolder((folder) => {
    const natives = COMPILERS.map((compiler) => [compiler, compileNative(compiler, folder)] as const);
    const rows = NUMBER_FORMATS.map((format) => {
      const inputs = kernelInputs(format);
      const native = natives.map(
        ([, program]) => program && timeNative(program, format, inputs, ROUNDS, PASSES),
      );
      const own = timeKernel(format, inputs);
      const ratios = native.flatMap((time) => {
        if (!time) return ["no compiler", "-"];
        if (time.checksum !== own.checksum) throw new Error(`${format}: native and WebAssembly sums differ`);
        return [time.nanoseconds.toFixed(2), (own.nanoseconds / time.nanoseconds).toFixed(2)];
      });
      return [format, own.nanoseconds.toFixed(2), ...ratios];
    });
    const heads = COMPILERS.flatMap((compiler) => [`${compiler} -O3, ns`, "ratio"]);
    return formatTable("Synapse kernel, nanoseconds a synop; baseline: the same loop in C, compiled here", [
      ["format", "kernel, ns", ...heads],
      ...rows,
    ]);
  });
}
