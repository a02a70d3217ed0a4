import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";

/**
 * Who may import whom; docs/architecture.md says why. `types` may be imported as types only.
 * A folder may always import itself.
 */
const TABLE: Readonly<Record<string, { imports: readonly string[]; types?: readonly string[] }>> = {
  "src/core": { imports: [] },
  "src/formats": { imports: ["src/core"] },
  "src/models": { imports: ["src/core", "src/formats"] },
  "src/inputs": { imports: ["src/core", "src/formats"] },
  "src/training": { imports: ["src/core", "src/formats", "src/models", "src/inputs"] },
  "src/profiles": { imports: ["src/core"] },
  compiler: { imports: ["src/core"] },
  simulator: { imports: ["src/core"] },
  "src/energy": { imports: ["src/core"] },
  "src/runtime": { imports: ["src/core"] },
  "src/compare": {
    imports: [
      "src/core",
      "src/models",
      "src/inputs",
      "src/profiles",
      "compiler",
      "simulator",
      "src/energy",
      "src/runtime",
      "src/calibration",
    ],
  },
  "src/calibration": {
    imports: [
      "src/core",
      "src/models",
      "src/inputs",
      "src/profiles",
      "compiler",
      "simulator",
      "src/energy",
      "src/runtime",
    ],
  },
  "src/study": {
    imports: [
      "src/core",
      "src/formats",
      "src/models",
      "src/inputs",
      "src/training",
      "src/profiles",
      "compiler",
      "simulator",
      "src/energy",
      "src/runtime",
      "src/compare",
    ],
  },
  "src/validation": {
    imports: ["src/core", "src/models", "src/inputs", "src/profiles", "compiler", "simulator", "src/energy"],
  },
  "src/report": {
    imports: ["src/core"],
    types: [
      "src/models",
      "src/profiles",
      "compiler",
      "simulator",
      "src/energy",
      "src/compare",
      "src/calibration",
      "src/training",
      "src/study",
      "src/validation",
    ],
  },
  "src/cli": {
    imports: [
      "src/core",
      "src/formats",
      "src/models",
      "src/inputs",
      "src/profiles",
      "compiler",
      "simulator",
      "src/energy",
      "src/runtime",
      "src/compare",
      "src/calibration",
      "src/training",
      "src/study",
      "src/validation",
      "src/report",
    ],
  },
  "src/index.ts": {
    imports: [
      "src/core",
      "src/formats",
      "src/models",
      "src/inputs",
      "src/profiles",
      "compiler",
      "simulator",
      "src/energy",
      "src/runtime",
      "src/compare",
      "src/calibration",
      "src/training",
      "src/study",
      "src/validation",
      "src/report",
    ],
  },
};

/** What touches files and processes. Everything else computes. */
const TOUCHES_THE_MACHINE = ["src/runtime", "src/cli"];
/** The only place that knows it is a process. */
const KNOWS_THE_PROCESS = ["src/cli"];

const ROOT = join(import.meta.dirname, "../..");

interface Import {
  readonly target: string;
  readonly typesOnly: boolean;
}

interface SourceFile {
  /** Relative to the root, with slashes. */
  readonly path: string;
  readonly home: string;
  readonly imports: readonly Import[];
  /** Identifiers of the global scope and `Math.random`, as far as they matter here. */
  readonly uses: ReadonlySet<string>;
}

const homeOf = (path: string): string => {
  const [first = "", second = ""] = path.split("/");
  return first === "src" ? `src/${second}` : first;
};

