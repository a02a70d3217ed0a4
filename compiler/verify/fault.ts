/** What the compiler made is wrong: a bug of ours, so no UserError. */
export function fault(what: string): never {
  throw new Error(`verify: ${what}`);
}
