import { elementsOf } from "./convolution.ts";
import { InputError } from "./errors.ts";
import type { HostStage } from "./event-graph.ts";
import { ACTIVATIONS } from "./model-ir.ts";
import { INITIALISED_SECTIONS, type KeyRange, SECTION_KINDS, type SectionKind } from "./mapping.ts";
import { NUMBER_FORMATS, SCALE_GRANULARITIES, WEIGHT_BYTES } from "./number-format.ts";
import { type ChipPopulationKind, isChipKind, NEURON_TRAITS } from "./population-kind.ts";
import {
  type ChipDecoder,
  DRAM_ADDRESS,
  type PeProgram,
  type Program,
  type ProgramPopulation,
  type SourceBlock,
} from "./program.ts";
import {
  BLOCK_COLUMNS,
  BLOCK_FORMS,
  gatesIn,
  isProductForm,
  macBufferBytes,
  MAX_MAC_OPERANDS,
  rowBytesOf,
  storesAllColumns,
} from "./row-form.ts";
import {
  faultOfSharedConvolution,
  neuronsOfBlock,
  neuronsOfMapRow,
  operandsOf,
  tapsOf,
} from "./shared-convolution.ts";

/**
 * Checks what every Program promises on its own, without a profile: known kinds, shapes that agree, sections
 * that ascend without overlap inside their image, keys inside their masks. What an image's bytes say is
 * checked by whoever executes them.
 *
 * @throws InputError naming the field.
 */
export function verifyProgram(program: Program): Program {
  const { manifest, populations, pes, routing, host, chipDecoder } = program;
  const { format, scales, accumulatorBits } = manifest.quantisation;
  if (manifest.formatVersion !== 4) fail("manifest.formatVersion", `${manifest.formatVersion} is not 4`);
  if (!NUMBER_FORMATS.includes(format)) fail("manifest.numberFormat", `"${format}" is not known`);
  if (!SCALE_GRANULARITIES.includes(scales)) fail("manifest.scales", `"${scales}" is not known`);
  if (accumulatorBits !== 24 && accumulatorBits !== 32)
    fail("manifest.accumulatorBits", `${accumulatorBits} is neither 24 nor 32`);

  const known = new Map(populations.map((population) => [population.name, population]));
  if (known.size !== populations.length) fail("populations", "two populations share a name");
  if (
    populations[0]?.kind !== "input" ||
    !populations.slice(1).every(({ kind }) => isChipKind(kind)) ||
    populations.length < 2 ||
    populations.at(-1)!.kind === "partial-sum"
  ) {
    fail("populations", "must be an input and then layers, the last of them one of the model");
  }
  for (const population of populations) {
    const { name, keys, size, payloadFractionBits } = population;
    if (size < 1) fail(`populations ${name}`, "has no neurons");
    if (payloadFractionBits > 31)
      fail(`populations ${name}`, `has ${payloadFractionBits} fraction bits in a payload`);
    verifyKeys(keys, `populations ${name}`);
    if (size > 2 ** 32 - keys.mask) fail(`populations ${name}`, `${size} neurons do not fit its keys`);
    verifyOrder(population);
    verifyPartOf(population, known);
    if (population.silentZeros && population.kind !== "input")
      fail(`populations ${name}`, "is no input that could be silent at 0");
  }
  for (const pe of pes) verifyPe(pe, known);
  for (const { pe, sources } of pes) {
    const float = sources.find(({ weightFormat }) => (weightFormat === "float32") !== (format === "float32"));
    if (float) fail(`PE ${pe}`, `holds ${float.weightFormat} weights in a program of ${format}`);
  }
  if (new Set(pes.map(({ pe }) => pe)).size !== pes.length) fail("pes", "two entries are for the same PE");
  verifyCover(program);
  verifyRouting(routing);
  verifyStages([...host.encoder], "host.encoder");
  verifyStages([...host.decoder], "host.decoder");
  if (host.tokens !== undefined && host.vocabulary && host.vocabulary.length !== host.tokens) {
    fail("host.vocabulary", `holds ${host.vocabulary.length} words for ${host.tokens} tokens`);
  }
  const [first] = host.encoder;
  if ((first?.kind === "embedding") !== (host.tokens !== undefined))
    fail("host.encoder", "tokens need an embedding, and only they");
  if (first?.kind === "embedding" && first.rows !== host.tokens)
    fail("host.encoder", "the embedding does not fit the vocabulary");
  verifyWidth(host.encoder.at(-1), populations[0]!.size, "host.encoder");
  const lastSize = populations.at(-1)!.size;
  const [decoder] = host.decoder;
  if (decoder && (decoder.kind !== "linear" || decoder.inputs !== lastSize))
    fail("host.decoder", "does not fit the last layer");
  if (chipDecoder) verifyChipDecoder(chipDecoder, lastSize);
  return program;
}

