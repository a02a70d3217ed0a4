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
import { MAX_MAC_OPERANDS } from "../../src/core/row-form.ts";
import { describeConvolution } from "../../src/core/shared-convolution.ts";
import type { Products } from "../passes/use-mac-arrays.ts";
import { WORTH_DRAM } from "./dram-rows.ts";
import { kernelsOf, layMapsOut } from "./map-layouts.ts";

/**
 * Which projections PEs work off on their MAC arrays: none, those with which a timestep is expected to take less time, all
 * with int8 weights, or those named by `projectionName`. The first is the default, as products are computed in another way than rows.
 * Convolutions are multiplied by their kernels where they can be; AS_MATRIX behind a name has one multiplied as the matrix into which it
 * unrolls, and `auto` takes what is faster.
 */
export const MAC_CHOICES = ["off", "auto", "all"] as const;
export type MacChoice = (typeof MAC_CHOICES)[number] | ReadonlySet<string>;
export const AS_MATRIX = "=matrix";

export interface ProductsProblem {
  readonly model: ModelIr;
  /** As it is lowered. */
  readonly graph: EventGraph;
  readonly profile: HardwareProfile;
  /** PEs that may be used. */
  readonly pes: number;
  readonly format: NumberFormat;
  readonly formats: ProjectionFormats;
  /** What a timestep is expected to take with these on MAC arrays. */
  readonly secondsWith: (products: Products) => ExpectedSeconds;
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
export function chooseProducts(problem: ProductsProblem, choice: MacChoice): Products {
  if (choice === "off" || (choice === "auto" && !problem.profile.pe.macArray?.kernel)) return new Map();
  if (choice !== "auto") verifyArrays(problem);
  const known = modelProjectionNames(problem.graph);
  const kernels = kernelsOf(problem.model, problem.graph);
  /** Kernels of those that may have one, and can. */
  const productsOf = (names: Iterable<string>, asMatrix: ReadonlySet<string> = new Set()): Products => {
    const chosen = new Set(names);
    const own = [...kernels].filter(([name]) => chosen.has(name) && !asMatrix.has(name));
    const shared = layMapsOut(problem, new Map(own));
    const isPossible = (name: string) => shared.has(name) || faultOf(problem, name) === undefined;
    return new Map(
      known
        .filter((name) => chosen.has(name) && isPossible(name))
        .map((name) => [name, shared.get(name) ?? "matrix"]),
    );
  };
  const able = known.filter((name) => faultOf(problem, name, kernels.has(name)) === undefined);
  if (choice === "auto") return fastest(problem, able, kernels, productsOf);
  if (choice === "all") {
    const products = productsOf(able);
    if (products.size === 0) throw faultOf(problem, known[0]!)!;
    return products;
  }
  const nameOf = (entry: string) => (entry.endsWith(AS_MATRIX) ? entry.slice(0, -AS_MATRIX.length) : entry);
  const asMatrix = new Set([...choice].filter((entry) => entry.endsWith(AS_MATRIX)).map(nameOf));
  const names = [...choice].map(nameOf);
  const products = productsOf(
    names.filter((name) => able.includes(name)),
    asMatrix,
  );
  for (const name of names) {
    if (!known.includes(name))
      throw new MismatchError(
        `${problem.graph.name} has no projection "${name}" on the chip.`,
        `Name one of: ${known.join(", ")}.`,
      );
    const fault = products.has(name) ? undefined : faultOf(problem, name);
    if (fault) throw fault;
  }
  return products;
}

/**
 * One after the other, in the graph's order, each that makes a timestep faster than what was taken before it, a convolution by its kernel or as a
 * matrix; all, where that is faster still, as one alone may only drive the others' rows into DRAM. Nothing that overlapped is slower than no
 * products, and what is the first to need DRAM has to be worth it.
 */
function fastest(
  { secondsWith }: ProductsProblem,
  able: readonly string[],
  kernels: ReadonlyMap<string, unknown>,
  productsOf: (names: Iterable<string>, asMatrix: ReadonlySet<string>) => Products,
): Products {
  let chosen: Products = new Map();
  if (able.length === 0) return chosen;
  let asMatrix: ReadonlySet<string> = new Set();
  const without = secondsWith(chosen);
  let least = without;
  const takeIfFaster = (names: Iterable<string>, matrices: ReadonlySet<string>): void => {
    const products = productsOf(names, matrices);
    const seconds = secondsWith(products);
    const worth = seconds.usesDram && !least.usesDram ? WORTH_DRAM : 1;
    if (!(seconds.inTurn < worth * least.inTurn && seconds.overlapped <= worth * without.overlapped)) return;
    chosen = products;
    least = seconds;
    asMatrix = matrices;
  };
  for (const name of able) {
    const [before, matrices] = [[...chosen.keys()], asMatrix];
    takeIfFaster([...before, name], matrices);
    if (kernels.has(name)) takeIfFaster([...before, name], new Set([...matrices, name]));
  }
  if (chosen.size < able.length) takeIfFaster(able, asMatrix);
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

/** Why a projection cannot be a product: as a matrix, or by a kernel, which keeps its operands in a part of the maps. */
function faultOf(
  { graph, format, formats }: ProductsProblem,
  name: string,
  byKernel = false,
): UnsupportedError | undefined {
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
  if (size > MAX_MAC_OPERANDS && !byKernel)
    return new UnsupportedError(
      `${name} has ${size} sources; a product on a MAC array takes at most ${MAX_MAC_OPERANDS}.`,
      "Leave it to rows.",
    );
  return undefined;
}

/** A line for each convolution among them: by its kernel, or as a matrix, which is not its kernel. */
export function describeProducts({ projections }: ModelIr, products: Products): string[] {
  return projections.flatMap((projection) => {
    const { weights } = projection;
    const name = projectionName(projection);
    const form = products.get(name);
    if (weights.kind !== "convolution" || form === undefined) return [];
    const { sources, targets, values } = weights;
    if (form !== "matrix")
      return [
        `${name}: a convolution is multiplied by its kernel of ${count(values.length)} values (${describeConvolution(form)}); neurons of both stand in the order of their maps`,
      ];
    const zeros = 100 * (1 - synapsesOfConvolution(weights) / (sources * targets));
    return [
      `${name}: a convolution is multiplied as the matrix into which it unrolls, of ${count(sources)} × ${count(targets)} weights for the ` +
        `${count(values.length)} of its kernel; ${zeros.toFixed(1)} % of them are zeros`,
    ];
  });
}

const count = (value: number): string => value.toLocaleString("en-US");

/** Adds to a shortage that products need room for all their weights, zeros too. */
export function withProductsHint<Value>(products: Products, run: () => Value): Value {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof CapacityError) || products.size === 0) throw error;
    throw new CapacityError(
      error.shortage,
      `Leave some projections to rows: products on MAC arrays hold all weights of ${[...products.keys()].join(", ")}, zeros too (--mac off, auto, or fewer names).`,
    );
  }
}
