import { canonicalJson, hashOf } from "../core/hash.ts";
import type { AccumulatorBits, NumberFormat } from "../core/number-format.ts";
import type {
  Capabilities,
  DramProfile,
  HardwareProfile,
  HostProfile,
  MacArrayProfile,
  PeProfile,
  RowFormCycles,
  SynchronisationProfile,
} from "../core/profile.ts";
import {
  type BytesPerSecond,
  cycles,
  type Hertz,
  hertz,
  joules,
  type Seconds,
  seconds,
} from "../core/units.ts";
import type { Quantity, UnknownFigure } from "./figures.ts";
import { cyclesOfKernel, kernelCyclesOf, untimedOf } from "./kernel-times.ts";
import { resolveOperatingPoint } from "./resolve-energy.ts";
import { chipsIn, deadPesOf } from "./resolve-faults.ts";
import { resolveBoard, resolveEventRouter, resolveNoc } from "./resolve-noc.ts";
import type { ProfileJson } from "./schema.ts";
import { toSi } from "./units.ts";

/**
 * A validated profile in SI units, with the vendor's PE numbers turned into indices. Nothing is checked here
 * beyond the form: see check-profile.ts. `sha256` covers everything but the reference to the schema, `hash`
 * what a program depends on.
 */
export function resolveProfile(json: ProfileJson): HardwareProfile {
  const { $schema: _, ...written } = json;
  const clock = hertz(toSi("clock", json.operatingPoints[0]!.peClock));
  const shape: ProgramDependencies = {
    pe: { ...resolvePe(json.pe, chipsIn(json), clock), ...deadPesOf(json) },
    noc: resolveNoc(json),
    eventRouter: resolveEventRouter(json.eventRouter),
    ...(json.dram && { dram: resolveDram(json.dram) }),
    ...(json.board && { board: resolveBoard(json.board) }),
    ...(json.capabilities && { capabilities: resolveCapabilities(json.capabilities) }),
  };
  const profile: HardwareProfile = {
    name: json.name,
    title: json.title,
    hash: hashOfDependencies(shape),
    sha256: hashOf(canonicalJson(written)),
    ...shape,
    host: resolveHost(json.host),
    synchronisation: resolveSynchronisation(json.synchronisation),
    ...(json.dvfs && { dvfs: { switchTime: secondsOf(json.dvfs.switchTime) } }),
    operatingPoints: json.operatingPoints.map((point) => resolveOperatingPoint(point, json)),
  };
  return deepFrozen(profile);
}

/** What shapes a program and its simulation. Operating points, costs and the host only price and time a run. */
type ProgramDependencies = Pick<
  HardwareProfile,
  "pe" | "noc" | "eventRouter" | "dram" | "board" | "capabilities"
>;

/**
 * The hash to which a program is bound: over resolved values, so that 0.125 MiB is 128 KiB. What PEs do while
 * they wait or have no work changes energy only, and is left out.
 */
function hashOfDependencies({ pe, ...others }: ProgramDependencies): string {
  const { whileWaiting: _, whileUnused: __, ...shape } = pe;
  return hashOf(canonicalJson({ pe: shape, ...others }));
}

/** Written for one chip, resolved for all of a board's. */
function resolvePe(pe: ProfileJson["pe"], chips: number, clock: Hertz): PeProfile {
  const count = pe.count.value;
  return {
    count: chips * count,
    firstPeId: pe.firstPeId.value,
    reserved: Array.from({ length: chips }, (_, chip) =>
      pe.reserved.value.map((reserved) => chip * count + reserved),
    ).flat(),
    sram: {
      bytes: toSi("size", pe.sram.bytes),
      codeBytes: toSi("size", pe.sram.codeBytes),
      stackBytes: toSi("size", pe.sram.stackBytes),
      packetFifoEntries: pe.sram.packetFifoEntries.value,
    },
    kernels: resolveKernels(pe, clock),
    rowForms: mapValues(pe.kernels, (kernel) => resolveRowForms(kernel, clock)),
    ...untimedOf(pe),
    accumulatorBits: pe.accumulatorBits.value as AccumulatorBits,
    ...(pe.macArray && { macArray: resolveMacArray(pe.macArray) }),
    whileWaiting: pe.whileWaiting.value,
    whileUnused: pe.whileUnused.value,
  };
}