/** Partial sums are a part of a layer of the model, and nothing else is. */
function verifyPartOf({ name, kind, partOf }: ProgramPopulation, known: KnownPopulations): void {
  if (kind !== "partial-sum" && partOf === undefined) return;
  const whole = known.get(partOf ?? "")?.kind ?? "input";
  if (kind !== "partial-sum" || whole === "input" || whole === "partial-sum")
    fail(`populations ${name}`, `cannot be a part of "${partOf ?? ""}"`);
}

type KnownPopulations = ReadonlyMap<string, ProgramPopulation>;

/** Each number once. */
function verifyOrder({ name, size, order }: ProgramPopulation): void {
  if (order === undefined) return;
  const seen = new Uint8Array(size);
  for (const neuron of order) if (neuron < size) seen[neuron] = 1;
  if (order.length !== size || seen.includes(0))
    fail(`populations ${name}`, `its order does not name each of ${size} neurons once`);
}

function verifyRouting(routing: Program["routing"]): void {
  for (const [index, { router, entries }] of routing.entries()) {
    if (index > 0 && router <= routing[index - 1]!.router) fail(`routing[${index}]`, "is out of order");
    for (const [line, { key, mask, links }] of entries.entries()) {
      const field = `routing[${index}].entries[${line}]`;
      verifyKeys({ base: key, mask }, field);
      if (links.some((link, i) => i > 0 && link <= links[i - 1]!)) fail(field, "names links out of order");
    }
  }
}

function verifyKeys({ base, mask }: KeyRange, field: string): void {
  if ((base & mask) >>> 0 !== base)
    fail(field, `key 0x${base.toString(16)} has bits outside mask 0x${mask.toString(16)}`);
}

function verifyPe(program: PeProgram, known: KnownPopulations): void {
  const { pe, population, firstNeuron, neurons, sources, sections, imageOffset, image } = program;
  const field = `PE ${pe}`;
  const { size, kind } = known.get(population) ?? fail(field, `population "${population}" is not known`);
  if (kind === "input") fail(field, `${population} is not a population of the chip`);
  if (neurons < 1 || firstNeuron + neurons > size)
    fail(field, `neurons ${firstNeuron} … ${firstNeuron + neurons - 1} lie outside ${population}`);
  let end = 0;
  for (const { kind, offset, bytes } of sections) {
    if (!SECTION_KINDS.includes(kind)) fail(field, `section "${kind}" is not known`);
    if (offset % 4 !== 0)
      fail(field, `section ${kind} starts at byte ${offset}, which is not 4-byte aligned`);
    if (offset < end) fail(field, `section ${kind} at byte ${offset} overlaps the one before`);
    end = offset + bytes;
    if (INITIALISED_SECTIONS.has(kind) && (offset < imageOffset || end > imageOffset + image.length)) {
      fail(field, `section ${kind} lies outside the memory image`);
    }
  }
  verifyDram(program, field);
  for (const source of sources) {
    verifyRange(source, known, field);
    if (source.delay > 1) fail(field, `delay ${source.delay} is neither 0 nor 1`);
    if (source.pointerBytes !== 2 && source.pointerBytes !== 4)
      fail(field, `row pointers of ${source.pointerBytes} bytes`);
    verifyForm(source, kind, field);
    verifyConvolution(program, source, known, size, field);
    verifyBlockSections(program, source, field);
  }
}

/** Rows are of all the source's neurons, or of those whose keys lie in an aligned block of its own. */
function verifyRange({ population, rows, keys }: SourceBlock, known: KnownPopulations, field: string): void {
  verifyKeys(keys, field);
  const source = known.get(population);
  if (source === undefined) return fail(field, `${rows} rows for source "${population}"`);
  const first = keys.base - source.keys.base;
  const span = keys.mask === 0 ? 2 ** 32 : (keys.mask & -keys.mask) >>> 0;
  // Whether keys are the source's own is not for this check to say.
  const isInside = (keys.base & source.keys.mask) >>> 0 === source.keys.base && first < source.size;
  if (rows !== source.size && !(isInside && rows === Math.min(span, source.size - first)))
    fail(field, `${rows} rows for source "${population}"`);
}

