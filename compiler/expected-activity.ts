import type { EventGraph, GraphPopulation } from "../src/core/event-graph.ts";
import type { Activity } from "./place/problem.ts";

/** Of spiking neurons and of inputs that are silent at 0 nothing is known before they run: one spike in twenty timesteps. */
const ASSUMED_SPIKES = 0.05;

/**
 * Events of a neuron in a timestep where nobody measured them. What is dense is sent in each: inputs, and all that is hardly
 * ever exactly 0. Sums are as likely below 0 as above, so half of those through a ReLU are. Of EGRU neurons published language
 * models without pruning leave 79.7 % and 84.8 % silent in the mean (Penn Treebank; Subramoney et al., ICLR 2023).
 */
const ASSUMED_EVENTS: Readonly<Record<GraphPopulation["kind"], number>> = {
  input: 1,
  egru: 0.2,
  lstm: 1,
  gru: 1,
  lif: ASSUMED_SPIKES,
  "lif-reset": ASSUMED_SPIKES,
  integrator: 1,
  linear: 1,
  relu: 0.5,
  sigmoid: 1,
  tanh: 1,
  "partial-sum": 1,
  "max-pool": 1,
};

/** Events of each neuron in a timestep, as long as nobody measured them. */
export const assumedEvents = (population: GraphPopulation): number =>
  population.kind === "input" && population.silentZeros ? ASSUMED_SPIKES : ASSUMED_EVENTS[population.kind];

/** Events of all populations: as measured on sample input, and as assumed elsewhere. */
export function expectedActivity({ populations }: EventGraph, measured?: Activity): Activity {
  return new Map(
    populations.map((population) => [
      population.name,
      measured?.get(population.name) ?? new Float64Array(population.size).fill(assumedEvents(population)),
    ]),
  );
}

/** Layers and inputs whose events are a guess; those of dense ones follow from what they are. */
export const guessedPopulations = ({ populations }: EventGraph, measured?: Activity): string[] =>
  populations
    .filter((population) => assumedEvents(population) < 1 && !measured?.has(population.name))
    .map(({ name }) => name);

/** "20 % of the neurons of egru0, egru1 and 5 % of those of lif0 send an event". */
export function guessText({ populations }: EventGraph, guessed: readonly string[]): string {
  const namesBy = new Map<number, string[]>();
  for (const population of populations) {
    if (!guessed.includes(population.name)) continue;
    const events = assumedEvents(population);
    namesBy.set(events, [...(namesBy.get(events) ?? []), population.name]);
  }
  const shares = [...namesBy].map(
    ([events, names], index) =>
      `${100 * events} % of ${index === 0 ? "the neurons" : "those"} of ${names.join(", ")}`,
  );
  return `${shares.join(" and ")} send an event`;
}
