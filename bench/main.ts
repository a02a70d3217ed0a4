import { cpus } from "node:os";
import { benchBoard } from "./board.ts";
import { benchDetailed, benchDetailedGrowth, benchMesh } from "./detailed.ts";
import { benchKernel } from "./kernel.ts";
import { inFolder } from "./native.ts";
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
/** Takes gigabytes of memory, so only where it is asked for: `npm run bench -- board`. */
const chosen = process.argv[2] === "board" ? [benchBoard] : benches;
for (const bench of chosen) {
  process.stdout.write(`${bench()}\n`);
}