/** Without the accelerator, neurons that compute exponentials take longer. */
function resolveKernels(
  { kernels, exponential, updatesInSoftware = {} }: ProfileJson["pe"],
  clock: Hertz,
): PeProfile["kernels"] {
  const resolved: PeProfile["kernels"] = mapValues(kernels, (kernel) => cyclesOfKernel(kernel, clock));
  if (exponential?.value !== "software") return resolved;
  return Object.fromEntries(
    Object.entries(resolved).map(([format, kernel]) => {
      const slower = Object.entries(updatesInSoftware).flatMap(([update, byFormat]) => {
        const figure = byFormat[format as NumberFormat];
        return figure ? [[update, cycles(figure.value)] as const] : [];
      });
      return [format, { ...kernel, ...Object.fromEntries(slower) }];
    }),
  );
}

/** A kernel of rows in CSR reads no words of structure, and takes a weight of zero for one like any other. */
const resolveRowForms = (
  { rowFetch, synop, forms = {} }: NonNullable<ProfileJson["pe"]["kernels"][NumberFormat]>,
  clock: Hertz,
): RowFormCycles => ({
  csr: {
    rowFetch: kernelCyclesOf(rowFetch, clock),
    rowWord: cycles(0),
    synop: kernelCyclesOf(synop, clock),
    emptySlot: kernelCyclesOf(synop, clock),
  },
  ...mapValues(forms, (actions) => mapValues(actions, ({ value }) => cycles(value))),
});

const resolveMacArray = (array: NonNullable<ProfileJson["pe"]["macArray"]>): MacArrayProfile => ({
  columns: array.columns.value,
  rows: array.rows.value,
  sramPortBytes: toSi("size", array.sramPort),
  setupCycles: cycles(array.setup.value),
  accumulatorBits: array.accumulatorBits.value as AccumulatorBits,
  ...(array.kernel && { kernel: mapValues(array.kernel, ({ value }) => cycles(value)) }),
});

const resolveDram = (dram: NonNullable<ProfileJson["dram"]>): DramProfile => ({
  bytes: toSi("size", dram.capacity),
  bandwidth: toSi("bandwidth", dram.bandwidth) as BytesPerSecond,
  burstBytes: toSi("size", dram.burst),
  ports: dram.ports.value,
  latency: secondsOf(dram.latency),
});

const resolveHost = (host: ProfileJson["host"]): HostProfile => ({
  bandwidth: toSi("bandwidth", host.bandwidth) as BytesPerSecond,
  bytesPerEvent: toSi("size", host.eventSize),
  byteEnergy: resolveByteEnergy(host.energy?.costs.byte),
});

const resolveByteEnergy = (
  figure: Quantity<"energyPerByte"> | UnknownFigure | undefined,
): HostProfile["byteEnergy"] =>
  figure === undefined || figure.basis === "unknown" ? undefined : joules(toSi("energyPerByte", figure));

const resolveCapabilities = (block: NonNullable<ProfileJson["capabilities"]>): Capabilities =>
  mapValues<string, { readonly value: unknown }, unknown>(block, ({ value }) => value);

/** Data flow needs nothing of the chip, so it is what a chip does of which nothing is said. */
const resolveSynchronisation = (block: ProfileJson["synchronisation"]): SynchronisationProfile => ({
  kind: block?.kind.value ?? "data-flow",
  ...(block?.barrier && { barrier: secondsOf(block.barrier) }),
  ...(block?.period && { period: secondsOf(block.period) }),
});

const secondsOf = (figure: Quantity<"duration">): Seconds => seconds(toSi("duration", figure));

/** The record with each present value mapped; keys that are absent stay absent. */
export function mapValues<Key extends string, From, To>(
  record: Readonly<Partial<Record<Key, From>>>,
  map: (value: From) => To,
): Record<Key, To> {
  const entries = Object.entries(record) as [Key, From][];
  return Object.fromEntries(entries.map(([key, value]) => [key, map(value)])) as Record<Key, To>;
}

/** A copy of plain data, frozen at every depth. */
function deepFrozen<T>(value: T): T {
  if (value === null || typeof value !== "object") return value;
  const copy = Array.isArray(value)
    ? value.map(deepFrozen)
    : Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, deepFrozen(inner)]));
  return Object.freeze(copy) as T;
}
