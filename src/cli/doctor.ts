import { availableParallelism, totalmem } from "node:os";
import { Command } from "commander";
import { alignColumns, printable } from "../report/layout.ts";
import { formatBytes } from "../report/quantities.ts";
import { NATIVE_ADVICE } from "../runtime/native-advice.ts";
import type { CommandIo } from "./command-io.ts";
import { withExample } from "./shared-options.ts";

interface Finding {
  readonly what: string;
  readonly found: string;
  /** What would make it better. */
  readonly advice?: string;
}

/** One thing that `doctor` looks at. A new one joins by its line in `CHECKS`. */
type Check = () => Finding | Promise<Finding>;

const OLDEST_NODE = 20;

const CHECKS: readonly Check[] = [
  () => {
    const { node } = process.versions;
    const isOld = Number(node.split(".")[0]) < OLDEST_NODE;
    return { what: "Node.js", found: node, ...(isOld && { advice: `Use Node.js ${OLDEST_NODE} or later.` }) };
  },
  () => ({
    what: "processor",
    found: `${availableParallelism()} cores, ${formatBytes(totalmem())} of memory`,
  }),
  async () => {
    const { openTensorBackend } = await import("../runtime/tensor-backend.ts");
    const { name, reason, version } = await openTensorBackend("auto");
    return {
      what: "TensorFlow.js",
      found: `${name} ${version}, as ${reason}`,
      ...(name !== "native" && { advice: NATIVE_ADVICE }),
    };
  },
];

/** `eventloom doctor`: what this machine gives eventloom to work with. */
export function doctorCommand(io: CommandIo): Command {
  const command = new Command("doctor")
    .summary("say what of this machine is used, and why")
    .description("Says which of this machine's means eventloom uses, why, and how to get better ones.")
    .action(async () => {
      const findings: Finding[] = [];
      for (const check of CHECKS) findings.push(await check());
      const rows = findings.flatMap(({ what, found, advice }) => [
        [what, printable(found)],
        ...(advice === undefined ? [] : [["", printable(advice)]]),
      ]);
      io.stdout.write(`${alignColumns(rows, ["left", "left"]).join("\n")}\n`);
    });
  return withExample(command, "doctor");
}
