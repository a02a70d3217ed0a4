import { Type } from "typebox";
import { FORMAT_ACTIONS, type KernelAction, MAC_ARRAY_ACTIONS } from "../core/counts.ts";
import { CLOSED, cost, quantity, recordOf, tagged } from "./figures.ts";
import { isUpdate } from "./schema-chip.ts";

/**
 * What PEs and chip draw at one clock and voltage. A component is charged on one basis. The bases
 * `chip-state` and `chip-action` hold powers that were published for the whole chip; the resolver turns them
 * into figures of one PE and one action, unrounded, so that the energy model gives the published powers back.
 */
const chipState = Type.Object(
  {
    basis: Type.Literal("chip-state"),
    allAsleep: quantity("power", "The chip with every PE asleep"),
    allBusy: quantity("power", "The chip with every PE busy with instructions"),
  },
  { ...CLOSED, description: "By state, from powers of the whole chip" },
);

const state = Type.Object(
  {
    basis: Type.Literal("state"),
    sleep: quantity("power", "One PE asleep, above switched off"),
    busyCycle: quantity("energy", "One cycle of one busy PE, above asleep; holds its SRAM accesses"),
  },
  { ...CLOSED, description: "By state, of one PE" },
);

const energyOf = (name: KernelAction) => {
  const energy = cost("energy", `Energy of one ${name}; holds its SRAM accesses`);
  return isUpdate(name) ? Type.Optional(energy) : energy;
};

const action = Type.Object(
  {
    basis: Type.Literal("action"),
    sleep: quantity("power", "One PE powered, above switched off"),
    costs: Type.Object(
      {
        ...recordOf(FORMAT_ACTIONS, energyOf, "").properties,
        rowWord: Type.Optional(energyOf("rowWord")),
        emptySlot: Type.Optional(energyOf("emptySlot")),
        macOperand: Type.Optional(energyOf("macOperand")),
        macMagnitude: Type.Optional(energyOf("macMagnitude")),
        macResult: Type.Optional(energyOf("macResult")),
      },
      {
        ...CLOSED,
        description:
          "Energy by kernel action. rowWord and emptySlot belong to forms of rows other than csr, macOperand, macMagnitude and macResult to products on MAC arrays; they and updates are unknown where absent",
      },
    ),
  },
  { ...CLOSED, description: "By action, beside a static power" },
);

const macChipAction = Type.Object(
  {
    basis: Type.Literal("chip-action"),
    power: quantity("power", "The chip with every MAC array busy"),
    throughput: quantity("throughput", "What the chip computes at that power"),
  },
  { ...CLOSED, description: "By action, from power and throughput of the whole chip" },
);

const macAction = Type.Object(
  {
    basis: Type.Literal("action"),
    costs: recordOf(MAC_ARRAY_ACTIONS, (name) => cost("energy", `Energy of one ${name}`), "Energy by action"),
  },
  { ...CLOSED, description: "By action" },
);

export const PointEnergySchema = Type.Object(
  {
    base: cost(
      "power",
      "The chip with every PE switched off; must be known where PEs are charged by chip-state",
    ),
    pe: tagged("basis", "How PEs are charged", [chipState, state, action]),
    macArray: Type.Optional(tagged("basis", "How MAC arrays are charged", [macChipAction, macAction])),
  },
  { ...CLOSED, description: "What the chip draws; the other components' costs stand in their own blocks" },
);

export const OperatingPointSchema = Type.Object(
  {
    name: Type.String({
      pattern: "^[A-Za-z0-9][A-Za-z0-9._-]*$",
      maxLength: 64,
      description: "As on the command line, after the @",
    }),
    peClock: quantity("clock", "Clock of the PEs"),
    voltage: Type.Optional(quantity("voltage", "Supply of the PEs")),
    energy: PointEnergySchema,
  },
  { ...CLOSED, description: "A clock and voltage of the PEs" },
);
