import { InputError } from "../core/errors.ts";
import { columnsOf, type ModelIr } from "../core/model-ir.ts";
import { SYNTHETIC_KINDS, syntheticModel } from "../models/synthetic.ts";

const PREFIX = "synthetic:";
const FORM = /^(?:([a-z]+):)?(?:(\d{1,9})x)?(\d{1,9}(?:,\d{1,9})+)@(0?\.\d{1,9}|0|1(?:\.0*)?)$/;
/** A weight matrix is gone through place by place. */
const MOST_PLACES = 2 ** 30;
const HINT =
  "Write synthetic:750,1350,1350,750@0.05: the input's width, the neurons of each EGRU layer, the share of weights kept. " +
  "With a vocabulary before it, synthetic:10000x750,..., the model reads tokens. Other layers: synthetic:KIND:750,..., with " +
  `KIND one of ${SYNTHETIC_KINDS.join(", ")}.`;

export const isSyntheticModel = (argument: string): boolean => argument.startsWith(PREFIX);

/**
 * Makes the model that "synthetic:WIDTH,NEURONS,...@DENSITY" asks for, so that a size can be tried without a
 * trained file. "synthetic:WORDSxWIDTH,..." adds an embedding and a decoder, "synthetic:lstm:WIDTH,..." has LSTM layers.
 *
 * @param onSize Told of the weights' number, pruned ones too, before they are made.
 */
export function readSyntheticModel(
  argument: string,
  seed: number,
  onSize: (places: number) => void = () => {},
): ModelIr {
  const [, kindName = "egru", words, widths, density] = FORM.exec(argument.slice(PREFIX.length)) ?? [];
  if (widths === undefined || density === undefined)
    throw fault(argument, "is not of the form WIDTH,NEURONS,...@DENSITY");
  const kind = SYNTHETIC_KINDS.find((known) => known === kindName);
  if (kind === undefined) throw fault(argument, `asks for layers of kind "${kindName}", which is not known`);
  const [inputs = 0, ...layers] = widths.split(",").map(Number);
  const vocabulary = words === undefined ? undefined : Number(words);
  if ([inputs, ...layers, vocabulary ?? 1].includes(0)) throw fault(argument, "holds a size of 0");
  const recurrent = layers.reduce((sum, size, index) => {
    const own = kind === "linear" ? 0 : size;
    return sum + columnsOf({ kind, size }) * (own + (layers[index - 1] ?? inputs));
  }, 0);
  const places = recurrent + (vocabulary ?? 0) * (inputs + (layers.at(-1) ?? 0));
  if (places > MOST_PLACES) {
    throw fault(argument, `asks for more than ${MOST_PLACES.toLocaleString("en-US")} weights`);
  }
  onSize(places);
  return syntheticModel({
    kind,
    inputs,
    layers,
    density: Number(density),
    seed,
    name: argument,
    ...(vocabulary !== undefined && { vocabulary }),
  });
}

const fault = (argument: string, problem: string): InputError =>
  new InputError({ field: argument }, problem, HINT);
