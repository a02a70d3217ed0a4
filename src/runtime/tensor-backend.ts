import { createRequire } from "node:module";
import util from "node:util";
import * as tf from "@tensorflow/tfjs-core";
import { UnsupportedError } from "../core/errors.ts";
import type { BackendWish } from "./backend-wish.ts";
import { NATIVE_ADVICE } from "./native-advice.ts";
import { registerWasmSlices } from "./wasm-slices.ts";

/** What training computes on, and why. */
export interface TensorBackend {
  readonly name: "native" | "wasm";
  /** In words, for people. */
  readonly reason: string;
  readonly version: string;
}

let open: TensorBackend | undefined;

/**
 * Opens TensorFlow.js's backend for this process: the native one where it is installed and loads, else
 * WebAssembly. The code that computes is the same. The first wish of a process counts.
 * @throws UnsupportedError where the native backend is demanded and does not load.
 */
export async function openTensorBackend(wish: BackendWish = "auto"): Promise<TensorBackend> {
  if (open !== undefined) return open;
  if (wish === "wasm") return (open = await openWasm("it was asked for"));
  const fault = loadNative();
  if (fault === undefined) {
    await activate("tensorflow");
    return (open = {
      name: "native",
      reason: "@tensorflow/tfjs-node is installed and loads",
      version: tf.version_core,
    });
  }
  if (wish === "native") {
    throw new UnsupportedError(`The native backend does not load: ${fault}.`, NATIVE_ADVICE);
  }
  return (open = await openWasm(fault));
}

const require = createRequire(import.meta.url);

async function openWasm(reason: string): Promise<TensorBackend> {
  const { version_wasm: version } = require("@tensorflow/tfjs-backend-wasm") as { version_wasm: string };
  await activate("wasm");
  registerWasmSlices();
  return { name: "wasm", reason, version };
}

async function activate(name: string): Promise<void> {
  if (!(await tf.setBackend(name))) throw new Error(`TensorFlow.js did not open its backend ${name}`);
  await tf.ready();
}

/** Registers the native backend, or says why it cannot be. */
function loadNative(): string | undefined {
  // Node 23 took away what tfjs-node 4.22 calls.
  const old = util as { isNullOrUndefined?: (value: unknown) => boolean };
  old.isNullOrUndefined ??= (value) => value === null || value === undefined;
  try {
    require("@tensorflow/tfjs-node");
    return undefined;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    const message = error instanceof Error ? error.message.split("\n", 1)[0]! : String(error);
    return code === "MODULE_NOT_FOUND" && message.includes("tfjs-node'")
      ? "@tensorflow/tfjs-node is not installed"
      : `@tensorflow/tfjs-node is installed, but does not load (${message})`;
  }
}

/** Bytes that the backend has taken so far: WebAssembly's heap, which never shrinks; the live tensors' elsewhere. */
export function tensorBytes(): number {
  if (tf.getBackend() !== "wasm") return tf.memory().numBytes;
  const { wasm } = tf.backend() as unknown as { readonly wasm: { readonly HEAPU8: Uint8Array } };
  return wasm.HEAPU8.length;
}
