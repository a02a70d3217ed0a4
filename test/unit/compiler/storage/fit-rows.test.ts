import { describe, expect, it } from "vitest";
import { fitRows } from "../../../../compiler/storage/fit-rows.ts";
import type { RowCandidate } from "../../../../compiler/storage/row-candidates.ts";
import type { RowChoice } from "../../../../compiler/storage/row-choices.ts";
import type { RowVariant } from "../../../../compiler/storage/row-variants.ts";
import type { RowLayout } from "../../../../src/core/row-form.ts";

/** So many bytes of pointers, which lie in SRAM in any case, and nothing else. */
const layoutOf = (bytes: number): RowLayout => ({
  form: "csr",
  rows: bytes / 4 - 1,
  columns: 0,
  slots: 0,
  pointerBytes: 4,
  indexBits: 8,
  weightBytes: 1,
});

const candidate = (variant: RowVariant, cycles: number, bytes: number): RowCandidate => ({
  variant,
  cycles,
  kernel: cycles,
  fetched: 0,
  layout: layoutOf(bytes),
});

const choiceOf = (...candidates: RowCandidate[]): RowChoice => ({
  block: { isInDram: false } as RowChoice["block"],
  isHeld: true,
  candidates,
});

const chosen = (choices: readonly RowChoice[], bytes: number) =>
  fitRows(choices, { count: 1, bytes }).map(({ variant }) => variant);

describe("fitRows", () => {
  const fast = choiceOf(candidate("csr", 10, 400), candidate("bitmap", 20, 200), candidate("dense", 12, 320));
  const slow = choiceOf(candidate("csr", 100, 400), candidate("bitmap", 140, 200));

  it("takes the fastest of each where there is room", () => {
    expect(chosen([fast, slow], 800)).toEqual(["csr", "csr"]);
  });

  it("gives up first what saves most bytes for a cycle, and no more than it must", () => {
    // 80 bytes for 2 cycles, then the rest of 120 for 8, at last 200 for 40.
    expect(chosen([fast, slow], 799)).toEqual(["dense", "csr"]);
    expect(chosen([fast, slow], 719)).toEqual(["bitmap", "csr"]);
    expect(chosen([fast, slow], 599)).toEqual(["bitmap", "bitmap"]);
    expect(chosen([fast, slow], 400)).toEqual(["bitmap", "bitmap"]);
  });

  it("takes fewer bytes, then the form that comes first, where forms are as fast", () => {
    const alike = choiceOf(
      candidate("csr", 10, 400),
      candidate("bitmap", 10, 200),
      candidate("block", 10, 200),
    );
    expect(chosen([alike], 1000)).toEqual(["bitmap"]);
  });
});
