import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export interface Package {
  /** Folder that holds package.json, and beside it hw-profiles/. */
  readonly root: string;
  readonly version: string;
}

/** This package, found upwards from this very file: the same from sources, from dist/ and when installed. */
export function ownPackage(): Package {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const file = join(folder, "package.json");
    if (existsSync(file)) {
      const { name, version } = JSON.parse(readFileSync(file, "utf8")) as { name?: string; version?: string };
      if (name === "eventloom") return { root: folder, version: version ?? "unknown" };
    }
    const parent = dirname(folder);
    if (parent === folder) throw new Error("eventloom's package.json is not above its code");
    folder = parent;
  }
}
