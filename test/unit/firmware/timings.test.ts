import { describe, expect, it } from "vitest";
import { parseDisassembly } from "../../../firmware/cycles/disassembly.ts";
import { fitPlane } from "../../../firmware/cycles/fit.ts";
import { countCycles, type ReadingName, READINGS } from "../../../firmware/cycles/timings.ts";
import { cyclesBetweenSleeps } from "../../../firmware/cycles/trace.ts";

/** Text as objdump prints it; all instructions four bytes long. */
const listing = (...lines: readonly string[]) =>
  [
    "00000100 <snippet>:",
    ...lines.map((line, i) => `     ${(0x100 + 4 * i).toString(16)}:\t${line.replace(" ", "\t")}`),
  ].join("\n");

/** Cycles of instructions one after the other; those that end in "!" branch. */
function cyclesOf(lines: readonly string[], reading: ReadingName = "nominal"): number {
  const { at } = parseDisassembly(listing(...lines.map((line) => line.replace(/ TAKEN$/, ""))));
  const counter = countCycles(READINGS[reading]);
  for (const [i, line] of lines.entries()) counter.step(at.get(0x100 + 4 * i)!, line.endsWith(" TAKEN"));
  return counter.cycles;
}

describe("the timing table", () => {
  it.each([
    // The manual's own examples of loads and stores in pairs.
    [3, ["ldr r0, [r1, #0]", "ldr r1, [r2, #0]"]],
    [3, ["ldr.w r0, [r1, r2]", "str r0, [r3, #20]"]],
    [3, ["ldr.w r0, [r1, r2]", "str.w r1, [r3, r2]"]],
    [4, ["ldr.w r0, [r1, r5]", "ldr r1, [r2, #0]", "ldr r2, [r3, #4]"]],
    // A loaded address, a computed one.
    [4, ["ldr r0, [r1, #0]", "ldr r2, [r0, #0]"]],
    [4, ["adds r0, #4", "ldr r1, [r0, #0]"]],
    [3, ["adds r0, #4", "ldr r1, [r2, #0]"]],
    [1, ["str r0, [r1, #4]"]],
    [2, ["str.w r0, [r1, r2, lsl #2]"]],
    [3, ["ldrd r0, r1, [r2]"]],
    [3, ["strd r0, r1, [r2, #8]"]],
    // Register lists.
    [6, ["push {r4, r5, r6, r7, lr}"]],
    [10, ["stmdb sp!, {r4, r5, r6, r7, r8, r9, sl, fp, lr}"]],
    [5, ["vldmia r1!, {s8-s11}"]],
    [3, ["vpush {d8}"]],
    [8, ["ldmia.w sp!, {r4, r5, r6, r7, pc} TAKEN"]],
    // Branches, and what stands in an IT block.
    [1, ["bne.n 100 <snippet>"]],
    [3, ["bne.n 100 <snippet> TAKEN"]],
    [3, ["blx r7 TAKEN"]],
    [2, ["it eq", "ldreq.w r6, [sl]"].map((line) => line.replace("ldreq.w r6, [sl]", "moveq r6, r7"))],
    // Multiplications of all kinds are single.
    [4, ["smull r0, r1, r2, r3", "smulwb r4, r5, r6", "mul.w r7, r8, r9", "qadd r1, r2, r3"]],
    // Floating point: a result is there a cycle later.
    [2, ["vmul.f32 s0, s1, s2", "vadd.f32 s3, s4, s5"]],
    [3, ["vmul.f32 s0, s1, s2", "vadd.f32 s3, s0, s5"]],
    [4, ["vadd.f32 s3, s0, s5", "vstr s3, [r2]"]],
    [3, ["vadd.f32 s3, s0, s5", "vstr s4, [r2]"]],
    [4, ["vldr s0, [r0]", "vldr s1, [r0, #4]"]],
    // A division goes on while the integer core works, and holds up the next floating-point instruction.
    [15, ["vdiv.f32 s0, s1, s2", "adds r0, #1", "adds r1, #1", "vadd.f32 s3, s0, s0"]],
    [16, ["vdiv.f32 s0, s1, s2", "vadd.f32 s3, s0, s0"]],
  ] as const)("%i cycles: %j", (expected, lines) => {
    expect(cyclesOf(lines)).toBe(expected);
  });

  it("has bounds where the manual leaves cycles open", () => {
    const loop = ["ldr r3, [pc, #8]", "it eq", "moveq r6, r7", "bne.n 100 <snippet> TAKEN"];
    expect([cyclesOf(loop, "best"), cyclesOf(loop), cyclesOf(loop, "worst")]).toEqual([5, 7, 9]);
    const division = ["vdiv.f32 s0, s1, s2", "adds r0, #1"];
    expect([cyclesOf(division, "best"), cyclesOf(division, "worst")]).toEqual([2, 15]);
  });

  it("counts a loop that was counted by hand", () => {
    // int16 csr, two slots: 2 + 1 index, 2 + 1 + 1 + 1 sums and weights (the first needs a loaded index), 2 products,
    // 1 pointer, 2 sums, 2 stores of which one is pipelined with nothing: 2 each, 1 pointer, 1 comparison, 3 back.
    const slots = [
      "ldrh r5, [r1, #0]",
      "ldrh.w lr, [r1, #2]",
      "ldr.w r7, [r0, r5, lsl #2]",
      "ldr.w r2, [r0, lr, lsl #2]",
      "ldrsh.w ip, [r3, #-2]",
      "ldrsh.w r4, [r3, #-4]",
      "smulwb ip, r6, ip",
      "adds r1, #4",
      "qadd r2, r2, ip",
      "smulwb r4, r6, r4",
      "cmp r8, r1",
      "qadd r4, r7, r4",
      "str.w r4, [r0, r5, lsl #2]",
      "add.w r3, r3, #4",
      "str.w r2, [r0, lr, lsl #2]",
      "bne.n 100 <snippet> TAKEN",
    ];
    expect(cyclesOf(slots)).toBe(2 + 1 + 1 + 1 + 1 + 1 + 6 + 2 + 1 + 2 + 3);
  });
});

