import type { Placement } from "../../src/core/mapping.ts";
import { randomNumbers } from "../../src/core/random.ts";
import { routerGraphOf } from "../../src/core/router-graph.ts";
import { CONSTRUCTIVE_PLACERS } from "./constructive.ts";
import { createLayout, type Layout } from "./moves.ts";
import { type PlacementProblem, type Placer, type PlaceOptions, reachablePes } from "./problem.ts";
import { spectral } from "./spectral.ts";
import { costOf, type Traffic, trafficOf } from "./traffic.ts";

/** Links and routers that one run may visit at effort 1: some five seconds of any machine, however large. */
const MOST_VISITS = 150_000_000;
/** Moves by which the deviation is found, at most. */
const MOST_SAMPLES = 500;
/** Moves at each temperature: VPR's N^(4/3), but each of a few slices should have its turn. */
const FEWEST_MOVES = 64;
/** Temperatures that a schedule usually takes. */
const TEMPERATURES = 100;
/** VPR begins at 20 deviations, at which nothing of the start remains. Here the start is worth keeping. */
const FIRST_TEMPERATURE = 0.05;
/** Share of moves that should be accepted; the range of moves follows it. */
const WANTED_ACCEPTANCE = 0.44;

/**
 * Only a start that is clearly cheaper is searched from instead of the ones along rows and curves: at equal cost a
 * spectral start was as often the worse one (0.6 % on a mesh of multicast routers, over six seeds).
 */
const CLEAR_LEAD = 0.99;

/**
 * Simulated annealing with the schedule of VPR (Betz & Rose, FPL 1997), from the best placement that needs no search and
 * not hot enough to forget it. Every move is judged by what it changes on the trees that events will really take. The best
 * placement that was seen is the one that counts, so that the result is never worse than any of the starts.
 */
export const annealing: Placer = {
  name: "annealing",
  summary: "random changes that shorten the trees of events, from the best of the others",
  place(problem, options) {
    const [plain, other] = [
      cheapest(problem, CONSTRUCTIVE_PLACERS, options),
      startOf(problem, spectral, options),
    ];
    const end = anneal(problem, (other.cost < CLEAR_LEAD * plain.cost ? other : plain).placement, options);
    return costOf(problem, end).cost <= other.cost ? end : other.placement;
  },
};

interface Start {
  readonly placement: Placement;
  readonly cost: number;
}

function startOf(problem: PlacementProblem, placer: Placer, options: PlaceOptions): Start {
  const placement = placer.place(problem, options);
  return { placement, cost: costOf(problem, placement).cost };
}

const cheapest = (problem: PlacementProblem, placers: readonly Placer[], options: PlaceOptions): Start =>
  placers
    .map((placer) => startOf(problem, placer, options))
    .reduce((best, start) => (start.cost < best.cost ? start : best));

/** Improves a placement; what it returns costs no more. */
export function anneal(
  problem: PlacementProblem,
  start: Placement,
  { seed, effort = 1 }: PlaceOptions,
): Placement {
  const pes = reachablePes(problem, routerGraphOf(problem.profile));
  const layout = createLayout(problem, pes, start);
  if (layout.span === 0 || start.length === 0) return start;
  const search = createSearch(trafficOf(problem, start), layout, randomNumbers(seed), effort * MOST_VISITS);
  const coolest = 0.005 / (problem.flows.length + start.length);
  const wanted = effort * Math.max(FEWEST_MOVES, Math.ceil(start.length ** (4 / 3)));
  let range = layout.span;
  const deviation = search.deviation(Math.min(start.length, MOST_SAMPLES), range);
  const moves = Math.max(1, Math.min(wanted, Math.floor(search.movesLeft() / TEMPERATURES)));
  // The fewer of the wanted moves there is time for, the less of the start may be given up.
  let temperature = FIRST_TEMPERATURE * deviation * Math.sqrt(moves / wanted);
  while (!search.isOver() && search.cost() > 0 && temperature >= coolest * search.cost()) {
    const acceptance = search.run(moves, temperature, range);
    temperature *= coolingOf(acceptance, range);
    range = Math.min(layout.span, Math.max(1, range * (1 - WANTED_ACCEPTANCE + acceptance)));
  }
  for (let before = Infinity; search.cost() < before && !search.isOver();) {
    before = search.cost();
    search.run(wanted, 0, range);
  }
  return search.best();
}

/** Fast while nearly all or hardly any moves are accepted, slow in between, where the order is found. */
function coolingOf(acceptance: number, range: number): number {
  if (acceptance > 0.96) return 0.5;
  if (acceptance > 0.8) return 0.9;
  return acceptance > 0.15 || range > 1 ? 0.95 : 0.8;
}

interface Search {
  cost(): number;
  /** Whether it has visited all links that it may. */
  isOver(): boolean;
  /** Moves that it may yet make, if each visits as many links as those so far. */
  movesLeft(): number;
  /** Standard deviation of what random moves change; none of them is kept. */
  deviation(moves: number, range: number): number;
  /** Tries so many moves and returns the share that was accepted. */
  run(moves: number, temperature: number, range: number): number;
  /** The cheapest placement at the end of any run. */
  best(): Placement;
}

function createSearch(traffic: Traffic, layout: Layout, random: () => number, mostVisits: number): Search {
  let cost = traffic.cost().cost;
  let best = { cost, placement: [...layout.peOf] };
  let tried = 0;
  const visited = traffic.visits();
  const visits = () => traffic.visits() - visited;
  const isOver = () => visits() >= mostVisits;

  /** Tries one random move; whether it was made. */
  const attempt = (range: number, isWelcome: (change: number) => boolean): boolean => {
    tried += 1;
    const proposal = layout.propose(random, Math.round(range));
    if (proposal === undefined) return false;
    traffic.move(proposal.moves);
    const now = traffic.cost().cost;
    if (!isWelcome(now - cost)) {
      traffic.undo();
      return false;
    }
    layout.apply(proposal);
    cost = now;
    return true;
  };

  return {
    cost: () => cost,
    isOver,
    movesLeft: () => (tried * (mostVisits - visits())) / Math.max(1, visits()),
    deviation(moves, range) {
      const changes: number[] = [];
      const note = (change: number) => changes.push(change) === 0;
      for (let move = 0; move < moves && !isOver(); move += 1) attempt(range, note);
      const mean = changes.reduce((a, b) => a + b, 0) / changes.length;
      const squares = changes.reduce((sum, change) => sum + (change - mean) ** 2, 0);
      return changes.length === 0 ? 0 : Math.sqrt(squares / changes.length);
    },
    run(moves, temperature, range) {
      const isWelcome = (change: number) =>
        change <= 0 || (temperature > 0 && random() < Math.exp(-change / temperature));
      let accepted = 0;
      for (let move = 0; move < moves && !isOver(); move += 1) if (attempt(range, isWelcome)) accepted += 1;
      if (cost < best.cost) best = { cost, placement: [...layout.peOf] };
      return accepted / moves;
    },
    best: () => best.placement,
  };
}
