import type { PeFacts } from "../../compiler/explain.ts";
import type { LinkLoad } from "../../compiler/explain-traffic.ts";
import type { DeadLink, NocNode } from "../core/profile.ts";
import { colourOf, inkOn } from "./colour-scale.ts";
import { sliceName } from "./explain-text.ts";
import { placeKey, placesWithoutPes, type PlanGeometry } from "./floor-plan-geometry.ts";
import { formatMean } from "./quantities.ts";
import { element, textElement } from "./xml.ts";

const EMPTY = "#ececec";
const EDGE = "#8a8a8a";
/** PEs narrower than this carry no number, in pixels. */
const NARROWEST_LABEL = 17;

/** What a panel of PEs shows. */
export interface PeMeasure {
  readonly valueOf: (pe: PeFacts) => number;
  readonly format: (value: number) => string;
  /** Value at the scale's end. */
  readonly most: number;
}

/** A chip's PEs in their nodes, each in the colour of its value; grey where it holds nothing, crossed where it is dead. */
export function pePanel(plan: PlanGeometry, pes: ReadonlyMap<number, PeFacts>, measure: PeMeasure): string[] {
  const nodes = plan.nodes.flatMap((node) => peCells(plan, node, pes, measure));
  return [...nodes, ...placesWithoutPes(plan).map((place) => markedPlace(plan, place))];
}

function peCells(
  plan: PlanGeometry,
  node: NocNode,
  pes: ReadonlyMap<number, PeFacts>,
  { valueOf, format, most }: PeMeasure,
): string[] {
  const [x, y] = plan.corner(node);
  const inset = plan.cell > 16 ? 2 : 0.5;
  const side = Math.ceil(Math.sqrt(node.pes.length));
  const [width, height] = [
    (plan.cell - 2 * inset) / side,
    (plan.cell - 2 * inset) / Math.ceil(node.pes.length / side),
  ];
  const cells = node.pes.map((pe, index) => {
    const facts = pes.get(pe);
    const share = facts && most > 0 ? valueOf(facts) / most : 0;
    const at = [x + inset + (index % side) * width, y + inset + Math.floor(index / side) * height] as const;
    const fill = facts ? colourOf(share) : EMPTY;
    const told = facts
      ? `PE ${pe}, ${sliceName(facts)}: ${format(valueOf(facts))}`
      : `PE ${pe}: ${plan.deadPes.has(pe) ? "dead" : "holds nothing"}`;
    const box = { x: at[0], y: at[1], width, height, fill, stroke: "#ffffff", "stroke-width": 0.5 };
    const ink = facts ? inkOn(share) : "#777777";
    return element(
      "g",
      {},
      textElement("title", {}, told),
      element("rect", box),
      ...(plan.deadPes.has(pe) ? [cross(at, width, height)] : []),
      ...(Math.min(width, height) >= NARROWEST_LABEL
        ? [label(String(pe), at[0] + width / 2, at[1] + height / 2, peFont(width, pe), ink)]
        : []),
    );
  });
  const frame = { x: x + inset, y: y + inset, width: plan.cell - 2 * inset, height: plan.cell - 2 * inset };
  return [...cells, element("rect", { ...frame, fill: "none", stroke: EDGE, "stroke-width": 0.6 })];
}

const cross = ([x, y]: readonly [number, number], width: number, height: number): string =>
  element("path", {
    d: `M${x},${y}l${width},${height}M${x + width},${y}l${-width},${height}`,
    stroke: EDGE,
    "stroke-width": 0.8,
  });

/** Digits are about 0.6 of their size wide. */
const peFont = (width: number, pe: number): number =>
  Math.max(6, Math.min(11, (width - 4) / (0.6 * String(pe).length)));

function markedPlace(plan: PlanGeometry, place: { x: number; y: number }): string {
  const [x, y] = plan.corner(place);
  const { cell } = plan;
  const box = { x: x + 2, y: y + 2, width: cell - 4, height: cell - 4 };
  const letters = plan.marks.get(placeKey(place)) ?? "";
  return element(
    "g",
    {},
    element("rect", {
      ...box,
      fill: "#ffffff",
      stroke: EDGE,
      "stroke-width": 0.8,
      "stroke-dasharray": "3 2",
    }),
    ...(cell >= 14 ? [label(letters, x + cell / 2, y + cell / 2, Math.min(15, cell * 0.5), "#444444")] : []),
  );
}

