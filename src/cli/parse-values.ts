import { InvalidArgumentError } from "commander";

/** A whole number in `minimum … maximum`, in decimal digits only. */
export const wholeNumber =
  (minimum: number, maximum: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!/^\d{1,16}$/.test(text) || value < minimum || value > maximum) {
      throw new InvalidArgumentError(
        `It must be a whole number from ${minimum.toLocaleString("en-US")} to ${maximum.toLocaleString("en-US")}.`,
      );
    }
    return value;
  };

/** A number above 0, such as 1e-3. */
export function positiveNumber(text: string): number {
  const value = Number(text);
  if (!/^[\d.]+(e[+-]?\d+)?$/i.test(text) || !(value > 0 && value < Number.POSITIVE_INFINITY))
    throw new InvalidArgumentError("It must be a number above 0, such as 0.001 or 1e-3.");
  return value;
}

/** A path; an empty one, as an unset shell variable leaves it, names nothing. */
export function filePath(text: string): string {
  if (text.trim() === "") throw new InvalidArgumentError("It is empty; name a file.");
  return text;
}

/** A comma-separated list whose entries come from `choices`, each at most once. */
export const listOf =
  <Choice extends string>(choices: readonly Choice[]) =>
  (text: string): Choice[] => {
    const entries = text.split(",").map((entry) => entry.trim());
    const chosen = choices.filter((choice) => entries.includes(choice));
    if (entries.length === 0 || entries.some((entry) => !choices.some((choice) => choice === entry))) {
      throw new InvalidArgumentError(`Choose from ${choices.join(", ")}, separated by commas.`);
    }
    return chosen;
  };

/** Entries between commas, none of them empty. */
export function commaSeparated(text: string): string[] {
  const entries = text.split(",").map((entry) => entry.trim());
  if (entries.includes("")) throw new InvalidArgumentError("An entry of the list is empty.");
  return entries;
}

/** For options that may be given several times: collects them in order. */
export const collect = (text: string, earlier: readonly string[] | undefined): string[] => [
  ...(earlier ?? []),
  text,
];
