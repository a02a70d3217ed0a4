import { type Static, Type } from "typebox";
import { SYNCHRONISATIONS } from "../core/profile.ts";
import { FIDELITIES, SCHEDULES } from "../core/result.ts";
import { amount, closed, count, meshPosition, oneOf, share, text } from "./schema-forms.ts";

const ComponentEnergy = closed({
  component: oneOf(["base", "board", "pe", "macArray", "noc", "eventRouter", "chipLinks", "dram"]),
  chargedBy: Type.Enum(["time", "state", "action"], { description: "The one basis on which it is charged" }),
  joulesPerToken: amount(),
  joulesTotal: amount("The whole run"),
  causes: Type.Array(closed({ cause: text(), joulesPerToken: amount() }), {
    description: "What it was spent on; sums to joulesPerToken. Empty where there is nothing to tell apart",
  }),
});

const Unpriced = closed({
  component: text(),
  action: text(),
  count: count("How often it happened; 1 for the power of base or board, which is drawn all the time"),
});

const NetworkUse = closed(
  {
    links: Type.Array(
      closed({
        direction: oneOf(["east", "north east", "north", "west", "south west", "south"]),
        isBetweenChips: Type.Boolean(),
        links: count("Links that lead that way"),
        meanUtilisation: amount("Over these links"),
        maxUtilisation: amount(),
      }),
      { description: "By direction; a grid's x grows to the east, its y to the north" },
    ),
    busiestLink: Type.Optional(
      closed({
        chip: count(),
        isBetweenChips: Type.Boolean(),
        from: meshPosition,
        to: meshPosition,
        utilisation: amount(),
      }),
    ),
    eventRouterUtilisation: amount("The busier of key matching and copying; mean over routers"),
  },
  "Share of the run's time for which links and event routers were occupied. Above 1 only after overruns",
);

const Synchronisation = closed(
  {
    kind: oneOf(SYNCHRONISATIONS),
    barrierSeconds: Type.Optional(amount("Of one barrier")),
    periodSeconds: Type.Optional(amount("From one tick to the next")),
    secondsPerToken: amount("In barriers, or waiting for ticks after work that was in time"),
    overruns: Type.Optional(
      closed(
        {
          steps: count("Timesteps with work that took longer than a tick"),
          worstSeconds: amount("By which the latest work was late"),
          shortestTickSeconds: amount("With which none would be late"),
        },
        "Results and counts assume that late work was done",
      ),
    ),
  },
  "How timesteps are kept apart",
);

const Dvfs = closed(
  {
    policy: text("As in operatingPoint"),
    points: Type.Array(
      closed({
        operatingPoint: text(),
        peClockHertz: amount(),
        voltageVolts: Type.Optional(amount()),
        workingSeconds: amount("Of PEs, core or MAC array busy at this point, summed over PEs and the run"),
      }),
      { description: "Slowest first; PEs that do not work sleep there" },
    ),
    switches: count("Timesteps in which a PE had another operating point than before, summed over PEs"),
  },
  "Of a reading in which PEs change their operating point",
);

/** Time and energy of a run. */
export const Reading = closed(
  {
    operatingPoint: text("Name of the operating point, or of the policy by which PEs change it"),
    peClockHertz: amount("Under a policy that of its slowest point"),
    voltageVolts: Type.Optional(amount()),
    schedule: oneOf(SCHEDULES),
    fidelity: oneOf(FIDELITIES),
    synchronisation: Synchronisation,
    dvfs: Type.Optional(Dvfs),
    replay: Type.Optional(
      closed(
        {
          largestFifo: count("Most packets that a PE's FIFO held at once"),
          refusedPackets: count("How often a packet found its PE's FIFO full and waited in the NoC"),
          stalledSends: count("How often a PE found its way into the NoC full and waited"),
          droppedPackets: count(
            "Packets that a router held for too long, dropped, and that software sent again",
          ),
          dram: Type.Optional(
            closed(
              {
                transfers: count("Rows' indices, rows' weights, tiles of a decoder's weights"),
                waitingSeconds: amount("For a port of DRAM, beyond its latency, all together"),
                longestWaitSeconds: amount("The longest of these"),
              },
              "Where something came from DRAM",
            ),
          ),
        },
        "Of a detailed reading",
      ),
    ),
    whileWaiting: Type.Union([Type.Literal("sleep"), Type.Literal("spin")]),
    whileUnused: Type.Union([Type.Literal("sleep"), Type.Literal("off")]),
    latencySecondsPerToken: amount("From a timestep's input to its result, mean"),
    latencySecondsPerWindow: Type.Optional(amount("From a window's first input to its last result")),
    secondsBetweenTokens: amount("From one result to the next, mean"),
    tokensPerSecond: amount(),
    totalSeconds: amount("The whole run on the chip"),
    untimed: Type.Optional(
      Type.Array(text(), {
        description:
          "Kernel actions that happened and whose time is unknown: times are then at least, rates at most; with a timer, whether work is late is not known",
      }),
    ),
    phases: Type.Array(closed({ name: text(), secondsPerToken: amount("Work, without synchronisation") })),
    network: NetworkUse,
    peBusyShare: share("Busy PE time / PE time, over the PEs in use"),
    peSeconds: closed(
      {
        working: amount("Of PEs in use, core or MAC array busy"),
        waiting: amount("Of PEs in use, the rest of the run"),
        unused: amount("Of powered PEs without work and of reserved ones"),
      },
      "What PEs did with their time, summed over PEs and the whole run",
    ),
    energyJoulesPerToken: amount(),
    energyJoulesPerWindow: Type.Optional(amount()),
    energyJoulesTotal: amount("The whole run on the chip"),
    energyIsLowerBound: Type.Boolean({ description: "Some of what happened has no known cost" }),
    unpriced: Type.Array(Unpriced),
    energyByComponent: Type.Array(ComponentEnergy),
    meanPowerWatts: amount(),
  },
  "One operating point under one schedule",
);

export type ReadingJson = Static<typeof Reading>;
export type ComponentEnergyJson = Static<typeof ComponentEnergy>;
