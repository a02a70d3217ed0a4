import type { FormFacts, StoredProjection } from "../../compiler/storage/storage-facts.ts";
import { formatTable, hangingItem, printable, shorten, type Style } from "./layout.ts";
import { formatBytes, formatCount } from "./quantities.ts";

/** For each projection how its rows are stored, and what each form that has a kernel would have cost on all its PEs. */
export function storageLines(storage: readonly StoredProjection[], style: Style): string[] {
  const notes = [
    "Cycles: of working off the rows in a timestep, as expected from their sources' events.",
    ...(storage.some(({ inDram }) => inDram)
      ? ["Of rows in DRAM: those for which they are under way, where that takes longer than the work."]
      : []),
  ];
  return [
    style.heading("Synaptic rows: forms, on all PEs together"),
    ...formatTable(
      ["projection", "form", "PEs", "bytes", "cycles"],
      storage.flatMap(projectionRows),
      ["left", "left", "right", "right", "right"],
      style,
    ),
    ...notes.flatMap((note) => hangingItem(note)),
  ];
}

function projectionRows(projection: StoredProjection): string[][] {
  const { name, part, weightFormat, inDram, forms, bytes, cycles } = projection;
  const chosen = forms.filter(({ pes }) => pes > 0);
  const others = forms.filter(({ pes }) => pes === 0);
  const title = `${shorten(printable(name), 40)}${part > 0 ? `, part ${part}` : ""}, ${weightFormat}${inDram ? ", DRAM" : ""}`;
  const isMixed = chosen.length > 1;
  const lines = [
    ...(isMixed ? [["as chosen", "", formatBytes(bytes), formatCount(cycles)]] : chosen.map(formRow)),
    ...(isMixed ? [...chosen, ...others] : others).map((form) => {
      const [label, pes, ...costs] = formRow(form);
      return [`  ${label} ${form.pes > 0 ? "alone" : "instead"}`, pes!, ...costs];
    }),
  ];
  return lines.map((line, index) => [index === 0 ? title : "", ...line]);
}

const formRow = ({ form, pes, bytes, cycles }: FormFacts): string[] => [
  form,
  pes > 0 ? formatCount(pes) : "",
  formatBytes(bytes),
  formatCount(cycles),
];