/** Sections of DRAM ascend without overlap inside their image, and hold nothing but rows. */
function verifyDram({ dramSections, dramImage }: PeProgram, field: string): void {
  let end = DRAM_ADDRESS;
  for (const { kind, offset, bytes } of dramSections) {
    if (kind !== "indices" && kind !== "weights") fail(field, `section ${kind} cannot lie in DRAM`);
    if (offset % 4 !== 0 || offset < end)
      fail(field, `section ${kind} in DRAM is out of place at byte ${offset}`);
    end = offset + bytes;
  }
  if (end > DRAM_ADDRESS + dramImage.length) fail(field, "sections lie outside the DRAM image");
}

/** Bits of an index that each form's kernels read. */
const INDEX_BITS: Readonly<Record<SourceBlock["form"], readonly number[]>> = {
  csr: [8, 16],
  "delta-csr": [4, 8],
  bitmap: [0],
  block: [8, 16],
  dense: [0],
  "mac-array": [0],
  "mac-convolution": [0],
};

function verifyForm(
  { population, form, weightFormat, gates, slots, synapses, indexBits, rows, scalePerRow }: SourceBlock,
  kind: ChipPopulationKind,
  field: string,
): void {
  const of = `of source "${population}"`;
  if (!BLOCK_FORMS.includes(form)) fail(field, `the form "${form}" ${of} is not known`);
  if (!NUMBER_FORMATS.includes(weightFormat))
    fail(field, `the number format "${weightFormat}" ${of} is not known`);
  if (!INDEX_BITS[form].includes(indexBits))
    fail(field, `${form} rows ${of} with indices of ${indexBits} bits`);
  if (gates >= 2 ** NEURON_TRAITS[kind].accumulators.length)
    fail(field, `rows ${of} reach accumulators that a neuron does not have`);
  const isShort = slots < synapses && form !== "mac-convolution";
  if (isShort || (form === "block" && slots % BLOCK_COLUMNS !== 0))
    fail(field, `${form} rows ${of} hold ${synapses} synapses in ${slots} slots`);
  if (!isProductForm(form)) return;
  if (weightFormat !== "int8")
    fail(field, `${weightFormat} weights ${of} on a MAC array, which multiplies int8`);
  if (scalePerRow) fail(field, `scales by row ${of} on a MAC array, whose sums have one`);
  if (rows > MAX_MAC_OPERANDS && form === "mac-array")
    fail(field, `${rows} rows ${of} on a MAC array, at most ${MAX_MAC_OPERANDS}`);
}

/** A shared kernel's maps are its populations', and a slice holds whole rows of a block of them. */
function verifyConvolution(
  { firstNeuron, neurons }: PeProgram,
  { population, form, rows, gates, slots, keys, pointerBytes, convolution }: SourceBlock,
  known: KnownPopulations,
  target: number,
  field: string,
): void {
  const of = `of source "${population}"`;
  if ((form === "mac-convolution") !== (convolution !== undefined))
    fail(field, `${form} rows ${of} ${convolution ? "with" : "without"} a convolution`);
  if (convolution === undefined) return;
  const { input, output, kernel, stride, dilation, padding } = convolution;
  if (!input || !output || [kernel, stride, dilation, padding].some((pair) => pair.length !== 2))
    fail(field, `the convolution ${of} is not whole`);
  const fault = faultOfSharedConvolution(convolution);
  if (fault !== undefined) fail(field, `the convolution ${of}: ${fault}`);
  const source = known.get(population)!;
  if (elementsOf(input) !== source.size || rows !== source.size || keys.base !== source.keys.base)
    fail(field, `the convolution ${of} reads other maps than its source's ${source.size} neurons`);
  if (elementsOf(output) !== target || gatesIn(gates).length > 1)
    fail(field, `the convolution ${of} ends in other maps than its ${target} targets`);
  const [row, block] = [neuronsOfMapRow(output), neuronsOfBlock(output)];
  if (firstNeuron % row !== 0 || neurons % row !== 0 || (firstNeuron % block) + neurons > block)
    fail(field, `its neurons are no whole rows of the maps of the convolution ${of}`);
  if (pointerBytes !== 4 || slots !== output.together * tapsOf(convolution))
    fail(field, `the convolution ${of} has a kernel of ${slots} values`);
  const { count } = operandsOf(convolution, { first: firstNeuron, count: neurons });
  if (count > MAX_MAC_OPERANDS)
    fail(field, `${count} operands ${of} on a MAC array, at most ${MAX_MAC_OPERANDS}`);
}

