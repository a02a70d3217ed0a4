import { Type } from "typebox";
import {
  DRAM_ACTIONS,
  EXPONENTIALS,
  type ExponentialUpdate,
  FORMAT_ACTIONS,
  type FormatAction,
  PRODUCT_ACTIONS,
  ROW_ACTIONS,
} from "../core/counts.ts";
import { NUMBER_FORMATS } from "../core/number-format.ts";
import { SYNCHRONISATIONS } from "../core/profile.ts";
import { ROW_FORMS } from "../core/row-form.ts";
import { CLOSED, cost, quantity, recordOf, setting } from "./figures.ts";

/**
 * The blocks of a profile that describe components: what there is, how large and how fast. Costs of actions
 * stand in the block of the component that acts; those of PEs depend on clock and voltage and stand in the
 * operating points (schema-energy.ts). What carries events stands in schema-noc.ts.
 */
const accumulatorBits = (description: string) => setting(Type.Enum([24, 32]), description);

/** Rows in CSR are read by every number format's kernels, so their cycles stand beside those of the other actions. */
const OTHER_FORMS = ROW_FORMS.filter((form) => form !== "csr");

const rowForm = recordOf(
  ROW_ACTIONS,
  (action) => quantity("cycles", `PE cycles of one ${action}`),
  "Cycles of each row action; 0 words where the form has none",
);

/** What updates neurons: a chip that cannot run a kind of neuron leaves its update out. */
export const isUpdate = (action: string): boolean => action.endsWith("Update");

const kernelTime = (action: FormatAction) => {
  const time = cost(
    "kernelTime",
    `PE cycles of one ${action}, or its time where the PE's clock never changes`,
  );
  return isUpdate(action) ? Type.Optional(time) : time;
};

const kernel = Type.Object(
  {
    ...recordOf(FORMAT_ACTIONS, kernelTime, "").properties,
    forms: Type.Optional(
      Type.Partial(
        recordOf(OTHER_FORMS, () => rowForm, ""),
        {
          ...CLOSED,
          description:
            "Forms of synaptic rows that are read beside csr; one that is missing is not supported",
        },
      ),
    ),
  },
  {
    ...CLOSED,
    description:
      "Cycles of each kernel action, of those of rows in csr; an update that is left out is unknown",
  },
);

const updateInSoftware = (update: ExponentialUpdate) =>
  Type.Partial(
    recordOf(
      NUMBER_FORMATS,
      (format) => quantity("cycles", `PE cycles of one ${update} in ${format} without the accelerator`),
      "",
    ),
    { ...CLOSED, description: `${update} by number format` },
  );

