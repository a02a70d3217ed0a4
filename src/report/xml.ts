/** XML as text, for SVG and GraphML. Attribute values and text are escaped here and nowhere else. */

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
};

/** What XML 1.0 cannot say at all, and what turns text around, becomes "�"; markup is escaped. */
export const escapeXml = (text: string): string =>
  text
    .replace(
      /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]/gu,
      "\ufffd",
    )
    .replace(/[&<>"']/g, (character) => ESCAPES[character]!);

/** Numbers are rounded to hundredths: positions in pixels need no more. */
export type Attributes = Readonly<Record<string, string | number>>;

/** One element with children that are XML already. */
export function element(name: string, attributes: Attributes, ...children: readonly string[]): string {
  const said = Object.entries(attributes).map(
    ([key, value]) =>
      ` ${key}="${typeof value === "number" ? Math.round(value * 100) / 100 : escapeXml(value)}"`,
  );
  const opening = `<${name}${said.join("")}`;
  return children.length === 0 ? `${opening}/>` : `${opening}>${children.join("")}</${name}>`;
}

/** An element that holds text. */
export const textElement = (name: string, attributes: Attributes, text: string): string =>
  element(name, attributes, escapeXml(text));
