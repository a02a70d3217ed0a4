import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readProfile } from "../../src/profiles/read-profile.ts";
import { compilerVersion, missingTools } from "./emulator.ts";
import { countKernels, wholeCycles } from "./kernel-figures.ts";
import { figuresTable } from "./table.ts";
import { figureAt, withFigures } from "./profile-text.ts";

/**
 * Counts the firmware's kernels, prints a table, and says where the profile disagrees. With --write the profile is
 * changed. Run by `npm run firmware:cycles`.
 */
function main(): number {
  const missing = missingTools();
  if (missing.length > 0) {
    process.stderr.write(
      `${missing.join(" and ")} missing: install gcc-arm-none-eabi, libnewlib-arm-none-eabi and qemu-system-arm.\n`,
    );
    return 1;
  }
  const root = process.cwd();
  const file = join(root, "hw-profiles", "spinnaker2.json");
  const text = readFileSync(file, "utf8");
  const folder = mkdtempSync(join(tmpdir(), "eventloom-firmware-build-"));
  try {
    const { profile } = readProfile(text, file);
    const figures = countKernels(root, folder, profile, (what) => {
      process.stderr.write(`counting ${what} ...\n`);
    });
    process.stdout.write(figuresTable(figures));
    const wrong = figures.filter((figure) => figureAt(text, figure.path) !== wholeCycles(figure));
    if (process.argv.includes("--write")) writeFileSync(file, withFigures(text, figures, compilerVersion()!));
    else if (wrong.length > 0) {
      const paths = wrong.map(({ path }) => path.join(".")).join(", ");
      process.stderr.write(`hw-profiles/spinnaker2.json says otherwise of ${paths}; --write changes it.\n`);
      return 1;
    }
    return 0;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

process.exitCode = main();
