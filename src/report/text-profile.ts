import { type HardwareProfile, usablePes } from "../core/profile.ts";
import type { Provenance } from "../profiles/provenance.ts";
import type { LoadedProfile } from "../profiles/read-profile.ts";
import type { LoadedRoofline } from "../profiles/roofline.ts";
import { alignColumns, PLAIN_STYLE, printable, type Style, shorten, wrap } from "./layout.ts";
import { formatCount, formatSi, plural } from "./quantities.ts";
import { formatFloorPlan } from "./text-floor-plan.ts";

/** Where the map below says it better. */
const FLOOR_PLAN = "noc.floorPlan";

/** A profile as `profile show` shows it: every figure, a map of the mesh, and the sources, each once. */
export function formatProfile(loaded: LoadedProfile | LoadedRoofline, style: Style = PLAIN_STYLE): string {
  const { figures } = loaded;
  const profile = "pe" in loaded.profile ? loaded.profile : undefined;
  const sources = [...new Set(figures.flatMap(({ source }) => (source === undefined ? [] : [source])))];
  const { name, title, sha256 } = loaded.profile;
  return `${[
    style.strong(`${printable(title)} (${name})`),
    ...(profile ? [describePes(profile)] : []),
    `sha256 ${sha256}`,
    ...(profile ? [`of what programs depend on ${profile.hash}`] : []),
    "",
    style.heading("Figures, their basis and [source]"),
    ...figureLines(figures, sources, profile, style),
    ...(profile ? ["", ...formatFloorPlan(profile, style)] : []),
    "",
    style.heading("Sources"),
    ...sources.flatMap((source, index) => footnote(index + 1, source)),
  ].join("\n")}\n`;
}

const describePes = (profile: HardwareProfile): string =>
  `${plural(profile.pe.count, "PE")}, ${formatCount(usablePes(profile).length)} usable` +
  (profile.pe.dead ? `, ${formatCount(profile.pe.dead.length)} dead` : "");

function figureLines(
  figures: readonly Provenance[],
  sources: readonly string[],
  profile: HardwareProfile | undefined,
  style: Style,
): string[] {
  const rows = figures.map(({ source, ...figure }) => [
    shorten(profile ? namedPath(figure.path, profile) : figure.path, 56),
    figure.path === FLOOR_PLAN ? "(see the map)" : shorten(describeValue(figure), 24),
    figure.basis,
    source === undefined ? "" : `[${sources.indexOf(source) + 1}]`,
  ]);
  return alignColumns(rows, ["left", "right", "left", "left"]).flatMap((line, index) => {
    const { note } = figures[index]!;
    return note === undefined ? [line] : [line, ...wrap(note, "    ").map(style.faint)];
  });
}

/** As `--set` takes it, an operating point by its name: "operatingPoints.150MHz.voltage". */
const namedPath = (path: string, { operatingPoints }: HardwareProfile): string =>
  path.replace(/^operatingPoints\[(\d+)\]/, (indexed, index) => {
    const name = operatingPoints[Number(index)]?.name ?? "";
    return /^[^.[\]]+$/.test(name) ? `operatingPoints.${name}` : indexed;
  });

function footnote(number: number, source: string): string[] {
  const label = `[${number}]`.padStart(6);
  const [first = "", ...rest] = wrap(source, " ".repeat(label.length + 1));
  return [`${label} ${first.trimStart()}`, ...rest];
}

function describeValue({ value, unit, basis }: Omit<Provenance, "path">): string {
  if (value === undefined) return "unknown";
  // What was worked out has more digits than it is worth.
  if (basis === "derived" && typeof value === "number") return formatSi(value, unit ?? "");
  const text = typeof value === "string" || typeof value === "number" ? String(value) : JSON.stringify(value);
  return unit === undefined ? text : `${text} ${unit}`;
}
