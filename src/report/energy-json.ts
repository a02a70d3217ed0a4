import type {
  ChipComponent,
  ComponentEnergy,
  EnergyReport,
  PeCause,
  PeUse,
} from "../energy/energy-report.ts";
import type { ComponentEnergyJson } from "./result-schema.ts";

/** What PEs spend energy on beyond sleeping, in words. */
const PE_CAUSES: Readonly<Record<PeCause, string>> = {
  packetReceive: "receiving events",
  rowLookup: "row look-ups",
  rowFetch: "row fetches",
  rowWord: "structure of rows",
  synop: "synops",
  emptySlot: "stored zeros",
  neuronUpdate: "EGRU updates",
  lstmUpdate: "LSTM updates",
  gruUpdate: "GRU updates",
  lifUpdate: "LIF updates",
  linearUpdate: "linear layers and partial sums",
  activationUpdate: "sums through σ or tanh",
  maxUpdate: "max pooling",
  eventSend: "sending events",
  timestep: "loop and synchronisation",
  macOperand: "operands of MAC arrays",
  macMagnitude: "magnitudes for MAC arrays",
  macResult: "sums of MAC arrays",
  spinning: "waiting awake",
  other: "other busy cycles",
};

/** What PEs draw whatever they do, by what they did. */
const peUses = (unused: string): Readonly<Record<keyof PeUse<unknown>, string>> => ({
  working: "static, working",
  waiting: "static, waiting",
  unused: `static, ${unused}`,
});

/** PEs that system software keeps stay powered; the others without work may be off. */
function unusedPes({ whileUnused }: EnergyReport, reservedPes: number): string {
  if (whileUnused === "off") return "reserved";
  return reservedPes > 0 ? "reserved or without work" : "without work";
}

/** Components that drew something or belong to the chip, in the energy model's order. */
export const energyByComponent = (energy: EnergyReport, reservedPes: number): ComponentEnergyJson[] =>
  energy.components.map((component) => ({
    component: component.name satisfies ChipComponent,
    chargedBy: component.basis,
    joulesPerToken: component.perStep,
    joulesTotal: component.energy,
    causes: causesOf(component, energy, reservedPes),
  }));

function causesOf({ name }: ComponentEnergy, energy: EnergyReport, reservedPes: number) {
  if (name !== "pe") return [];
  const { peByCause, peByUse, steps } = energy;
  const uses = peUses(unusedPes(energy, reservedPes));
  return [...labelled(PE_CAUSES, peByCause), ...labelled(uses, peByUse)]
    .filter(([, joules]) => joules !== 0)
    .map(([cause, joules]) => ({ cause, joulesPerToken: joules / steps }));
}

const labelled = <Key extends string>(
  labels: Readonly<Record<Key, string>>,
  energies: Readonly<Record<Key, number>>,
): [string, number][] => (Object.keys(labels) as Key[]).map((key) => [labels[key], energies[key]]);
