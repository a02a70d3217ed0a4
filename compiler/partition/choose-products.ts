import { synapsesOfConvolution } from "../../src/core/convolution.ts";
import { CapacityError, MismatchError, UnsupportedError } from "../../src/core/errors.ts";
import {
  type EventGraph,
  graphPopulationNamed,
  modelProjectionName,
  modelProjectionNames,
  projectionName,
} from "../../src/core/event-graph.ts";
import type { ModelIr } from "../../src/core/model-ir.ts";
import type { NumberFormat, ProjectionFormats } from "../../src/core/number-format.ts";
import type { HardwareProfile } from "../../src/core/profile.ts";
import { MAX_MAC_ROWS } from "../../src/core/row-form.ts";
import { WORTH_DRAM } from "./dram-rows.ts";

/**
 * Which projections PEs work off on their MAC arrays: none, those with which a timestep is expected to take less time, all
 * with int8 weights, or those named by `projectionName`. The first is the default, as products are computed in another way than rows.
 */
export const MAC_CHOICES = ["off", "auto", "all"] as const;
export type MacChoice = (typeof MAC_CHOICES)[number] | ReadonlySet<string>;

export interface ProductsProblem {
  /** As it is lowered. */
  readonly graph: EventGraph;
  readonly profile: HardwareProfile;
  readonly format: NumberFormat;
  readonly formats: ProjectionFormats;
  /** What a timestep is expected to take with these on MAC arrays. */
  readonly secondsWith: (products: ReadonlySet<string>) => ExpectedSeconds;
}

/** Seconds; infinite where products do not fit. */
export interface ExpectedSeconds {
  /** Layer by layer, as the fast fidelity reckons. */
  readonly inTurn: number;
  /** With recurrent events worked off while other layers run, which products wait for; as the detailed fidelity has it. */
  readonly overlapped: number;
  /** Whether rows or matrices then lie in DRAM. */
  readonly usesDram: boolean;
}

/**
 * The projections that are to be products, in the graph's order.
 *
 * @throws UnsupportedError, MismatchError where what is asked for cannot be.
 */
export function chooseProducts(problem: ProductsProblem, choice: MacChoice): ReadonlySet<string> {
  if (choice === "off") return new Set();
  const able = modelProjectionNames(problem.graph).filter((name) => faultOf(problem, name) === undefined);
  if (choice === "auto") return problem.profile.pe.macArray?.kernel ? fastest(problem, able) : new Set();
  verifyArrays(problem);
  const known = modelProjectionNames(problem.graph);
  if (choice === "all") {
    if (able.length === 0) throw faultOf(problem, known[0]!)!;
    return new Set(able);
  }
  for (const name of choice) {
    if (!known.includes(name))
      throw new MismatchError(
        `${problem.graph.name} has no projection "${name}" on the chip.`,
        `Name one of: ${known.join(", ")}.`,
      );
    const fault = faultOf(problem, name);
    if (fault) throw fault;
  }
  return new Set(known.filter((name) => choice.has(name)));
}

/**
 * One after the other, in the graph's order, each that makes a timestep faster than what was taken before it; all, where that is
 * faster still, as one alone may only drive the others' rows into DRAM. Nothing that overlapped is slower than no products, and
 * what is the first to need DRAM has to be worth it.
 */
function fastest({ secondsWith }: ProductsProblem, able: readonly string[]): ReadonlySet<string> {
  let chosen: ReadonlySet<string> = new Set();
  if (able.length === 0) return chosen;
  const without = secondsWith(chosen);
  let least = without;
  const takeIfFaster = (names: ReadonlySet<string>): void => {
    const seconds = secondsWith(names);
    const worth = seconds.usesDram && !least.usesDram ? WORTH_DRAM : 1;
    if (!(seconds.inTurn < worth * least.inTurn && seconds.overlapped <= worth * without.overlapped)) return;
    chosen = names;
    least = seconds;
  };
  for (const name of able) takeIfFaster(new Set([...chosen, name]));
  if (chosen.size < able.length) takeIfFaster(new Set(able));
  return chosen;
}

function verifyArrays({ profile, format }: ProductsProblem): void {
  const { macArray } = profile.pe;
  if (!macArray?.kernel)
    throw new UnsupportedError(
      macArray
        ? `${profile.title} has no kernel for projections on its MAC arrays.`
        : `${profile.title} has no MAC arrays.`,
      macArray
        ? "Give the kernel's cycles in the profile (pe.macArray.kernel), or leave out --mac."
        : "Leave out --mac, or choose another chip.",
    );
  if (format === "float32")
    throw new UnsupportedError(
      "MAC arrays multiply int8 weights, and the program's are float32.",
      "Choose --format int8, or leave out --mac.",
    );
}

/** Why a projection cannot be a product. */
function faultOf({ graph, format, formats }: ProductsProblem, name: string): UnsupportedError | undefined {
  const own = formats.get(name) ?? format;
  if (own !== "int8")
    return new UnsupportedError(
      `MAC arrays multiply int8 weights, and those of ${name} are ${own}.`,
      "Give it the format int8, or leave it to rows.",
    );
  const projection = graph.projections.find((each) => modelProjectionName(graph, each) === name)!;
  if (graphPopulationNamed(graph, projection.target).kind === "max-pool")
    return new UnsupportedError(
      `${name} is max pooling, which compares values and multiplies none.`,
      "Leave it to rows.",
    );
  const { size } = graphPopulationNamed(graph, projection.source);
  if (size > MAX_MAC_ROWS)
    return new UnsupportedError(
      `${name} has ${size} sources; a product on a MAC array takes at most ${MAX_MAC_ROWS}.`,
      "Leave it to rows.",
    );
  return undefined;
}

/** A line for each convolution among them: what is multiplied is not its kernel. */
export function describeProducts({ projections }: ModelIr, products: ReadonlySet<string>): string[] {
  return projections.flatMap((projection) => {
    const { weights } = projection;
    const name = projectionName(projection);
    if (weights.kind !== "convolution" || !products.has(name)) return [];
    const { sources, targets, values } = weights;
    const zeros = 100 * (1 - synapsesOfConvolution(weights) / (sources * targets));
    return [
      `${name}: a convolution is multiplied as the matrix into which it unrolls, of ${count(sources)} × ${count(targets)} weights for the ` +
        `${count(values.length)} of its kernel; ${zeros.toFixed(1)} % of them are zeros`,
    ];
  });
}

const count = (value: number): string => value.toLocaleString("en-US");

/** Adds to a shortage that products need room for all their weights, zeros too. */
export function withProductsHint<Value>(products: ReadonlySet<string>, run: () => Value): Value {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof CapacityError) || products.size === 0) throw error;
    throw new CapacityError(
      error.shortage,
      `Leave some projections to rows: products on MAC arrays hold all weights of ${[...products].join(", ")}, zeros too (--mac off, auto, or fewer names).`,
    );
  }
}
