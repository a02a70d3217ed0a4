import { Type } from "typebox";
import {
  CHIP_LINK_ACTIONS,
  DRAM_ACTIONS,
  EVENT_ROUTER_ACTIONS,
  HOST_ACTIONS,
  KERNEL_ACTIONS,
  MAC_ARRAY_ACTIONS,
  NOC_ACTIONS,
  ROW_ACTIONS,
  SRAM_TRAFFIC,
} from "../core/counts.ts";
import { NUMBER_FORMATS } from "../core/number-format.ts";
import { ROW_FORMS } from "../core/row-form.ts";
import { amount, closed, count, meshPosition, slots, text } from "./schema-forms.ts";

/** Means a timestep. */
export const Traffic = closed({
  eventsSentPerToken: amount("Events that PEs send"),
  eventsReceivedPerToken: amount("Deliveries of events to PEs"),
  rowLookupsPerToken: amount("Keys that PEs looked up in their own tables"),
  rowFetchesPerToken: amount("Rows begun: look-ups that found one with something in it, or a dense one"),
  emptySlotsPerToken: amount("Stored zeros that were passed through"),
  neuronUpdatesPerToken: amount(),
  tableLookupsPerToken: amount("Keys matched by the event router"),
  packetsOutPerToken: amount("Packets that leave the event router"),
  flitHopsPerToken: amount("Flits over one link each"),
  busiestLink: Type.Optional(
    closed({
      chip: count("On which it is; 0 for links between chips"),
      isBetweenChips: Type.Boolean(),
      from: meshPosition,
      to: meshPosition,
      flitsPerToken: amount("Between chips: packets"),
    }),
  ),
  sramBytesReadPerToken: amount("All PEs together"),
  sramBytesWrittenPerToken: amount("All PEs together"),
  sramBytesPerTokenByKind: slots(SRAM_TRAFFIC, amount()),
  dramBytesReadPerToken: amount(),
  dramBytesWrittenPerToken: amount(),
  saturations: closed({ input: count(), scaledPayload: count(), accumulator: count() }, "Whole run"),
});

const countList = Type.Array(count());

/** What was counted, number by number. */
export const CountsOfRun = closed(
  {
    perPe: closed(
      {
        pe: Type.Array(count(), {
          description: "Indices of the PEs that hold a part of the program, ascending",
        }),
        layer: Type.Array(text(), {
          description: "Population of the PE's neurons; empty where it only helps a decoder",
        }),
        helpsDecoder: Type.Array(Type.Boolean(), { description: "Shares the decoder on the chip" }),
        kernel: slots(KERNEL_ACTIONS, countList, "Actions of the PE's kernels"),
        macArray: slots(MAC_ARRAY_ACTIONS, countList),
        sramBytes: slots(SRAM_TRAFFIC, countList, "Bytes of the PE's SRAM by kind"),
        busyCycles: Type.Array(count(), { description: "PE cycles in kernels" }),
        macArrayCycles: Type.Array(count(), { description: "PE cycles in MAC-array work" }),
      },
      "Columns of one table: entry n of each array belongs to PE pe[n]",
    ),
    rows: Type.Array(
      closed({
        weightFormat: Type.Enum([...NUMBER_FORMATS]),
        form: Type.Enum([...ROW_FORMS]),
        actions: slots(ROW_ACTIONS, count()),
      }),
      { description: "Actions of rows by number format of their weights and form; they sum to perPe.kernel" },
    ),
    links: Type.Array(
      closed({
        chip: count("On which it is; 0 for links between chips"),
        isBetweenChips: Type.Boolean(),
        from: meshPosition,
        to: meshPosition,
        flits: count(),
      }),
      {
        description:
          "Directed links: those of the NoC sum to noc.flitHop, those between chips, whose places are the chips', to chipLinks.packet",
      },
    ),
    noc: slots(NOC_ACTIONS, count()),
    chipLinks: slots(CHIP_LINK_ACTIONS, count()),
    eventRouter: slots(EVENT_ROUTER_ACTIONS, count()),
    dram: slots(DRAM_ACTIONS, count()),
    host: slots(HOST_ACTIONS, count()),
    saturations: closed(
      { input: count(), scaledPayload: count(), accumulator: count() },
      "Values clamped in integer formats",
    ),
  },
  "Whole numbers over the whole run",
);
