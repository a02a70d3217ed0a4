import { canonicalJson, hashOf } from "../core/hash.ts";
import type { AccumulatorBits } from "../core/number-format.ts";
import type {
  DramProfile,
  EventRouterProfile,
  HardwareProfile,
  HostProfile,
  MacArrayProfile,
  NocProfile,
  PeProfile,
} from "../core/profile.ts";
import { type BytesPerSecond, type Cycles, cycles, type Hertz, hertz } from "../core/units.ts";
import type { Quantity } from "./figures.ts";
import { resolveOperatingPoint } from "./resolve-energy.ts";
import type { ProfileJson } from "./schema.ts";
import { toSi } from "./units.ts";

/**
 * A validated profile in SI units, with the vendor's PE numbers turned into indices. Nothing is checked here
 * beyond the form: see check-profile.ts. `sha256` covers everything but the reference to the schema, `hash`
 * what a program depends on.
 */
export function resolveProfile(json: ProfileJson): HardwareProfile {
  const { $schema: _, ...written } = json;
  const shape: ProgramDependencies = {
    pe: resolvePe(json.pe),
    noc: resolveNoc(json),
    eventRouter: resolveEventRouter(json.eventRouter),
    ...(json.dram && { dram: resolveDram(json.dram) }),
  };
  const profile: HardwareProfile = {
    name: json.name,
    title: json.title,
    hash: hashOfDependencies(shape),
    sha256: hashOf(canonicalJson(written)),
    ...shape,
    host: resolveHost(json.host),
    operatingPoints: json.operatingPoints.map((point) => resolveOperatingPoint(point, json)),
  };
  return deepFrozen(profile);
}

/** What shapes a program and its simulation. Operating points, costs and the host only price and time a run. */
type ProgramDependencies = Pick<HardwareProfile, "pe" | "noc" | "eventRouter" | "dram">;

/**
 * The hash to which a program is bound: over resolved values, so that 0.125 MiB is 128 KiB. What PEs do while
 * they wait or have no work changes energy only, and is left out.
 */
function hashOfDependencies({ pe, ...others }: ProgramDependencies): string {
  const { whileWaiting: _, whileUnused: __, ...shape } = pe;
  return hashOf(canonicalJson({ pe: shape, ...others }));
}

function resolvePe(pe: ProfileJson["pe"]): PeProfile {
  return {
    count: pe.count.value,
    firstPeId: pe.firstPeId.value,
    reserved: pe.reserved.value,
    sram: {
      bytes: toSi("size", pe.sram.bytes),
      codeBytes: toSi("size", pe.sram.codeBytes),
      stackBytes: toSi("size", pe.sram.stackBytes),
      packetFifoEntries: pe.sram.packetFifoEntries.value,
    },
    kernels: resolveKernels(pe.kernels),
    accumulatorBits: pe.accumulatorBits.value as AccumulatorBits,
    ...(pe.macArray && { macArray: resolveMacArray(pe.macArray) }),
    whileWaiting: pe.whileWaiting.value,
    whileUnused: pe.whileUnused.value,
  };
}

const resolveKernels = (kernels: ProfileJson["pe"]["kernels"]): PeProfile["kernels"] =>
  mapValues(kernels, (kernel) => mapValues(kernel, ({ value }) => cycles(value)));

const resolveMacArray = (array: NonNullable<ProfileJson["pe"]["macArray"]>): MacArrayProfile => ({
  macsPerCycle: array.macsPerCycle.value,
  vectorMatrixUtilisation: toSi("fraction", array.vectorMatrixUtilisation),
  accumulatorBits: array.accumulatorBits.value as AccumulatorBits,
});

function resolveNoc({ noc, pe }: ProfileJson): NocProfile {
  const clock = hertz(toSi("clock", noc.clock));
  const { pesPerNode, nodes } = noc.floorPlan.value;
  const indexOf = (id: number) => id - pe.firstPeId.value;
  return {
    kind: noc.kind,
    clock,
    nodes: nodes
      .toSorted((a, b) => a.firstPe - b.firstPe)
      .map(({ firstPe, x, y }) => ({
        x,
        y,
        pes: Array.from({ length: pesPerNode }, (_, place) => indexOf(firstPe) + place),
      })),
    routerNodes: noc.routerNodes.value,
    hostNode: noc.hostNode.value,
    ...(noc.dramNode && { dramNode: noc.dramNode.value }),
    hopCycles: cyclesOf(noc.hopLatency, clock),
    flitCycles: cyclesOf(noc.flitTime, clock),
    flitBits: noc.flit.value,
  };
}

function resolveEventRouter(router: ProfileJson["eventRouter"]): EventRouterProfile {
  const clock = hertz(toSi("clock", router.clock));
  return {
    clock,
    entries: router.entries.value,
    keyBits: router.keyBits.value,
    engines: router.engines.value,
    pipelineCycles: cyclesOf(router.pipelineLatency, clock),
    ports: router.ports.value,
  };
}

const resolveDram = (dram: NonNullable<ProfileJson["dram"]>): DramProfile => ({
  bytes: toSi("size", dram.capacity),
  bandwidth: toSi("bandwidth", dram.bandwidth) as BytesPerSecond,
  burstBytes: toSi("size", dram.burst),
});

const resolveHost = (host: ProfileJson["host"]): HostProfile => ({
  bandwidth: toSi("bandwidth", host.bandwidth) as BytesPerSecond,
  bytesPerEvent: toSi("size", host.eventSize),
});

/**
 * A latency in whole cycles of its component's clock. A time is rounded up, as synchronous logic does;
 * a hundredth of a cycle is taken as the figure's own rounding (16.67 ns at 300 MHz is 5 cycles).
 */
export function cyclesOf(latency: Quantity<"latency">, clock: Hertz): Cycles {
  const exact = latency.unit === "cycles" ? latency.value : toSi("latency", latency) * clock;
  return cycles(Math.max(1, Math.ceil(exact - 0.01)));
}

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
