import { InputError, MismatchError, UnsupportedError } from "../src/core/errors.ts";
import type { KeyRange, RoutingEntry } from "../src/core/mapping.ts";
import { NUMBER_FORMATS } from "../src/core/number-format.ts";
import type { HardwareProfile, PeProfile } from "../src/core/profile.ts";
import type { ChipDecoder, PeProgram, Program, ProgramPopulation, SourceBlock } from "../src/core/program.ts";
import { isProductForm } from "../src/core/row-form.ts";
import { type RouterGraph, routerGraphOf } from "../src/core/router-graph.ts";
import { verifyProgram } from "../src/core/verify-program.ts";
import { RECOMPILE } from "./functional/image-reader.ts";

/**
 * Refuses a program that contradicts itself or that this chip could not load. What the bytes of the memory
 * images say is checked where they are read.
 *
 * @throws MismatchError where the program was compiled for another profile.
 * @throws UnsupportedError where the chip lacks something that the program uses.
 * @throws InputError naming the field that is malformed.
 */
export function checkProgram(program: Program, profile: HardwareProfile): void {
  checkProfile(program, profile);
  verifyProgram(program);
  checkKernels(program, profile);
  checkPopulations(program.populations);
  for (const pe of program.pes) {
    checkPe(pe.pe, `PE ${pe.pe}`, profile);
    checkMemory(pe, profile);
    checkSources(pe, program.populations);
  }
  for (const { kind, name } of [...program.host.encoder.slice(1), ...program.host.decoder]) {
    if (kind !== "linear") refuse(name, "only the first stage of the encoder can be an embedding");
  }
  if (program.chipDecoder !== undefined) checkChipDecoder(program, program.chipDecoder, profile);
  checkRouting(program, profile);
}

function checkProfile({ manifest }: Program, profile: HardwareProfile): void {
  if (manifest.profileHash === profile.hash) return;
  const renamed = manifest.profileName === profile.name ? ", which has changed since" : "";
  throw new MismatchError(
    `The program ${manifest.modelName} was compiled for the profile ${manifest.profileName}, not for ${profile.name}${renamed}.`,
    `Compile the model again for ${profile.name}, or simulate with ${manifest.profileName}.`,
  );
}

function checkKernels({ manifest, pes }: Program, { title, pe }: HardwareProfile): void {
  const { format } = manifest.quantisation;
  if (pe.kernels[format] !== undefined) {
    for (const { sources } of pes) for (const source of sources) checkRowKernel(source, title, pe);
    return;
  }
  const known = NUMBER_FORMATS.filter((name) => pe.kernels[name] !== undefined).join(", ");
  throw new UnsupportedError(
    `${title} has no kernels for ${format}.`,
    known === "" ? "Choose another profile." : `Compile the model in one of the formats ${known}.`,
  );
}

function checkRowKernel(
  { form, weightFormat }: SourceBlock,
  title: string,
  { rowForms, macArray }: PeProfile,
): void {
  if (isProductForm(form)) {
    if (macArray?.kernel) return;
    throw new UnsupportedError(
      `${title} has no ${macArray ? "kernel for products on its MAC arrays" : "MAC arrays"}.`,
      "Compile the model again for it, or give the kernel's cycles in the profile: pe.macArray.kernel.",
    );
  }
  if (rowForms[weightFormat]?.[form] !== undefined) return;
  throw new UnsupportedError(
    `${title} has no kernels for ${form} rows of ${weightFormat} weights.`,
    `Compile the model again for it, or give their cycles in the profile: pe.kernels.${weightFormat}.forms.`,
  );
}

/** Keys tell populations apart, so no key may be in two ranges. */
function checkPopulations(populations: readonly ProgramPopulation[]): void {
  for (const [index, { name, keys, size }] of populations.entries()) {
    if (size > spanOf(keys.mask) || !isBlock(keys.mask)) {
      refuse(name, `${size} neurons do not fit the keys ${rangeText(keys)}`);
    }
    for (const other of populations.slice(0, index)) {
      if (overlaps(keys, other.keys)) refuse(name, `its keys overlap those of ${other.name}`);
    }
  }
}

const overlaps = (a: KeyRange, b: KeyRange): boolean => ((a.base ^ b.base) & a.mask & b.mask) === 0;

/** Keys that a mask leaves open, up to its lowest one. */
const spanOf = (mask: number): number => (mask === 0 ? 2 ** 32 : (mask & -mask) >>> 0);

/** Whether the mask is ones, then zeros. Above the chip's key width the ones may be missing. */
function isBlock(mask: number): boolean {
  const above = mask + spanOf(mask);
  return mask === 0 || above === 2 ** 32 || (above & (above - 1)) === 0;
}

function checkPe(pe: number, field: string, { name, pe: { count, reserved, dead } }: HardwareProfile): void {
  if (!Number.isInteger(pe) || pe < 0 || pe >= count) {
    refuse(field, `${name} has no PE ${pe} (0 to ${count - 1})`);
  }
  if (reserved.includes(pe)) refuse(field, `system software keeps PE ${pe} for itself`);
  if (dead?.includes(pe)) refuse(field, `PE ${pe} is dead`);
}

