/** A name with its numbers taken out, and those numbers: `rnns.10` is `rnns.#` and [10]. */
export function numbered(name: string): { readonly stem: string; readonly numbers: readonly number[] } {
  return {
    stem: name.replace(/\d+/g, "#"),
    numbers: Array.from(name.matchAll(/\d+/g), ([digits]) => Number(digits)),
  };
}

/** Negative where `a` is numbered before `b`, positive where after; 0 where they differ in more than numbers. */
export function compareNumbered(a: string, b: string): number {
  const [first, second] = [numbered(a), numbered(b)];
  if (first.stem !== second.stem) return 0;
  const at = first.numbers.findIndex((number, i) => number !== second.numbers[i]);
  return at < 0 ? 0 : first.numbers[at]! - second.numbers[at]!;
}
