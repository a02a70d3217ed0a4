import { KERNEL_ACTIONS, SRAM_TRAFFIC, type SramTraffic } from "../../../src/core/counts.ts";
import type { ReadingJson, RefusalJson, ResultJson, RunJson } from "../../../src/report/result-schema.ts";

/** A result written by hand, with figures that are easy to find again in a text. */
export function sampleReading(changes: Partial<ReadingJson> = {}): ReadingJson {
  return {
    operatingPoint: "150MHz",
    peClockHertz: 150e6,
    voltageVolts: 0.5,
    schedule: "sequential",
    fidelity: "fast",
    synchronisation: { kind: "data-flow", secondsPerToken: 0 },
    whileWaiting: "sleep",
    whileUnused: "sleep",
    latencySecondsPerToken: 2.43e-3,
    latencySecondsPerWindow: 0.1701,
    secondsBetweenTokens: 2.43e-3,
    tokensPerSecond: 411.5,
    totalSeconds: 0.243,
    phases: [
      { name: "egru0", secondsPerToken: 1.43e-3 },
      { name: "egru1", secondsPerToken: 1e-3 },
    ],
    network: {
      links: [
        { direction: "east", isBetweenChips: false, links: 36, meanUtilisation: 1e-5, maxUtilisation: 2e-4 },
        { direction: "west", isBetweenChips: false, links: 36, meanUtilisation: 3e-5, maxUtilisation: 4e-4 },
      ],
      busiestLink: { chip: 0, isBetweenChips: false, from: [4, 4], to: [3, 4], utilisation: 4e-4 },
      eventRouterUtilisation: 0.00123,
    },
    peBusyShare: 0.25,
    peSeconds: { working: 0.18225, waiting: 0.54675, unused: 2.673 },
    energyJoulesPerToken: 45.6e-6,
    energyJoulesPerWindow: 3.192e-3,
    energyJoulesTotal: 4.56e-3,
    energyIsLowerBound: false,
    unpriced: [],
    energyByComponent: [
      { component: "base", chargedBy: "time", joulesPerToken: 11.4e-6, joulesTotal: 1.14e-3, causes: [] },
      {
        component: "pe",
        chargedBy: "state",
        joulesPerToken: 34.2e-6,
        joulesTotal: 3.42e-3,
        causes: [
          { cause: "synops", joulesPerToken: 22.8e-6 },
          { cause: "static, waiting", joulesPerToken: 11.4e-6 },
        ],
      },
      { component: "noc", chargedBy: "action", joulesPerToken: 0, joulesTotal: 0, causes: [] },
      { component: "dram", chargedBy: "action", joulesPerToken: 0, joulesTotal: 0, causes: [] },
    ],
    meanPowerWatts: 0.01877,
    ...changes,
  };
}

/** Three PEs in use: two hold neurons, one of which helps a decoder, as does the third. */
const sampleCounts: RunJson["counts"] = {
  perPe: {
    pe: [5, 6, 9],
    layer: ["egru0", "egru0", ""],
    helpsDecoder: [false, true, true],
    kernel: listed(KERNEL_ACTIONS, [400, 800, 0]),
    macArray: { mac: [0, 1000, 2000] },
    sramBytes: listed(SRAM_TRAFFIC, [10, 20, 0]),
    busyCycles: [18_225_000, 3_645_000, 0],
    macArrayCycles: [0, 0, 36_450],
  },
  rows: [
    {
      weightFormat: "int8",
      form: "csr",
      actions: { rowFetch: 1200, rowWord: 0, synop: 1200, emptySlot: 0 },
    },
  ],
  links: [{ chip: 0, isBetweenChips: false, from: [4, 4], to: [3, 4], flits: 1200 }],
  noc: { flitHop: 18_000 },
  chipLinks: { packet: 0 },
  eventRouter: { tableLookup: 4770, packetOut: 6000 },
  dram: { byteRead: 0, byteWritten: 0 },
  host: { mac: 64_000_000, eventIn: 2000, eventOut: 2770 },
  saturations: { input: 0, scaledPayload: 0, accumulator: 0 },
};

function listed<Key extends string>(keys: readonly Key[], values: readonly number[]): Record<Key, number[]> {
  return Object.fromEntries(keys.map((key) => [key, [...values]])) as Record<Key, number[]>;
}

