import type { ReplayFigures } from "../../src/core/result.ts";
import { sumOf } from "../../src/core/counts.ts";
import type { DramPorts } from "./dram/dram-ports.ts";
import type { PeCores } from "./pes/pe-cores.ts";
import type { PeQueues } from "./pes/pe-queues.ts";
import type { Transport } from "./transport/transport.ts";

/** What a replay saw beside time. */
export interface FigureCounter {
  /** What was counted until now is left out: a pipeline was not full yet. The fullest FIFO and the longest wait stay. */
  restart(): void;
  figures(): ReplayFigures;
}

/** @param clock Of the NoC. */
export function createFigureCounter(
  queues: Pick<PeQueues, "largest">,
  cores: Pick<PeCores, "refusedPackets" | "stalledSends">,
  transport: Pick<Transport, "routers">,
  dram: Pick<DramPorts, "figures"> | undefined,
  clock: number,
): FigureCounter {
  const count = () => ({
    refused: cores.refusedPackets(),
    stalled: cores.stalledSends(),
    dropped: sumOf(transport.routers.map((router) => router.droppedPackets())),
    ...(dram?.figures() ?? { transfers: 0, waitingCycles: 0, longestWait: 0 }),
  });
  let before = { ...count(), refused: 0, stalled: 0, dropped: 0, transfers: 0, waitingCycles: 0 };
  return {
    restart() {
      before = count();
    },
    figures() {
      const now = count();
      return {
        largestFifo: queues.largest(),
        refusedPackets: now.refused - before.refused,
        stalledSends: now.stalled - before.stalled,
        droppedPackets: now.dropped - before.dropped,
        ...(dram && {
          dram: {
            transfers: now.transfers - before.transfers,
            waitingSeconds: (now.waitingCycles - before.waitingCycles) / clock,
            longestWaitSeconds: now.longestWait / clock,
          },
        }),
      };
    },
  };
}
