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
  synop: "synops",
  neuronUpdate: "neuron updates",
  eventSend: "sending events",
  timestep: "loop and synchronisation",
  spinning: "waiting awake",
  other: "other busy cycles",
};

/** What PEs draw whatever they do, by what they did. */
const PE_USES: Readonly<Record<keyof PeUse<unknown>, string>> = {
  working: "static, working",
  waiting: "static, waiting",
  unused: "static, without work",
};

/** Components that drew something or belong to the chip, in the energy model's order. */
export const energyByComponent = (energy: EnergyReport): ComponentEnergyJson[] =>
  energy.components.map((component) => ({
    component: component.name satisfies ChipComponent,
    chargedBy: component.basis,
    joulesPerToken: component.perStep,
    joulesTotal: component.energy,
    causes: causesOf(component, energy),
  }));

function causesOf({ name }: ComponentEnergy, { peByCause, peByUse, steps }: EnergyReport) {
  if (name !== "pe") return [];
  return [...labelled(PE_CAUSES, peByCause), ...labelled(PE_USES, peByUse)]
    .filter(([, energy]) => energy !== 0)
    .map(([cause, energy]) => ({ cause, joulesPerToken: energy / steps }));
}

const labelled = <Key extends string>(
  labels: Readonly<Record<Key, string>>,
  energies: Readonly<Record<Key, number>>,
): [string, number][] => (Object.keys(labels) as Key[]).map((key) => [labels[key], energies[key]]);
