import { type Allocate, ARRAY_ALIGNMENT, type Numbers } from "./allocate.ts";
import { KERNEL_BASE64 } from "./wasm/kernel-binary.ts";

/** Address of an array in the kernel's memory. */
type Address = number;

type AddFloat32 = (
  rowStart: Address,
  target: Address,
  weight: Address,
  neurons: Address,
  payloads: Address,
  count: number,
  accumulators: Address,
) => void;

type AddInteger = (
  ...shared: [...Parameters<AddFloat32>, Address, shift: number, peRows: Address, saturations: Address]
) => void;

type TakeMaxima = (
  rowStart: Address,
  target: Address,
  neurons: Address,
  payloads: Address,
  count: number,
  accumulators: Address,
  size: number,
) => void;

type AddProduct = (
  weight: Address,
  columns: number,
  neurons: Address,
  payloads: Address,
  count: number,
  hears: Address,
  sums: Address,
  sumBits: number,
  target: Address,
  accumulators: Address,
  bits: number,
  multiplier: number,
  shift: number,
  saturations: Address,
) => void;

type AddConvolution = (
  kernel: Address,
  taps: number,
  channels: number,
  groups: number,
  places: number,
  sources: Address,
  neurons: Address,
  payloads: Address,
  count: number,
  hears: Address,
  size: number,
  operands: Address,
  seen: Address,
  sumBits: number,
  accumulators: Address,
  bits: number,
  multiplier: number,
  shift: number,
  saturations: Address,
) => void;

type CountRows = (
  table: Address,
  columns: number,
  neurons: Address,
  count: number,
  synops: Address,
  rows: Address,
) => void;

type IntegerAdder = `addInt${8 | 16}In${24 | 32}${"" | "Wide"}`;

/** The functions of wasm/kernel.c; "Wide" ones take 32-bit targets or counts. */
export interface KernelFunctions extends Readonly<Record<IntegerAdder, AddInteger>> {
  readonly addFloat32: AddFloat32;
  readonly addFloat32Wide: AddFloat32;
  readonly maxFloat32: TakeMaxima;
  readonly maxFloat32Wide: TakeMaxima;
  readonly maxInteger: TakeMaxima;
  readonly maxIntegerWide: TakeMaxima;
  readonly addProduct: AddProduct;
  readonly addConvolution: AddConvolution;
  readonly countRows: CountRows;
  readonly countRowsWide: CountRows;
  readonly prepare: () => void;
  readonly updateFloat32: (
    sums: Address,
    threshold: Address,
    state: Address,
    size: number,
    neurons: Address,
    payloads: Address,
  ) => number;
  readonly updateInteger: (
    sums: Address,
    threshold: Address,
    state: Address,
    size: number,
    neurons: Address,
    payloads: Address,
    count: number,
    first: number,
    end: number,
    sigmoid: Address,
    tanh: Address,
    step: number,
    bits: number,
    saturations: Address,
  ) => number;
}

/** The inner loops, and the one memory in which all that they work on lies. */
export interface Kernel {
  readonly run: KernelFunctions;
  readonly allocate: Allocate;
  /** Keeps the arrays made so far for good. */
  readonly keep: () => void;
  /** Forgets the arrays made since, whose place is given to others. */
  readonly forget: () => void;
  /** Where an array begins. Throws where it lies elsewhere, which would be read as something else. */
  readonly at: (values: Numbers) => Address;
  /** Scaled payloads and accumulators that were clamped since it was last set to zero. Shape [2]. */
  readonly clamped: Float64Array;
}

/** What a WebAssembly engine offers, as far as it is used here; no library of types for all engines has it. */
declare const WebAssembly: {
  readonly Memory: new (descriptor: { readonly initial: number }) => { readonly buffer: ArrayBuffer };
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
    imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  ) => { readonly exports: object };
};

const PAGE_BYTES = 2 ** 16;
/** Addresses have 32 bits. */
const MOST_PAGES = 2 ** 16;
/** The kernel's own tables, its stack, and what is counted of clamped values. */
const OWN_BYTES = PAGE_BYTES;

/** @param bytes Room for arrays, as `bytesOfArrays` says. */
export function createKernel(bytes: number): Kernel {
  const pages = Math.ceil((OWN_BYTES + bytes) / PAGE_BYTES);
  if (pages > MOST_PAGES) throw new RangeError(`${bytes} bytes of rows and states exceed 4 GiB`);
  const memory = new WebAssembly.Memory({ initial: pages });
  const binary = Uint8Array.from(atob(KERNEL_BASE64), (character) => character.charCodeAt(0));
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(binary), {
    env: { memory },
    host: { exp: Math.exp, tanh: Math.tanh },
  });
  const run = exports as KernelFunctions & { readonly __heap_base: { readonly value: number } };
  run.prepare();

  const { buffer } = memory;
  let next = run.__heap_base.value;
  let kept = next;
  const allocate: Allocate = (type, length) => {
    const start = Math.ceil(next / ARRAY_ALIGNMENT) * ARRAY_ALIGNMENT;
    next = start + length * type.BYTES_PER_ELEMENT;
    if (next > buffer.byteLength) throw new RangeError("the kernel's memory is too small for its arrays");
    const values = new type(buffer, start, length);
    values.fill(0);
    return values;
  };
  return {
    run,
    allocate,
    keep() {
      kept = next;
    },
    forget() {
      next = kept;
    },
    at(values) {
      if (values.buffer !== buffer) throw new TypeError("an array lies outside the kernel's memory");
      return values.byteOffset;
    },
    clamped: allocate(Float64Array, 2),
  };
}
