import { MESH_BASE64 } from "./wasm/mesh-binary.ts";

/** The functions of wasm/mesh.c, of one network. Channels are known by their records. */
export interface CycleLoop {
  /**
   * Simulates what happens before cycle `end`. Returns early with port + 1 where a packet is to be handed to a
   * receiver, and goes on when it is called with the answer: 1 for taken, 0 for refused; or with −1 after a cycle
   * that made place in source queues. 0 where nothing more happens before the end.
   */
  readonly run: (end: number, taken: number) => number;
  /**
   * Puts a packet into a source queue in a cycle whose senders have not acted yet; on its own it would arrive so
   * many cycles later. 0 where the queue is full.
   */
  readonly inject: (queue: number, address: number, payload: number, zeroLoadCycles: number) => number;
  /** Offers the front flit of a receiver's buffer again in a cycle whose arrivals have not ended. 0: without end. */
  readonly offerAgain: (channel: number) => number;
  /** Raises the largest occupancy of a buffer to the flits that stand in it. */
  readonly noteOccupancy: (channel: number) => void;
}

/** A network's loop and the memory that it works on. */
export interface CycleMemory {
  readonly loop: CycleLoop;
  readonly buffer: ArrayBuffer;
  /** Addresses of what `mesh-memory.ts` tells the loop, and of what the loop keeps between calls. */
  readonly layout: number;
  readonly progress: number;
}

/** What a WebAssembly engine offers, as far as it is used here; no library of types for all engines has it. */
declare const WebAssembly: {
  readonly Memory: new (descriptor: { readonly initial: number; readonly maximum: number }) => {
    readonly buffer: ArrayBuffer;
  };
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
    imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  ) => { readonly exports: object };
};

const PAGE_BYTES = 2 ** 16;
/** The loop's stack and its own few variables come before this byte; mesh.c knows it as the first channel. */
export const OWN_BYTES = 2 ** 13;

let compiled: object | undefined;

/** @param bytes Room for all, the first `OWN_BYTES` included. */
export function createCycleMemory(bytes: number): CycleMemory {
  compiled ??= new WebAssembly.Module(
    Uint8Array.from(atob(MESH_BASE64), (character) => character.charCodeAt(0)),
  );
  const pages = Math.ceil(bytes / PAGE_BYTES);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const { exports } = new WebAssembly.Instance(compiled, { env: { memory } });
  const loop = exports as CycleLoop &
    Readonly<Record<"layout" | "progress" | "__heap_base", { readonly value: number }>>;
  if (loop.__heap_base.value > OWN_BYTES) throw new Error("the mesh's own variables lie beyond their place");
  return { loop, buffer: memory.buffer, layout: loop.layout.value, progress: loop.progress.value };
}
