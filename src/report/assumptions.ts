import type { RunReport } from "../compare/run.ts";
import { isProductForm } from "../core/row-form.ts";
import { counted } from "../core/wording.ts";
import { figureBases } from "./figure-bases.ts";

/** What a reader has to know before quoting a figure, in full sentences. */
export function assumptionsOf({ program, result, chip, readings, stepIs }: RunReport): string[] {
  const { measured, published, counted: executed, estimated, unknown } = figureBases(chip);
  const kernels = chip.figures.filter(({ path }) => path.startsWith("pe.kernels."));
  const guessed = kernels.filter(({ basis }) => basis === "estimated").length;
  return [
    `Chip time and energy are of the layers on the chip${program.chipDecoder ? " and the decoder" : ""}; what runs on the host is counted apart and costs neither.`,
    `Time is modelled from counts, not measured: a layer takes its busiest PE, the packets' flight, and the slower of busiest link and event router.`,
    `Of the profile's figures ${measured} are measured, ${published} published, ${executed} counted, ${estimated} estimated and ${unknown} unknown` +
      (guessed > 0 ? `; the cycles of ${guessed} of ${kernels.length} kernel actions are estimates.` : "."),
    ...(readings.some(({ timing }) => timing.replay === undefined)
      ? ["Every packet finds room in its PE's FIFO: the fast model knows no overflow."]
      : []),
    ...(readings.some(({ timing }) => timing.replay !== undefined)
      ? [
          "Detailed times are of packets, FIFOs, DRAM transfers, router and mesh replayed one by one; buffer sizes of NoC and router are assumptions.",
        ]
      : []),
    ...codingAssumption(program, result),
    ...policyAssumptions(readings),
    ...waitingAssumption(readings, chip.profile.pe.reserved.length),
    ...(chip.overrides.length > 0 ? [`The profile was changed: ${chip.overrides.join(", ")}.`] : []),
    ...(program.chipDecoder
      ? [
          "The decoder on the chip computes in int8, which the model was not trained for.",
          "The decoder's weights come from DRAM in every timestep; their flits are counted where the profile says where DRAM is.",
        ]
      : []),
    ...(hasProducts(program)
      ? ["What projections on MAC arrays receive is rounded to 8 bits, which the model was not trained for."]
      : []),
    ...(program.chipDecoder || hasProducts(program)
      ? [
          "MAC arrays are priced at the energy of a MAC at the published utilisation of matrix multiplication; a vector-matrix product uses them less.",
        ]
      : []),
    ...(stepIs === "vector"
      ? ['Where a name in the JSON result says "token", it means one input vector.']
      : []),
  ];
}

/** What coding graded events made of them. */
function codingAssumption(
  { manifest }: RunReport["program"],
  { populations }: RunReport["result"],
): string[] {
  const { coding } = manifest.options;
  if (coding === undefined) return [];
  const sum = (of: (population: (typeof populations)[number]) => number) =>
    populations.reduce((total, population) => total + of(population), 0);
  const mean =
    sum(({ spikes = 0 }) => spikes) /
    Math.max(
      1,
      sum(({ events }) => events),
    );
  return [
    `Graded events are sent as --coding ${coding} says, ${mean.toFixed(2)} packets an event; their values are rounded accordingly, and rows are read once a packet.`,
  ];
}

const hasProducts = ({ pes }: RunReport["program"]): boolean =>
  pes.some(({ sources }) => sources.some(({ form }) => isProductForm(form)));

/** How timesteps are kept apart, and what changing operating points leaves out. */
function policyAssumptions(readings: RunReport["readings"]): string[] {
  const kinds = new Set(readings.map(({ timing }) => timing.synchronisation.kind));
  return [
    ...(kinds.has("data-flow")
      ? [
          "By data flow a layer begins when its input is there; no barrier and no timer tick keeps timesteps apart.",
        ]
      : []),
    ...(kinds.has("timer")
      ? ["By timer each layer or interval takes one tick; work that is late is taken as done and reported."]
      : []),
    ...(readings.some(({ timing }) => timing.dvfs !== undefined)
      ? [
          "PEs that change their operating point sleep at the policy's slowest; only its change from timestep to timestep takes time.",
        ]
      : []),
  ];
}

function waitingAssumption(readings: RunReport["readings"], reservedPes: number): string[] {
  const [first] = readings;
  if (first === undefined) return [];
  const waiting = first.whileWaiting === "spin" ? "spin, awake" : "sleep";
  const unused = first.whileUnused === "off" ? "are switched off" : "sleep";
  const reserved =
    reservedPes === 0
      ? ""
      : `; ${counted(reservedPes, "reserved PE")} ${reservedPes === 1 ? "sleeps" : "sleep"} throughout`;
  return [`PEs that wait for others ${waiting}; PEs without work ${unused}${reserved}.`];
}