function readSource(path: string): SourceFile {
  const tree = ts.createSourceFile(
    path,
    readFileSync(join(ROOT, path), "utf8"),
    ts.ScriptTarget.ES2023,
    true,
  );
  const imports: Import[] = [];
  const uses = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      const typesOnly = node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword;
      imports.push({ target: (node.moduleSpecifier as ts.StringLiteral).text, typesOnly });
    } else if (ts.isExportDeclaration(node) && node.moduleSpecifier) {
      imports.push({ target: (node.moduleSpecifier as ts.StringLiteral).text, typesOnly: node.isTypeOnly });
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      imports.push({ target: node.arguments[0]?.getText().slice(1, -1) ?? "", typesOnly: false });
    } else if (ts.isImportTypeNode(node)) {
      imports.push({ target: node.argument.getText().slice(1, -1), typesOnly: true });
    } else if (ts.isPropertyAccessExpression(node)) {
      if (node.getText() === "Math.random") uses.add("Math.random");
      visit(node.expression);
      return;
    } else if (ts.isIdentifier(node) && !ts.isPropertyAssignment(node.parent)) {
      uses.add(node.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return { path, home: homeOf(path), imports, uses };
}

const SOURCES = ["src", "compiler", "simulator"].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => readSource(`${folder}/${file.replaceAll("\\", "/")}`)),
);

/** What the table says against one import, or nothing. */
function objectionTo({ path, home }: SourceFile, { target, typesOnly }: Import): string | undefined {
  if (target.startsWith("node:")) {
    return TOUCHES_THE_MACHINE.includes(home) ? undefined : `${path} imports ${target}`;
  }
  if (!target.startsWith(".")) return undefined;
  const to = homeOf(relative(ROOT, join(ROOT, dirname(path), target)).replaceAll("\\", "/"));
  const row = TABLE[home];
  const allowed = to === home || row?.imports.includes(to) || (typesOnly && row?.types?.includes(to));
  return allowed ? undefined : `${path} imports ${typesOnly ? "types of " : ""}${to}`;
}

describe("architecture", () => {
  it("has a row for every folder of code", () => {
    expect([...new Set(SOURCES.map(({ home }) => home))].filter((home) => !(home in TABLE))).toEqual([]);
    expect(SOURCES.length).toBeGreaterThan(50);
  });

  it("lets data flow one way: no import that the table does not allow", () => {
    const objections = SOURCES.flatMap((source) => source.imports.map((found) => objectionTo(source, found)));
    expect(objections.filter(Boolean)).toEqual([]);
  });

  it("notices what it is there to notice", () => {
    const source = (path: string): SourceFile => ({ path, home: homeOf(path), imports: [], uses: new Set() });
    const at = (target: string, typesOnly = false): Import => ({ target, typesOnly });
    expect(objectionTo(source("simulator/x.ts"), at("../compiler/pipeline.ts"))).toBe(
      "simulator/x.ts imports compiler",
    );
    expect(objectionTo(source("src/report/x.ts"), at("../energy/energy-of.ts"))).toBeDefined();
    expect(objectionTo(source("src/report/x.ts"), at("../energy/energy-of.ts", true))).toBeUndefined();
    expect(objectionTo(source("src/core/x.ts"), at("node:fs"))).toBe("src/core/x.ts imports node:fs");
    expect(objectionTo(source("src/runtime/x.ts"), at("node:fs"))).toBeUndefined();
  });

  it("keeps clocks, chance and the process out of what must be reproducible", () => {
    // hdf5.ts stops the clock while a library writes that would store the time.
    const pure = SOURCES.filter(
      ({ home, path }) => !TOUCHES_THE_MACHINE.includes(home) && path !== "src/formats/hdf5.ts",
    );
    const found = pure.flatMap(({ path, uses }) =>
      ["Date", "Math.random", "performance"]
        .filter((name) => uses.has(name))
        .map((name) => `${path}: ${name}`),
    );
    expect(found).toEqual([]);
    const elsewhere = SOURCES.filter(({ home }) => !KNOWS_THE_PROCESS.includes(home));
    expect(elsewhere.filter(({ uses }) => uses.has("process")).map(({ path }) => path)).toEqual([]);
  });

  it("is described in docs/architecture.md, folder by folder", () => {
    const page = readFileSync(join(ROOT, "docs/architecture.md"), "utf8");
    const described = [...page.matchAll(/^\| `([\w/.]+?)\/?` +\|/gm)].map(([, folder]) => folder);
    expect(described).toEqual(Object.keys(TABLE));
  });
});
