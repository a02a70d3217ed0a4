import { InputError } from "../../src/core/errors.ts";
import type { EventGraph } from "../../src/core/event-graph.ts";
import type { HardwareProfile } from "../../src/core/profile.ts";
import type { Program } from "../../src/core/program.ts";
import { verifyProgram } from "../../src/core/verify-program.ts";
import { verifyChipDecoder } from "./chip-decoder.ts";
import { fault } from "./fault.ts";
import { verifyKeys } from "./keys.ts";
import { verifyMemory } from "./memory.ts";
import { verifyGateTables, verifyParameters } from "./parameters.ts";
import { verifyRecords } from "./records.ts";
import { verifyRoutes } from "./routes.ts";
import { verifyRows } from "./rows.ts";
import { verifyTables } from "./tables.ts";

/**
 * Holds a compiled Program against the profile it was made for and, where given, the event graph that it was made from.
 * Shares nothing with the stages that made it but the contracts of `src/core`: what it finds is a bug of theirs.
 *
 * 1. The Program keeps its own promises: shapes, sections apart and inside their images, each neuron on one PE.
 * 2. Keys are unique and fit; memory fits its banks; tables fit the routers.
 * 3. Every event reaches exactly its receivers, once.
 * 4. Images can be read: population tables, row pointers, indices, gate tables.
 * 5. With the graph: images hold its synapses, scales, parameters and decoder, to the bit, and nothing else.
 *
 * @throws Error naming the check that failed and the place.
 */
export function verifyCompiled(program: Program, profile: HardwareProfile, graph?: EventGraph): void {
  if (program.manifest.profileHash !== profile.hash) fault("the program is bound to another profile");
  verifyForm(program);
  verifyKeys(program, profile);
  verifyMemory(program, profile);
  verifyTables(program, profile);
  verifyRoutes(program, profile);
  verifyRecords(program, profile);
  verifyGateTables(program);
  verifyRows(program, profile, graph);
  if (!graph) return;
  verifyParameters(program, graph);
  verifyChipDecoder(program, graph);
}

/** What readers of program files refuse as a fault of the file is here a fault of the compiler. */
function verifyForm(program: Program): void {
  try {
    verifyProgram(program);
  } catch (cause) {
    if (!(cause instanceof InputError)) throw cause;
    throw new Error(`verify: ${cause.message}`, { cause });
  }
}