describe("the trace", () => {
  const code = parseDisassembly(
    [
      listing(
        "bl 200 <core_falls_asleep>",
        "nop",
        "str r0, [r1, #4]",
        "vmov r0, s1",
        "bl 300 <exponential_unit_stand_in>",
        "b.n 100 <snippet>",
      ),
      "00000180 <work_arrived>:",
      "     180:\tstr\tr0, [r1, #0]",
      "     184:\tbx\tlr",
      "00000190 <behind>:",
      "     190:\tbx\tlr",
    ].join("\n"),
  );
  const at = (address: number) =>
    `Trace 0: 0x7f00 [00800408/${address.toString(16).padStart(8, "0")}/00000110/ff000201] `;
  const device = (access: string) => `cmsdk-ahb-gpio: unimplemented device ${access} (size 4, offset 0x004)`;
  const sleep = at(0x100);

  it("cuts at sleeps, adds the device's wait states and the unit's cycles", () => {
    const log = [
      at(0x104),
      sleep,
      at(0x104),
      at(0x108),
      device("write"),
      at(0x10c),
      at(0x110),
      at(0x114),
      sleep,
    ];
    // nop, store and 3 wait states, vmov, 22 or 7 of the unit, branch taken.
    expect(cyclesBetweenSleeps(log, code)).toEqual([
      { best: 1 + 4 + 1 + 7 + 2, nominal: 1 + 4 + 1 + 22 + 3, worst: 1 + 4 + 1 + 22 + 4 },
    ]);
  });

  it("adds an interrupt's entry and exit, and leaves out an instruction that it came before", () => {
    const stopped = "Stopped execution of TB chain before 0x7f00 [00000108] ";
    const log = [
      sleep,
      at(0x104),
      at(0x108),
      stopped,
      at(0x180),
      device("write"),
      at(0x184),
      at(0x108),
      at(0x10c),
      sleep,
    ];
    expect(cyclesBetweenSleeps(log, code)[0]!.nominal).toBe(1 + 12 + 4 + 12 + 1 + 1);
  });

  it("refuses an address that is no instruction", () => {
    expect(() => cyclesBetweenSleeps([sleep, at(0x106)], code)).toThrow("no instruction at 0x106");
  });
});

describe("the fit", () => {
  it("finds a plane and says how far the farthest point is", () => {
    const points = [
      [1, 1],
      [1, 2],
      [2, 5],
      [4, 3],
    ].map(([a, b]) => ({ x: [1, a!, b!], y: 7 + 3 * a! - 2 * b! }));
    const { coefficients, worstResidual } = fitPlane(points);
    expect(coefficients.map((value) => Math.round(value * 1e9) / 1e9)).toEqual([7, 3, -2]);
    expect(worstResidual).toBeCloseTo(0, 9);
    expect(fitPlane([0, 1, 1].map((y, i) => ({ x: [1, i], y }))).worstResidual).toBeCloseTo(1 / 3, 9);
  });

  it("refuses points that do not say enough", () => {
    expect(() => fitPlane([{ x: [1, 2], y: 3 }])).toThrow("on no one plane");
  });
});