/** A source block's sections are as long as its rows and slots say, so that nobody reads past them. */
function verifyBlockSections(
  { firstNeuron, neurons, sections, dramSections }: PeProgram,
  source: SourceBlock,
  field: string,
): void {
  const { population, delay, part, form, rows, slots, gates, weightFormat, scalePerRow, inDram } = source;
  const columns = gatesIn(gates).length * neurons;
  if (storesAllColumns(form) && slots !== rows * columns)
    fail(field, `${slots} slots of source "${population}" are not ${rows} rows of ${columns}`);
  const own = { first: firstNeuron, count: neurons };
  const operands = source.convolution ? operandsOf(source.convolution, own).count : rows;
  const bytesOf = rowBytesOf({ ...source, columns, weightBytes: WEIGHT_BYTES[weightFormat] });
  const expected: readonly (readonly [SectionKind, number])[] = [
    ["row-pointers", bytesOf.pointers],
    ["indices", bytesOf.indices],
    ["weights", bytesOf.weights],
    ...(weightFormat === "float32" ? [] : [["scales", scalePerRow ? 4 * rows : 4] as const]),
    ["mac-buffer", isProductForm(form) ? macBufferBytes(operands, columns, delay) : 0],
  ];
  for (const [kind, bytes] of expected) {
    const isRow = kind === "indices" || kind === "weights";
    const section = (inDram && isRow ? dramSections : sections).find(
      (s) => s.kind === kind && s.source === population && s.delay === delay && s.part === part,
    );
    if ((section?.bytes ?? 0) !== bytes) {
      fail(field, `${kind} of source "${population}" should have ${bytes} bytes, not ${section?.bytes ?? 0}`);
    }
  }
}

/** Every neuron of every layer is on exactly one PE. */
function verifyCover({ populations, pes }: Program): void {
  for (const { name, kind, size } of populations) {
    if (kind === "input") continue;
    const slices = pes
      .filter(({ population }) => population === name)
      .sort((a, b) => a.firstNeuron - b.firstNeuron);
    let next = 0;
    for (const { firstNeuron, neurons, pe } of slices) {
      if (firstNeuron !== next)
        fail(`PE ${pe}`, `begins at neuron ${firstNeuron} of ${name}, expected ${next}`);
      next = firstNeuron + neurons;
    }
    if (next !== size) fail(`populations ${name}`, `only ${next} of ${size} neurons are on a PE`);
  }
}

function verifyStages(stages: readonly HostStage[], field: string): void {
  let width: number | undefined;
  for (const stage of stages) {
    const [from, to] = stage.kind === "embedding" ? [stage.rows, stage.width] : [stage.inputs, stage.outputs];
    const values = stage.kind === "embedding" ? stage.table : stage.weights;
    if (values.length !== from * to)
      fail(field, `${stage.name} holds ${values.length} values for ${from} × ${to}`);
    if (stage.kind === "linear" && stage.activation && !ACTIVATIONS.includes(stage.activation))
      fail(field, `the activation "${stage.activation}" of ${stage.name} is not known`);
    if (stage.kind === "linear" && stage.bias.length !== to)
      fail(field, `${stage.name} holds ${stage.bias.length} biases for ${to}`);
    if (width !== undefined && from !== width)
      fail(field, `${stage.name} reads ${from} values, ${width} come`);
    width = to;
  }
}

function verifyWidth(stage: HostStage | undefined, size: number, field: string): void {
  const width = stage && (stage.kind === "embedding" ? stage.width : stage.outputs);
  if (width !== undefined && width !== size)
    fail(field, `gives ${width} values, the chip's input takes ${size}`);
}

function verifyChipDecoder(
  { inputs, outputs, weights, scale, bias, pes }: ChipDecoder,
  lastSize: number,
): void {
  if (inputs !== lastSize) fail("chipDecoder", `reads ${inputs} values, the last layer has ${lastSize}`);
  if (weights.length !== inputs * outputs)
    fail("chipDecoder", `holds ${weights.length} weights for ${outputs} × ${inputs}`);
  if (scale.length !== outputs || bias.length !== outputs)
    fail("chipDecoder", "scales or biases do not fit its outputs");
  if (pes.length === 0) fail("chipDecoder", "has no PE");
}

function fail(field: string, problem: string): never {
  throw new InputError({ field }, problem, "Compile the model again.");
}
