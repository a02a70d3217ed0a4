import { cpus } from "node:os";
import { benchKernel } from "./kernel.ts";
import { inFolder } from "./native.ts";
import { benchScaling, benchStart, benchWhole } from "./whole.ts";

/** All benches in one go; README.md beside this says how to read them. Inputs are seeded, times are not. */
process.stdout.write(`Node ${process.version}, ${cpus().length} cores\n\n`);
for (const bench of [benchWhole, benchKernel, benchScaling, () => inFolder(benchStart)]) {
  process.stdout.write(`${bench()}\n`);
}
