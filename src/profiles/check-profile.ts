import { dataBytesOf, type HardwareProfile, type OperatingPoint, usablePes } from "../core/profile.ts";
import { PACKET_BYTES } from "../core/program.ts";
import { checkBoard } from "./check-board.ts";
import { checkFaults, withoutFaults } from "./check-faults.ts";
import { checkMesh } from "./check-mesh.ts";
import { firstChipOf } from "./first-chip.ts";
import { error, type ProfileFinding, warning } from "./profile-finding.ts";

/** Offsets in a memory image are 32-bit numbers with room to spare. */
const MAX_SRAM_BYTES = 2 ** 31;

/**
 * Tests the description itself, beyond its form: that its parts fit each other.
 *
 * @param stated.neurons Neurons that keys should be wide enough for; at least one a PE without it.
 */
export function checkProfile(
  profile: HardwareProfile,
  stated: { readonly neurons?: number } = {},
): readonly ProfileFinding[] {
  const sound = withoutFaults(profile);
  return [
    ...checkReserved(firstChipOf(sound)),
    ...checkSram(profile),
    ...checkMacArray(profile),
    ...checkMesh(sound),
    ...checkBoard(sound),
    ...checkFaults(profile),
    ...checkBuffers(profile),
    ...checkKeys(profile, stated.neurons ?? 0),
    ...checkSizes(profile),
    ...checkSynchronisation(profile),
    ...checkOperatingPoints(profile),
  ];
}

function* checkReserved(profile: HardwareProfile): Generator<ProfileFinding> {
  const { count, reserved } = profile.pe;
  const at = "pe.reserved";
  const outside = reserved.filter((pe) => pe >= count);
  if (outside.length > 0) yield error(at, `names PE ${outside[0]}, but indices end at ${count - 1}`);
  if (reserved.some((pe, i) => i > 0 && pe <= reserved[i - 1]!)) yield error(at, "is not ascending");
  if (usablePes(profile).length === 0) yield error(at, `leaves none of ${count} PEs to programs`);
}

function* checkSram({ pe }: HardwareProfile): Generator<ProfileFinding> {
  const { bytes, codeBytes, stackBytes, packetFifoEntries } = pe.sram;
  for (const [name, value] of Object.entries({ bytes, codeBytes, stackBytes })) {
    if (value % 4 !== 0) yield error(`pe.sram.${name}`, `is ${value} B, no whole number of 4-byte words`);
  }
  if (bytes > MAX_SRAM_BYTES) yield error("pe.sram.bytes", `is ${bytes} B; a PE addresses at most 2 GiB`);
  const data = dataBytesOf(pe.sram);
  const fifo = packetFifoEntries * PACKET_BYTES;
  if (data <= 0) yield error("pe.sram", `code and stack fill all ${bytes} B of a PE`);
  else if (fifo > data) {
    yield error("pe.sram.packetFifoEntries", `the FIFO takes ${fifo} B of ${data} B left for data`);
  }
}

function* checkMacArray({ pe, operatingPoints }: HardwareProfile): Generator<ProfileFinding> {
  const port = pe.macArray?.sramPortBytes ?? 1;
  if (!(Number.isSafeInteger(port) && port > 0)) {
    yield error("pe.macArray.sramPort", `is ${port} B; a whole number above 0 is needed`);
  }
  for (const [index, { name, energy }] of operatingPoints.entries()) {
    const at = `operatingPoints[${index}].energy.macArray`;
    if (pe.macArray === undefined && energy.macArray !== undefined) {
      yield error(at, `prices MAC arrays at ${name}, but the PEs have none`);
    }
    if (pe.macArray !== undefined && energy.macArray === undefined) {
      yield warning(at, `is missing at ${name}; MAC-array work stays unpriced there`);
    }
  }
}

