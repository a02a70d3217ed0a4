import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createMeshNetwork } from "../../../../../simulator/detailed/mesh/mesh-network.ts";
import { MESH_SOURCE_SHA256 } from "../../../../../simulator/detailed/mesh/wasm/mesh-binary.ts";
import { ownPackage } from "../../../../../src/runtime/package-root.ts";

describe("the cycle loop's binary", () => {
  it("was compiled from the mesh.c beside it: simulator/build-wasm.sh makes it anew", () => {
    const source = readFileSync(join(ownPackage().root, "simulator/detailed/mesh/wasm/mesh.c"));
    expect(createHash("sha256").update(source).digest("hex")).toBe(MESH_SOURCE_SHA256);
  });

  it("keeps each network's state to itself", () => {
    const arrivals: string[] = [];
    const timing = { cycles: 1, creditCycles: 1, bufferFlits: 4 };
    const makeMesh = (name: string) =>
      createMeshNetwork({
        width: 3,
        height: 1,
        localPorts: 1,
        link: { ...timing, cycles: 5 },
        injection: timing,
        ejection: timing,
        flitCycles: 1,
        sourceQueueFlits: 4,
        receive: (port, payload, cycle) => arrivals.push(`${name}: ${payload} at ${port} in ${cycle}`) > 0,
      });
    const [first, second] = [makeMesh("first"), makeMesh("second")];
    first.inject(0, 2, 7);
    second.advance(100);
    second.inject(0, 1, 8);
    first.advance(Number.POSITIVE_INFINITY);
    second.advance(Number.POSITIVE_INFINITY);
    expect(arrivals).toEqual(["first: 7 at 2 in 12", "second: 8 at 1 in 107"]);
    expect([first.figures().flitHops, second.figures().flitHops]).toEqual([2, 1]);
  });

  it("hands any 32-bit payload back as it was", () => {
    const found: number[] = [];
    const timing = { cycles: 1, creditCycles: 1, bufferFlits: 1 };
    const mesh = createMeshNetwork({
      width: 1,
      height: 1,
      localPorts: 1,
      link: timing,
      injection: timing,
      ejection: timing,
      flitCycles: 1,
      sourceQueueFlits: 4,
      receive: (_, payload) => found.push(payload) > 0,
    });
    const payloads = [2 ** 31 - 1, -(2 ** 31), 0, -1];
    for (const payload of payloads) mesh.inject(0, 0, payload);
    mesh.advance(Number.POSITIVE_INFINITY);
    expect(found).toEqual(payloads);
  });
});
