export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  /** Its own text and that of its children, unescaped. */
  readonly text: string;
}

const TOKEN = /<\?xml[^?]*\?>|<\/([\w.:-]+)>|<([\w.:-]+)((?:\s+[\w.:-]+="[^"<]*")*)\s*(\/?)>|([^<]+)/y;
const NAMES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** A small strict reader: elements closed in order, attributes quoted, only the five named entities. */
export function parseXml(source: string): XmlElement {
  interface Open {
    name: string;
    attributes: Record<string, string>;
    children: XmlElement[];
    text: string;
  }
  const stack: Open[] = [{ name: "", attributes: {}, children: [], text: "" }];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < source.length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(source);
    if (!match) throw new Error(`not XML at ${at}: ${source.slice(at, at + 60)}`);
    const [, closed, opened, attributes = "", empty, text] = match;
    if (text !== undefined) stack.at(-1)!.text += unescaped(text);
    if (opened !== undefined) {
      const pairs = [...attributes.matchAll(/([\w.:-]+)="([^"]*)"/g)].map(
        ([, key = "", value = ""]) => [key, unescaped(value)] as const,
      );
      if (new Set(pairs.map(([key]) => key)).size !== pairs.length)
        throw new Error(`an attribute of ${opened} twice`);
      stack.push({ name: opened, attributes: Object.fromEntries(pairs), children: [], text: "" });
    }
    if (closed !== undefined || empty === "/") {
      const done = stack.pop()!;
      if (closed !== undefined && done.name !== closed) throw new Error(`${done.name} closed as ${closed}`);
      const parent = stack.at(-1);
      if (!parent) throw new Error(`${done.name} closed twice`);
      parent.children.push(done);
      parent.text += done.text;
    }
  }
  const [root] = stack[0]!.children;
  if (stack.length !== 1 || stack[0]!.children.length !== 1 || !root) throw new Error("not one closed root");
  return root;
}

function unescaped(text: string): string {
  return text.replace(/&([^;\s]*);?/g, (whole, name: string) => {
    const known = NAMES[name];
    if (known === undefined || !whole.endsWith(";")) throw new Error(`unknown entity ${whole}`);
    return known;
  });
}

/** All elements of a name, at any depth. */
export const elementsNamed = (root: XmlElement, name: string): XmlElement[] => [
  ...(root.name === name ? [root] : []),
  ...root.children.flatMap((child) => elementsNamed(child, name)),
];
