import type { Explanation, PeFacts } from "../../compiler/explain.ts";
import { chipsOf, type HardwareProfile } from "../core/profile.ts";
import { colourOf, GRADIENT_SHARES } from "./colour-scale.ts";
import { planGeometry, type PlanGeometry } from "./floor-plan-geometry.ts";
import { linkPanel, pePanel } from "./floor-plan-panels.ts";
import { shorten } from "./layout.ts";
import { formatBytes, formatCount, formatMean, plural } from "./quantities.ts";
import { eventsNote } from "./explain-text.ts";
import { element, textElement } from "./xml.ts";

const MARGIN = 24;
const GAP = 36;
/** Room for a scale's words, in pixels. */
const NARROWEST_PANEL = 300;
const PANEL_TOP = 100;
const LEGEND_HEIGHT = 44;
const FONT = "system-ui, 'Segoe UI', Helvetica, Arial, sans-serif";

interface Panel {
  readonly title: string;
  readonly subtitle: string;
  readonly drawing: readonly string[];
  /** What the scale's end stands for, with its unit. */
  readonly end: string;
}

/** A picture of one chip, of a board its fullest: load, SRAM and traffic, each with its scale. No scripts, no links. */
export function formatFloorPlanSvg(facts: Explanation, profile: HardwareProfile): string {
  const chip = fullestChip(facts.pes);
  const plan = planGeometry(profile, chip);
  const panels = panelsOf(facts, plan);
  const panelWidth = Math.max(NARROWEST_PANEL, plan.width);
  const width = 2 * MARGIN + panels.length * panelWidth + (panels.length - 1) * GAP;
  const height = PANEL_TOP + plan.height + LEGEND_HEIGHT + 40;
  const title = `${shorten(facts.model, 40)} on ${shorten(profile.title, 60)}`;
  const broken = plan.nodes.some(({ pes }) => pes.some((pe) => plan.deadPes.has(pe)))
    ? " Crossed ones are dead."
    : "";
  const note = `${notesOf(plan)} Grey PEs hold nothing.${broken} ${shorten(eventsNote(facts.load), 160)}`;
  const body = [
    textElement("title", {}, title),
    gradient(),
    element("rect", { width, height, fill: "#ffffff" }),
    words(title, MARGIN, 32, 18, "600"),
    words(chipLine(facts.pes, profile, chip), MARGIN, 52, 12),
    ...panels.map((panel, index) => panelAt(panel, MARGIN + index * (panelWidth + GAP), plan)),
    words(note, MARGIN, height - 16, 11),
  ];
  const attributes = {
    xmlns: "http://www.w3.org/2000/svg",
    viewBox: `0 0 ${width} ${height}`,
    width,
    height,
    "font-family": FONT,
  };
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element("svg", attributes, "\n", body.join("\n"), "\n")}\n`;
}

/** The chip with most bytes in SRAM; of equals the first. */
export function fullestChip(pes: readonly PeFacts[]): number {
  const bytes = new Map<number, number>();
  for (const { chip, dataBytes } of pes) bytes.set(chip, (bytes.get(chip) ?? 0) + dataBytes);
  let [fullest, most] = [0, -1];
  for (const [chip, own] of [...bytes].sort(([a], [b]) => a - b))
    if (own > most) [fullest, most] = [chip, own];
  return fullest;
}

function chipLine(pes: readonly PeFacts[], profile: HardwareProfile, chip: number): string {
  const own = pes.filter((pe) => pe.chip === chip).length;
  const used = `${plural(own, "PE")} of ${formatCount(profile.pe.count / chipsOf(profile))} hold part of the program`;
  const place = profile.board?.chips[chip];
  return place === undefined
    ? used
    : `Chip ${chip} at (${place.x}, ${place.y}), the fullest of ${formatCount(chipsOf(profile))}: ${used}`;
}

function panelsOf({ pes, sram, traffic }: Explanation, plan: PlanGeometry): Panel[] {
  const here = new Map(pes.filter(({ chip }) => chip === plan.chip).map((pe) => [pe.pe, pe]));
  const mostOf = (values: readonly number[]) => values.reduce((a, b) => Math.max(a, b), 0);
  const cycles = mostOf([...here.values()].map((pe) => pe.cycles));
  const links = traffic.links.filter((link) => !link.isBetweenChips && link.chip === plan.chip);
  const events = mostOf(links.map((link) => link.events));
  return [
    {
      title: "Load",
      subtitle: "PE cycles expected in a timestep",
      drawing: pePanel(plan, here, {
        valueOf: (pe) => pe.cycles,
        format: (value) => plural(Math.round(value), "cycle"),
        most: cycles,
      }),
      end: plural(Math.round(cycles), "cycle"),
    },
    {
      title: "SRAM",
      subtitle: "bytes laid out on each PE",
      drawing: pePanel(plan, here, {
        valueOf: (pe) => pe.dataBytes,
        format: formatBytes,
        most: sram.availableBytes,
      }),
      end: `${formatBytes(sram.availableBytes)}, all there is`,
    },
    {
      title: "Traffic",
      subtitle: "events expected on each link, driving on the right",
      drawing: linkPanel(plan, links, events),
      end: `${formatMean(events)} events`,
    },
  ];
}

function panelAt({ title, subtitle, drawing, end }: Panel, x: number, plan: PlanGeometry): string {
  const below = PANEL_TOP + plan.height + 16;
  const bar = { x, y: below, width: 160, height: 10, fill: "url(#scale)", stroke: "#8a8a8a" };
  return element(
    "g",
    {},
    words(title, x, PANEL_TOP - 22, 15, "600"),
    words(subtitle, x, PANEL_TOP - 7, 11),
    element("g", { transform: `translate(${x} ${PANEL_TOP})` }, "\n", drawing.join("\n"), "\n"),
    element("rect", { ...bar, "stroke-width": 0.5 }),
    words("0", x, below + 24, 11),
    words(end, x + 168, below + 9, 11),
  );
}

const gradient = (): string =>
  element(
    "defs",
    {},
    element(
      "linearGradient",
      { id: "scale" },
      ...GRADIENT_SHARES.map((share) => element("stop", { offset: share, "stop-color": colourOf(share) })),
    ),
  );

const MEANINGS = { R: "event router", H: "host", D: "DRAM" } as const;

/** What the letters that were drawn stand for. */
function notesOf({ marks }: PlanGeometry): string {
  const drawn = [...marks.values()].join("");
  const told = (["R", "H", "D"] as const)
    .filter((letter) => drawn.includes(letter))
    .map((letter) => `${letter} ${MEANINGS[letter]}`);
  return told.length === 0 ? "" : `${told.join(", ")}.`;
}

const words = (text: string, x: number, y: number, size: number, weight = "400"): string =>
  textElement("text", { x, y, "font-size": size, "font-weight": weight, fill: "#222222" }, text);