export function sampleRun(changes: Partial<RunJson> = {}): RunJson {
  const operations = { effectiveMacs: 123.4, effectiveAcs: 0, dense: 4000 };
  return {
    verdict: "fits",
    model: { name: "sample", sha256: "00" },
    chip: {
      name: "chip",
      title: "A chip",
      profileSha256: "11",
      overrides: [],
      figures: { measured: 1, published: 2, counted: 0, estimated: 3, unknown: 4 },
    },
    program: { format: "float32", seed: 1, options: {}, denseWeights: 4000, storedWeights: 400 },
    input: { origin: "text a.txt", synthetic: false, stepIs: "token", steps: 100, windowSteps: 70 },
    fit: {
      pesUsed: 3,
      pesUsable: 14,
      pesOnChip: 16,
      fullestPe: { pe: 5, dataBytes: 90_419 },
      dataBytesPerPe: 98_304,
      sramBytesPerPe: 131_072,
      dataBytesInAll: 200_000,
      dramBytesInAll: 0,
      routingTables: 1,
      routingEntriesUsed: 3,
      routingEntriesAvailable: 16_384,
    },
    layers: [
      {
        name: "embedding",
        neurons: 20,
        isInput: true,
        pes: 0,
        events: 2000,
        eventsPerToken: 20,
        activity: 1,
        activitySparsity: 0,
      },
      {
        name: "egru0",
        neurons: 1350,
        isInput: false,
        pes: 3,
        events: 2770,
        eventsPerToken: 27.7,
        activity: 0.0205,
        activitySparsity: 0.9795,
      },
    ],
    projections: [
      {
        source: "embedding",
        target: "egru0",
        isRecurrent: false,
        denseWeights: 3000,
        storedWeights: 300,
        connectionSparsity: 0.9,
        synops: 30_000,
        synopsPerToken: 300,
        share: 0.1,
        shareByProductLaw: 0.1,
      },
      {
        source: "egru0",
        target: "egru0",
        isRecurrent: true,
        denseWeights: 1000,
        storedWeights: 100,
        connectionSparsity: 0.9,
        synops: 205,
        synopsPerToken: 2.05,
        share: 0.002,
        shareByProductLaw: 0.00205,
      },
    ],
    work: {
      synopsPerToken: 302.05,
      denseSynopsPerToken: 4000,
      share: 0.0755,
      activity: 0.755,
      connectionDensity: 0.1,
      shareByProductLaw: 0.0755,
    },
    traffic: {
      eventsSentPerToken: 27.7,
      eventsReceivedPerToken: 143,
      rowLookupsPerToken: 143,
      rowFetchesPerToken: 99,
      emptySlotsPerToken: 0,
      neuronUpdatesPerToken: 1350,
      tableLookupsPerToken: 47.7,
      packetsOutPerToken: 60,
      flitHopsPerToken: 180,
      busiestLink: { chip: 0, isBetweenChips: false, from: [4, 4], to: [3, 4], flitsPerToken: 12 },
      sramBytesReadPerToken: 20_480,
      sramBytesWrittenPerToken: 512,
      sramBytesPerTokenByKind: Object.fromEntries(SRAM_TRAFFIC.map((kind) => [kind, 1])) as Record<
        SramTraffic,
        number
      >,
      dramBytesReadPerToken: 0,
      dramBytesWrittenPerToken: 0,
      saturations: { input: 0, scaledPayload: 0, accumulator: 0 },
    },
    counts: sampleCounts,
    host: {
      macsPerToken: 640_000,
      eventsToChipPerToken: 20,
      eventsFromChipPerToken: 27.7,
      linkBytesPerToken: 763.2,
      linkBytesToChipPerToken: 320,
      linkBytesFromChipPerToken: 443.2,
      linkSecondsPerToken: 6.1056e-6,
      linkBytesPerSecond: 125e6,
      loading: {
        imageBytes: 123_372,
        routingBytes: 84,
        decoderBytes: 0,
        bytes: 123_456,
        seconds: 987.648e-6,
      },
      stages: [
        { name: "embedding", kind: "embedding", macsPerToken: 0, parameterBytes: 2_560_000 },
        { name: "decoder", kind: "linear", macsPerToken: 640_000, parameterBytes: 2_580_000 },
      ],
      parameterBytes: 2_580_000,
    },
    metrics: {
      footprintBytes: 123_456,
      connectionSparsity: 0.9,
      activationSparsity: 0.9795,
      synapticOperationsPerToken: operations,
      synapticOperationsWithDecoderPerToken: { ...operations, dense: 644_000 },
    },
    quality: { tokens: 100, negativeLogLikelihoodNats: 451.8, perplexity: 91.6406 },
    readings: [sampleReading()],
    assumptions: ["Time is modelled from counts, not measured."],
    ...changes,
  };
}

export const sampleRefusal: RefusalJson = {
  verdict: "refused",
  model: { name: "too-large" },
  chip: sampleRun().chip,
  problem: {
    code: "capacity",
    message: "A chip needs 300 processing elements, but has 14 (286 short).",
    hint: "Prune the model further.",
    shortage: { resource: "processing elements", where: "A chip", needed: 300, available: 14 },
  },
};

export const sampleResult = (...runs: ResultJson["runs"]): ResultJson => ({
  schema: "eventloom.result/1",
  generator: "eventloom test",
  runs,
});
