import { expectedActivity } from "../compiler/expected-activity.ts";
import { lower } from "../compiler/lower/lower.ts";
import { partition } from "../compiler/partition/partition.ts";
import { PLACERS } from "../compiler/place/place.ts";
import { type Activity, type Flow, flowsOf, type PlacementProblem } from "../compiler/place/problem.ts";
import { costOf } from "../compiler/place/traffic.ts";
import type { ModelIr } from "../src/core/model-ir.ts";
import { type HardwareProfile, usablePes } from "../src/core/profile.ts";
import { syntheticModel } from "../src/index.ts";
import { formatTable } from "./measure.ts";
import { bundled, gridOf, measuredActivity, unicastHops, unicastOf } from "./problems.ts";

const STUDY = { name: "study", inputs: 750, layers: [1350, 1350, 750], density: 0.05, seed: 1 };

/** What placers make of four problems: how far events travel, the busiest link, and how long the search takes. */
export function benchPlacement(): string {
  const chip = bundled("spinnaker2");
  const model = syntheticModel(STUDY);
  const activity = measuredActivity(model, chip);
  const problems: readonly (readonly [string, PlacementProblem])[] = [
    ["Layered net of 126 slices, 8 × 4 nodes of 4 PEs, multicast, 6 neighbours", layeredProblem(chip)],
    ["Study model, 8 × 5 nodes of 4 PEs, multicast", studyProblem(model, gridOf(chip, 8, 5, 4), activity)],
    ["Study model, 8 × 5 nodes of 4 PEs, unicast", studyProblem(model, unicastOf(chip, 8, 5), activity)],
    ["Study model, one SpiNNaker2", studyProblem(model, chip, activity)],
    ["Study model, board of 48 SpiNNaker2", studyProblem(model, bundled("spinnaker2-48"), activity)],
  ];
  return problems.map(([title, problem]) => tableOf(title, problem)).join("\n");
}

function tableOf(title: string, problem: PlacementProblem): string {
  const count = (value: number) => Math.round(value).toLocaleString("en-US");
  const sequential = PLACERS.find(({ name }) => name === "sequential")!.place(problem, { seed: 1 });
  const unicast = unicastHops(problem, sequential);
  const row = (name: string, hops: number, rest: readonly string[]) => [
    name,
    count(hops),
    `${((100 * hops) / unicast).toFixed(1)} %`,
    ...rest,
  ];
  const placed = PLACERS.map((placer) => {
    const begun = performance.now();
    const placement = placer.place(problem, { seed: 1 });
    const seconds = (performance.now() - begun) / 1000;
    const { eventHops, chipEventHops, busiest, cost } = costOf(problem, placement);
    const loads = [count(chipEventHops), count(busiest), count(cost), `${seconds.toFixed(2)} s`];
    return row(placer.name, eventHops, loads);
  });
  return formatTable(`${title} (${problem.slices.length} slices)`, [
    ["placer", "event-hops", "of unicast", "between chips", "busiest link", "cost", "time"],
    row("sequential, unicast", unicast, ["", "", "", ""]),
    ...placed,
  ]);
}

/** Three layers of 42 slices; each slice sends one event to its own layer and to the next. */
function layeredProblem(chip: HardwareProfile): PlacementProblem {
  const names = ["a", "b", "c"];
  const profile = gridOf(chip, 8, 4, 6);
  return {
    profile,
    pes: usablePes(profile),
    slices: names.flatMap((population) =>
      Array.from({ length: 42 }, (_, first) => ({ population, first, count: 1 })),
    ),
    flows: names.map((source, layer): Flow => ({
      source,
      targets: names.slice(layer, layer + 2),
      toHost: false,
      events: new Float64Array(42).fill(1),
    })),
  };
}

function studyProblem(model: ModelIr, profile: HardwareProfile, activity: Activity): PlacementProblem {
  const graph = lower(model);
  const pes = usablePes(profile);
  return {
    profile,
    pes,
    slices: partition({ graph, profile, pes: pes.length, activity: expectedActivity(graph) }),
    flows: flowsOf(graph, expectedActivity(graph, activity)),
  };
}