export const PeSchema = Type.Object(
  {
    count: quantity("count", "PEs of the chip"),
    firstPeId: setting(
      Type.Integer({ minimum: 0, maximum: 1_000_000 }),
      "What the vendor calls the first PE. Elsewhere in eventloom PEs are numbered from 0",
    ),
    reserved: setting(
      Type.Array(Type.Integer({ minimum: 0 }), { maxItems: 100_000 }),
      "PEs that system software keeps for itself, numbered from 0, ascending",
    ),
    dead: Type.Optional(
      setting(
        Type.Array(
          Type.Union(
            [
              Type.Integer({ minimum: 0 }),
              Type.Object(
                {
                  chip: Type.Integer({ minimum: 0 }),
                  pes: Type.Array(Type.Integer({ minimum: 0 }), { maxItems: 100_000 }),
                },
                CLOSED,
              ),
            ],
            { description: "a PE's number, or a chip's number and its PEs" },
          ),
          { maxItems: 100_000 },
        ),
        "PEs found faulty, numbered from 0 as in reports, on a board over all chips; or as a chip's number and its PEs numbered from 0",
      ),
    ),
    sram: Type.Object(
      {
        bytes: quantity("size", "SRAM of one PE"),
        codeBytes: quantity("size", "Taken by instructions, from the bottom"),
        stackBytes: quantity("size", "Taken by heap and stack, at the top"),
        packetFifoEntries: quantity("count", "Entries of the FIFO of received packets, 8 bytes each"),
      },
      { ...CLOSED, description: "Memory of one PE" },
    ),
    kernels: Type.Partial(
      recordOf(NUMBER_FORMATS, () => kernel, "Software kernels by number format"),
      {
        ...CLOSED,
        minProperties: 1,
        description: "Software kernels by number format; a format that is missing is not supported",
      },
    ),
    exponential: Type.Optional(
      setting(Type.Enum(["accelerator", "software"]), "What computes the exponentials of gates"),
    ),
    updatesInSoftware: Type.Optional(
      Type.Partial(recordOf(Object.keys(EXPONENTIALS) as ExponentialUpdate[], updateInSoftware, ""), {
        ...CLOSED,
        description:
          "Updates that compute exponentials in software, by number format; a format that is missing computes none",
      }),
    ),
    accumulatorBits: accumulatorBits("Accumulator width of the integer kernels"),
    macArray: Type.Optional(
      Type.Object(
        {
          columns: quantity("count", "Outputs that are computed at once"),
          rows: quantity("count", "Input vectors that are worked on at once; columns x rows MACs a cycle"),
          sramPort: quantity("size", "Bytes that the array reads or writes in SRAM in one PE cycle"),
          setup: quantity("cycles", "PE cycles before the first step of a product"),
          accumulatorBits: accumulatorBits("Accumulator width of the array"),
          kernel: Type.Optional(
            recordOf(
              PRODUCT_ACTIONS,
              (action) => quantity("cycles", `PE cycles of one ${action}`),
              "What the core does for products of projections; without it only a decoder runs on the array",
            ),
          ),
        },
        { ...CLOSED, description: "A dense int8 engine beside the core" },
      ),
    ),
    whileWaiting: setting(Type.Enum(["sleep", "spin"]), "What a PE does while it waits for others"),
    whileUnused: setting(Type.Enum(["sleep", "off"]), "What PEs without work do"),
  },
  { ...CLOSED, description: "Processing elements; all alike" },
);

export const DramSchema = Type.Object(
  {
    capacity: quantity("size", "DRAM of the chip"),
    bandwidth: quantity("bandwidth", "Usable bandwidth, all ports together"),
    burst: quantity("size", "Transfers are rounded up to this"),
    ports: quantity("count", "Transfers that are served at once; they share the bandwidth"),
    latency: quantity("duration", "From a request at DRAM to its first data"),
    energy: Type.Object(
      {
        basis: Type.Literal("action"),
        costs: recordOf(
          DRAM_ACTIONS,
          (action) => cost("energyPerByte", `Energy of one ${action}`),
          "Energy by action",
        ),
      },
      CLOSED,
    ),
  },
  { ...CLOSED, description: "Memory beside the chip" },
);

export const HostSchema = Type.Object(
  {
    bandwidth: quantity("bandwidth", "Speed of the link to the host"),
    eventSize: quantity("size", "Bytes of one event on that link"),
    energy: Type.Optional(
      Type.Object(
        {
          basis: Type.Literal("action"),
          costs: Type.Object(
            { byte: cost("energyPerByte", "Energy of one byte on that link, both ends together") },
            { ...CLOSED, description: "Energy by action" },
          ),
        },
        CLOSED,
      ),
    ),
  },
  { ...CLOSED, description: "The link to the host" },
);

export const SynchronisationSchema = Type.Object(
  {
    kind: setting(
      Type.Enum([...SYNCHRONISATIONS]),
      "How timesteps are kept apart: by the data themselves, by a barrier after each layer, or by a timer",
    ),
    barrier: Type.Optional(quantity("duration", "Of one barrier over all PEs")),
    period: Type.Optional(quantity("duration", "From one tick of the timer to the next")),
  },
  { ...CLOSED, description: "How timesteps are kept apart; data-flow where absent" },
);

export const DvfsSchema = Type.Object(
  {
    switchTime: quantity("duration", "For how long a PE stands still while it changes its operating point"),
  },
  { ...CLOSED, description: "PEs that change their operating point while they run" },
);
