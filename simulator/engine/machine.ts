import { type FormatAction, type RowAction, sumOf } from "../../src/core/counts.ts";
import type { NumberFormat } from "../../src/core/number-format.ts";
import type { ChipPopulationKind } from "../../src/core/population-kind.ts";
import type { HardwareProfile } from "../../src/core/profile.ts";
import type { Program } from "../../src/core/program.ts";
import type { Cycles } from "../../src/core/units.ts";
import { type Delivery, planDeliveries } from "../components/deliveries.ts";
import { createFlowTable, type FlowTable } from "../components/flow-table.ts";
import { type Flight, planFlows } from "../components/flows.ts";
import { type ArrayWork, decoderWork, sliceWork } from "../components/mac-array.ts";
import { createNetwork, type Network } from "../components/network.ts";
import { planRoutes, type RoutePlan } from "../components/routes.ts";
import { bytesOfRowCounter } from "../components/row-counts.ts";
import { type RowCosts, rowCostsOf } from "../components/row-work.ts";
import { listWorkers, type Worker } from "../components/workers.ts";
import type { LoadedDecoder } from "../functional/chip-decoder.ts";
import {
  bytesOfProjection,
  type FusedProjection,
  fuseRows,
  moveProjection,
} from "../functional/fuse-rows.ts";
import { createKernel, type Kernel } from "../functional/kernel.ts";
import { type LoadedSlice, loadImage } from "../functional/load-image.ts";
import { bytesOfPopulations } from "./layers.ts";
import { loadChipDecoder } from "./output.ts";

/** A program on a chip, decoded and laid out for running: nothing here changes while it runs. */
export interface Machine {
  readonly program: Program;
  readonly profile: HardwareProfile;
  readonly format: NumberFormat;
  readonly slices: readonly LoadedSlice[];
  readonly workers: readonly Worker[];
  readonly plan: RoutePlan;
  readonly deliveries: readonly Delivery[];
  /** In canonical order; those of one target population stand together. */
  readonly projections: readonly FusedProjection[];
  /** Holds the projections' arrays, and has room for what one run at a time changes. */
  readonly kernel: Kernel;
  readonly decoder: LoadedDecoder | undefined;
  readonly network: Network;
  /** Each event once. */
  readonly flows: FlowTable;
  readonly phases: readonly MachinePhase[];
  /** By worker. */
  readonly arrayWork: readonly ArrayWork[];
  /** PE cycles of the kernel actions that are not about rows, in the program's number format. */
  readonly cycles: Readonly<Record<Exclude<FormatAction, RowAction>, Cycles>>;
  /** PE cycles of rows, by projection. */
  readonly rowCosts: readonly RowCosts[];
}

export interface MachinePhase {
  readonly name: string;
  /** Indices of the workers that belong to it. */
  readonly workers: readonly number[];
  readonly flows: FlowTable;
  readonly longest: Flight;
}

/** Counters of a projection's rows at most: slots, empty ones, bytes of DRAM. */
const COUNTERS = 3;

/** Loads a checked program. */
export function loadMachine(program: Program, profile: HardwareProfile): Machine {
  const { format } = program.manifest.quantisation;
  const kinds = new Map(program.populations.map(({ name, kind }) => [name, kind]));
  const slices = program.pes.map((pe) =>
    loadImage(pe, format, kinds.get(pe.population) as ChipPopulationKind),
  );
  const workers = listWorkers(program, slices);
  const plan = planRoutes(program, slices, profile);
  const deliveries = planDeliveries(program, slices, workers, plan, profile.noc.kind === "mesh-unicast");
  const network = createNetwork(profile);
  const flows = planFlows(plan, deliveries, workers, profile, network);
  const { chipDecoder } = program;
  const names = program.populations.slice(1).map(({ name }) => name);
  const phases = [...names, ...(chipDecoder ? [chipDecoder.name] : [])].map((name, phase): MachinePhase => {
    return {
      name,
      workers: [...workers.keys()].filter((worker) => workers[worker]!.phase === phase),
      flows: createFlowTable(flows.phases[phase]!.flows),
      longest: flows.phases[phase]!.longest,
    };
  });
  const fused = fuseRows(program, slices, plan, profile.dram?.burstBytes ?? 1);
  const kernel = createKernel(
    sumOf(
      fused.map((projection) => bytesOfProjection(projection) + COUNTERS * bytesOfRowCounter(projection)),
    ) + bytesOfPopulations(program, slices),
  );
  const moved = fused.map((projection) => moveProjection(projection, kernel.allocate));
  kernel.keep();
  return {
    program,
    profile,
    format,
    slices,
    workers,
    plan,
    deliveries,
    projections: moved,
    decoder: loadChipDecoder({ program, workers, plan }),
    kernel,
    network,
    flows: createFlowTable(flows.all),
    phases,
    arrayWork: workers.map((worker, index) =>
      worker.role === "decoder"
        ? decoderWork(worker, chipDecoder!, profile)
        : sliceWork(slices[index]!.blocks, profile),
    ),
    cycles: profile.pe.kernels[format]!,
    rowCosts: moved.map((projection) => rowCostsOf(projection, profile.pe)),
  };
}
