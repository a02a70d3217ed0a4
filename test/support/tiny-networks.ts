import type { HardwareProfile, MeshMulticastNoc, MeshUnicastNoc, NocNode } from "../../src/core/profile.ts";
import { cycles, hertz, joules, watts } from "../../src/core/units.ts";
import { type CentralChip, tinyChip } from "./tiny-chip.ts";

interface Options {
  readonly pesPerNode?: number;
  readonly sramBytes?: number;
  readonly reserved?: number[];
}

/** 4 × 3 nodes of three PEs, each with a router joined to six neighbours; the host is at (0, 0). */
export function tinyMulticast(
  options: Options & { neighbours?: 4 | 6; isTorus?: boolean } = {},
): HardwareProfile & { readonly noc: MeshMulticastNoc } {
  const { neighbours = 6, isTorus = false } = options;
  const chip = tinyChip(options);
  const { routerNodes: _, ...common } = chip.noc;
  const nodes = rectangle(4, 3, options.pesPerNode ?? 3);
  return {
    ...named(chip, `tiny-multicast-${neighbours}-${isTorus}`, nodes),
    noc: {
      ...common,
      kind: "mesh-multicast",
      nodes,
      hostNode: { x: 0, y: 0 },
      topology: { neighbours, isTorus },
    },
    eventRouter: { ...chip.eventRouter, defaultRoute: true },
  };
}

/** 3 × 2 nodes of two PEs, which send each destination PE a packet of its own; the host is at (0, 0). */
export function tinyUnicast(options: Options = {}): HardwareProfile & { readonly noc: MeshUnicastNoc } {
  const chip = tinyChip(options);
  const { routerNodes: _, ...common } = chip.noc;
  const nodes = rectangle(3, 2, options.pesPerNode ?? 2);
  return {
    ...named(chip, "tiny-unicast", nodes),
    noc: { ...common, kind: "mesh-unicast", nodes, hostNode: { x: 0, y: 0 } },
  };
}

/**
 * Five tiny chips, each joined to its neighbours of six; the host is joined to chip 1. `reserved` is of each chip.
 *
 *     y=1   chip 2   chip 3   chip 4
 *     y=0   chip 0   chip 1
 */
export function tinyBoard(options: Options = {}): CentralChip {
  const chip = tinyChip(options);
  const chips = [at(0, 0), at(1, 0), at(0, 1), at(1, 1), at(2, 1)];
  const { count, reserved } = chip.pe;
  const onEach = <T>(of: (chip: number) => T[]): T[] => chips.flatMap((_, index) => of(index));
  return {
    ...chip,
    name: "tiny-board",
    hash: `${chip.hash}-board`,
    sha256: `${chip.sha256}-board`,
    pe: {
      ...chip.pe,
      count: chips.length * count,
      reserved: onEach((own) => reserved.map((pe) => own * count + pe)),
    },
    noc: {
      ...chip.noc,
      nodes: onEach((own) =>
        chip.noc.nodes.map((node) => ({ ...node, chip: own, pes: node.pes.map((pe) => own * count + pe) })),
      ),
    },
    board: {
      chips,
      hostChip: 1,
      topology: { neighbours: 6, isTorus: false },
      link: {
        clock: hertz(125e6),
        packetCycles: cycles(2),
        latencyCycles: cycles(13),
        bufferPackets: 16,
      },
    },
    operatingPoints: chip.operatingPoints.map((point) => ({
      ...point,
      energy: {
        ...point.energy,
        base: watts(chips.length * (point.energy.base ?? 0)),
        chipLinks: { basis: "action", costs: { packet: joules(1e-12) } },
        board: { power: watts(0.002) },
      },
    })),
  };
}

const at = (x: number, y: number) => ({ x, y });

function rectangle(width: number, height: number, pesPerNode: number): NocNode[] {
  return Array.from({ length: width * height }, (_, node) => ({
    x: node % width,
    y: Math.floor(node / width),
    chip: 0,
    pes: Array.from({ length: pesPerNode }, (__, place) => node * pesPerNode + place),
  }));
}

const named = (chip: HardwareProfile, name: string, nodes: readonly NocNode[]): HardwareProfile => {
  const count = nodes.flatMap(({ pes }) => pes).length;
  const of = `${name}-${count}`;
  return {
    ...chip,
    name,
    hash: `${of}-${chip.hash}`,
    sha256: `${of}-${chip.sha256}`,
    pe: { ...chip.pe, count },
  };
};
