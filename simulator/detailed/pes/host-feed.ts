import { HOST } from "../../components/network.ts";
import type { ReplayNotes } from "../replay-notes.ts";
import type { StepPlan } from "../step-plan.ts";
import type { Transport } from "../transport/transport.ts";

/** The host, which feeds a timestep's packets in as fast as its port takes them. */
export interface HostFeed {
  /** A timestep begins. */
  begin(plan: StepPlan): void;
  /** Sends all that there is room for; nothing where all is sent. */
  send(time: number): void;
}

/** @param isThrough Called once a timestep, when its last packet has entered. */
export function createHostFeed(
  way: Pick<Transport, "offer" | "packetsOf">,
  isThrough: (time: number) => void,
  notes: ReplayNotes | undefined,
): HostFeed {
  let count = 0;
  let neurons: ArrayLike<number> = [];
  let parity = 0;
  let next = 1;
  let packetsSent = 0;

  return {
    begin(plan) {
      ({ count, neurons } = plan.lists[0]!);
      ({ parity } = plan);
      next = 0;
    },
    send(time) {
      if (next > count) return;
      while (next < count) {
        const neuron = neurons[next]!;
        const packets = way.packetsOf(neuron);
        for (; packetsSent < packets; packetsSent += 1) {
          if (!way.offer(HOST, 2 * neuron + parity, packetsSent, time)) return;
          notes?.sentByHost(2 * neuron + parity, packetsSent, time);
        }
        packetsSent = 0;
        next += 1;
      }
      next += 1;
      isThrough(time);
    },
  };
}
