import { pickleCursor } from "./pickle-cursor.ts";
import { fail, type Machine, type PickleHooks, type PickleValue, pop } from "./pickle-machine.ts";
import { OPCODES } from "./pickle-opcodes.ts";

/**
 * A reader of Python pickles as data. A pickle is a program that may name any Python function and call it;
 * this machine builds lists, dictionaries and plain values, and hands each name, call and persistent id to
 * `PickleHooks`, which know the few that they allow. Nothing of the file is ever run.
 *
 * Work and memory are bounded: an opcode pushes at most one value, objects are counted, and no step recurses.
 */
export function readPickle(bytes: Uint8Array, hooks: PickleHooks): PickleValue {
  const cursor = pickleCursor(bytes);
  const machine: Machine = { cursor, hooks, stack: [], memo: new Map(), objects: 0, offset: 0 };
  for (;;) {
    machine.offset = cursor.offset();
    const opcode = String.fromCharCode(cursor.byte());
    if (opcode === ".") return pop(machine);
    const step = OPCODES.get(opcode);
    if (step === undefined) {
      const code = `0x${opcode.charCodeAt(0).toString(16).padStart(2, "0")}`;
      return fail(machine, `the pickle's opcode ${code} is not read`);
    }
    step(machine);
  }
}