const label = (text: string, x: number, y: number, size: number, fill: string): string =>
  textElement(
    "text",
    { x, y, "font-size": size, fill, "text-anchor": "middle", "dominant-baseline": "central" },
    text,
  );

/** A chip's links between small squares for its places: the two directions side by side, each on its right. */
export function linkPanel(plan: PlanGeometry, links: readonly LinkLoad[], most: number): string[] {
  const { cell } = plan;
  const half = 0.19 * cell;
  // Quiet ones first, so that busy ones lie on top where diagonals cross.
  const lines = [...links].sort((a, b) => a.events - b.events).map((link) => linkLine(plan, link, most));
  const places = [...plan.nodes, ...placesWithoutPes(plan), ...links.map(({ from: [x, y] }) => ({ x, y }))];
  const squares = [...new Map(places.map((place) => [placeKey(place), place])).values()].map((place) => {
    const [x, y] = plan.corner(place);
    const letters = plan.marks.get(placeKey(place));
    const box = { x: x + cell / 2 - half, y: y + cell / 2 - half, width: 2 * half, height: 2 * half };
    return element(
      "g",
      {},
      element("rect", {
        ...box,
        rx: 2,
        fill: letters ? "#ffffff" : EMPTY,
        stroke: EDGE,
        "stroke-width": 0.6,
      }),
      ...(letters && cell >= 20
        ? [label(letters, x + cell / 2, y + cell / 2, Math.min(14, cell * 0.28), "#444444")]
        : []),
    );
  });
  return [...lines, ...plan.deadLinks.map((link) => deadLine(plan, link)), ...squares];
}

/** Dashed from place to place; a link around a torus leaves its two ends apart. */
function deadLine(plan: PlanGeometry, [one, other]: DeadLink): string {
  const middle = plan.cell / 2;
  const [[x1, y1], [x2, y2]] = [plan.corner(one), plan.corner(other)];
  const [isWrapped, dx, dy] = stepOf([one.x, one.y], [other.x, other.y]);
  const end = isWrapped ? [x1 + dx * middle, y1 - dy * middle] : [x2, y2];
  const line = { x1: x1 + middle, y1: y1 + middle, x2: end[0]! + middle, y2: end[1]! + middle };
  const told = `(${one.x}, ${one.y}) to (${other.x}, ${other.y}): dead`;
  const dashed = { ...line, stroke: EDGE, "stroke-width": 1, "stroke-dasharray": "2 3" };
  return element("g", {}, textElement("title", {}, told), element("line", dashed));
}

function linkLine(plan: PlanGeometry, { from, to, events }: LinkLoad, most: number): string {
  const { cell } = plan;
  const [x, y] = plan.corner({ x: from[0], y: from[1] });
  const [isWrapped, dx, dy] = stepOf(from, to);
  const length = Math.hypot(dx, dy);
  const [aside, begin] = [0.09 * cell, 0.21 * cell];
  // A link around a torus is drawn as its beginning only.
  const end = isWrapped ? 0.48 * cell : length * cell - begin;
  // The page's y grows downwards; to the right of (dx, −dy) lies (dy, dx).
  const at = (distance: number) =>
    [
      x + cell / 2 + (dx * distance + dy * aside) / length,
      y + cell / 2 + (-dy * distance + dx * aside) / length,
    ] as const;
  const [[x1, y1], [x2, y2]] = [at(begin), at(end)];
  const line = {
    x1,
    y1,
    x2,
    y2,
    stroke: events > 0 ? colourOf(most > 0 ? events / most : 0) : EMPTY,
    "stroke-width": Math.max(1, (events > 0 ? 0.13 : 0.04) * cell),
  };
  const told = `(${from.join(", ")}) to (${to.join(", ")}): ${formatMean(events)} events`;
  return element("g", {}, textElement("title", {}, told), element("line", line));
}

function stepOf(from: LinkLoad["from"], to: LinkLoad["to"]): readonly [boolean, number, number] {
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const isWrapped = Math.abs(dx) > 1 || Math.abs(dy) > 1;
  const step = (distance: number) => (Math.abs(distance) > 1 ? -Math.sign(distance) : distance);
  return [isWrapped, step(dx), step(dy)];
}