function* checkKeys({ pe, eventRouter }: HardwareProfile, neurons: number): Generator<ProfileFinding> {
  const { keyBits } = eventRouter;
  const keys = 2 ** keyBits;
  const at = "eventRouter.keyBits";
  if (keyBits > 32) yield error(at, `is ${keyBits}; programs hold keys of at most 32 bits`);
  if (keys < pe.count) yield error(at, `${keys} keys are fewer than ${pe.count} PEs`);
  if (keys < neurons) yield error(at, `${keys} keys are fewer than ${neurons} neurons`);
}

/** A link of which one stream can use only a part is possible, but seldom meant. */
function* checkBuffers({ noc }: HardwareProfile): Generator<ProfileFinding> {
  const { linkFlits, creditCycles } = noc.buffers;
  const roundTrip = noc.hopCycles + creditCycles;
  const covered = linkFlits * noc.flitCycles;
  if (covered < roundTrip) {
    yield warning(
      "noc.buffers.linkFlits",
      `${linkFlits} flits cover ${covered} of a round trip's ${roundTrip} cycles (hop and credit); a lone stream is held up by credits`,
    );
  }
}

function* checkSizes({ dram, host, noc, capabilities }: HardwareProfile): Generator<ProfileFinding> {
  const { eventPayload = 32 } = capabilities ?? {};
  const eventBits = 4 * PACKET_BYTES + Math.min(32, eventPayload);
  if (noc.flitBits < eventBits) {
    yield error(
      "noc.flit",
      `is ${noc.flitBits} bit; an event of ${eventBits} bit (${eventPayload === 0 ? "key" : "key and payload"}) must fit one flit`,
    );
  }
  if (!Number.isInteger(noc.payloadBytes)) {
    yield error("noc.payload", `is ${8 * noc.payloadBytes} bit, no whole number of bytes`);
  } else if (8 * noc.payloadBytes > noc.flitBits) {
    yield error("noc.payload", `is ${8 * noc.payloadBytes} bit of a flit of ${noc.flitBits} bit`);
  }
  const sizes = {
    "dram.capacity": dram?.bytes,
    "dram.burst": dram?.burstBytes,
    "host.eventSize": host.bytesPerEvent,
  };
  for (const [path, value] of Object.entries(sizes)) {
    if (value !== undefined && !(Number.isSafeInteger(value) && value > 0)) {
      yield error(path, `is ${value} B; a whole number above 0 is needed`);
    }
  }
}

function* checkSynchronisation({ synchronisation }: HardwareProfile): Generator<ProfileFinding> {
  const { kind, barrier, period } = synchronisation;
  if (kind === "barrier" && barrier === undefined) {
    yield error("synchronisation.barrier", "is missing, but timesteps are kept apart by barriers");
  }
  if (kind === "timer" && period === undefined) {
    yield error("synchronisation.period", "is missing, but timesteps are kept apart by a timer");
  }
}

function* checkOperatingPoints({ operatingPoints }: HardwareProfile): Generator<ProfileFinding> {
  const names = new Set<string>();
  for (const [index, point] of operatingPoints.entries()) {
    const at = `operatingPoints[${index}]`;
    if (names.has(point.name)) yield error(`${at}.name`, `"${point.name}" names two operating points`);
    names.add(point.name);
    yield* checkPowers(point, `${at}.energy`);
  }
}

/** Powers rise from off to asleep to busy. */
function* checkPowers({ name, energy }: OperatingPoint, at: string): Generator<ProfileFinding> {
  const { pe, macArray } = energy;
  if (pe.sleep < 0) yield error(`${at}.pe`, `at ${name} PEs draw less asleep than switched off`);
  if (pe.basis === "state" && pe.busyCycle < 0) {
    yield error(`${at}.pe`, `at ${name} PEs draw less busy than asleep`);
  }
  if ((macArray?.costs.mac ?? 0) < 0) {
    yield error(`${at}.macArray`, `at ${name} busy MAC arrays draw less than PEs asleep`);
  }
}
