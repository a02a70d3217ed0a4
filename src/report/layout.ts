/** Plain-text layout for terminals: aligned columns, wrapped lines, nothing that a hostile name could smuggle in. */

/** Widest line of a report, in columns. */
export const REPORT_WIDTH = 100;

/** How text is emphasised. The command line supplies colours where there is a terminal to show them. */
export interface Style {
  readonly heading: (text: string) => string;
  readonly strong: (text: string) => string;
  readonly faint: (text: string) => string;
  readonly warning: (text: string) => string;
}

const asIs = (text: string): string => text;
export const PLAIN_STYLE: Style = { heading: asIs, strong: asIs, faint: asIs, warning: asIs };

/** Names from files may hold terminal commands; each control character becomes "�". */
export const printable = (text: string): string =>
  text.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu, "\ufffd");

/** Cuts a name in its middle, where names differ least. */
export function shorten(text: string, width: number): string {
  const name = printable(text);
  if (name.length <= width) return name;
  const tail = Math.floor((width - 1) / 2);
  return `${name.slice(0, width - 1 - tail)}…${name.slice(name.length - tail)}`;
}

/** Cuts names so that different ones stay different: where their middle tells them apart, what they share goes instead. */
export function shortenApart(texts: readonly string[], width: number): string[] {
  const names = texts.map(printable);
  const different = [...new Set(names)];
  const cut = (shortened: (name: string) => string) =>
    new Map(different.map((name) => [name, shortened(name)]));
  const tellApart = (all: ReadonlyMap<string, string>) => new Set(all.values()).size === all.size;
  const shared = sharedPrefix(different.filter((name) => name.length > width));
  const ways = [
    cut((name) => shorten(name, width)),
    cut((name) =>
      name.length <= width ? name : shortenEnd(shared > 1 ? `…${name.slice(shared)}` : name, width),
    ),
  ];
  const numbered = new Map(
    different.map((name, index) => [name, `${shorten(name, width - 3)} ${index + 1}`]),
  );
  const chosen = ways.find(tellApart) ?? numbered;
  return names.map((name) => chosen.get(name)!);
}

const SHORTEST_NAME = 8;

/** Columns of names, cut so that they take no more than `room` beside each other; the widest is cut first. */
export function namesThatFit(columns: readonly (readonly string[])[], room: number): string[][] {
  const widths = columns.map((names) => Math.max(0, ...names.map((name) => name.length)));
  for (let excess = widths.reduce((sum, width) => sum + width, 0) - room; excess > 0; excess -= 1) {
    const widest = widths.indexOf(Math.max(...widths));
    if (widths[widest]! <= SHORTEST_NAME) break;
    widths[widest]! -= 1;
  }
  return columns.map((names, column) => shortenApart(names, widths[column]!));
}

/** A table whose first columns are names, cut to what the others leave of a report's width. */
export function formatNamed(
  header: readonly string[],
  names: readonly (readonly string[])[],
  figures: readonly (readonly string[])[],
  alignments: readonly Alignment[],
  style: Style,
): string[] {
  const rest = figures[0]?.map((_, column) =>
    Math.max(header[names.length + column]!.length, ...figures.map((row) => row[column]!.length)),
  );
  const taken = (rest ?? []).reduce((sum, width) => sum + width + 2, 2 * names.length);
  const cut = namesThatFit(names, REPORT_WIDTH - taken);
  const rows = figures.map((row, index) => [...cut.map((column) => column[index]!), ...row]);
  return formatTable(header, rows, [...names.map(() => "left" as const), ...alignments], style);
}

const shortenEnd = (name: string, width: number): string =>
  name.length <= width ? name : `${name.slice(0, width - 1)}…`;

/** Letters with which all names begin. */
function sharedPrefix([first = "", ...others]: readonly string[]): number {
  let length = 0;
  while (length < first.length && others.every((name) => name[length] === first[length])) length += 1;
  return others.length === 0 ? 0 : length;
}

export type Alignment = "left" | "right";

/**
 * Rows of cells as aligned lines, two spaces between columns.
 * Cells must be plain text; a line may be emphasised afterwards.
 */
export function alignColumns(
  rows: readonly (readonly string[])[],
  alignments: readonly Alignment[],
  minimumWidths: readonly number[] = [],
): string[] {
  const widths = alignments.map((_, column) =>
    rows.reduce((width, row) => Math.max(width, row[column]?.length ?? 0), minimumWidths[column] ?? 0),
  );
  return rows.map((row) =>
    row
      .map((cell, column) =>
        alignments[column] === "right" ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
      )
      .join("  ")
      .trimEnd(),
  );
}

/** A table: its first row is faint, all lines are indented by two. */
export function formatTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  alignments: readonly Alignment[],
  style: Style,
): string[] {
  const [head = "", ...body] = alignColumns([header, ...rows], alignments);
  return [style.faint(`  ${head}`), ...body.map((line) => `  ${line}`)];
}

/** Words in lines of at most `width`, each after `indent`. A number stays with its "%". */
export function wrap(text: string, indent: string, width: number = REPORT_WIDTH): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of printable(text).split(/ (?!%)/)) {
    if (line !== "" && indent.length + line.length + 1 + word.length > width) {
      lines.push(indent + line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, indent + line];
}

/** A line of a list, wrapped under its dash. */
export function hangingItem(text: string): string[] {
  const [first = "", ...rest] = wrap(text, "    ");
  return [`  - ${first.trimStart()}`, ...rest];
}

/** Label and value in two columns, indented by two; long values go on below themselves. */
export function formatPairs(pairs: readonly (readonly [label: string, value: string])[]): string[] {
  const width = pairs.reduce((widest, [label]) => Math.max(widest, label.length), 0);
  const indent = " ".repeat(width + 4);
  return pairs.flatMap(([label, value]) => {
    const [first = "", ...rest] = wrap(value, indent);
    return [`  ${label.padEnd(width)}  ${first.slice(indent.length)}`, ...rest];
  });
}
