import { NUMBER_FORMATS, type NumberFormat } from "../../src/core/number-format.ts";
import { ROW_ACTIONS } from "../../src/core/counts.ts";
import type { HardwareProfile } from "../../src/core/profile.ts";
import { ROW_FORMS } from "../../src/core/row-form.ts";
import { buildFirmware } from "./emulator.ts";
import { type Figure, figureOf } from "./figures.ts";
import { benchOf, measureExponentials, measureFormat, measureRows } from "./measure.ts";
import { measureProducts } from "./measure-products.ts";

/** One counted figure and where it stands in a profile, below `pe`. */
export interface KernelFigure extends Figure {
  readonly path: readonly string[];
}

/** What a profile holds of a figure: whole cycles. */
export const wholeCycles = ({ nominal }: Figure): number => Math.round(nominal);

/**
 * Builds the firmware twice and counts all its actions.
 *
 * @param folder Where to build; left there.
 */
export function countKernels(
  root: string,
  folder: string,
  profile: HardwareProfile,
  onProgress: (what: string) => void = () => {},
): readonly KernelFigure[] {
  const bench = benchOf(buildFirmware(root, "accelerator", folder), profile);
  const figures: KernelFigure[] = [];
  // Neurons, receiving and sending are the same in both integer formats.
  const counted = { float32: measureFormat(bench, "float32"), integer: measureFormat(bench, "int16") };
  for (const format of NUMBER_FORMATS) {
    onProgress(format);
    const actions = format === "float32" ? counted.float32 : counted.integer;
    for (const [action, figure] of Object.entries(actions))
      figures.push({ path: ["kernels", format, action], ...figure });
    figures.push(...rowFigures(format, measureRows(bench, format)));
  }
  onProgress("products");
  const { packetReceive, rowLookup } = counted.integer;
  const arrival = figureOf((reading) => packetReceive[reading] + rowLookup[reading]);
  const { macOperand, macResult } = measureProducts(bench, arrival);
  figures.push(
    { path: ["macArray", "kernel", "macOperand"], ...macOperand },
    { path: ["macArray", "kernel", "macResult"], ...macResult },
  );
  onProgress("exponentials in software");
  const software = benchOf(buildFirmware(root, "software", folder), profile);
  const gates = measureExponentials(software, counted.float32.eventSend);
  for (const [update, figure] of Object.entries(gates))
    figures.push({ path: ["updatesInSoftware", update, "float32"], ...figure });
  return figures;
}

function rowFigures(format: NumberFormat, rows: ReturnType<typeof measureRows>): KernelFigure[] {
  return ROW_FORMS.flatMap((form) =>
    ROW_ACTIONS.filter((action) => form !== "csr" || action === "rowFetch" || action === "synop").map(
      (action) => ({
        path: ["kernels", format, ...(form === "csr" ? [] : ["forms", form]), action],
        ...rows[form][action],
      }),
    ),
  );
}
