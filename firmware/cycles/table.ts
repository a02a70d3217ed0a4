import type { KernelFigure } from "./kernel-figures.ts";

/** The figures as a Markdown table: nominal, and the manual's bounds. */
export function figuresTable(figures: readonly KernelFigure[]): string {
  const rows = new Map<string, Map<string, KernelFigure>>();
  for (const figure of figures) {
    const { format, action } = cellOf(figure.path);
    const row = rows.get(action) ?? new Map<string, KernelFigure>();
    rows.set(action, row.set(format, figure));
  }
  const formats = ["float32", "int16", "int8"];
  const lines = [...rows].map(
    ([action, row]) => `| ${[action, ...formats.map((format) => cell(row.get(format)))].join(" | ")} |`,
  );
  return [`| Action | ${formats.join(" | ")} |`, "| --- | --: | --: | --: |", ...lines, ""].join("\n");
}

/** Only int8 weights are multiplied on MAC arrays. */
function cellOf([group, first, ...rest]: readonly string[]): { format: string; action: string } {
  switch (group) {
    case "macArray":
      return { format: "int8", action: rest.join(" ") };
    case "updatesInSoftware":
      return { format: rest[0]!, action: `${first}, in software` };
    default:
      return { format: first!, action: rest.filter((key) => key !== "forms").join(" ") };
  }
}

const cell = (figure: KernelFigure | undefined): string =>
  figure === undefined
    ? "–"
    : `${figure.nominal.toFixed(1)} (${figure.best.toFixed(0)} … ${figure.worst.toFixed(0)}, ±${figure.worstResidual.toFixed(0)})`;
