import { cpus } from "node:os";
import { benchBoard } from "./board.ts";
import { benchCompiler } from "./compiler.ts";
import { benchDetailed, benchDetailedGrowth, benchMesh } from "./detailed.ts";
import { benchKernel } from "./kernel.ts";
import { benchMinimise, benchMinimiseBoard } from "./minimise.ts";
import { inFolder } from "./native.ts";
import { benchPlacement } from "./placement.ts";
import { benchTraining } from "./training.ts";
import { benchScaling, benchStart, benchWhole } from "./whole.ts";

/** All benches in one go; README.md beside this says how to read them. Inputs are seeded, times are not. */
process.stdout.write(`Node ${process.version}, ${cpus().length} cores\n\n`);
const benches = [
  benchWhole,
  benchDetailed,
  benchKernel,
  benchMesh,
  benchScaling,
  benchDetailedGrowth,
  () => inFolder(benchStart),
];
const minimise = [benchMinimise, benchMinimiseBoard];
/** The board takes gigabytes of memory, so only where it is asked for: `npm run bench -- board`. */
const byName: Readonly<Record<string, readonly (() => string | Promise<string>)[]>> = {
  board: [benchBoard],
  compiler: [benchCompiler],
  minimise,
  placement: [benchPlacement],
  training: [benchTraining],
};
for (const bench of byName[process.argv[2] ?? ""] ?? [...benches, benchPlacement, ...minimise]) {
  process.stdout.write(`${await bench()}\n`);
}
