import { NUMBER_FORMATS, type NumberFormat } from "../../src/core/number-format.ts";
import { ROW_ACTIONS } from "../../src/core/counts.ts";
import type { HardwareProfile } from "../../src/core/profile.ts";
import { ROW_FORMS } from "../../src/core/row-form.ts";
import { buildFirmware } from "./emulator.ts";
import {
  benchOf,
  type Figure,
  measureFormat,
  measureOther,
  measureRows,
  measureUpdate,
  OTHER_NEURONS,
} from "./measure.ts";

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
  onProgress("exponentials in software");
  const software = benchOf(buildFirmware(root, "software", folder), profile);
  figures.push({
    path: ["updatesInSoftware", "neuronUpdate", "float32"],
    ...measureUpdate(software, "float32"),
  });
  return figures;
}

/** Updates of the kinds of neurons that profiles have no place for yet; integers stand as int16. */
export function countOtherKinds(
  root: string,
  folder: string,
  profile: HardwareProfile,
  sending: readonly KernelFigure[],
): readonly KernelFigure[] {
  const sendOf = (format: NumberFormat) =>
    sending.find(({ path }) => path.join() === `kernels,${format},eventSend`)!;
  const count = (gates: "accelerator" | "software", suffix: string, formats: readonly NumberFormat[]) => {
    const bench = benchOf(buildFirmware(root, gates, folder), profile);
    return OTHERS.filter((name) => suffix === "" || name !== "lif").flatMap((name) =>
      formats.map((format) => ({
        path: ["kernels", format, `${name}Update${suffix}`],
        ...measureOther(bench, format, name, sendOf(format)),
      })),
    );
  };
  return [...count("accelerator", "", ["float32", "int16"]), ...count("software", "InSoftware", ["float32"])];
}

const OTHERS = Object.keys(OTHER_NEURONS) as (keyof typeof OTHER_NEURONS)[];

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
