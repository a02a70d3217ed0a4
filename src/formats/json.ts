import { InputError } from "../core/errors.ts";
import { counted } from "../core/wording.ts";

/** JSON text of at most `maxLength` characters as a value. Nothing in it is run. */
export function parseJsonText(text: string, maxLength: number): unknown {
  if (text.length > maxLength)
    throw new InputError(
      {},
      `holds ${counted(text.length, "character")} of JSON; ${maxLength.toLocaleString("en-US")} is the limit`,
      "Check that this is the file you meant.",
    );
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    const reason = error instanceof Error ? error.message.split("\n", 1)[0]!.slice(0, 200) : String(error);
    throw new InputError(
      {},
      `is not valid JSON: ${reason}`,
      "Correct the file; any JSON editor shows the place.",
    );
  }
}
