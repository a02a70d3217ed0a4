import type { Kernel } from "./kernel.ts";

/** Values clamped so far. */
export interface Saturations {
  input: number;
  scaledPayload: number;
  accumulator: number;
}

/** Takes over what the kernel has counted. */
export function collectClamped({ clamped }: Kernel, saturations: Saturations): void {
  saturations.scaledPayload += clamped[0]!;
  saturations.accumulator += clamped[1]!;
  clamped.fill(0);
}