function checkMemory({ pe, sections, image, imageOffset }: PeProgram, profile: HardwareProfile): void {
  const { bytes, codeBytes, stackBytes } = profile.pe.sram;
  const top = bytes - stackBytes;
  for (const { kind, offset, bytes: length } of sections) {
    if (offset >= codeBytes && offset + length <= top) continue;
    const problem = `the section ${kind} leaves the data SRAM (${codeBytes} to ${top})`;
    throw new InputError({ field: `PE ${pe}`, offset }, problem, RECOMPILE);
  }
  if (imageOffset < codeBytes || imageOffset + image.length > top) {
    refuse(`PE ${pe}`, `its image leaves the data SRAM (${codeBytes} to ${top})`);
  }
}

/** Events must be there when they are needed, and a block's keys must be keys of its source. */
function checkSources(
  { pe, population, sources }: PeProgram,
  populations: readonly ProgramPopulation[],
): void {
  const field = `PE ${pe}`;
  const target = populations.findIndex(({ name }) => name === population);
  if (populations[target]!.kind === "input") refuse(field, `${population} is not a population of the chip`);
  const seen = new Set<string>();
  for (const { population: name, delay, part, keys } of sources) {
    const source = populations.findIndex((candidate) => candidate.name === name);
    if (delay === 0 && source >= target)
      refuse(field, `events of ${name} would be needed before they are sent`);
    if (seen.has(`${delay} ${part} ${name}`))
      refuse(field, `it has two source blocks for ${name} with delay ${delay}`);
    seen.add(`${delay} ${part} ${name}`);
    const all = populations[source]!.keys;
    const isInside = overlaps(keys, all) && spanOf(keys.mask) <= spanOf(all.mask);
    if (!isBlock(keys.mask) || !isInside)
      refuse(field, `the keys ${rangeText(keys)} are not keys of ${name}`);
  }
}

function checkChipDecoder({ host }: Program, { name, pes }: ChipDecoder, profile: HardwareProfile): void {
  if (profile.pe.macArray === undefined || profile.dram === undefined) {
    throw new UnsupportedError(
      `${profile.title} has no ${profile.pe.macArray ? "DRAM" : "MAC arrays"} for the decoder ${name}.`,
      "Compile the model with its decoder on the host.",
    );
  }
  if (host.decoder.length > 0) refuse(name, "the decoder is on the chip and on the host at once");
  if (new Set(pes).size !== pes.length) refuse(name, "it names a PE twice");
  for (const pe of pes) checkPe(pe, name, profile);
}

function checkRouting({ pes, routing, chipDecoder }: Program, profile: HardwareProfile): void {
  const graph = routerGraphOf(profile);
  const used = new Set([...pes.map(({ pe }) => pe), ...(chipDecoder?.pes ?? [])]);
  for (const { router, entries } of routing) {
    if (router >= graph.routers) {
      refuse("routing", `${profile.name} has no router ${router} (0 to ${graph.routers - 1})`);
    }
    if (entries.length > profile.eventRouter.entries) {
      const field = `routing of router ${router}`;
      refuse(field, `${entries.length} entries exceed the router's ${profile.eventRouter.entries}`);
    }
    for (const [index, entry] of entries.entries()) {
      const field = `entry ${index} of router ${router}`;
      checkDestinations(entry, router, field, used, graph, profile);
      for (const link of entry.links) {
        const isThere =
          link < graph.directions.length && graph.neighbour[router * graph.directions.length + link]! >= 0;
        if (!isThere) refuse(field, `there is no link in direction ${link}`);
      }
      if (entry.toHost && router !== graph.hostRouter && graph.directions.length > 0) {
        refuse(field, `the host is at router ${graph.hostRouter}`);
      }
    }
  }
}

function checkDestinations(
  { destinations }: RoutingEntry,
  router: number,
  field: string,
  used: ReadonlySet<number>,
  { routerOfNode }: RouterGraph,
  { name, noc: { nodes } }: HardwareProfile,
): void {
  const named = new Set<number>();
  for (const { node, pes: local } of destinations) {
    if (nodes[node] === undefined) refuse(field, `${name} has no mesh node ${node}`);
    const owner = routerOfNode[node]!;
    if (owner >= 0 && owner !== router) refuse(field, `mesh node ${node} is served by router ${owner}`);
    for (const pe of local) {
      if (!nodes[node]!.pes.includes(pe)) refuse(field, `PE ${pe} is not at mesh node ${node}`);
      if (!used.has(pe)) refuse(field, `PE ${pe} holds no part of the program`);
      if (named.has(pe)) refuse(field, `PE ${pe} is named twice`);
      named.add(pe);
    }
  }
}

const rangeText = ({ base, mask }: KeyRange): string =>
  `0x${base.toString(16)} with mask 0x${mask.toString(16)}`;

function refuse(field: string, problem: string): never {
  throw new InputError({ field }, problem, RECOMPILE);
}
