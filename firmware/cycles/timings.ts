import type { Instruction } from "./disassembly.ts";

/**
 * What an instruction takes on a Cortex-M4F whose memory has no wait states: Arm DDI 0439 (Cortex-M4 Technical Reference
 * Manual), chapters "Instruction set summary", "Load/store timings" and "FPU instruction set". The manual leaves some
 * cycles open; each reading of it settles them in one way.
 */
export interface Reading {
  /** P, cycles to refill the pipeline after a taken branch; published as 1 to 3. */
  readonly refill: number;
  /** One exponential of the PE's accelerator, operand in and result out; published as 7 to 22. */
  readonly exponential: number;
  /** Whether `IT` costs a cycle of its own; it may be folded into the instruction before. */
  readonly it: number;
  /** Whether a load relative to the PC waits for the fetch unit, which it might. */
  readonly literal: number;
  /** Whether instructions of the integer core run while a division is under way. */
  readonly dividesAside: boolean;
}

export const READINGS = {
  best: { refill: 1, exponential: 7, it: 0, literal: 0, dividesAside: true },
  nominal: { refill: 2, exponential: 22, it: 1, literal: 0, dividesAside: true },
  worst: { refill: 3, exponential: 22, it: 1, literal: 1, dividesAside: false },
} as const satisfies Record<string, Reading>;
export type ReadingName = keyof typeof READINGS;

/** Entering and leaving an interrupt, the same manual. */
export const INTERRUPT_ENTRY = 12;
export const INTERRUPT_EXIT = 12;
/** Wait states of a register outside the core: an assumption, nobody has published them. */
export const DEVICE_READ = 2;
export const DEVICE_WRITE = 3;
const DIVISION = 14;
/** A division in integers takes 2 to 12. */
const INTEGER_DIVISION = 12;

const SINGLE_LOAD = /^ldr(?:s?[bh])?$/;
const SINGLE_STORE = /^str[bh]?$/;
const MEMORY = /^v?(?:ldr|str|ldm|stm|push|pop)/;
const MULTIPLE = /^v?(?:ldm|stm|push|pop)/;
const BRANCH = /^(?:b|bl|blx|bx|cbn?z)$/;
/** Floating-point results that the next instruction gets a cycle later. */
const FLOAT_ARITHMETIC = /^v(?:add|sub|n?mul|div|sqrt|cvtr?|fn?m[as]|n?ml[as])$/;
const FLOAT = /^v/;

/** Counts cycles along the path that the core takes. */
export interface CycleCounter {
  readonly cycles: number;
  /** @param isTaken Whether the next instruction is another than the one behind it. */
  step(instruction: Instruction, isTaken: boolean): void;
  /** Cycles that no instruction stands for. */
  add(cycles: number): void;
}

export function countCycles(reading: Reading): CycleCounter {
  let cycles = 0;
  let before: Instruction | undefined;
  /** When the floating-point unit is done with its division. */
  let divided = 0;
  return {
    get cycles() {
      return cycles;
    },
    add(more) {
      cycles += more;
    },
    step(instruction, isTaken) {
      const { name } = instruction;
      if (FLOAT.test(name) && divided > cycles) cycles = divided;
      const isDivision = name === "vdiv" || name === "vsqrt";
      cycles += stallsOf(instruction, before);
      if (isDivision && reading.dividesAside) {
        divided = cycles + DIVISION;
        cycles += 1;
      } else cycles += cyclesOf(instruction, before, isTaken, reading);
      before = instruction;
    },
  };
}

function cyclesOf(
  instruction: Instruction,
  before: Instruction | undefined,
  isTaken: boolean,
  { refill, it, literal }: Reading,
): number {
  const { name, operands } = instruction;
  const branches = isTaken ? refill : 0;
  if (BRANCH.test(name)) return 1 + branches;
  if (name === "it") return it;
  if (SINGLE_LOAD.test(name))
    return (isPipelined(instruction, before) ? 1 : 2) + branches + (/\[pc/.test(operands) ? literal : 0);
  if (SINGLE_STORE.test(name))
    return hasRegisterOffset(operands) && !isPipelined(instruction, before) ? 2 : 1;
  if (/^(?:ldrd|strd)$/.test(name)) return 3;
  if (MULTIPLE.test(name)) return 1 + listLength(operands) + branches;
  if (/^v(?:ldr|str)$/.test(name)) return /^d/.test(operands) ? 3 : 2;
  if (/^v(?:div|sqrt)$/.test(name)) return DIVISION;
  if (/^v(?:fn?m|n?ml)[as]$/.test(name)) return 3;
  if (name === "vmov" && /\br\d+, r\d+\b/.test(operands)) return 2;
  if (/^[su]div$/.test(name)) return INTEGER_DIVISION;
  if (/^tb[bh]$/.test(name)) return 2 + refill;
  return 1;
}

/** Cycles for which an instruction waits for the one before it. */
function stallsOf(instruction: Instruction, before: Instruction | undefined): number {
  if (before === undefined) return 0;
  const meets = (registers: readonly string[]) =>
    registers.some((register) => before.writes.includes(register));
  const waitsForAddress =
    MEMORY.test(instruction.name) && !MEMORY.test(before.name) && meets(instruction.addressRegisters);
  const waitsForFloat = FLOAT_ARITHMETIC.test(before.name) && meets(readsOf(instruction));
  return Number(waitsForAddress) + Number(waitsForFloat);
}

/** A store reads what it writes to memory. */
const readsOf = ({ name, operands, reads }: Instruction): readonly string[] =>
  /^vst/.test(name) ? [...operands.matchAll(/\bs\d+\b/g)].map(([register]) => register) : reads;

/** A load or store right behind a load, whose result is no part of its address, overlaps with it. */
const isPipelined = ({ addressRegisters }: Instruction, before: Instruction | undefined): boolean =>
  before !== undefined &&
  SINGLE_LOAD.test(before.name) &&
  !addressRegisters.some((register) => before.writes.includes(register));

const hasRegisterOffset = (operands: string): boolean => /\[\w+, (?:r\d+|sl|fp|ip|lr|sb)/.test(operands);

/** Words that an instruction with a register list moves. */
function listLength(operands: string): number {
  const list = /\{(.*)\}/.exec(operands)?.[1] ?? "";
  let words = 0;
  for (const [, first, last] of list.matchAll(/([a-z]+\d*)(?:-[a-z]+(\d+))?/g)) {
    const count = last === undefined ? 1 : Number(last) - Number(first!.slice(1)) + 1;
    words += first!.startsWith("d") ? 2 * count : count;
  }
  return words;
}
