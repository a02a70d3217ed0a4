import { type KernelFigure, wholeCycles } from "./kernel-figures.ts";

/** What the profile says of where the figures come from. */
export const sourceOf = (compiler: string): string =>
  `firmware/kernels compiled by ${compiler} -O2, executed in qemu, instructions timed by Arm DDI 0439 (Cortex-M4); see docs/kernel-cycles.md`;

/** The compiler that a profile's source names. */
export const compilerIn = (source: string): string | undefined => /compiled by (.+?) -O2/.exec(source)?.[1];

interface Place {
  readonly start: number;
  readonly end: number;
}

/** The block of a figure in the profile's text, by its path below `pe`: the keys one after the other. */
function placeOf(text: string, path: readonly string[]): Place {
  let start = text.indexOf('"pe": {');
  for (const key of path) {
    start = text.indexOf(`"${key}": {`, start + 1);
    if (start < 0) throw new Error(`the profile has no pe.${path.join(".")}`);
  }
  return { start, end: text.indexOf("}", start) };
}

export function figureAt(text: string, path: readonly string[]): number {
  const { start, end } = placeOf(text, path);
  return Number(/"value": (\d+)/.exec(text.slice(start, end))![1]);
}

/** The same text with these figures; everything else stays as it is, character for character. */
export function withFigures(text: string, figures: readonly KernelFigure[], compiler: string): string {
  let changed = text;
  for (const figure of figures) {
    const { start, end } = placeOf(changed, figure.path);
    const block = changed
      .slice(start, end)
      .replace(/"basis": "\w+"/, '"basis": "counted"')
      .replace(/"value": \d+/, `"value": ${wholeCycles(figure)}`)
      .replace(/"source": "[^"]*"/, `"source": "${sourceOf(compiler)}"`);
    changed = changed.slice(0, start) + block + changed.slice(end);
  }
  return changed;
}
