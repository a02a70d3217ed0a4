import type {
  ChipLinkAction,
  DramAction,
  EventRouterAction,
  KernelAction,
  MacArrayAction,
  NocAction,
} from "../core/counts.ts";
import type { Schedule } from "../core/result.ts";
import type { Joules, Seconds, Watts } from "../core/units.ts";

/** Components of the chip, or of the board's chips together, in the order in which their energies are summed. */
export const CHIP_COMPONENTS = [
  "base",
  "board",
  "pe",
  "macArray",
  "noc",
  "eventRouter",
  "chipLinks",
  "dram",
] as const;
export type ChipComponent = (typeof CHIP_COMPONENTS)[number];

/** Why PEs drew more than asleep: a kernel's action, waiting without sleep, or busy cycles of no action. */
export type PeCause = KernelAction | "spinning" | "other";

/**
 * An action that happened and has no known cost. `spinCycle` is a PE cycle spent waiting awake, `power` what the
 * chips' base or the board draws once throughout the run.
 */
export interface Unpriced {
  readonly component: ChipComponent;
  readonly action:
    | KernelAction
    | MacArrayAction
    | NocAction
    | EventRouterAction
    | ChipLinkAction
    | DramAction
    | "spinCycle"
    | "power";
  readonly count: number;
}

/** What one component drew over the whole run. */
export interface ComponentEnergy {
  readonly name: ChipComponent;
  /** The one basis on which it is charged. */
  readonly basis: "time" | "state" | "action";
  /** For what happened. */
  readonly dynamic: Joules;
  /** For the time that passed. */
  readonly static: Joules;
  /** dynamic + static. */
  readonly energy: Joules;
  /** energy / steps. */
  readonly perStep: Joules;
  readonly unpriced: readonly Unpriced[];
}

/** Energy of a run on the chip at one operating point. The host's work is outside: it is counted, not priced. */
export interface EnergyReport {
  readonly operatingPoint: string;
  readonly schedule: Schedule;
  readonly whileWaiting: "sleep" | "spin";
  readonly whileUnused: "sleep" | "off";
  readonly seconds: Seconds;
  readonly steps: number;
  /** In the order of CHIP_COMPONENTS; those that the chip does not have are left out. */
  readonly components: readonly ComponentEnergy[];
  /** The components' `energy`, summed in their order. */
  readonly total: Joules;
  readonly dynamic: Joules;
  readonly static: Joules;
  /** total / steps: a token, for a language model. */
  readonly perStep: Joules;
  /** perStep · window, where state restarts every `window` steps. */
  readonly perWindow?: Joules;
  /** total / seconds. */
  readonly meanPower: Watts;
  /** Whether something that happened has no known cost; `total` is then "at least". */
  readonly isLowerBound: boolean;
  readonly unpriced: readonly Unpriced[];
  /** Informational: the PEs' dynamic energy by cause. Sums to that component's `dynamic`. */
  readonly peByCause: Readonly<Record<PeCause, Joules>>;
  /** Informational: the PEs' static energy by what they did. Sums to that component's `static`. */
  readonly peByUse: PeUse<Joules>;
  /** Informational: PE-seconds behind `peByUse`. */
  readonly peSeconds: PeUse<Seconds>;
  /** Informational: PE-seconds of work by operating point, the slowest first. */
  readonly peSecondsByPoint: readonly { readonly operatingPoint: string; readonly seconds: Seconds }[];
}

/** What PEs did with their time: work, wait for others, nothing. Switched-off PEs are in none of these. */
export interface PeUse<Unit> {
  readonly working: Unit;
  readonly waiting: Unit;
  readonly unused: Unit;
}
